package feed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"time"

	"portolan"
	"portolan/probe"
)

// sample is what was seen of a feed: facts about its items, and none of them.
type sample struct {
	action *action
	items  int
	named  int // items from the sources that the definition's pattern names
	first  time.Duration
	newest map[string]time.Time // by source: when its newest item was seen there, by the feed's clock
	end    time.Time            // when the last item came, by the workstation's clock
	told   time.Time            // the feed's own time, when it told it; zero before
	heard  time.Time            // when that was, by the workstation's clock
}

func newSample(a *action) *sample { return &sample{action: a, newest: map[string]time.Time{}} }

// slack is how far in the future an item may lie: clocks of sensors differ a little.
const slack = 10 * time.Second

// take takes a message in; elapsed is the time since the step began. It fails for one that is not of the
// feed's form or is an error. A message without a source is no item: a greeting, a sign of life.
func (s *sample) take(line []byte, elapsed time.Duration) *probe.Failure {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil // a sign of life
	}
	var message map[string]json.RawMessage
	if err := json.Unmarshal(line, &message); err != nil {
		return malformed(fmt.Errorf("read message %.80q: %w", line, err))
	}
	f := s.action.fields
	if text, ok := message[f.failure]; ok && f.failure != "" {
		return &probe.Failure{Phase: portolan.PhaseCheck, Kind: portolan.KindStatus, Err: fmt.Errorf("the feed answers with an error: %.200s", text)}
	}
	now := time.Now()
	if err := s.readClock(message, now); err != nil {
		return malformed(err)
	}
	if _, ok := message[f.source]; !ok {
		return nil
	}
	return s.takeItem(message, now, elapsed)
}

func malformed(err error) *probe.Failure {
	return &probe.Failure{Phase: portolan.PhaseRead, Kind: portolan.KindProtocol, Err: err}
}

// readClock notes the feed's own time the first time that it is told. Afterwards the workstation's monotonic
// clock carries it on, so that messages held up on the way grow old as they should.
func (s *sample) readClock(message map[string]json.RawMessage, now time.Time) error {
	text, ok := message[s.action.fields.clock]
	if !ok || !s.heard.IsZero() || s.action.fields.clock == "" {
		return nil
	}
	if err := json.Unmarshal(text, &s.told); err != nil {
		return fmt.Errorf("read the feed's clock %.40s: %w", text, err)
	}
	s.heard = now
	return nil
}

// now returns the time of the feed's clock when the last item came.
func (s *sample) now() time.Time {
	if s.heard.IsZero() {
		return s.end
	}
	return s.told.Add(s.end.Sub(s.heard))
}

func (s *sample) takeItem(message map[string]json.RawMessage, now time.Time, elapsed time.Duration) *probe.Failure {
	var source string
	if err := json.Unmarshal(message[s.action.fields.source], &source); err != nil {
		return malformed(fmt.Errorf("read source: %w", err))
	}
	if source == "" {
		return malformed(errors.New("an item names no source"))
	}
	var seen time.Time
	if err := json.Unmarshal(message[s.action.fields.time], &seen); err != nil {
		return malformed(fmt.Errorf("read time of an item of %.40q: %w", source, err))
	}
	if s.items == 0 {
		s.first = elapsed
	}
	s.items++
	s.end = now
	if named, _ := path.Match(s.action.limits.pattern, source); named { // the pattern was checked
		s.named++
	}
	if before, known := s.newest[source]; !known && len(s.newest) >= s.action.sources {
		return wrong(fmt.Errorf("source %.40q is one more than the %d that the feed has", source, s.action.sources))
	} else if !known || seen.After(before) {
		s.newest[source] = seen
	}
	return nil
}

func wrong(err error) *probe.Failure {
	return &probe.Failure{Phase: portolan.PhaseCheck, Kind: portolan.KindAssertion, Err: err}
}

func stale(err error) *probe.Failure {
	return &probe.Failure{Phase: portolan.PhaseCheck, Kind: portolan.KindStale, Err: err}
}

// age returns how old something is that was seen at a time of the feed's clock, when the last item came.
// What lies in the future is new.
func (s *sample) age(seen time.Time) time.Duration {
	return max(0, s.now().Sub(seen)).Truncate(time.Microsecond)
}

// ages returns the age of the newest item of all, and that of the source that is furthest behind.
func (s *sample) ages() (youngest, oldest time.Duration) {
	first := true
	for _, seen := range s.newest {
		age := s.age(seen)
		if first {
			youngest, first = age, false
		}
		youngest, oldest = min(youngest, age), max(oldest, age)
	}
	return youngest, oldest
}

// live returns how many sources are live, which needs a limit that says so.
func (s *sample) live() int {
	n := 0
	for _, seen := range s.newest {
		if s.age(seen) <= s.action.limits.liveWithin {
			n++
		}
	}
	return n
}

// measures returns what the sample measures; nothing if no item came.
func (s *sample) measures() []portolan.Measurement {
	if s.items == 0 {
		return nil
	}
	youngest, oldest := s.ages()
	all := []portolan.Measurement{
		{Measure: portolan.FirstItem, Value: s.first.Microseconds()},
		{Measure: portolan.DataAge, Value: youngest.Microseconds()},
		{Measure: portolan.OldestAge, Value: oldest.Microseconds()},
	}
	if s.action.limits.liveWithin > 0 {
		all = append(all, portolan.Measurement{Measure: portolan.LiveShare, Value: share(s.live(), s.action.sources)})
	}
	if s.action.limits.pattern != "" {
		all = append(all, portolan.Measurement{Measure: portolan.RadarShare, Value: share(s.named, s.items)})
	}
	return all
}

func share(part, whole int) int64 { return int64(part) * million / int64(whole) }

// judge holds a sample with items against the limits.
func (s *sample) judge() *probe.Failure {
	l := s.action.limits
	if s.items == 0 { // lines or bytes ran out
		return malformed(errors.New("the sample holds no item: raise its bounds or name another field as source"))
	}
	if s.action.fields.clock != "" && s.heard.IsZero() {
		return malformed(fmt.Errorf("the feed does not tell its time as %q", s.action.fields.clock))
	}
	for source, seen := range s.newest {
		if ahead := seen.Sub(s.now()); ahead > slack {
			return wrong(fmt.Errorf("an item of %.40q is dated %s in the future", source, ahead.Round(time.Second)))
		}
	}
	youngest, _ := s.ages()
	live, named := s.live(), share(s.named, s.items)
	switch {
	case l.age > 0 && youngest > l.age:
		return stale(fmt.Errorf("the newest item is %s old: want at most %s", youngest.Round(time.Millisecond), l.age))
	case l.liveWithin > 0 && share(live, s.action.sources) < l.live:
		return stale(fmt.Errorf("%d of %d sources are live, with an item of the last %s: want %g%%", live, s.action.sources, l.liveWithin, percent(l.live)))
	case l.pattern != "" && named < l.share:
		return wrong(fmt.Errorf("%g%% of the items are from %s: want %g%%", percent(named), l.pattern, percent(l.share)))
	}
	return nil
}

func percent(millionths int64) float64 { return float64(millionths) / (million / 100) }

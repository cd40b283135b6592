package feed_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/probe"
)

// picture is a step that watches four sensors.
const picture = `subscribe: '{"subscribe":"tracks"}', fields: {source: sensor, clock: now, error: error}, sources: 4,
	sample: {first: 5s, time: 2s, lines: 100, size: 64KiB},
	age: 10s, live: {within: 30s, share: 75%}, radar: {source: 'TARS-*', share: 20%}`

// greet tells the feed's clock, which is right here.
func (s speaker) greet() { s.say(`{"now":"` + time.Now().Format(time.RFC3339Nano) + `"}`) }

// whole says an item of each of the four sensors.
func (s speaker) whole() {
	for _, sensor := range []string{"A", "B", "C", "TARS-1"} {
		s.item(sensor, time.Second)
	}
}

func TestFeed_MeasuresWhatItSaw(t *testing.T) {
	t.Parallel()
	watch(t, picture, func(s speaker) {
		if s.subscribed != `{"subscribe":"tracks"}` {
			s.say(`{"error":"no subscription"}`)
			return
		}
		<-time.After(300 * time.Millisecond)
		s.greet()
		s.say("")
		s.item("A", 40*time.Second)
		s.item("B", 20*time.Second)
		<-time.After(time.Second)
		s.item("C", 4*time.Second)
		s.item("A", 5*time.Second)
		s.item("TARS-1", 6*time.Second)
		s.item("A", 50*time.Second) // comes late, and A is no older for it
		<-time.After(time.Minute)
	}, func(t *testing.T, got portolan.Result, failures []*probe.Failure) {
		t.Helper()
		want := []portolan.Measurement{
			{Measure: portolan.FirstItem, Value: 300_000},
			{Measure: portolan.DataAge, Value: 4_000_000},
			{Measure: portolan.OldestAge, Value: 21_000_000}, // B, a second later
			{Measure: portolan.LiveShare, Value: 1_000_000},
			{Measure: portolan.RadarShare, Value: 166_666}, // 1 of 6
		}
		if diff := cmp.Diff(want, got.Steps[0].Measures); diff != "" {
			t.Errorf("measures (-want +got):\n%s", diff)
		}
		wait, _ := got.Steps[0].Phases.Get(portolan.PhaseWait)
		read, _ := got.Steps[0].Phases.Get(portolan.PhaseRead)
		if wait != 300*time.Millisecond || read != 2*time.Second {
			t.Errorf("got wait %v and read %v, want 300ms and 2s", wait, read)
		}
		wantSymptom(t, got, failures, portolan.PhaseCheck, portolan.KindAssertion) // 16 % is less than 20 %
	})
}

func TestFeed_WorkstationsClockDoesNotMatter(t *testing.T) {
	t.Parallel()
	const ahead = 48 * time.Hour // the feed's clock before the workstation's
	watch(t, picture, func(s speaker) {
		s.say(`{"now":"` + time.Now().Add(ahead).Format(time.RFC3339Nano) + `"}`)
		for _, sensor := range []string{"A", "B", "C", "TARS-1"} {
			s.item(sensor, time.Second-ahead)
		}
		<-time.After(time.Minute)
	}, func(t *testing.T, got portolan.Result, failures []*probe.Failure) {
		if got.Outcome != portolan.Good || got.Steps[0].Measures[1].Value != 1_000_000 {
			t.Errorf("got %v %+v %v %+v", got.Outcome, got.Symptom, failures, got.Steps[0].Measures)
		}
	})
}

func TestFeed_BreaksGiveTheirSymptoms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server func(speaker)
		phase  portolan.Phase
		kind   portolan.ErrorKind
		took   time.Duration // of the step
	}{
		"silent":       {func(speaker) { <-time.After(time.Hour) }, portolan.PhaseWait, portolan.KindTimeout, 5 * time.Second},
		"only-greets":  {func(s speaker) { s.greet(); <-time.After(time.Hour) }, portolan.PhaseWait, portolan.KindTimeout, 5 * time.Second},
		"hangs-up":     {func(speaker) {}, portolan.PhaseWait, portolan.KindClosed, 0},
		"breaks-off":   {func(s speaker) { s.whole(); <-time.After(time.Second) }, portolan.PhaseRead, portolan.KindClosed, time.Second},
		"error":        {func(s speaker) { s.say(`{"error":"overload"}`) }, portolan.PhaseCheck, portolan.KindStatus, 0},
		"error-later":  {func(s speaker) { s.whole(); s.say(`{"error":null}`) }, portolan.PhaseCheck, portolan.KindStatus, 0},
		"no-json":      {func(s speaker) { s.say("SSH-2.0-OpenSSH") }, portolan.PhaseRead, portolan.KindProtocol, 0},
		"no-object":    {func(s speaker) { s.say("[1]") }, portolan.PhaseRead, portolan.KindProtocol, 0},
		"no-time":      {func(s speaker) { s.say(`{"sensor":"A"}`) }, portolan.PhaseRead, portolan.KindProtocol, 0},
		"odd-time":     {func(s speaker) { s.say(`{"sensor":"A","time":12}`) }, portolan.PhaseRead, portolan.KindProtocol, 0},
		"odd-source":   {func(s speaker) { s.say(`{"sensor":7,"time":"2000-01-01T00:00:00Z"}`) }, portolan.PhaseRead, portolan.KindProtocol, 0},
		"no-source":    {func(s speaker) { s.say(`{"sensor":null,"time":"2000-01-01T00:00:00Z"}`) }, portolan.PhaseRead, portolan.KindProtocol, 0},
		"odd-clock":    {func(s speaker) { s.say(`{"now":"noon"}`) }, portolan.PhaseRead, portolan.KindProtocol, 0},
		"no-clock":     {func(s speaker) { s.whole(); <-time.After(time.Hour) }, portolan.PhaseRead, portolan.KindProtocol, 2 * time.Second},
		"too-long":     {func(s speaker) { s.say(`{"sensor":"` + strings.Repeat("A", 1<<17) + `"}`) }, portolan.PhaseRead, portolan.KindTooLarge, 0},
		"only-chatter": {func(s speaker) { chatter(s, "{}") }, portolan.PhaseRead, portolan.KindProtocol, 0},
		"too-many": {func(s speaker) {
			s.greet()
			s.whole()
			s.item("D", time.Second)
		}, portolan.PhaseCheck, portolan.KindAssertion, 0},
		"future": {func(s speaker) {
			s.greet()
			s.whole()
			s.item("A", -time.Hour)
			<-time.After(time.Hour)
		}, portolan.PhaseCheck, portolan.KindAssertion, 2 * time.Second},
		"all-old": {func(s speaker) {
			s.greet()
			for _, sensor := range []string{"A", "B", "C", "TARS-1"} {
				s.item(sensor, 10*time.Second+time.Microsecond)
			}
			<-time.After(time.Hour)
		}, portolan.PhaseCheck, portolan.KindStale, 2 * time.Second},
		"half-old": {func(s speaker) {
			s.greet()
			s.item("A", time.Second)
			s.item("B", 31*time.Second)
			s.item("C", 31*time.Second)
			s.item("TARS-1", time.Second)
			<-time.After(time.Hour)
		}, portolan.PhaseCheck, portolan.KindStale, 2 * time.Second},
		"half-gone": {func(s speaker) {
			s.greet()
			s.item("A", time.Second)
			s.item("TARS-1", time.Second)
			<-time.After(time.Hour)
		}, portolan.PhaseCheck, portolan.KindStale, 2 * time.Second},
		"radar-gone": {func(s speaker) {
			s.greet()
			s.item("A", time.Second)
			s.item("B", time.Second)
			s.item("C", time.Second)
			<-time.After(time.Hour)
		}, portolan.PhaseCheck, portolan.KindAssertion, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			watch(t, picture, c.server, func(t *testing.T, got portolan.Result, failures []*probe.Failure) {
				wantSymptom(t, got, failures, c.phase, c.kind)
				if took := got.Steps[0].Duration; took != c.took {
					t.Errorf("the step took %v, want %v", took, c.took)
				}
			})
		})
	}
}

// chatter says a line more often than any bound allows.
func chatter(s speaker, line string) {
	for range 1000 {
		s.say(line)
	}
}

func TestFeed_SampleIsBounded(t *testing.T) {
	t.Parallel()
	item := `{"sensor":"A","time":"2000-01-01T00:00:00Z"}`
	for name, c := range map[string]struct {
		sample string
		took   time.Duration
		bytes  [2]int64 // over lines, which end in a line break, and over a WebSocket
	}{
		"time":  {"{time: 3s}", 3 * time.Second, [2]int64{31 * 45, 31 * 44}},
		"lines": {"{time: 1m, lines: 7}", 600 * time.Millisecond, [2]int64{7 * 45, 7 * 44}},
		"size":  {"{time: 1m, size: 100B}", 200 * time.Millisecond, [2]int64{3 * 45, 3 * 44}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			watch(t, "fields: {source: sensor}, sources: 1, subscribe: '{}', sample: "+c.sample, func(s speaker) {
				for range 1000 {
					s.say(item)
					<-time.After(100 * time.Millisecond)
				}
			}, func(t *testing.T, got portolan.Result, failures []*probe.Failure) {
				took, bytes := got.Steps[0].Duration, got.Steps[0].Bytes
				if got.Outcome != portolan.Good || took.Round(100*time.Millisecond) != c.took || bytes > c.bytes[0] || bytes < c.bytes[1]-44 {
					t.Errorf("got %v %v, %d bytes in %v, want about %v in %v", got.Outcome, failures, bytes, took, c.bytes, c.took)
				}
			})
		})
	}
}

func TestFeed_StepsEndEndsIt(t *testing.T) {
	t.Parallel()
	watch(t, "sources: 1, subscribe: '{}', sample: {time: 5m}", func(s speaker) {
		for range 1000 {
			s.say(fmt.Sprintf(`{"source":"A","time":%q}`, time.Now().Format(time.RFC3339)))
			<-time.After(time.Second)
		}
	}, func(t *testing.T, got portolan.Result, failures []*probe.Failure) {
		wantSymptom(t, got, failures, portolan.PhaseRead, portolan.KindTimeout)
		if got.Duration != 30*time.Second {
			t.Errorf("took %v, want 30s", got.Duration)
		}
	})
}

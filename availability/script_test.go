package availability_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/availability"
)

func TestFigure_Scripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("find scripts: got %d, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			s, err := readScript(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(s.wants) == 0 {
				t.Fatalf("%s expects nothing", file)
			}
			for _, w := range s.wants {
				s.window, s.weight, s.asOf = w.window, w.weight, w.asOf
				got, want, err := expectations()[w.verb](s, w)
				if err != nil {
					t.Fatalf("%s:%d: %v", file, w.line, err)
				}
				if diff := cmp.Diff(strings.Join(want, "\n"), strings.Join(got, "\n")); diff != "" {
					t.Errorf("%s:%d: %s (-want +got):\n%s", file, w.line, w.verb, diff)
				}
			}
		})
	}
}

// expectation returns what the package says and what the script wants, in the same words.
type expectation func(s *script, w want) (got, want []string, err error)

func expectations() map[string]expectation {
	return map[string]expectation{
		"timeline":            expectTimeline,
		"end-user":            bounded(func(f availability.Figure) availability.Bounded { return f.EndUser }),
		"conventional":        bounded(func(f availability.Figure) availability.Bounded { return f.Conventional }),
		"without-maintenance": bounded(func(f availability.Figure) availability.Bounded { return f.WithoutMaintenance }),
		"difference":          expectDifference,
		"coverage":            expectCoverage,
		"seconds":             expectSeconds,
		"due":                 expectDue,
		"agents":              expectAgents,
		"transactions":        expectTransactions,
		"standing":            expectStanding,
	}
}

func expectTimeline(s *script, w want) (got, want []string, err error) {
	c := s.current()
	if len(w.args) > 0 {
		i := slices.IndexFunc(s.series, func(c *scriptSeries) bool { return c.name == w.args[0] })
		if i < 0 {
			return nil, nil, fmt.Errorf("no series %q", w.args[0])
		}
		c = s.series[i]
	}
	segments, _ := availability.Fold(availability.Timeline{}, c.events, s.window)
	return rows(segments), w.rows, nil
}

// bounded expects `RATIO [LOW HIGH]`, or `none WHY`.
func bounded(of func(availability.Figure) availability.Bounded) expectation {
	return func(s *script, w want) (got, want []string, err error) {
		b := of(s.figure())
		if w.args[0] == "none" {
			return []string{b.Ratio.Decimal(0), b.Why}, []string{"none", strings.Join(w.args[1:], " ")}, nil
		}
		for i, r := range []availability.Ratio{b.Ratio, b.Low, b.High}[:len(w.args)] {
			w.args[i] = strings.Trim(w.args[i], "[]")
			got = append(got, spell(r, w.args[i]))
		}
		return got, w.args, nil
	}
}

// spell returns how a script would spell r: as it spelt want if that is the same fraction, else as a decimal with
// as many digits as want has, or as a fraction.
func spell(r availability.Ratio, want string) string {
	if _, digits, ok := strings.Cut(want, "."); ok || !strings.Contains(want, "/") {
		return r.Decimal(len(digits))
	}
	num, den, _ := strings.Cut(want, "/")
	n, errNum := strconv.ParseUint(num, 10, 64)
	d, errDen := strconv.ParseUint(den, 10, 64)
	if errNum == nil && errDen == nil && sameRatio(r, n, d) {
		return want
	}
	return r.Num.String() + "/" + r.Den.String()
}

func expectDifference(s *script, w want) (got, want []string, err error) {
	d := s.figure().Difference
	parts := map[string]availability.Ratio{
		"maintenance": d.Maintenance, "slow": d.Slow, "dependency": d.Dependency, "network": d.Network, "other": d.Other,
	}
	for _, arg := range w.args {
		key, value, _ := strings.Cut(arg, "=")
		part, ok := parts[key]
		if !ok {
			return nil, nil, fmt.Errorf("no part %q", key)
		}
		delete(parts, key)
		got = append(got, key+"="+spell(part, value))
	}
	for key, part := range parts { // what is not named is nothing
		if !part.Num.IsZero() {
			got = append(got, key+"="+part.Num.String()+"/"+part.Den.String())
		}
	}
	return got, w.args, nil
}

func expectCoverage(s *script, w want) (got, want []string, err error) {
	return []string{spell(s.figure().Coverage, w.args[0])}, w.args, nil
}

func expectSeconds(s *script, w want) (got, want []string, err error) {
	f := s.figure()
	totals := []availability.Total{f.Up, f.Slow, f.Down, f.Unmonitored}
	for i, name := range []string{"up", "slow", "down", "unmonitored"} {
		if seconds := totals[i].Seconds(); seconds != 0 {
			got = append(got, name+"="+strconv.FormatFloat(seconds, 'f', -1, 64))
		}
	}
	return got, w.args, nil
}

func expectDue(s *script, w want) (got, want []string, err error) {
	c := s.current()
	d := availability.CountDue(availability.DueOptions{
		Window: s.window, Schedule: every(c.interval), Attempts: c.attempts, Excused: s.excused,
	})
	got = []string{
		fmt.Sprintf("total=%d", d.Total()), fmt.Sprintf("seen=%d", d.Seen), fmt.Sprintf("late=%d", d.Late),
		fmt.Sprintf("displaced=%d", d.Displaced), fmt.Sprintf("excused=%d", d.Excused), fmt.Sprintf("missing=%d", d.Missing),
	}
	return slices.DeleteFunc(got, func(s string) bool { return strings.HasSuffix(s, "=0") }), w.args, nil
}

// expectAgents expects `STATE... -> STATE K of N`.
func expectAgents(_ *script, w want) (got, want []string, err error) {
	states, after, err := readStates(w.args)
	state, affected, monitored := availability.PortState(states)
	return []string{fmt.Sprintf("%s %d of %d", state, affected, monitored)}, []string{strings.Join(after, " ")}, err
}

// expectTransactions expects `STATE... -> STATE`.
func expectTransactions(_ *script, w want) (got, want []string, err error) {
	states, after, err := readStates(w.args)
	return []string{availability.SystemState(states).String()}, after, err
}

func readStates(words []string) (states []portolan.State, after []string, err error) {
	for i, word := range words {
		if word == "->" {
			return states, words[i+1:], nil
		}
		var state portolan.State
		if err := state.UnmarshalText([]byte(word)); err != nil {
			return nil, nil, err
		}
		states = append(states, state)
	}
	return nil, nil, fmt.Errorf("want -> before the state expected")
}

func expectStanding(s *script, w want) (got, want []string, err error) {
	st := availability.StandingOf(s.window.To, s.settle, s.asOf, s.changes)
	got = []string{"closed", "revision", strconv.Itoa(st.Revision)}
	if st.Provisional {
		got = []string{"provisional"}
	}
	return got, w.args, nil
}

// figure returns the script's figure over all its series, as a collector would: hour by hour, port by port.
func (s *script) figure() availability.Figure {
	ports := map[string][]*scriptSeries{}
	for _, c := range s.series {
		ports[c.port] = append(ports[c.port], c)
	}
	var sum availability.Sum
	for _, port := range slices.Sorted(maps.Keys(ports)) {
		for part := range availability.Hours(s.window) {
			hour := portolan.Span{From: part.From.Hour(), To: part.From.Hour().Add(time.Hour)}
			var group []availability.SeriesHour
			for _, c := range ports[port] {
				group = append(group, s.seriesHour(c, hour, part))
			}
			sum.AddPortHour(s.weight, s.volumes[portHour{port, hour.From}], group)
		}
	}
	return sum.Figure()
}

func (s *script) seriesHour(c *scriptSeries, hour, part portolan.Span) availability.SeriesHour {
	segments, _ := availability.Fold(availability.Timeline{}, c.events, hour)
	whole := availability.TallyOf(segments, hour, nil)
	return availability.SeriesHour{
		Share:     c.share,
		InService: whole.InService() > 0,
		Tally:     availability.TallyOf(segments, part, availability.Planned(s.maintenance)),
	}
}

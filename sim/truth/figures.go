package truth

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"portolan"
)

// Figure is what the users of a system had at a port in a month, in series-seconds by the shares of the transactions.
type Figure struct {
	System portolan.SystemID
	Port   portolan.PortCode // empty: all ports
	Month  time.Time         // its first instant, in UTC

	Up, Slow, Down, Unmonitored float64
}

// EndUser returns the share of the monitored time in which the system was available to its users; false if nothing was
// monitored.
func (f Figure) EndUser() (ratio float64, ok bool) {
	monitored := f.Up + f.Slow + f.Down
	if monitored == 0 {
		return 0, false
	}
	return f.Up / monitored, true
}

// Figures returns the truth of each system at each port and at all of them, by month, sorted by system, port and month.
func (w *World) Figures() []Figure {
	sums := map[figureKey]*Figure{}
	for _, station := range w.Stations {
		for _, s := range station.Series {
			for _, e := range w.Expect(station, s) {
				for _, port := range []portolan.PortCode{"", station.Port} {
					add(sums, s, port, e)
				}
			}
		}
	}
	return sorted(sums)
}

type figureKey struct {
	system portolan.SystemID
	port   portolan.PortCode
	month  time.Time
}

// add adds an expectation to the figures of its months.
func add(sums map[figureKey]*Figure, s *Series, port portolan.PortCode, e Expected) {
	for from := e.Span.From; from < e.Span.To; {
		t := from.Time()
		month := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
		to := min(e.Span.To, portolan.InstantOf(month.AddDate(0, 1, 0)))
		key := figureKey{s.Name.System, port, month}
		f := sums[key]
		if f == nil {
			f = &Figure{System: key.system, Port: key.port, Month: key.month}
			sums[key] = f
		}
		seconds := to.Sub(from).Seconds() * float64(s.Planned.Share)
		if e.Monitored() {
			f.Up, f.Slow, f.Down = f.Up+seconds*e.Good, f.Slow+seconds*e.Slow, f.Down+seconds*e.Failed
		} else {
			f.Unmonitored += seconds
		}
		from = to
	}
}

func sorted(sums map[figureKey]*Figure) []Figure {
	all := make([]Figure, 0, len(sums))
	for _, f := range sums {
		all = append(all, *f)
	}
	slices.SortFunc(all, func(a, b Figure) int {
		return cmp.Or(strings.Compare(string(a.System), string(b.System)), strings.Compare(string(a.Port), string(b.Port)), a.Month.Compare(b.Month))
	})
	return all
}

package projection

import (
	"fmt"
	"testing"
	"time"

	"portolan"
)

// More ports than are read at once are all counted, each once, whatever is asked, from rows and from roll-ups.
func TestEach_HoldsEveryPort(t *testing.T) {
	t.Parallel()
	const ports = portsAtOnce + 3
	l := openLedger(t)
	for n := range ports {
		f := newFake(t, l, portolan.AgentID(fmt.Sprintf("X%03d-1", n)), planOf("primary"))
		for minute := range 3 {
			f.run("primary", day.Add(time.Duration(minute)*time.Minute), []portolan.Outcome{portolan.Failed, portolan.Good}[n%2])
		}
		f.send(portolan.Live, day.Add(3*time.Minute), f.made...)
	}
	p := newProjection(t, l)
	q := Query{Window: portolan.Span{From: day, To: day.Add(2 * time.Minute)}, Now: day.Add(80 * time.Hour)}
	byPort, up := q, float64(ports/2)/ports
	byPort.Group = []Dimension{ByPort}
	for range 2 {
		answers, err := p.ManyFigures(t.Context(), nil, q.Now, q, byPort)
		if err != nil || len(answers[0].Rows) != 1 || len(answers[1].Rows) != ports {
			t.Fatalf("%d rows of the nation and %d of ports, %v", len(answers[0].Rows), len(answers[1].Rows), err)
		}
		if got := answers[0].Rows[0].Figure.EndUser.Ratio.Float64(); got != up {
			t.Errorf("got %v of the nation, want %v", got, up)
		}
		windowed, err := p.Windowed(t.Context(), q)
		if err != nil || len(windowed.Worst) != 2 || windowed.Worst[1].Ratio.Float64() != up {
			t.Errorf("got %+v, %v, want %v", windowed.Worst, err, up)
		}
		strips, err := p.Strips(t.Context(), q.Window, q.Now)
		if err != nil || len(strips) != ports {
			t.Errorf("%d timelines, %v", len(strips), err)
		}
		rollUp(t, p, q.Now)
	}
}

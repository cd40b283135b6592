package projection

import (
	"slices"
	"testing"
	"time"

	"portolan"
)

// Of five workstations at MIA the secondary ones cannot reach the system, and one states no class: the port is not down as a
// whole, and one class of it is.
func TestFigures_ByClassOfWorkstation(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	p := newProjection(t, l)
	until := day.Add(10 * time.Minute)
	for agent, class := range map[portolan.AgentID]portolan.WorkstationClass{
		"MIA-1": "primary-booth", "MIA-2": "primary-booth", "MIA-3": "secondary", "MIA-4": "secondary", "MIA-5": "",
	} {
		plan := planOf("primary")
		plan.Class = class
		f := newFake(t, l, agent, plan)
		for at := day; at < until; at = at.Add(time.Minute) {
			outcome := portolan.Good
			if class == "secondary" {
				outcome = portolan.Failed
			}
			f.run("primary", at, outcome)
		}
		f.send(portolan.Live, until, f.made...)
	}
	catchUp(t, p)
	want := map[portolan.WorkstationClass]float64{"": 1, "primary-booth": 1, "secondary": 0}
	query := Query{
		Window: portolan.Span{From: day, To: until}, Group: []Dimension{ByPort, BySystem, ByClass}, Weight: portolan.WeightTime, Now: until,
	}
	again, err := New(t.Context(), Options{Ledger: l}) // what it reads was stored
	if err != nil {
		t.Fatal(err)
	}
	rows := ask(t, again, query).Rows
	if len(rows) != len(want) {
		t.Fatalf("got %d rows, want %d", len(rows), len(want))
	}
	for _, row := range rows {
		if ratio, known := want[row.Key.Class]; !known || row.Figure.EndUser.Ratio.Float64() != ratio {
			t.Errorf("class %q: got %v, want %v", row.Key.Class, row.Figure.EndUser.Ratio.Float64(), ratio)
		}
	}
	cells := PortStates(again.Agents(until, 15*time.Second))
	if len(cells) != 1 || cells[0].State != portolan.Up || cells[0].Affected != 2 {
		t.Fatalf("got %+v, want MIA up with 2 agents affected", cells)
	}
	if got := cells[0].Classes(); !slices.Equal(got, []ClassNow{{"primary-booth", 0, 2}, {"secondary", 2, 2}}) {
		t.Errorf("by class: got %+v", got)
	}
}

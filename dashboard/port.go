package dashboard

import (
	"slices"

	"portolan"
)

// portPage is what port.html prints.
type portPage struct {
	Port   portolan.Port
	Placed string
	Cells  []portCell // the worst first
	Agents agentsView
	Series []seriesView
	Legend []string

	Incidents []incidentView
	Advice    []adviceView
	Signals   []signalView
}

// portCell is one system at the port, with its objective.
type portCell struct {
	cellView
	Short, Name, Objective string
}

// Table returns the cell's figures in full.
func (c portCell) Table() figuresTable {
	return figuresTable{"Availability of " + c.Short + " here", c.Figures}
}

func portFrame(v *PortDetail) *frame {
	c := newClock(v.Cut.At)
	zone := c.zone(v.Port.Zone)
	local := Cut{At: v.Cut.At, Zone: zone}
	p := portPage{
		Port: v.Port.Port, Placed: placed(v.Port.Port), Legend: legend(),
		Agents:    viewAgents(c, v.Agents, zonesOf(c, []Port{v.Port}), len(v.Agents)),
		Series:    viewSeries(c, v.Series, zone),
		Incidents: viewIncidents(c, local, v.Incidents), Advice: viewAdvice(c, local, v.Advice), Signals: viewSignals(c, local, v.Signals),
	}
	var counts Counts
	for _, cell := range v.Port.Cells {
		counts.Count(cell.State)
		p.Cells = append(p.Cells, viewPortCell(c, v, cell))
	}
	slices.SortStableFunc(p.Cells, func(a, b portCell) int { return rank(a.State) - rank(b.State) })
	return &frame{
		Title: string(v.Port.Code) + " " + v.Port.Name, AsOf: c.at(v.Cut.At, zone), Cut: v.Cut.Name,
		Summary: portSummary(counts, p.Cells), Page: p,
	}
}

func viewPortCell(c *clock, v *PortDetail, cell Cell) portCell {
	for _, s := range v.Systems {
		if s.ID == cell.System {
			return portCell{viewCell(c, v.Port.Port, cell, s.Objective), short(s.ID), s.Name, objectiveView(s.Objective)}
		}
	}
	return portCell{cellView: viewCell(c, v.Port.Port, cell, portolan.Objective{}), Short: short(cell.System)}
}

// portSummary says how a port is, by its cells, of which the first is the worst.
func portSummary(counts Counts, cells []portCell) summary {
	said := func() string {
		return cells[0].Short + " is " + cells[0].State.String() + " here " + sinceWords(cells[0].Since)
	}
	switch {
	case counts.total() == 0:
		return summary{portolan.Unmonitored, "No system is monitored here"}
	case counts.state() == portolan.Up && counts.total() == 1:
		return summary{portolan.Up, "Up here"}
	case counts.state() == portolan.Up:
		return summary{portolan.Up, "All " + plural(counts.total(), "system") + " up here"}
	case counts.total()-counts.Up > 1:
		return summary{counts.state(), said() + "; in all " + counts.words()}
	default:
		return summary{counts.state(), said()}
	}
}

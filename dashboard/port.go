package dashboard

import (
	"portolan"
)

// portPage is what port.html prints.
type portPage struct {
	Port   portolan.Port
	Placed string
	Cells  []portCell
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
	var said string
	for _, cell := range v.Port.Cells {
		view := viewPortCell(c, v, cell)
		counts.Count(cell.State)
		if cell.State == counts.state() && cell.State != portolan.Up && said == "" {
			said = view.Short + " is " + cell.State.String() + " here " + sinceWords(view.Since)
		}
		p.Cells = append(p.Cells, view)
	}
	return &frame{
		Title: string(v.Port.Code) + " " + v.Port.Name, AsOf: c.at(v.Cut.At, zone), Cut: v.Cut.Name,
		Summary: portSummary(counts, said), Page: p,
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

func portSummary(counts Counts, said string) summary {
	switch {
	case counts.total() == 0:
		return summary{portolan.Unmonitored, "No system is monitored here"}
	case counts.state() == portolan.Up && counts.total() == 1:
		return summary{portolan.Up, "Up here"}
	case counts.state() == portolan.Up:
		return summary{portolan.Up, "All " + plural(counts.total(), "system") + " up here"}
	case counts.total()-counts.Up > 1:
		return summary{counts.state(), said + "; in all " + counts.words()}
	default:
		return summary{counts.state(), said}
	}
}

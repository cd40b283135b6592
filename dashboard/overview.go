package dashboard

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"portolan"
)

// overviewPage is what overview.html prints.
type overviewPage struct {
	Incidents []incidentView // that are open
	Systems   []systemRow
	Common    common // of the systems' figures
	Troubles  []trouble
	Ports     portsView
	Never     neverView
	Agents    agentsView
	Orders    []orderView
	Changes   []changeView
}

// systemRow is one system over all ports.
type systemRow struct {
	ID        portolan.SystemID
	Short     string
	Name      string
	Class     portolan.State
	Counts    []mark
	Objective string
	Strip     stripView
	Figures   figureSet
}

// listedAgents is how many agents the first page lists besides those in trouble.
const listedAgents = 12

func overviewFrame(v *Overview, f filter) *frame {
	c := newClock(v.Cut.At)
	ports, never := splitPorts(v.Ports)
	p := overviewPage{
		Incidents: viewIncidents(c, v.Cut, v.Incidents),
		Troubles:  troubles(c, ports),
		Ports:     viewPorts(c, v.Systems, ports, f),
		Never:     viewNever(never, f),
		Agents:    viewAgents(c, v.Agents, zonesOf(c, v.Ports), listedAgents),
	}
	p.Common = commonOf(func(yield func(Figures) bool) {
		for _, s := range v.Systems {
			if !yield(s.Figures) {
				return
			}
		}
	})
	for _, s := range v.Systems {
		row := viewSystem(s)
		p.Common.takeOut(&row.Figures)
		p.Systems = append(p.Systems, row)
	}
	p.Orders, p.Changes = viewOrders(c, v.Orders), viewChanges(c, v.Cut, v.Changes)
	return &frame{
		Title: "All ports", AsOf: c.at(v.Cut.At, v.Cut.Zone), Cut: v.Cut.Name,
		Summary: summarize(v.Systems, len(ports)), Cells: len(v.Systems) * len(ports), Page: p,
	}
}

func viewSystem(s System) systemRow {
	return systemRow{
		ID: s.ID, Short: short(s.ID), Name: s.Name, Class: s.Ports.state(), Counts: s.Ports.marks(),
		Objective: objectiveView(s.Objective), Strip: drawStrip(s.LastHour),
		Figures: viewFigures(s.Figures, s.Objective.Availability),
	}
}

// summarize says the whole page in one sentence.
func summarize(systems []System, ports int) summary {
	if len(systems) == 0 || ports == 0 {
		return summary{portolan.Unmonitored, "Nothing is monitored yet"}
	}
	bad := slices.DeleteFunc(slices.Clone(systems), func(s System) bool { return s.Ports.state() == portolan.Up })
	if len(bad) == 0 {
		return summary{portolan.Up, allUp(len(systems), ports)}
	}
	slices.SortStableFunc(bad, func(a, b System) int {
		return cmp.Or(b.Ports.Down-a.Ports.Down, b.Ports.Slow-a.Ports.Slow, b.Ports.Unmonitored-a.Ports.Unmonitored)
	})
	first := bad[0]
	text := short(first.ID) + " " + troubleCounts(first.Ports)
	if len(bad) > 1 {
		text += "; " + plural(len(bad)-1, "more system") + " not up everywhere"
	}
	return summary{first.Ports.state(), text}
}

// allUp says that nothing is wrong.
func allUp(systems, ports int) string {
	text := "Up at all " + plural(ports, "port")
	if ports == 1 {
		text = "Up at the one port"
	}
	if systems > 1 {
		text += ", all " + plural(systems, "system")
	}
	return text
}

// troubleCounts prints "is down at 3, slow at 1 of 477 ports".
func troubleCounts(c Counts) string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{c.Down, "down"}, {c.Slow, "slow"}, {c.Unmonitored, "unmonitored"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%s at %d", p.word, p.n))
		}
	}
	if len(parts) == 0 {
		return "is measured nowhere"
	}
	return "is " + strings.Join(parts, ", ") + " of " + plural(c.total(), "port")
}

// trouble is one thing that is wrong, at all ports that see the same.
type trouble struct {
	System  portolan.SystemID
	Short   string
	State   portolan.State
	Symptom string
	Since   moment
	Ports   []portolan.PortCode
	More    int // ports beyond those listed
	Agents  string

	ports, affected, monitored int
	since                      portolan.Instant
}

// Mark returns the trouble's mark.
func (t trouble) Mark() mark { return mark{t.State, word(t.State)} }

// sight is what makes two ports see the same trouble.
type sight struct {
	system  portolan.SystemID
	state   portolan.State
	symptom portolan.Symptom
}

const troublePorts = 12

// troubles gathers what is not up, so that one fault seen at 300 ports is one line.
func troubles(c *clock, ports []Port) []trouble {
	found := map[sight]*trouble{}
	for _, p := range ports {
		for _, cell := range p.Cells {
			if cell.State != portolan.Up {
				found[sightOf(cell)] = found[sightOf(cell)].add(c, p, cell)
			}
		}
	}
	list := make([]trouble, 0, len(found))
	for _, t := range found {
		list = append(list, t.finish())
	}
	slices.SortFunc(list, func(a, b trouble) int {
		return cmp.Or(rank(a.State)-rank(b.State), b.ports-a.ports,
			cmp.Compare(a.System, b.System), cmp.Compare(a.Symptom, b.Symptom), cmp.Compare(a.Ports[0], b.Ports[0]))
	})
	return list
}

func sightOf(cell Cell) sight {
	s := sight{system: cell.System, state: cell.State}
	if cell.Symptom != nil {
		s.symptom = cell.Symptom.Symptom
	}
	return s
}

// add takes one more port in; the words and the start are those of the port that saw it first.
func (t *trouble) add(c *clock, p Port, cell Cell) *trouble {
	if t == nil {
		t = &trouble{System: cell.System, Short: short(cell.System), State: cell.State}
	}
	if t.ports == 0 || cell.Since != 0 && (t.since == 0 || cell.Since < t.since) {
		t.since, t.Since, t.Symptom = cell.Since, c.at(cell.Since, c.zone(p.Zone)), meets(cell)
	}
	t.Ports = append(t.Ports, p.Code)
	t.ports++
	t.affected += cell.Affected
	t.monitored += cell.Monitored
	return t
}

func (t *trouble) finish() trouble {
	slices.Sort(t.Ports)
	if len(t.Ports) > troublePorts {
		t.More = len(t.Ports) - troublePorts
		t.Ports = t.Ports[:troublePorts]
	}
	t.Agents = affected(t.affected, t.monitored)
	return *t
}

package dashboard

import (
	"fmt"
	"slices"
	"strings"

	"portolan"
)

// cellView is one system at one port, or one series, as the page prints it.
type cellView struct {
	Port    portolan.PortCode
	System  portolan.SystemID
	State   portolan.State
	Since   moment
	Symptom string
	Agents  string // "2 of 3"
	Hit     string // "kiosk 2 of 2": which classes of workstation are, where they are known
	Strip   stripView
	Figures figureSet
	None    bool // the system is not monitored at this port
}

// Mark returns the cell's mark.
func (c cellView) Mark() mark { return mark{c.State, word(c.State)} }

// mark is a state as the page shows it: a shape and a word, in the state's colour.
type mark struct {
	State portolan.State
	Word  string
}

func viewCell(c *clock, port portolan.Port, cell Cell, objective portolan.Objective) cellView {
	v := cellView{
		Port: port.Code, System: cell.System, State: cell.State,
		Since:   c.at(cell.Since, c.zone(port.Zone)),
		Agents:  affected(cell.Affected, cell.Monitored),
		Hit:     classesHit(cell.Classes),
		Strip:   drawStrip(cell.LastHour),
		Figures: viewFigures(cell.Figures, objective.Availability),
	}
	v.Symptom = meets(cell)
	return v
}

// meets says what an officer meets there now.
func meets(cell Cell) string {
	switch {
	case cell.State == portolan.Unmonitored && cell.Agents == 0:
		return "No agent is assigned here"
	case cell.State == portolan.Unmonitored:
		return "No agent here has reported a run that still holds"
	case cell.Symptom != nil:
		return Say(cell.System, *cell.Symptom)
	default:
		return ""
	}
}

// classesHit prints "kiosk 2 of 2, secondary 1 of 4": the classes of workstation that have agents affected.
func classesHit(counts []ClassCount) string {
	var hit []string
	for _, n := range counts {
		if n.Affected > 0 {
			hit = append(hit, fmt.Sprintf("%s %s", n.Class, affected(n.Affected, n.Monitored)))
		}
	}
	return strings.Join(hit, ", ")
}

// affected prints "2 of 3".
func affected(affected, monitored int) string {
	if monitored == 0 {
		return "none monitored"
	}
	return fmt.Sprintf("%d of %d", affected, monitored)
}

// rank orders states for reading: what needs attention first.
func rank(s portolan.State) int {
	switch s {
	case portolan.Down:
		return 0
	case portolan.SlowState:
		return 1
	case portolan.Unmonitored:
		return 2
	case portolan.Up:
		return 3
	default:
		return 2
	}
}

// worst returns the state of the port's cells that ranks first.
func worst(cells []Cell) portolan.State {
	if len(cells) == 0 {
		return portolan.Unmonitored
	}
	return slices.MinFunc(cells, func(a, b Cell) int { return rank(a.State) - rank(b.State) }).State
}

// marks prints counts as marks, "1 down" before "23 up".
func (c Counts) marks() []mark {
	var list []mark
	for _, part := range []struct {
		n     int
		state portolan.State
	}{{c.Down, portolan.Down}, {c.Slow, portolan.SlowState}, {c.Unmonitored, portolan.Unmonitored}, {c.Up, portolan.Up}} {
		if part.n > 0 {
			list = append(list, mark{part.state, fmt.Sprintf("%d %s", part.n, part.state)})
		}
	}
	return list
}

// words prints counts as "1 down, 23 up".
func (c Counts) words() string {
	var parts []string
	for _, m := range c.marks() {
		parts = append(parts, m.Word)
	}
	return strings.Join(parts, ", ")
}

// Count adds one in state s.
func (c *Counts) Count(s portolan.State) {
	switch s {
	case portolan.Up:
		c.Up++
	case portolan.SlowState:
		c.Slow++
	case portolan.Down:
		c.Down++
	case portolan.Unmonitored:
		c.Unmonitored++
	}
}

// total returns how many were counted.
func (c Counts) total() int { return c.Up + c.Slow + c.Down + c.Unmonitored }

// state returns the state that ranks first among those counted.
func (c Counts) state() portolan.State {
	switch {
	case c.Down > 0:
		return portolan.Down
	case c.Slow > 0:
		return portolan.SlowState
	case c.Unmonitored > 0 || c.Up == 0:
		return portolan.Unmonitored
	default:
		return portolan.Up
	}
}

// placed prints what kind of port it is, and whose; empty if neither is known.
func placed(p portolan.Port) string {
	var parts []string
	switch p.Kind {
	case portolan.PortKindUnknown:
	case portolan.Air:
		parts = append(parts, "airport")
	case portolan.Center:
		parts = append(parts, "center, no port of entry")
	default:
		parts = append(parts, p.Kind.String()+" port")
	}
	if p.Office != "" {
		parts = append(parts, p.Office)
	}
	if p.Zone != "" {
		parts = append(parts, "times in "+p.Zone)
	}
	return strings.Join(parts, ", ")
}

// sinceWords prints "since 13:02:11 EST, for 4 min".
func sinceWords(m moment) string {
	if m.Text == "" {
		return "never monitored"
	}
	return "since " + m.Text + ", for " + m.Ago
}

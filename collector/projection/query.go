package projection

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
)

// Dimension is what figures can be grouped by.
type Dimension uint8

// The dimensions.
const (
	DimensionUnknown Dimension = iota
	ByNation
	BySystem
	ByTransaction
	ByPort
	ByOffice
	ByKind
	ByAgent
	ByClass
	ByDay
	ByMonth
)

func dimensionNames() []string {
	return []string{"unknown", "nation", "system", "transaction", "port", "office", "kind", "agent", "class", "day", "month"}
}

// String returns the dimension's name as the API spells it.
func (d Dimension) String() string {
	if names := dimensionNames(); int(d) < len(names) {
		return names[d]
	}
	return fmt.Sprintf("unknown(%d)", uint8(d))
}

// ParseDimension returns the dimension that s names.
func ParseDimension(s string) (Dimension, error) {
	names := dimensionNames()
	if i := slices.Index(names, s); i > 0 {
		return Dimension(i), nil
	}
	return DimensionUnknown, fmt.Errorf("group %q: want any of %s", s, strings.Join(names[1:], ", "))
}

// Query asks for figures. The zero value of a list selects everything.
type Query struct {
	Window portolan.Span
	Zone   *time.Location // where days and months begin; nil for UTC
	AsOf   *Cut           // nil for the newest
	// Weight is what a series-hour counts for; WeightUnknown for the default rule of design 3.5.
	Weight       portolan.Weight
	Group        []Dimension
	Systems      []portolan.SystemID
	Transactions []portolan.TransactionID
	Ports        []portolan.PortCode
	Offices      []string
	Kinds        []portolan.PortKind
	Agents       []portolan.AgentID
	// Hourly splits rows by whole UTC hours, where Group would split them by days or months.
	Hourly bool
	// Now ends what can be known of the newest cut.
	Now portolan.Instant

	everyWeight bool // all sums are needed, as roll-ups hold them
}

// Key says which group a row is about; what it is not grouped by is empty.
type Key struct {
	System      portolan.SystemID
	Transaction portolan.TransactionID
	Port        portolan.PortCode
	Office      string
	Kind        portolan.PortKind
	Agent       portolan.AgentID
	Class       portolan.WorkstationClass // by the newest plan that the series has a run of
	// Period is the day or month, begun in the query's zone, or the hour; the zero Span if it is not grouped by one.
	Period portolan.Span
}

// compare orders rows by office, port, system and the rest.
func (k *Key) compare(o *Key) int {
	switch { // and not cmp.Or, which compares everything each time
	case k.Office != o.Office:
		return compareText(k.Office, o.Office)
	case k.Port != o.Port:
		return compareText(k.Port, o.Port)
	case k.System != o.System:
		return compareText(k.System, o.System)
	case k.Transaction != o.Transaction:
		return compareText(k.Transaction, o.Transaction)
	case k.Kind != o.Kind:
		return cmp.Compare(k.Kind, o.Kind)
	case k.Agent != o.Agent:
		return compareText(k.Agent, o.Agent)
	case k.Class != o.Class:
		return compareText(k.Class, o.Class)
	default:
		return cmp.Compare(k.Period.From, o.Period.From)
	}
}

// weights returns the weights by which the query needs sums: the one asked for, or those that may be the default.
func (q *Query) weights() []portolan.Weight {
	switch {
	case q.everyWeight:
		return []portolan.Weight{portolan.WeightTime, portolan.WeightPort, portolan.WeightTraveler}
	case q.Weight == portolan.WeightUnknown:
		return []portolan.Weight{portolan.WeightTime, portolan.WeightTraveler}
	}
	return []portolan.Weight{q.Weight}
}

func (q *Query) zone() *time.Location {
	if q.Zone == nil {
		return time.UTC
	}
	return q.Zone
}

// hours returns the filter for the rows that the query needs. Offices and kinds are resolved to ports; ok is false if
// no port is left.
func (q *Query) hours(facts *Facts) (f ledger.HourFilter, ok bool) {
	f = ledger.HourFilter{
		Span:   wholeHours(q.Window),
		Agents: q.Agents, Ports: q.Ports, Systems: q.Systems, Transactions: q.Transactions,
	}
	if len(q.Offices) == 0 && len(q.Kinds) == 0 {
		return f, true
	}
	f.Ports = nil
	for code, p := range facts.Ports() {
		if oneOf(q.Offices, p.Office) && oneOf(q.Kinds, p.Kind) && oneOf(q.Ports, code) {
			f.Ports = append(f.Ports, code)
		}
	}
	return f, len(f.Ports) > 0
}

// key returns the group of a series, of a workstation of a class, in a period.
func (q *Query) key(name portolan.Series, port portolan.Port, class portolan.WorkstationClass, period portolan.Span) Key {
	var k Key
	for _, d := range q.Group {
		switch d {
		case BySystem:
			k.System = name.System
		case ByTransaction:
			k.System, k.Transaction = name.System, name.Transaction
		case ByPort:
			k.Port = name.Agent.Port()
		case ByOffice:
			k.Office = port.Office
		case ByKind:
			k.Kind = port.Kind
		case ByAgent:
			k.Agent = name.Agent
		case ByClass:
			k.Class = class
		case ByDay, ByMonth:
			k.Period = period
		case ByNation, DimensionUnknown:
		}
	}
	if q.Hourly {
		k.Period = period
	}
	return k
}

// periods splits the window where days or months begin in the query's zone. A day there has 23, 24 or 25 hours.
func (q *Query) periods() []portolan.Span {
	switch {
	case q.Hourly:
		return slices.Collect(availability.Hours(q.Window))
	case slices.Contains(q.Group, ByDay):
		return split(q.Window, q.zone(), func(y int, m time.Month, d int) time.Time {
			return time.Date(y, m, d+1, 0, 0, 0, 0, q.zone())
		})
	case slices.Contains(q.Group, ByMonth):
		return split(q.Window, q.zone(), func(y int, m time.Month, _ int) time.Time {
			return time.Date(y, m+1, 1, 0, 0, 0, 0, q.zone())
		})
	default:
		return []portolan.Span{q.Window}
	}
}

func split(window portolan.Span, zone *time.Location, next func(y int, m time.Month, d int) time.Time) []portolan.Span {
	var spans []portolan.Span
	for from := window.From; from < window.To; {
		to := portolan.InstantOf(next(from.Time().In(zone).Date()))
		to = min(max(to, from+1), window.To)
		spans = append(spans, portolan.Span{From: from, To: to})
		from = to
	}
	return spans
}

// clamp ends the window where knowledge ends.
func (q *Query) clamp(at portolan.Instant) { q.Window.To = max(q.Window.From, min(q.Window.To, at)) }

// portOf returns what is known of a series' port.
func portOf(facts *Facts, name portolan.Series) portolan.Port {
	code := name.Agent.Port()
	if p, ok := facts.Ports()[code]; ok {
		return p
	}
	return portolan.Port{Code: code, Name: string(code), Placeholder: code.Placeholder()}
}

// Total is what a group had in a window.
type Total struct {
	Key      Key
	Window   portolan.Span
	Figure   availability.Figure
	Weight   portolan.Weight
	Due      availability.Due
	Standing availability.Standing
}

// Answer is what Figures answers.
type Answer struct {
	Window portolan.Span // the one asked for, ended where knowledge ends
	Cut    Cut
	Rows   []Total // sorted
}

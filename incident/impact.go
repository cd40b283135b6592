package incident

import (
	"fmt"
	"strings"
	"time"

	"portolan"
)

// Impact is what an incident costs until now. Travelers are counted from the usual hourly volumes of the ports that are hit,
// flights and officers' hours are estimates from them by the ratios that the audit reports.
type Impact struct {
	Ports int `json:"ports"`
	// Lanes is how many workstations with an agent are hit.
	Lanes     int    `json:"lanes"`
	Travelers uint64 `json:"travelers"`
	// Flights is an estimate, for airports only.
	Flights uint64 `json:"flights"`
	// OfficerHours is an estimate of the additional hours of work.
	OfficerHours uint64 `json:"officer_hours"`
	// Unknown is how many of the ports have no volumes, so that their travelers are not counted.
	Unknown int `json:"ports_without_volumes,omitempty"`
}

// The audit's ratios (OIG-17-114): 95,241 passengers on 715 flights in the interruptions at MIA and SEA, and 762 hours of
// overtime for about 13,000 travelers at MIA on 2 January 2017.
const (
	travelersPerFlight = 95_241.0 / 715
	hoursPerTraveler   = 762.0 / 13_000
)

// impactOf sums up what an incident costs until now.
func (d *Detector) impactOf(t *track) Impact {
	span := t.Span(d.now)
	i := Impact{Ports: len(t.Ports)}
	var travelers, flying float64
	for _, code := range t.Ports {
		p := d.fleet.ports[code]
		i.Lanes += p.lanes(t.Scope)
		if p.Volumes == nil {
			i.Unknown++
			continue
		}
		n := p.travelers(span)
		travelers += n
		if p.Kind == portolan.Air {
			flying += n
		}
	}
	i.Travelers, i.Flights = uint64(travelers), uint64(flying/travelersPerFlight)
	i.OfficerHours = uint64(travelers * hoursPerTraveler)
	return i
}

func (p *place) lanes(scope Scope) int {
	if scope.Level == AtAgent {
		return 1
	}
	return len(p.agents)
}

// travelers returns how many travelers usually come in a span of time.
func (p *place) travelers(span portolan.Span) (sum float64) {
	for at := span.From.Hour(); at < span.To; at = at.Add(time.Hour) {
		hour := span.Intersect(portolan.Span{From: at, To: at.Add(time.Hour)}).Duration()
		local := at.Time().In(p.zone)
		sum += float64(p.Volumes[local.Weekday()][local.Hour()]) * hour.Hours()
	}
	return sum
}

// sentence says what was seen and what follows, for a manager.
func (d *Detector) sentence(t *track) string {
	var s strings.Builder
	s.WriteString(d.seen(t))
	switch {
	case t.Silent && t.Cause == Monitor:
		s.WriteString("; the agents measured meanwhile that users could work: only the way to the center was cut")
	case t.Silent && t.Cause == Workstation:
		s.WriteString("; the agents did not run")
	case t.Silent && t.total.results > 0:
		fmt.Fprintf(&s, "; the agents measured meanwhile that %.0f of %.0f results were bad", t.total.bad, t.total.results)
	case !t.Silent:
		fmt.Fprintf(&s, ": %d of %d results", t.Bad, t.Results)
	}
	fmt.Fprintf(&s, ". %s", d.follows(t))
	return s.String()
}

func (d *Detector) seen(t *track) string {
	since := t.Start.Time().Format("15:04 UTC")
	if t.Silent {
		return fmt.Sprintf("Nothing was heard of any agent %s since %s", t.Scope, since)
	}
	subject, verb := "All systems are", "slow or down"
	if t.Component != "" {
		names := make([]string, len(t.Systems))
		for i, system := range t.Systems {
			names[i] = strings.ToUpper(string(system))
		}
		subject = strings.Join(names, ", ") + " is"
		if len(names) > 1 {
			subject = strings.Join(names, ", ") + " are"
		}
		verb = "down"
		if t.mostKinds(portolan.KindLate) {
			verb = "slow"
		}
	}
	where := t.Scope.String()
	if total := d.fleet.portsIn(t.Scope); t.Scope.Level > AtPort {
		where = fmt.Sprintf("at %d of %d ports (%s)", len(t.Ports), total, t.Scope)
	}
	text := fmt.Sprintf("%s %s %s since %s", subject, verb, where, since)
	if t.Symptom.Step != "" && t.Component != "" {
		text += fmt.Sprintf(" in step %s (%s)", t.Symptom.Step, t.Symptom.Kind)
	}
	return text
}

func (f *fleet) portsIn(scope Scope) (n int) {
	for _, p := range f.ports {
		if len(p.agents) > 0 && scope.Holds(scope.Agent, &p.Port) {
			n++
		}
	}
	return n
}

// follows names the cause in words.
func (d *Detector) follows(t *track) string {
	name := strings.ToUpper(string(t.Component))
	switch t.Cause {
	case Workstation:
		return "Other workstations work: likely this workstation."
	case PortNetwork:
		return "Other ports work: likely the port's network."
	case OfficeCircuit:
		return "Ports of other offices work: likely the field office's circuit."
	case WideArea:
		return "Systems that have nothing else in common are hit: likely the wide area network."
	case Service:
		return fmt.Sprintf("Other systems work from the same workstations: likely %s itself.", name)
	case Dependency:
		return fmt.Sprintf("Each of these fails where it needs %s: likely %s.", name, name)
	case UpstreamData:
		return fmt.Sprintf("Answers come in time, with data that are too old: likely what %s is fed with.", name)
	case Load:
		return fmt.Sprintf("Answers of %s had grown slower for half an hour before: likely more work than it can do.", name)
	case Changed:
		return fmt.Sprintf("It began shortly after a change: %q.", t.note)
	case Planned:
		return fmt.Sprintf("Planned work was declared for this time: %q.", t.note)
	case Credential:
		return "A certificate or the credentials are refused: likely expired."
	case Monitor:
		return "The fault is likely the monitor's own."
	default:
		return "The evidence does not yet tell why."
	}
}

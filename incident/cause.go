package incident

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"portolan"
)

// Cause is what is inferred from many symptoms. Values are stored: do not reorder, add at the end.
type Cause uint8

// The causes.
const (
	Undetermined  Cause = iota // the evidence is thin
	Workstation                // one workstation: its card, its cable, its disk
	PortNetwork                // the network of one port
	OfficeCircuit              // the circuit of a field office
	WideArea                   // the network between ports and center
	Service                    // the system itself
	Dependency                 // a system that others depend on
	UpstreamData               // the data that a system is fed with
	Load                       // more work than the system can do
	Changed                    // a change made shortly before
	Planned                    // planned work
	Credential                 // an expired certificate, or credentials that are refused
	Monitor                    // the monitor itself; users could work
)

var causeNames = []string{
	"undetermined", "workstation", "port-network", "office-circuit", "wide-area", "service", "dependency", "upstream-data",
	"load", "change", "maintenance", "credential", "monitor",
}

// String returns the cause's name as metrics and the API print it.
func (c Cause) String() string { return nameOf(causeNames, uint8(c)) }

// MarshalText implements encoding.TextMarshaler.
func (c Cause) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Cause) UnmarshalText(b []byte) (err error) {
	*c, err = parseName[Cause]("cause", causeNames, b)
	return err
}

// Causes returns every cause, in the order of their values.
func Causes() []Cause {
	all := make([]Cause, len(causeNames))
	for i := range all {
		all[i] = Cause(i)
	}
	return all
}

const (
	// mostly is the share of symptoms that must agree.
	mostly = 0.6
	// soonAfter is how long after a change a fault may begin that the change explains.
	soonAfter = portolan.Instant(30 * time.Minute / time.Microsecond)
)

// describe draws the conclusions from what an incident's evidence shows.
func (d *Detector) describe(t *track) {
	if t.Signaled || t.thin() {
		t.Impact = d.impactOf(t)
		return
	}
	t.Bad, t.Results = uint64(t.total.bad), uint64(t.total.results+t.pending)
	t.Systems, t.Ports = d.systemsHit(t), d.portsHit(t)
	t.Symptom = t.commonest()
	// What went before is looked at only in the beginning: later the answers during the incident would count.
	if t.End == 0 && d.now-t.Start < paceStep && t.Component != "" {
		t.rose = t.component.rises(t.Start)
	}
	if !t.Silent || t.Confidence == 0 || t.End == 0 {
		t.Cause, t.Confidence = d.causeOf(t)
	} else if t.Cause != Monitor && t.Cause != Workstation {
		t.Cause = networkCause(t.Scope.Level)
	}
	t.Owner = d.ownerOf(t)
	t.Impact = d.impactOf(t)
}

// causeOf returns the cause that the pattern shows, and how much it is to be believed.
func (d *Detector) causeOf(t *track) (Cause, float64) {
	if t.Silent {
		return networkCause(t.Scope.Level), 0.6
	}
	if n := d.noteOf(t); n != nil {
		t.note = n.Text
		if n.Planned {
			return Planned, 0.9
		}
		return Changed, 0.8
	}
	belief := 1 / (1 + math.Exp(-t.total.bad/2))
	if belief < 0.75 {
		return Undetermined, belief
	}
	switch {
	case t.mostKinds(portolan.KindMonitor):
		return Monitor, belief
	case t.Scope.Level == AtAgent:
		return Workstation, belief
	case t.mostKinds(portolan.KindCredential, portolan.KindCertificate):
		return Credential, belief
	case t.Component == "":
		return networkCause(t.Scope.Level), belief
	case t.mostKinds(portolan.KindStale):
		return UpstreamData, belief
	case t.rose:
		return Load, min(belief, 0.8)
	case !d.dependedOn(t):
		return Service, belief
	default:
		return Dependency, belief
	}
}

func networkCause(l Level) Cause {
	switch l {
	case AtAgent:
		return Workstation
	case AtPort:
		return PortNetwork
	case AtOffice:
		return OfficeCircuit
	default:
		return WideArea
	}
}

// dependedOn reports whether other systems depend on the one that is to blame, and none of them shows that it answers.
func (d *Detector) dependedOn(t *track) bool {
	others := false
	for _, s := range d.fleet.within(t.Scope, t.Component) {
		others = others || s.name.System != t.Component
	}
	for system, n := range t.systems {
		if system != t.Component && n.results >= 10 && n.share() < t.shareHit()/2 {
			return false
		}
	}
	return others
}

// noteOf returns planned work during which the incident began, or the newest change shortly before it; nil if there is none.
// Design 3.9: planned work is declared in advance and shown both ways.
func (d *Detector) noteOf(t *track) *Note {
	var found *Note
	for i := range d.notes {
		n := &d.notes[i]
		if (n.System != "" && n.System != t.Component) || (n.Port != "" && (t.Scope.Level != AtPort || n.Port != t.Scope.Port)) {
			continue
		}
		if n.Planned {
			if n.Span.From-slack <= t.Start && t.Start < n.Span.To {
				return n
			}
			continue
		}
		if since := t.Start - n.Span.From; since >= -slack && since <= soonAfter && (n.System != "" || n.Port != "") {
			found = n
		}
	}
	return found
}

func (t *track) mostKinds(kinds ...portolan.ErrorKind) bool {
	these, all := t.symptomsThat(func(s *portolan.Symptom) bool { return slices.Contains(kinds, s.Kind) })
	return all > 0 && float64(these)/float64(all) >= mostly
}

// nearlyAll reports whether four of five symptoms, if there are any, are such.
func (t *track) nearlyAll(are func(*portolan.Symptom) bool) bool {
	these, all := t.symptomsThat(are)
	return 5*these >= 4*all
}

// symptomsThat counts the symptoms that are such, and all.
func (t *track) symptomsThat(are func(*portolan.Symptom) bool) (these, all int) {
	for s, n := range t.symptoms {
		all += n
		if are(&s) {
			these += n
		}
	}
	return these, all
}

// commonest returns the symptom that was seen most.
func (t *track) commonest() (most portolan.Symptom) {
	greatest := 0
	for s, n := range t.symptoms {
		if n > greatest || (n == greatest && s.Step < most.Step) {
			most, greatest = s, n
		}
	}
	return most
}

// systemsHit returns the systems whose users are hit as often as half of the incident's results are bad; all that are used in
// the scope if nothing was measured.
func (d *Detector) systemsHit(t *track) []portolan.SystemID {
	var hit []portolan.SystemID
	for system, n := range t.systems {
		if n.share() >= t.shareHit()/2 {
			hit = append(hit, system)
		}
	}
	if len(hit) == 0 {
		hit = slices.Collect(maps.Keys(d.fleet.systemsOf(t.Scope, t.Component)))
	}
	slices.Sort(hit)
	return hit
}

// portsHit returns the ports where a share of results is bad as befits the incident; all ports of the scope if nothing was
// measured.
func (d *Detector) portsHit(t *track) []portolan.PortCode {
	ports := map[portolan.PortCode]tally{}
	for agent, n := range t.tallies {
		if p := d.fleet.agents[agent].at; t.Scope.Holds(agent, &p.Port) {
			sum := ports[p.Code]
			ports[p.Code] = tally{bad: sum.bad + n.bad, results: sum.results + n.results}
		}
	}
	var hit []portolan.PortCode
	for code, n := range ports {
		if n.bad > 0 && n.share() >= t.shareHit()/3 {
			hit = append(hit, code)
		}
	}
	if len(hit) == 0 {
		for code, p := range d.fleet.ports {
			if len(p.agents) > 0 && t.Scope.Holds(t.Scope.Agent, &p.Port) {
				hit = append(hit, code)
			}
		}
	}
	slices.SortFunc(hit, cmp.Compare)
	return hit
}

// ownerOf returns who has to repair it.
func (d *Detector) ownerOf(t *track) string {
	switch t.Cause {
	case Workstation:
		return "field support of the port"
	case PortNetwork, OfficeCircuit, WideArea:
		return "network operations center"
	case Monitor:
		return "operators of the monitor"
	case Undetermined:
		if t.Component == "" {
			return "network operations center"
		}
	}
	return d.options.Systems[t.Component]
}

package incident

import (
	"fmt"
	"strings"
	"time"

	"portolan"
)

// The rules of advice. A backup loses the biometric checks, so it is not advised for a moment's trouble; and to change back
// too early costs a second change.
const (
	// beginDown and beginSlow are for how long the primary system must be down, or slow, before a backup is advised.
	beginDown = 2 * time.Minute
	beginSlow = 10 * time.Minute
	// endAfter is for how long it must be up again before the port is advised to go back.
	endAfter = 10 * time.Minute
	// oldestExtract is how old an extract may be: it is renewed monthly, and is two to six weeks old (OIG-17-114).
	oldestExtract = 42 * 24 * time.Hour
)

// Means is one system by which a port can screen travelers, as it is there now.
type Means struct {
	System portolan.SystemID
	State  portolan.State
	Since  portolan.Instant
	// Offline says that it needs no network.
	Offline bool
	// Network says that its symptom is one of the network.
	Network bool
	// DataAge is how old its data are; zero if that is not known.
	DataAge time.Duration
}

// NetworkDown reports whether nothing that needs the network answers, with symptoms of a network.
func NetworkDown(seen []Means) bool {
	down := 0
	for i := range seen {
		if seen[i].Offline {
			continue
		}
		if seen[i].State != portolan.Down || !seen[i].Network {
			return false
		}
		down++
	}
	return down > 0
}

// Standing is what advice for a port rests on.
type Standing struct {
	Port    portolan.PortCode
	Primary Means
	Backups []Means // in the order in which they are used
	// NetworkDown says that nothing answers at the port.
	NetworkDown bool
	// InForce is the backup in use, empty if the port works with the primary system.
	InForce portolan.SystemID
	Now     portolan.Instant
}

// Action is what a port is advised to do. Values are stored: do not reorder, add at the end.
type Action uint8

// The actions.
const (
	Stay    Action = iota // go on as now
	Prepare               // get the backup ready: the primary system is in trouble for a short time yet
	Begin                 // begin with the backup
	Switch                // go from one backup to another
	End                   // go back to the primary system
)

var actionNames = []string{"stay", "prepare", "begin", "switch", "end"}

// String returns the action's name.
func (a Action) String() string { return nameOf(actionNames, uint8(a)) }

// MarshalText implements encoding.TextMarshaler.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Advice is what a port is advised to do, and why. The monitor advises; the Director of Field Operations decides.
type Advice struct {
	Port    portolan.PortCode `json:"port"`
	Primary portolan.SystemID `json:"primary"`
	InForce portolan.SystemID `json:"in_force,omitempty"` // the backup in use
	Action  Action            `json:"action"`
	// Use is the system that the port should work with.
	Use    portolan.SystemID `json:"use"`
	Reason string            `json:"reason"`
	// Steps say who does what, in order.
	Steps []string `json:"steps"`
	// Lost says what cannot be done with the system that is advised.
	Lost []string `json:"lost"`
	// Readiness tells of each backup whether it could be used now.
	Readiness []Readiness `json:"readiness"`
}

// Readiness is whether a backup could be used at a port now.
type Readiness struct {
	System portolan.SystemID `json:"system"`
	Ready  bool              `json:"ready"`
	Why    string            `json:"why"`
}

// Advise returns what a port should do by the procedure of the audit (OIG-17-114, "Backup Screening"): the first backup that
// itself works there; without a network, one that needs none.
func Advise(s *Standing) Advice {
	a := Advice{Port: s.Port, Primary: s.Primary.System, InForce: s.InForce, Use: s.Primary.System, Steps: []string{}, Lost: []string{}, Readiness: []Readiness{}}
	var backup *Means
	for i := range s.Backups {
		r := s.readiness(&s.Backups[i])
		a.Readiness = append(a.Readiness, r)
		if r.Ready && backup == nil {
			backup = &s.Backups[i]
		}
	}
	a.decide(s, backup)
	a.explain(s)
	return a
}

func (s *Standing) readiness(m *Means) Readiness {
	r := Readiness{System: m.System}
	switch {
	case s.NetworkDown && !m.Offline:
		r.Why = "needs the network, which is down"
	case m.State == portolan.Down:
		r.Why = "does not work here since " + clock(m.Since)
	case m.Offline && m.DataAge > oldestExtract:
		r.Why = fmt.Sprintf("its extract is %d days old, at most %d are allowed", days(m.DataAge), days(oldestExtract))
	case m.State == portolan.Unmonitored && !m.Offline:
		r.Why = "is not measured here"
	case m.Offline && m.DataAge > 0:
		r.Ready, r.Why = true, fmt.Sprintf("its extract is %d days old", days(m.DataAge))
	case m.State == portolan.SlowState:
		r.Ready, r.Why = true, "answers, slowly"
	case m.State == portolan.Unmonitored:
		r.Ready, r.Why = true, "needs no network; it is not measured here"
	default:
		r.Ready, r.Why = true, "answers in time since "+clock(m.Since)
	}
	return r
}

// decide says what to do. Without a backup that works, the port stays with what it has.
func (a *Advice) decide(s *Standing, backup *Means) {
	p := &s.Primary
	lasts := s.Now.Sub(p.Since)
	bad := p.State == portolan.Down || p.State == portolan.SlowState || (s.NetworkDown && p.State != portolan.Up)
	switch {
	case s.InForce == "" && !bad:
		return
	case !bad && p.State == portolan.Up && lasts >= endAfter:
		a.Action = End
		return
	case s.InForce != "" && (backup == nil || backup.System == s.InForce || !bad):
		a.Use = s.InForce
		return
	case backup == nil:
		return
	case s.InForce != "":
		a.Action, a.Use = Switch, backup.System
	case (p.State == portolan.SlowState && lasts < beginSlow) || lasts < beginDown:
		a.Action = Prepare
	default:
		a.Action, a.Use = Begin, backup.System
	}
}

func (a *Advice) explain(s *Standing) {
	primary := upper(s.Primary.System)
	a.Reason = fmt.Sprintf("%s is %s here since %s", primary, stateWord(s.Primary.State), clock(s.Primary.Since))
	if s.NetworkDown {
		a.Reason += "; nothing answers over the network"
	}
	a.Reason += "."
	notify := "The Shift Supervisor notifies the Director of Field Operations, who decides."
	switch a.Action {
	case Stay:
		if a.Use != s.Primary.System {
			a.Reason += fmt.Sprintf(" %s stays in use until %s is up for %d minutes.", upper(a.Use), primary, int(endAfter.Minutes()))
			a.lose(s)
		}
	case Prepare:
		a.Steps = []string{fmt.Sprintf("Have the first backup that is ready at hand; it is advised if %s stays so.", primary)}
	case Begin, Switch:
		a.Steps = []string{
			notify, fmt.Sprintf("Go over to %s.", upper(a.Use)),
			"To stop taking biometrics needs the Director's separate approval.",
			"Record when it began, and who decided.",
		}
		a.lose(s)
	case End:
		a.Reason += fmt.Sprintf(" It was up for %d minutes.", int(endAfter.Minutes()))
		a.Steps = []string{notify, fmt.Sprintf("Go back to %s.", primary), "Record when the backup ended, and who decided."}
	}
}

// lose tells what the system that is advised cannot do.
func (a *Advice) lose(s *Standing) {
	a.Lost = append(a.Lost, "No biometric match: aliases and criminal records that only fingerprints or a photo show are missed.")
	for _, m := range s.Backups {
		if m.System != a.Use || !m.Offline {
			continue
		}
		age := "of unknown age"
		if m.DataAge > 0 {
			age = fmt.Sprintf("%d days old", days(m.DataAge))
		}
		a.Lost = append(a.Lost, "The data are an extract, "+age+": newer lookouts are missed.")
	}
}

func upper(id portolan.SystemID) string { return strings.ToUpper(string(id)) }

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

func clock(at portolan.Instant) string {
	if at == 0 {
		return "an unknown time"
	}
	return at.Time().Format("2006-01-02 15:04 UTC")
}

func stateWord(s portolan.State) string {
	if s == portolan.Unmonitored {
		return "not measured"
	}
	return s.String()
}

package dashboard

import (
	"portolan"
	"portolan/incident"
)

// Advice is what a port is advised to do about one system, and what it recorded.
type Advice struct {
	incident.Advice
	Recorded []Mitigation // oldest first
	// Caution says why the advice may not hold for the port; empty if nothing does.
	Caution string
}

// adviceView is advice as pages print it.
type adviceView struct {
	Port                 portolan.PortCode
	Primary, Use, Action string
	Urgent               bool // something is to be done
	Quiet                bool // nothing is, and nothing is in use
	Change               bool // another system is to be used
	Reason, Caution      string
	Steps, Lost          []string
	Readiness            []readinessView
	Modes                []modeView // that may be recorded
	Recorded             []recordedView
}

type readinessView struct {
	Short, Why string
	Ready      bool
}

type modeView struct{ Value, Name string }

type recordedView struct {
	At                moment
	Mode, By, Reason  string
	WithoutBiometrics bool
}

// mostRecorded is how many of a port's records are shown.
const mostRecorded = 5

func viewAdvice(c *clock, cut Cut, advice []Advice) []adviceView {
	var views []adviceView
	for _, a := range advice {
		v := adviceView{
			Port:    a.Port,
			Primary: short(a.Primary), Use: short(a.Use), Action: actionWords(a.Action, a.Use != a.Primary), Reason: a.Reason, Caution: a.Caution, Steps: a.Steps, Lost: a.Lost,
			Urgent: a.Action != incident.Stay, Quiet: a.Action == incident.Stay && a.Use == a.Primary && a.Caution == "",
			Change: a.Action != incident.Stay && a.Action != incident.Prepare, Modes: []modeView{{"primary", short(a.Primary) + " (primary)"}},
		}
		for _, r := range a.Readiness {
			v.Readiness = append(v.Readiness, readinessView{short(r.System), r.Why, r.Ready})
			v.Modes = append(v.Modes, modeView{string(r.System), short(r.System)})
		}
		recorded := a.Recorded[max(0, len(a.Recorded)-mostRecorded):]
		for _, m := range recorded {
			mode := short(portolan.SystemID(m.Mode))
			if m.Mode == "primary" {
				mode = "back to " + short(a.Primary)
			}
			v.Recorded = append(v.Recorded, recordedView{c.at(m.At, cut.Zone), mode, m.By, m.Reason, m.WithoutBiometrics})
		}
		views = append(views, v)
	}
	return views
}

func actionWords(a incident.Action, inBackup bool) string {
	switch a {
	case incident.Prepare:
		return "Prepare the backup"
	case incident.Begin:
		return "Begin the backup procedure"
	case incident.Switch:
		return "Change to another backup"
	case incident.End:
		return "End the backup procedure"
	default:
		if inBackup {
			return "Stay with the backup"
		}
		return "Nothing to do"
	}
}

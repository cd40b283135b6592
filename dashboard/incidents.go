package dashboard

import (
	"fmt"
	"strings"

	"portolan"
	"portolan/incident"
)

// incidentsPage is what incidents.html prints.
type incidentsPage struct {
	Open, Past []incidentView
	Signals    []signalView
	More       bool
}

// incidentView is one incident as pages print it.
type incidentView struct {
	ID           string
	Mark         mark
	Title        string // "TPAC, nationwide"
	Cause        string
	Confidence   string
	Why          string
	Owner        string
	Since, Until moment
	Lasts        string
	Ports        []portolan.PortCode
	MorePorts    int
	Impact       string
	Acknowledged string
	Flag         string // "silent", "officers' signal"
}

// mostPortsNamed is how many ports of an incident are named.
const mostPortsNamed = 12

func viewIncidents(c *clock, cut Cut, incidents []incident.Incident) []incidentView {
	views := make([]incidentView, 0, len(incidents))
	for i := range incidents {
		views = append(views, viewIncident(c, cut, &incidents[i]))
	}
	return views
}

func viewIncident(c *clock, cut Cut, i *incident.Incident) incidentView {
	v := incidentView{
		ID: i.ID.String(), Mark: mark{portolan.Down, word(portolan.Down)}, Title: incidentTitle(i), Cause: causeWords(i.Cause), Why: i.Why, Owner: i.Owner,
		Confidence: fmt.Sprintf("%.0f %%", 100*i.Confidence), Since: c.at(i.Start, cut.Zone), Until: c.at(i.End, cut.Zone),
		Lasts: ago(i.Span(c.now).Duration()), Ports: i.Ports, Impact: impactWords(i.Impact), Acknowledged: i.Acknowledged,
	}
	switch {
	case i.Signaled:
		v.Flag, v.Confidence, v.Mark = "officers' signal", "", mark{portolan.SlowState, word(portolan.SlowState)}
	case i.Silent:
		v.Flag = "silent"
	case i.Symptom.Kind == portolan.KindLate:
		v.Mark = mark{portolan.SlowState, word(portolan.SlowState)}
	}
	if i.Cause == incident.Monitor {
		v.Mark = mark{portolan.Unmonitored, word(portolan.Unmonitored)}
	}
	if more := len(v.Ports) - mostPortsNamed; more > 0 {
		v.Ports, v.MorePorts = v.Ports[:mostPortsNamed], more
	}
	return v
}

func incidentTitle(i *incident.Incident) string {
	systems := "All systems"
	if i.Component != "" || i.Signaled {
		names := make([]string, len(i.Systems))
		for n, id := range i.Systems {
			names[n] = short(id)
		}
		systems = strings.Join(names, ", ")
	}
	return systems + " " + i.Scope.String()
}

func impactWords(i incident.Impact) string {
	words := []string{plural(i.Ports, "port"), plural(i.Lanes, "workstation")}
	if i.Unknown < i.Ports {
		words = append(words, plural(int(i.Travelers), "traveler"))
	}
	if i.Flights > 0 {
		words = append(words, "about "+plural(int(i.Flights), "flight"))
	}
	if i.OfficerHours > 0 {
		words = append(words, "about "+plural(int(i.OfficerHours), "officer-hour"))
	}
	text := strings.Join(words, ", ")
	if i.Unknown > 0 {
		text += fmt.Sprintf(" (volumes of %s not known)", plural(i.Unknown, "port"))
	}
	return text
}

// causeWords says a cause in plain words.
func causeWords(c incident.Cause) string {
	switch c {
	case incident.Workstation:
		return "a workstation"
	case incident.PortNetwork:
		return "the port's network"
	case incident.OfficeCircuit:
		return "the field office's circuit"
	case incident.WideArea:
		return "the wide area network"
	case incident.Service:
		return "the system itself"
	case incident.Dependency:
		return "a system that others need"
	case incident.UpstreamData:
		return "the data it is fed with"
	case incident.Load:
		return "more work than it can do"
	case incident.Changed:
		return "a change made shortly before"
	case incident.Planned:
		return "planned work"
	case incident.Credential:
		return "a certificate or credentials"
	case incident.Monitor:
		return "the monitor itself"
	default:
		return "not yet determined"
	}
}

// signalView is what an officer reported.
type signalView struct {
	Port   portolan.PortCode
	System string
	State  mark
	At     moment
	Note   string
}

func viewSignals(c *clock, cut Cut, signals []Signal) []signalView {
	var views []signalView
	for _, s := range signals {
		views = append(views, signalView{s.Port, short(s.System), mark{s.State, word(s.State)}, c.at(s.At, cut.Zone), s.Note})
	}
	return views
}

func incidentsFrame(v *Incidents) *frame {
	c := newClock(v.Cut.At)
	p := incidentsPage{Open: viewIncidents(c, v.Cut, v.Open), Past: viewIncidents(c, v.Cut, v.Past), Signals: viewSignals(c, v.Cut, v.Signals), More: v.More}
	s := summary{portolan.Up, "No incident is open"}
	if len(p.Open) > 0 {
		s = summary{portolan.Down, plural(len(p.Open), "incident") + " open"}
	}
	return &frame{Title: "Incidents", AsOf: c.at(v.Cut.At, v.Cut.Zone), Cut: v.Cut.Name, Summary: s, Cells: len(p.Open) + len(p.Past), Page: p}
}

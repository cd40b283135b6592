package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// availability prints figures of a window.
type availability struct {
	asking
	From        string   `help:"Start of the window, RFC 3339 with a zone; 24 hours before its end." placeholder:"TIME"`
	To          string   `help:"End of the window; now." placeholder:"TIME"`
	Zone        string   `help:"Zone in which days and months begin; UTC." placeholder:"ZONE"`
	AsOf        string   `help:"The cut that an earlier answer named." placeholder:"CUT"`
	Group       []string `help:"What to have a row for: nation, system, transaction, port, office, kind, agent, class (of workstation), day, month." default:"system" placeholder:"system,port"`
	Weight      string   `help:"What an hour of a series counts for: time, port or traveler; traveler where all volumes are known, else time." placeholder:"WEIGHT"`
	System      []string `help:"Only these systems." placeholder:"tpac,..."`
	Transaction []string `help:"Only these transactions." placeholder:"ID,..."`
	Port        []string `help:"Only these ports." placeholder:"MIA,..."`
	Office      []string `help:"Only ports of these field offices." placeholder:"NAME,..."`
	Kind        []string `help:"Only ports of these kinds: air, land, sea, center." placeholder:"KIND,..."`
	Agent       []string `help:"Only these agents." placeholder:"MIA-1,..."`
	Windowed    bool     `help:"Instead of rows by group, the worst window of each length over all that is selected."`
}

// Help implements kong.HelpProvider.
func (availability) Help() string {
	return `Each figure stands between the least and the greatest that it could be, given what was not seen. A dash is a
figure that does not exist; the last column says why. Issue-free is the share of the time in which no incident was open,
which follows from the incidents that were found; beside it stands how many, and how long any of them was open.

Examples:
  portolanctl availability
  portolanctl availability --windowed --system tpac
  portolanctl availability --system ats-qq --port MIA --group port,class
  portolanctl availability --from 2026-10-01T00:00:00-04:00 --to 2026-11-01T00:00:00-04:00 --zone America/New_York --group port,day`
}

// figure is a figure with its bounds, as the collector answers it.
type figure struct {
	Ratio *float64 `json:"ratio"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
	Why   string   `json:"why,omitempty"`
}

// figureRow is one row of the collector's answer.
type figureRow struct {
	Nation, System, Transaction, Port, Office, Kind, Agent, Class, Day, Month string

	From         string
	UpSeconds    float64 `json:"up_seconds"`
	Weight       string
	EndUser      figure `json:"end_user"`
	Conventional figure
	IssueFree    figure `json:"issue_free"`
	Incidents    struct {
		Began, Carried int
		UnionSeconds   float64 `json:"union_seconds"`
	}
	Coverage    *float64
	Why         string
	Revision    int
	Provisional bool
}

// Run prints the figures.
func (a availability) Run(t terminal) error {
	if a.Windowed {
		return a.runWindowed(t)
	}
	var answer struct {
		From, To string
		AsOf     string `json:"as_of"`
		Rows     []figureRow
	}
	if printed, err := a.ask(t, "/api/v1/availability", a.query(), &answer); printed || err != nil {
		return err
	}
	var rows [][]string
	for _, r := range answer.Rows {
		rows = append(rows, r.cells(a.Group))
	}
	fmt.Fprintf(t.out, "from %s to %s, as of %s\n", answer.From, answer.To, answer.AsOf)
	head := strings.ToUpper(strings.Join(a.Group, " ")) + " END-USER LOW HIGH CONVENTIONAL ISSUE-FREE INCIDENTS COVERAGE WEIGHT REVISION WHY"
	return table(t, head, rows)
}

// runWindowed prints windowed user-uptime.
func (a availability) runWindowed(t terminal) error {
	query := a.query()
	query.Del("group")
	var answer struct {
		From, To, Weight string
		AsOf             string `json:"as_of"`
		EndUser          figure `json:"end_user"`
		Coverage         *float64
		Rows             []struct {
			Minutes         int
			From, To        string
			Ratio, Coverage *float64
		}
	}
	if printed, err := a.ask(t, "/api/v1/windowed", query, &answer); printed || err != nil {
		return err
	}
	rows := [][]string{{"whole", percent(answer.EndUser.Ratio), percent(answer.Coverage), answer.From, answer.To}}
	for _, r := range answer.Rows {
		length := (time.Duration(r.Minutes) * time.Minute).String()
		rows = append(rows, []string{strings.TrimSuffix(length, "0s"), percent(r.Ratio), percent(r.Coverage), r.From, r.To})
	}
	fmt.Fprintf(t.out, "as of %s, weight %s\n", answer.AsOf, answer.Weight)
	return table(t, "LENGTH WORST COVERAGE FROM TO", rows)
}

func (a availability) query() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{"from": a.From, "to": a.To, "zone": a.Zone, "as_of": a.AsOf, "weight": a.Weight} {
		with(query, name, value)
	}
	for name, values := range map[string][]string{
		"group": a.Group, "system": a.System, "transaction": a.Transaction, "port": a.Port,
		"office": a.Office, "kind": a.Kind, "agent": a.Agent,
	} {
		with(query, name, values...)
	}
	return query
}

func (r *figureRow) cells(group []string) []string {
	named := map[string]string{
		"nation": r.Nation, "system": r.System, "transaction": r.Transaction, "port": r.Port,
		"office": r.Office, "kind": r.Kind, "agent": r.Agent, "class": r.Class, "day": r.Day, "month": r.Month,
	}
	var cells []string
	for _, dimension := range group {
		cells = append(cells, named[dimension])
	}
	revision := fmt.Sprint(r.Revision)
	if r.Provisional {
		revision = "provisional"
	}
	return slices.Concat(cells, []string{
		percent(r.EndUser.Ratio), percent(r.EndUser.Low), percent(r.EndUser.High), percent(r.Conventional.Ratio),
		percent(r.IssueFree.Ratio), r.incidents(), percent(r.Coverage), r.Weight, revision, r.Why,
	})
}

// incidents says how many there were, and how long any was open.
func (r *figureRow) incidents() string {
	n := r.Incidents.Began + r.Incidents.Carried
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", n, time.Duration(r.Incidents.UnionSeconds*float64(time.Second)).Round(time.Second))
}

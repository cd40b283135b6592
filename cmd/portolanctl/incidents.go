package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// incidents prints incidents, or what became of one.
type incidents struct {
	asking
	ID     string   `arg:"" optional:"" help:"Only what became of this one, such as I-17." placeholder:"ID"`
	Open   bool     `help:"Only those that are open; the exit code is 1 if there are any."`
	From   string   `help:"Those that touch the time from here on." placeholder:"TIME"`
	To     string   `help:"Those that touch the time up to here." placeholder:"TIME"`
	Port   []string `help:"Only those at these ports." placeholder:"MIA,..."`
	System []string `help:"Only those of these systems." placeholder:"tpac,..."`
}

// Help implements kong.HelpProvider.
func (incidents) Help() string {
	return `An incident is results that go bad together: where, since when, and the likely cause with the numbers it rests on.

Examples:
  portolanctl incidents --open
  portolanctl incidents I-17
  portolanctl incidents --from 2017-01-02T00:00:00Z --system tpac --output json`
}

// incidentShown is an incident as far as this tool prints it.
type incidentShown struct {
	ID                              string
	Scope                           struct{ Level, Agent, Port, Office, Kind string }
	Systems, Ports                  []string
	Cause, Why, Owner, Acknowledged string
	Start                           time.Time
	End                             *time.Time
	DurationSeconds                 float64 `json:"duration_seconds"`
	Impact                          struct{ Travelers, Flights uint64 }
}

func (i *incidentShown) where() string {
	s := &i.Scope
	return strings.Join(strings.Fields(strings.Join([]string{s.Level, s.Agent, s.Port, s.Office, s.Kind}, " ")), " ")
}

func (i *incidentShown) row() []string {
	end := "open"
	if i.End != nil {
		end = at(i.End)
	}
	return []string{
		i.ID, at(&i.Start), end, (time.Duration(i.DurationSeconds) * time.Second).String(), i.where(), strings.Join(i.Systems, ","), i.Cause,
		fmt.Sprint(len(i.Ports)), fmt.Sprint(i.Impact.Travelers), i.Acknowledged,
	}
}

const incidentHead = "INCIDENT START END LASTS SCOPE SYSTEMS CAUSE PORTS TRAVELERS TAKEN-ON-BY"

// Run prints the incidents.
func (c incidents) Run(t terminal) error {
	if c.ID != "" {
		return c.history(t)
	}
	query := url.Values{}
	with(query, "from", c.From)
	with(query, "to", c.To)
	with(query, "port", c.Port...)
	with(query, "system", c.System...)
	if c.Open {
		query.Set("open", "true")
	}
	body, err := c.get("/api/v1/incidents", query)
	if err != nil {
		return err
	}
	var answer struct{ Rows []incidentShown }
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("read answer of %s: %w", c.Collector, err)
	}
	if err := c.print(t, body, answer.Rows); err != nil {
		return err
	}
	if c.Open && len(answer.Rows) > 0 {
		return errProblem
	}
	return nil
}

func (c incidents) print(t terminal, body []byte, shown []incidentShown) error {
	if c.Output == "json" {
		_, err := t.out.Write(body)
		return err
	}
	var rows [][]string
	for i := range shown {
		rows = append(rows, shown[i].row())
	}
	if err := table(t, incidentHead, rows); err != nil {
		return err
	}
	for i := range shown {
		if _, err := fmt.Fprintf(t.out, "\n%s: %s\n", shown[i].ID, shown[i].Why); err != nil {
			return err
		}
	}
	return nil
}

func (c incidents) history(t terminal) error {
	var answer struct {
		Events []struct {
			At       time.Time
			Change   string
			Incident incidentShown
		}
	}
	if printed, err := c.ask(t, "/api/v1/incidents/"+url.PathEscape(c.ID), nil, &answer); printed || err != nil {
		return err
	}
	for _, e := range answer.Events {
		if _, err := fmt.Fprintf(t.out, "%s  %-12s %s, %s: %s\n", at(&e.At), e.Change, e.Incident.where(), e.Incident.Cause, e.Incident.Why); err != nil {
			return err
		}
	}
	return nil
}

// ack takes an incident on.
type ack struct {
	asking
	ID string `arg:"" help:"The incident, such as I-17." placeholder:"ID"`
	By string `required:"" help:"Who takes it on: a desk or a role." placeholder:"WHO"`
}

// Help implements kong.HelpProvider.
func (ack) Help() string {
	return `The incident shows who took it on; it stays open until users have right answers in time again.

Example:
  portolanctl ack I-17 --by "network operations, night shift"`
}

// Run takes the incident on.
func (c ack) Run(t terminal) error {
	return c.tell(t, "/api/v1/incidents/"+url.PathEscape(c.ID)+"/ack", map[string]any{"by": c.By}, c.ID+" is taken on by "+c.By)
}

// tell posts something and prints that it was taken, or what the collector answered as JSON.
func (a asking) tell(t terminal, path string, what any, done string) error {
	body, err := a.post(path, what)
	if err != nil {
		return err
	}
	if a.Output == "json" {
		_, err := t.out.Write(body)
		return err
	}
	_, err = fmt.Fprintln(t.out, done)
	return err
}

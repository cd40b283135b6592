package main

import (
	"fmt"
	"net/url"
	"time"
)

// resultList prints single results.
type resultList struct {
	asking
	From   string   `help:"Start of the window, RFC 3339 with a zone; 24 hours before its end." placeholder:"TIME"`
	To     string   `help:"End of the window; now." placeholder:"TIME"`
	Port   []string `help:"Only these ports." placeholder:"MIA,..."`
	System []string `help:"Only these systems." placeholder:"tpac,..."`
	Agent  []string `help:"Only these agents." placeholder:"MIA-1,..."`
	Limit  int      `help:"At most this many; 1 to 1000." default:"100"`
	Cursor string   `help:"Go on where an earlier answer ended." placeholder:"CURSOR"`
}

// Help implements kong.HelpProvider.
func (resultList) Help() string {
	return `Results come in the order in which they happened. JSON output has their steps and phases.

Example:
  portolanctl results --agent MIA-1 --limit 20 --output json`
}

// Run prints the results.
func (r resultList) Run(t terminal) error {
	query := url.Values{}
	with(query, "from", r.From)
	with(query, "to", r.To)
	with(query, "port", r.Port...)
	with(query, "system", r.System...)
	with(query, "agent", r.Agent...)
	with(query, "limit", fmt.Sprint(r.Limit))
	with(query, "cursor", r.Cursor)
	var answer struct {
		Rows []struct {
			Agent, System, Transaction, Outcome, Lane string
			EventTime                                 *time.Time `json:"event_time"`
			DurationSeconds                           float64    `json:"duration_seconds"`
			Attempt                                   int
			Symptom                                   *said
		}
		Next string
	}
	if printed, err := r.ask(t, "/api/v1/results", query, &answer); printed || err != nil {
		return err
	}
	var rows [][]string
	for _, one := range answer.Rows {
		rows = append(rows, []string{
			at(one.EventTime), one.Agent, one.System + "/" + one.Transaction, one.Outcome, fmt.Sprintf("%.3fs", one.DurationSeconds),
			fmt.Sprint(one.Attempt), one.Lane, one.Symptom.String(),
		})
	}
	if err := table(t, "STARTED AGENT TRANSACTION OUTCOME TOOK ATTEMPT LANE SYMPTOM", rows); err != nil || answer.Next == "" {
		return err
	}
	_, err := fmt.Fprintf(t.out, "more: --cursor %s\n", answer.Next)
	return err
}

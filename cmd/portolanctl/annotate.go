package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// annotate adds a remark, such as on a change that was made, or lists remarks with what followed them.
type annotate struct {
	asking
	Text   string    `arg:"" optional:"" help:"What was changed, or what is to be known."`
	By     string    `help:"Who says so: a desk or a role." placeholder:"WHO"`
	System string    `help:"The system that it concerns." placeholder:"tpac"`
	Port   string    `help:"The port that it concerns." placeholder:"MIA"`
	At     time.Time `help:"When it was; now if not given." placeholder:"TIME" format:"2006-01-02T15:04:05Z07:00"`
	Until  time.Time `help:"Until when; the same moment if not given." placeholder:"TIME" format:"2006-01-02T15:04:05Z07:00"`
	List   bool      `help:"List the remarks of the last four weeks, or of the time from --at to --until, with what followed each."`
	Zone   string    `help:"With --list: the zone in which hours of the day are the same." placeholder:"ZONE" default:"UTC"`
	AsOf   string    `help:"With --list: what followed as far as this cut knows." placeholder:"CUT"`
}

// Help implements kong.HelpProvider.
func (annotate) Help() string {
	return `A change that is annotated is weighed as the cause of an incident that begins shortly after it. With --list, each hour
after a change is held against the same hour of four past weeks, for two weeks or until the next change of the same system and
port: availability, and the time that 95 of 100 right answers took at most. What is worse by more than half as much again as
happens in one hour of a hundred, for two hours or more, stands out, however late: some changes do harm only under load.

Examples:
  portolanctl annotate --system apis --by "release desk" "release 7.2: manifest validation on the web platform"
  portolanctl annotate --list --zone America/New_York`
}

// listedBack is how far back remarks are listed.
const listedBack = 28 * 24 * time.Hour

// Run adds the remark, or lists remarks.
func (c annotate) Run(t terminal) error {
	if c.List {
		return c.list(t)
	}
	if c.Text == "" || c.By == "" {
		return usageError{errors.New("want a text and --by, or --list")}
	}
	remark := map[string]any{"text": c.Text, "by": c.By, "system": c.System, "port": c.Port}
	if !c.At.IsZero() {
		remark["from"] = c.At
	}
	if !c.Until.IsZero() {
		remark["to"] = c.Until
	}
	return c.tell(t, "/api/v1/annotations", remark, "noted")
}

// remark is an annotation as far as this tool prints it.
type remark struct {
	ID                     uint64
	From                   time.Time
	System, Port, Text, By string
}

// followedBy is what followed a remark.
type followedBy struct {
	Annotation remark
	From, To   *time.Time
	Rows       []followedRow
}

type followedRow struct {
	System, Transaction, Step, Measure, Why string
	Hours                                   int
	Before, After, Difference, Low, High    *float64
	StandsOut                               []struct {
		From, To   time.Time
		Difference float64
	} `json:"stands_out"`
}

func (c annotate) list(t terminal) error {
	remarks, err := c.remarks()
	if err != nil {
		return err
	}
	effects := []json.RawMessage{}
	for _, r := range remarks {
		if c.System != "" && r.System != c.System || c.Port != "" && r.Port != c.Port {
			continue
		}
		query := url.Values{"zone": {c.Zone}}
		with(query, "as_of", c.AsOf)
		effect, err := c.get(fmt.Sprintf("/api/v1/annotations/%d/effect", r.ID), query)
		if err != nil {
			return err
		}
		effects = append(effects, effect)
	}
	if c.Output == "json" {
		encoder := json.NewEncoder(t.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(map[string]any{"rows": effects})
	}
	for _, effect := range effects {
		if err := printEffect(t, effect); err != nil {
			return err
		}
	}
	return nil
}

// remarks returns those of the time that is asked for.
func (c annotate) remarks() ([]remark, error) {
	query := url.Values{}
	from, until := c.At, c.Until
	if from.IsZero() {
		from = time.Now().Add(-listedBack)
	}
	if until.IsZero() {
		until = time.Now()
	}
	query.Set("from", from.Format(time.RFC3339))
	query.Set("to", until.Format(time.RFC3339))
	body, err := c.get("/api/v1/annotations", query)
	if err != nil {
		return nil, err
	}
	var all struct{ Rows []remark }
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, fmt.Errorf("read answer of %s: %w", c.Collector, err)
	}
	return all.Rows, nil
}

func printEffect(t terminal, body []byte) error {
	var f followedBy
	if err := json.Unmarshal(body, &f); err != nil {
		return fmt.Errorf("read what followed: %w", err)
	}
	a := &f.Annotation
	fmt.Fprintf(t.out, "%d  %s  %s: %s (%s)\n", a.ID, at(&a.From), placeOf(a), a.Text, a.By)
	if f.From == nil {
		_, err := fmt.Fprintln(t.out, "  no whole hour has passed since")
		return err
	}
	fmt.Fprintf(t.out, "  compared from %s to %s\n", at(f.From), at(f.To))
	var rows [][]string
	for i := range f.Rows {
		rows = append(rows, f.Rows[i].row())
	}
	return table(t, " MEASURE HOURS BEFORE AFTER DIFFERENCE LOW HIGH STANDS-OUT", rows)
}

func placeOf(r *remark) string {
	where := "all systems"
	if r.System != "" {
		where = r.System
	}
	if r.Port != "" {
		where += " at " + r.Port
	}
	return where
}

func (r *followedRow) row() []string {
	what, percent := r.System+"/availability", true
	if r.Measure != "availability" {
		what, percent = r.System+"/"+r.Transaction, false
		if r.Step != "" {
			what += "/" + r.Step
		}
	}
	print := func(v *float64, sign string) string {
		switch {
		case v == nil:
			return "-"
		case percent:
			return fmt.Sprintf("%"+sign+".3f%%", 100**v)
		}
		return fmt.Sprintf("%"+sign+".3fs", *v)
	}
	stands := "-"
	if r.Why != "" {
		stands = r.Why
	}
	if n := len(r.StandsOut); n > 0 {
		first := &r.StandsOut[0]
		stands = fmt.Sprintf("%s to %s: %s", at(&first.From), at(&first.To), print(&first.Difference, "+"))
		if n > 1 {
			stands += fmt.Sprintf(", and %d more", n-1)
		}
	}
	return []string{
		"", what, fmt.Sprint(r.Hours), print(r.Before, ""), print(r.After, ""), print(r.Difference, "+"), print(r.Low, "+"), print(r.High, "+"), stands,
	}
}

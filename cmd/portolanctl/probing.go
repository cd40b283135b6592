package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os/user"
	"time"
)

// ordering is what both commands have that order agents about.
type ordering struct {
	asking
	System string `help:"The system." required:"" placeholder:"ID"`
	Reason string `help:"Why; the journal keeps it." required:"" placeholder:"TEXT"`
	By     string `help:"Who orders it; the user who runs this." placeholder:"NAME"`
}

// stopProbing is the command stop-probing.
type stopProbing struct {
	ordering
	Through bool          `help:"Also end the transactions of other systems that ask this one."`
	For     time.Duration `help:"How long, as 2h; until resume-probing without it." placeholder:"TIME"`
}

// Help gives an example.
func (stopProbing) Help() string {
	return `All agents leave the system alone within one interval of their transactions. One that is cut off stops when it hears
of it, and goes on leaving it alone until it hears otherwise. What is left out is excused, and unmonitored: neither up nor down.
Other systems' transactions go on, and some of their steps ask this system (docs/systems.md); --through ends those too.

Examples:
  portolanctl stop-probing --system tpac --reason "sessions pile up, ticket 4711"
  portolanctl stop-probing --system tpac --reason migration --for 2h
  portolanctl stop-probing --system ident --through --reason "its owner asks for silence"`
}

// Run orders the stop.
func (s stopProbing) Run(t terminal) error {
	if s.For < 0 {
		return usageError{fmt.Errorf("--for %s: want more than 0s", s.For)}
	}
	order := map[string]any{"order": "stop", "through": s.Through}
	if s.For > 0 {
		order["until"] = time.Now().Add(s.For)
	}
	return s.send(t, order)
}

// resumeProbing is the command resume-probing.
type resumeProbing struct{ ordering }

// Help gives an example.
func (resumeProbing) Help() string {
	return `Takes back what stop-probing ordered. Agents go on at their next due times.

Example:
  portolanctl resume-probing --system tpac --reason "fixed, ticket 4711"`
}

// Run takes the stop back.
func (r resumeProbing) Run(t terminal) error { return r.send(t, map[string]any{"order": "resume"}) }

// send gives the collector an order, and says what it kept.
func (o ordering) send(t terminal, order map[string]any) error {
	order["system"], order["reason"], order["by"] = o.System, o.Reason, o.By
	if o.By == "" {
		who, err := user.Current()
		if err != nil {
			return usageError{fmt.Errorf("--by: want a name: %w", err)}
		}
		order["by"] = who.Username
	}
	body, err := o.post("/api/v1/probing", order)
	if err != nil {
		return err
	}
	if o.Output == "json" {
		_, err := t.out.Write(body)
		return err
	}
	var kept probingRow
	if err := json.Unmarshal(body, &kept); err != nil {
		return fmt.Errorf("read answer of %s: %w", o.Collector, err)
	}
	_, err = fmt.Fprintf(t.out, "journal entry %d: %s %s, by %s\n", kept.ID, kept.Order, kept.System, kept.By)
	return err
}

// probingRow is an order as the collector answers it.
type probingRow struct {
	ID                        uint64
	Made                      time.Time
	Until                     *time.Time
	System, Order, Reason, By string
}

// probing prints the orders on probing.
type probing struct {
	asking
	System []string `help:"Only these systems." placeholder:"tpac,..."`
}

// Help implements kong.HelpProvider.
func (probing) Help() string {
	return `Orders are stop and resume, by operators, and back-off and full-rate, by the collector: while a system is down nearly
everywhere, most agents ask it less often, and a tenth goes on at the full rate.

Example:
  portolanctl probing --system tpac`
}

// Run prints what is in force, then all orders.
func (p probing) Run(t terminal) error {
	query := url.Values{}
	with(query, "system", p.System...)
	var answer struct {
		Rows    []probingRow
		InForce struct {
			Stops []struct {
				System, Reason string
				Through        bool
			}
			BackOffs []struct {
				System string
				Factor int
			} `json:"back_offs"`
		} `json:"in_force"`
	}
	if printed, err := p.ask(t, "/api/v1/probing", query, &answer); printed || err != nil {
		return err
	}
	for _, s := range answer.InForce.Stops {
		through := ""
		if s.Through {
			through = ", through other systems too"
		}
		fmt.Fprintf(t.out, "%s is left alone%s: %s\n", s.System, through, s.Reason)
	}
	for _, b := range answer.InForce.BackOffs {
		fmt.Fprintf(t.out, "%s is backed off from: nine agents in ten wait %d intervals\n", b.System, b.Factor)
	}
	var rows [][]string
	for _, r := range answer.Rows {
		rows = append(rows, []string{fmt.Sprint(r.ID), at(&r.Made), r.System, r.Order, at(r.Until), r.By, r.Reason})
	}
	return table(t, "ENTRY MADE SYSTEM ORDER UNTIL BY REASON", rows)
}

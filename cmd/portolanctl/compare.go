package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"portolan"
)

// compare is the command compare.
type compare struct {
	asking
	A       string   `help:"One side: a system, or one transaction of it." required:"" placeholder:"SYSTEM[/TRANSACTION]"`
	B       string   `help:"The other side." required:"" placeholder:"SYSTEM[/TRANSACTION]"`
	From    string   `help:"Start of the window, RFC 3339 with a zone; 24 hours before its end." placeholder:"TIME"`
	To      string   `help:"End of the window; now." placeholder:"TIME"`
	Weight  string   `help:"What an hour of a series counts for, on both sides: ${enum}." enum:"time,port,traveler" default:"time"`
	Port    []string `help:"Only these ports." placeholder:"MIA,..."`
	Office  []string `help:"Only ports of these field offices." placeholder:"NAME,..."`
	Kind    []string `help:"Only ports of these kinds: air, land, sea, center." placeholder:"KIND,..."`
	Picture string   `help:"Draw it into this file too: .svg, or .html." type:"path" placeholder:"FILE"`
}

// Help gives examples.
func (compare) Help() string {
	return `Shows two systems side by side, as an old one and the one that replaces it: how long right answers took (median, 95 and 99
of 100, by whole UTC hours), and availability as users had it, with its bounds. Where the bounds overlap, the availability
of the two may be the same.

Examples:
  portolanctl compare --a tecs-legacy --b tecs-portal
  portolanctl compare --a tecs-legacy/lookout-search --b tecs-portal/lookout-search --port MIA,SEA --picture old-and-new.svg
  portolanctl compare --a tecs-legacy --b tecs-portal --output json | jq .difference

Exit codes: 0 both sides were compared, 1 one of them has no figures in the window.`
}

// Run compares, prints and draws.
func (c compare) Run(t terminal) error {
	found, err := c.find(time.Now())
	if err != nil {
		return err
	}
	if c.Picture != "" {
		if err := os.WriteFile(c.Picture, found.draw(strings.HasSuffix(c.Picture, ".html")), 0o644); err != nil {
			return fmt.Errorf("draw picture: %w", err)
		}
	}
	if c.Output == "json" {
		out := json.NewEncoder(t.out)
		out.SetIndent("", "  ")
		err = out.Encode(found.withDifference())
	} else {
		err = found.print(t)
	}
	if err == nil && (found.A.EndUser.Ratio == nil || found.B.EndUser.Ratio == nil) {
		return errProblem
	}
	return err
}

// find asks the collector for both sides in the same window and at the same cut.
func (c compare) find(now time.Time) (comparison, error) {
	var found comparison
	window, err := c.window(now)
	if err != nil {
		return found, err
	}
	for _, side := range []struct {
		name string
		into *side
	}{{c.A, &found.A}, {c.B, &found.B}} {
		if *side.into, err = parseSide(side.name); err != nil {
			return found, err
		}
		if err := c.fill(&found, side.into, window); err != nil {
			return found, err
		}
	}
	found.note()
	return found, nil
}

// window makes the window one that stays the same from question to question.
func (c compare) window(now time.Time) (url.Values, error) {
	to := now.UTC().Truncate(time.Second)
	if c.To != "" {
		parsed, err := time.Parse(time.RFC3339, c.To)
		if err != nil {
			return nil, usageError{fmt.Errorf("--to %q: want a time such as 2026-03-01T00:00:00-05:00", c.To)}
		}
		to = parsed
	}
	from := c.From
	if from == "" {
		from = to.Add(-24 * time.Hour).Format(time.RFC3339)
	}
	window := url.Values{"from": {from}, "to": {to.Format(time.RFC3339)}}
	with(window, "port", c.Port...)
	with(window, "office", c.Office...)
	with(window, "kind", c.Kind...)
	return window, nil
}

func parseSide(name string) (side, error) {
	system, transaction, _ := strings.Cut(name, "/")
	if _, err := portolan.ParseSystemID(system); err != nil {
		return side{}, usageError{err}
	}
	return side{System: system, Transaction: transaction}, nil
}

// fill asks for one side: its figures, its latencies, and the ports that they are from.
func (c compare) fill(found *comparison, s *side, window url.Values) error {
	query := url.Values{"system": {s.System}, "group": {"system"}}
	with(query, "transaction", s.Transaction)
	for name, values := range window {
		query[name] = values
	}
	with(query, "as_of", found.AsOf)
	figures, err := c.rows("/api/v1/availability", query, url.Values{"weight": {c.Weight}})
	if err != nil {
		return err
	}
	found.From, found.To = figures.From, figures.To
	if found.AsOf == "" {
		found.AsOf = figures.AsOf
		query.Set("as_of", found.AsOf)
	}
	if len(figures.Rows) == 1 {
		s.EndUser, s.Coverage = figures.Rows[0].EndUser, figures.Rows[0].Coverage
	} else {
		s.EndUser.Why = "nothing of it was probed in the window"
	}
	latencies, err := c.rows("/api/v1/latency", query, nil)
	if err != nil {
		return err
	}
	if len(latencies.Rows) == 1 {
		s.Latency = &latencies.Rows[0].latency
	}
	query.Set("group", "port")
	ports, err := c.rows("/api/v1/availability", query, url.Values{"weight": {"time"}})
	for _, row := range ports.Rows {
		s.Ports = append(s.Ports, row.Port)
	}
	slices.Sort(s.Ports)
	return err
}

// comparedRows is what both questions answer.
type comparedRows struct {
	From, To string
	AsOf     string `json:"as_of"`
	Rows     []struct {
		latency
		Port     string
		EndUser  figure `json:"end_user"`
		Coverage *float64
	}
}

func (c compare) rows(path string, query, more url.Values) (comparedRows, error) {
	asked := url.Values{}
	for _, values := range []url.Values{query, more} {
		for name, list := range values {
			asked[name] = list
		}
	}
	var answer comparedRows
	body, err := c.get(path, asked)
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return answer, fmt.Errorf("read answer of %s: %w", c.Collector, err)
	}
	return answer, nil
}

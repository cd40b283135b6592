package collector

import (
	"slices"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/projection"
	"portolan/collector/watch"
	"portolan/report"
)

// groupAnswer is the group of a row; what the answer is not grouped by is left out.
type groupAnswer struct {
	Nation      string                 `json:"nation,omitempty"`
	System      portolan.SystemID      `json:"system,omitempty"`
	Transaction portolan.TransactionID `json:"transaction,omitempty"`
	Port        portolan.PortCode      `json:"port,omitempty"`
	Office      string                 `json:"office,omitempty"`
	Kind        *portolan.PortKind     `json:"kind,omitempty"`
	Agent       portolan.AgentID       `json:"agent,omitempty"`
	// Class of workstation; empty for those of none. Absent unless grouped by.
	Class *portolan.WorkstationClass `json:"class,omitempty"`
	Day   string                     `json:"day,omitempty"`   // in the zone asked for
	Month string                     `json:"month,omitempty"` // likewise
	From  time.Time                  `json:"from"`
	To    time.Time                  `json:"to"`
}

type differenceAnswer struct {
	report.Difference
	Why string `json:"why,omitempty"`
}

type dueAnswer struct {
	Seen      int `json:"seen"`
	Late      int `json:"late"`
	Displaced int `json:"displaced"`
	Excused   int `json:"excused"`
	Missing   int `json:"missing"`
}

type availabilityRow struct {
	groupAnswer
	Weight             portolan.Weight  `json:"weight"`
	EndUser            report.Bounded   `json:"end_user"`
	Conventional       report.Bounded   `json:"conventional"`
	IssueFree          report.Bounded   `json:"issue_free"`
	Incidents          report.Issues    `json:"incidents"`
	WithoutMaintenance report.Bounded   `json:"without_maintenance"`
	Difference         differenceAnswer `json:"difference"`
	Coverage           *float64         `json:"coverage"`
	Why                string           `json:"why,omitempty"`
	UpSeconds          float64          `json:"up_seconds"`
	SlowSeconds        float64          `json:"slow_seconds"`
	DownSeconds        float64          `json:"down_seconds"`
	UnmonitoredSeconds float64          `json:"unmonitored_seconds"`
	Due                dueAnswer        `json:"due"`
	Revision           int              `json:"revision"`
	Provisional        bool             `json:"provisional"`
}

type availabilityAnswer struct {
	From   time.Time         `json:"from"`
	To     time.Time         `json:"to"`
	AsOf   string            `json:"as_of"`
	Weight *portolan.Weight  `json:"weight"` // null where rows differ; each names its own
	Rows   []availabilityRow `json:"rows"`
}

func (c *collector) serveAvailability(r *call) (any, error) {
	q := r.params.query(r.now)
	q.Weight, q.Agents = r.params.weight(), r.params.agents()
	if err := r.params.err(); err != nil {
		return nil, err
	}
	var answer projection.Answer
	var facts *projection.Facts
	var at portolan.Instant
	err := c.projection.Look(r.Context(), q.AsOf, q.Now, func(s *projection.Snapshot) error {
		facts, at = s.Facts(), s.At()
		answers, err := s.Figures(q)
		if err == nil {
			answer = answers[0]
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	issues, err := watch.ReadIssues(r.Context(), c.ledger, facts, answer.Window, at)
	if err != nil {
		return nil, err
	}
	out := availabilityAnswer{
		From: answer.Window.From.Time(), To: answer.Window.To.Time(), AsOf: answer.Cut.String(),
		Rows: make([]availabilityRow, 0, len(answer.Rows)),
	}
	for i := range answer.Rows {
		row := &answer.Rows[i]
		out.Rows = append(out.Rows, availabilityOf(&q, row, issues.Of(&q, &row.Key, row.Window)))
	}
	out.Weight = sameWeight(out.Rows)
	return out, nil
}

// sameWeight returns the weight of all rows, nil if they differ.
func sameWeight(rows []availabilityRow) *portolan.Weight {
	if len(rows) == 0 || slices.ContainsFunc(rows, func(r availabilityRow) bool { return r.Weight != rows[0].Weight }) {
		return nil
	}
	return &rows[0].Weight
}

func availabilityOf(q *projection.Query, t *projection.Total, issues availability.Issues) availabilityRow {
	f := &t.Figure
	return availabilityRow{
		groupAnswer: groupOf(q, t.Key, t.Window), Weight: t.Weight,
		EndUser: report.BoundedOf(f.EndUser), Conventional: report.BoundedOf(f.Conventional),
		IssueFree: report.BoundedOf(issues.Free), Incidents: report.IssuesOf(issues),
		WithoutMaintenance: report.BoundedOf(f.WithoutMaintenance),
		Difference:         differenceAnswer{report.DifferenceOf(f.Difference), f.Why},
		Coverage:           report.NumberOf(f.Coverage), Why: f.Why,
		UpSeconds: f.Up.Seconds(), SlowSeconds: f.Slow.Seconds(),
		DownSeconds: f.Down.Seconds(), UnmonitoredSeconds: f.Unmonitored.Seconds(),
		Due:      dueAnswer(t.Due),
		Revision: t.Standing.Revision, Provisional: t.Standing.Provisional,
	}
}

func groupOf(q *projection.Query, key projection.Key, window portolan.Span) groupAnswer {
	g := groupAnswer{
		System: key.System, Transaction: key.Transaction, Port: key.Port, Office: key.Office, Agent: key.Agent,
		From: window.From.Time(), To: window.To.Time(),
	}
	local := window.From.Time().In(q.Zone)
	for _, d := range q.Group {
		switch d {
		case projection.ByNation:
			g.Nation = "all"
		case projection.ByKind:
			g.Kind = &key.Kind
		case projection.ByClass:
			g.Class = &key.Class
		case projection.ByDay:
			g.Day = local.Format(time.DateOnly)
		case projection.ByMonth:
			g.Month = local.Format("2006-01")
		case projection.BySystem, projection.ByTransaction, projection.ByPort, projection.ByOffice,
			projection.ByAgent, projection.DimensionUnknown:
		}
	}
	return g
}

type latencyRow struct {
	groupAnswer
	Step  portolan.StepID `json:"step,omitempty"`
	Count uint64          `json:"count"` // right answers
	P50   float64         `json:"p50"`   // in seconds
	P95   float64         `json:"p95"`
	P99   float64         `json:"p99"`
}

type latencyAnswer struct {
	From time.Time    `json:"from"`
	To   time.Time    `json:"to"`
	AsOf string       `json:"as_of"`
	Rows []latencyRow `json:"rows"`
}

func (c *collector) serveLatency(r *call) (any, error) {
	q, steps := r.params.query(r.now), r.params.flag("steps")
	checkLatencyGroups(r.params, q, steps)
	if err := r.params.err(); err != nil {
		return nil, err
	}
	answer, err := c.projection.Latencies(r.Context(), q, steps)
	if err != nil {
		return nil, err
	}
	out := latencyAnswer{
		From: answer.Window.From.Time(), To: answer.Window.To.Time(), AsOf: answer.Cut.String(),
		Rows: make([]latencyRow, 0, len(answer.Rows)),
	}
	for _, l := range answer.Rows {
		out.Rows = append(out.Rows, latencyRow{
			groupAnswer: groupOf(&q, l.Key, l.Window), Step: l.Step, Count: l.Count, P50: l.P50, P95: l.P95, P99: l.P99,
		})
	}
	return out, nil
}

// checkLatencyGroups refuses what latencies are not kept by.
func checkLatencyGroups(p *params, q projection.Query, steps bool) {
	if slices.Contains(q.Group, projection.ByAgent) {
		p.add("group", "latencies are not kept per agent")
	}
	if slices.Contains(q.Group, projection.ByClass) {
		p.add("group", "latencies are not kept per class of workstation")
	}
	if !steps {
		return
	}
	for _, d := range []projection.Dimension{projection.ByPort, projection.ByOffice, projection.ByKind} {
		if slices.Contains(q.Group, d) {
			p.add("group", "latencies of steps are not kept per %s", d)
		}
	}
	if len(q.Ports)+len(q.Offices)+len(q.Kinds) > 0 {
		p.add("steps", "latencies of steps are kept over all ports only")
	}
}

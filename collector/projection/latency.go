package projection

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"portolan"
	"portolan/collector/ledger"
)

// Latency is how long right answers took in a group, in seconds, each quantile within 1 %.
type Latency struct {
	Key           Key
	Step          portolan.StepID // empty: the whole transaction
	Window        portolan.Span   // whole UTC hours
	Count         uint64
	P50, P95, P99 float64
}

// LatencyAnswer is what Latencies answers.
type LatencyAnswer struct {
	Window portolan.Span
	Cut    Cut
	Rows   []Latency
}

// Latencies answers a query with quantiles of the hours that begin in the window. Sketches are kept per port and
// transaction, never per agent: the query must not name agents. With steps they are per transaction and step, and the
// query must not name ports, offices or kinds.
func (p *Projection) Latencies(ctx context.Context, q Query, steps bool) (LatencyAnswer, error) {
	var answer LatencyAnswer
	err := p.Look(ctx, q.AsOf, q.Now, func(s *Snapshot) (err error) {
		answer, err = s.Latencies(q, steps)
		return err
	})
	return answer, err
}

// Measure is what latencies are measured of: runs of a transaction, or one of its steps.
type Measure struct {
	System      portolan.SystemID
	Transaction portolan.TransactionID
	Step        portolan.StepID // empty: the whole transaction
}

// measured is what a group is merged from.
type measured struct {
	window portolan.Span
	counts
}

type latencyKey struct {
	Key
	step portolan.StepID
}

func (k *known) latencies(q *Query, steps bool, wanted func(Measure) bool) ([]Latency, error) {
	filter, ok := q.hours(k.facts)
	if !ok || q.Window.Empty() {
		return nil, nil
	}
	kept, err := k.measuredIn(q, filter, steps)
	if err != nil {
		return nil, err
	}
	groups, periods := map[latencyKey]*measured{}, q.periods()
	for _, s := range kept {
		at := max(s.Key.Hour, q.Window.From)
		i, _ := slices.BinarySearchFunc(periods, at, func(p portolan.Span, at portolan.Instant) int { return cmp.Compare(p.To, at+1) })
		if i == len(periods) || !periods[i].Contains(at) || !oneOf(q.Transactions, s.Key.Transaction) {
			continue
		}
		if wanted != nil && !wanted(Measure{s.Key.System, s.Key.Transaction, s.Key.Step}) {
			continue
		}
		if err := k.measure(q, groups, s, periods[i]); err != nil {
			return nil, err
		}
	}
	return quantiles(groups)
}

// measuredIn returns the latencies of the hours that a filter selects: from roll-ups where they serve.
func (k *known) measuredIn(q *Query, filter ledger.HourFilter, steps bool) ([]ledger.Sketch, error) {
	found, rest, err := k.rolledSketches(q, filter.Span, steps)
	if err != nil {
		return nil, err
	}
	for _, span := range rest {
		kept, err := k.sketches(ledger.SketchFilter{Span: span, Ports: filter.Ports, Systems: filter.Systems, Steps: steps})
		if err != nil {
			return nil, err
		}
		found = append(found, kept...)
	}
	return found, nil
}

func (k *known) measure(q *Query, groups map[latencyKey]*measured, s ledger.Sketch, period portolan.Span) error {
	name := portolan.Series{Agent: portolan.AgentID(s.Key.Port + "-0"), System: s.Key.System, Transaction: s.Key.Transaction}
	key := latencyKey{q.key(name, portOf(k.facts, name), "", period), s.Key.Step}
	g := groups[key]
	if g == nil {
		g = &measured{window: period}
		groups[key] = g
	}
	if err := g.decode(s.Body); err != nil {
		return fmt.Errorf("read latency of %s/%s at %s: %w", s.Key.System, s.Key.Transaction, s.Key.Hour, err)
	}
	return nil
}

func quantiles(groups map[latencyKey]*measured) ([]Latency, error) {
	scale, err := newScale()
	if err != nil {
		return nil, err
	}
	rows := make([]Latency, 0, len(groups))
	for key, g := range groups {
		total := g.total()
		if total == 0 {
			continue
		}
		rows = append(rows, Latency{
			Key: key.Key, Step: key.step, Window: g.window, Count: total,
			P50: g.quantile(0.5, total, scale), P95: g.quantile(0.95, total, scale), P99: g.quantile(0.99, total, scale),
		})
	}
	slices.SortFunc(rows, func(a, b Latency) int {
		if c := a.Key.compare(&b.Key); c != 0 {
			return c
		}
		return compareText(a.Step, b.Step)
	})
	return rows, nil
}

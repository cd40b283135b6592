package projection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

// Kept is one result as the ledger holds it.
type Kept struct {
	portolan.Result
	Agent      portolan.AgentID
	Stream     portolan.Stream
	Lane       portolan.Lane
	EventTime  portolan.Instant // of its start, before it is made monotone
	ReceivedAt portolan.Instant
}

// ResultQuery asks for results that started in a window, by event time. The zero value of a list selects everything.
type ResultQuery struct {
	Window       portolan.Span
	Ports        []portolan.PortCode
	Agents       []portolan.AgentID
	Systems      []portolan.SystemID
	Transactions []portolan.TransactionID
	Limit        int
	// After goes on behind the last result of the page before; nil begins. Newest selects the newest first and knows
	// no pages.
	After  *ResultCursor
	Newest bool
}

// ResultCursor names a result in the order of event time, agent, stream and sequence number.
type ResultCursor struct {
	At     portolan.Instant
	Agent  portolan.AgentID
	Stream portolan.Stream
	Seq    portolan.Seq
}

// Cursor returns the cursor that goes on behind the result.
func (k *Kept) Cursor() ResultCursor { return ResultCursor{k.EventTime, k.Agent, k.Stream, k.Seq} }

// String returns the cursor as the API prints it.
func (c ResultCursor) String() string {
	return fmt.Sprintf("%d.%s.%s.%d", int64(c.At), c.Agent, c.Stream, uint64(c.Seq))
}

// ParseResultCursor returns the cursor that s names.
func ParseResultCursor(s string) (c ResultCursor, err error) {
	parts := strings.Split(s, ".")
	wrong := fmt.Errorf("cursor %q: want one that an answer gave", s)
	if len(parts) != 4 {
		return c, wrong
	}
	var at int64
	var seq uint64
	_, err1 := fmt.Sscan(parts[0], &at)
	agent, err2 := portolan.ParseAgentID(parts[1])
	stream, err3 := portolan.ParseStream(parts[2])
	_, err4 := fmt.Sscan(parts[3], &seq)
	if errors.Join(err1, err2, err3, err4) != nil {
		return c, wrong
	}
	return ResultCursor{portolan.Instant(at), agent, stream, portolan.Seq(seq)}, nil
}

func (c ResultCursor) compare(o ResultCursor) int {
	return cmp.Or(cmp.Compare(c.At, o.At), compareText(c.Agent, o.Agent),
		compareText(c.Stream.String(), o.Stream.String()), cmp.Compare(c.Seq, o.Seq))
}

func compareText[T ~string](a, b T) int { return strings.Compare(string(a), string(b)) }

// slice is how much of the window is read at once, so that one page of a long window does not read all of it.
const slice = time.Hour

// Results returns at most q.Limit results, in order.
func (p *Projection) Results(ctx context.Context, q ResultQuery) ([]Kept, error) {
	agents := p.selected(&q)
	var found []Kept
	for _, part := range q.slices() {
		var here []Kept
		for _, agent := range agents {
			kept, err := p.resultsOf(ctx, agent, part, &q)
			if err != nil {
				return nil, fmt.Errorf("read results: %w", err)
			}
			here = append(here, kept...)
		}
		slices.SortFunc(here, func(a, b Kept) int { return a.Cursor().compare(b.Cursor()) })
		if q.Newest {
			slices.Reverse(here)
		}
		if found = append(found, here...); len(found) >= q.Limit {
			return found[:q.Limit], nil
		}
	}
	return found, nil
}

// selected returns the agents that a query asks for.
func (p *Projection) selected(q *ResultQuery) []portolan.AgentID {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var agents []portolan.AgentID
	for id := range p.folder.agents {
		if oneOf(q.Agents, id) && oneOf(q.Ports, id.Port()) {
			agents = append(agents, id)
		}
	}
	slices.Sort(agents)
	return agents
}

// slices splits the window in the order in which it is read.
func (q *ResultQuery) slices() []portolan.Span {
	var parts []portolan.Span
	window := q.Window
	if q.After != nil {
		window.From = max(window.From, q.After.At)
	}
	for from := window.From; from < window.To; from = from.Add(slice) {
		parts = append(parts, portolan.Span{From: from, To: min(window.To, from.Add(slice))})
	}
	if q.Newest {
		slices.Reverse(parts)
	}
	return parts
}

func (p *Projection) resultsOf(ctx context.Context, agent portolan.AgentID, window portolan.Span, q *ResultQuery) ([]Kept, error) {
	return newFolder(p.ledger, bare{}, nil).resultsOf(ctx, p.ledger.Overlapping(ctx, agent, window, 0), window, q)
}

// resultsOf returns the results of an agent's links that started in a window, in the order of the links.
func (f *folder) resultsOf(ctx context.Context, links iter.Seq2[ledger.Link, error], window portolan.Span, q *ResultQuery) ([]Kept, error) {
	seen := map[portolan.Stream]seqSet{}
	var found []Kept
	for link, err := range links {
		if err != nil {
			return nil, err
		}
		o, err := f.open(ctx, link)
		var unreadable *unreadableError
		if errors.As(err, &unreadable) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, r := range o.unknownTo(seen[link.Chain.Stream]) {
			seen[link.Chain.Stream] = seen[link.Chain.Stream].with(r.Seq())
			if r.Result == nil || !oneOf(q.Systems, r.Result.System) || !oneOf(q.Transactions, r.Result.Transaction) {
				continue
			}
			kept := o.kept(r.Result)
			if window.Contains(kept.EventTime) && (q.After == nil || kept.Cursor().compare(*q.After) > 0) {
				found = append(found, kept)
			}
		}
	}
	return found, nil
}

func (o *opened) kept(r *portolan.Result) Kept {
	return Kept{
		Result: *r, Agent: o.Chain.Agent, Stream: o.Chain.Stream, Lane: o.Lane,
		EventTime: o.eventTime(r.Start), ReceivedAt: o.ReceivedAt,
	}
}

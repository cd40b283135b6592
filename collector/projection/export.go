package projection

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"portolan"
	"portolan/collector/ledger"
)

// ResultSource is where results are exported from.
type ResultSource interface {
	Source
	Heads(ctx context.Context, agent portolan.AgentID) ([]ledger.Head, error)
	Overlapping(ctx context.Context, agent portolan.AgentID, span portolan.Span, upTo ledger.Position) iter.Seq2[ledger.Link, error]
}

// Export yields every result that a query selects and that a cut knows, hour by hour, in an hour by agent, and of an agent
// in the order of event time. It holds no more than an agent's hour. The query's Limit, After and Newest do not matter.
// The sequence ends after the first error.
func Export(ctx context.Context, from ResultSource, q ResultQuery, cut Cut) iter.Seq2[Kept, error] {
	return func(yield func(Kept, error) bool) {
		q.After, q.Newest = nil, false
		agents, err := agentsOf(ctx, from, &q)
		if err != nil {
			yield(Kept{}, fmt.Errorf("find agents: %w", err))
			return
		}
		if cut.Position == 0 {
			return
		}
		reader := newFolder(from, bare{}, nil)
		for _, part := range q.slices() {
			for _, agent := range agents {
				links := from.Overlapping(ctx, agent, part, cut.Position)
				found, err := reader.resultsOf(ctx, links, part, &q)
				if err != nil {
					yield(Kept{}, fmt.Errorf("read results of %q: %w", agent, err))
					return
				}
				slices.SortFunc(found, func(a, b Kept) int { return a.Cursor().compare(b.Cursor()) })
				for i := range found {
					if !yield(found[i], nil) {
						return
					}
				}
			}
		}
	}
}

// agentsOf returns the agents that a query asks for and that were heard, by name.
func agentsOf(ctx context.Context, from ResultSource, q *ResultQuery) ([]portolan.AgentID, error) {
	heads, err := from.Heads(ctx, "")
	if err != nil {
		return nil, err
	}
	var agents []portolan.AgentID
	for i := range heads {
		if id := heads[i].Chain.Agent; oneOf(q.Agents, id) && oneOf(q.Ports, id.Port()) {
			agents = append(agents, id)
		}
	}
	slices.Sort(agents)
	return slices.Compact(agents), nil
}

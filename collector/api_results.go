package collector

import (
	"time"

	"portolan/collector/projection"
	"portolan/collector/results"
)

type resultsAnswer struct {
	From time.Time     `json:"from"`
	To   time.Time     `json:"to"`
	Rows []results.Row `json:"rows"`
	// Next is the cursor of the next page, null after the last.
	Next *string `json:"next"`
}

// Results in one page.
const (
	defaultPage = 100
	maxPage     = 1000
)

func (c *collector) serveResults(r *call) (any, error) {
	p := r.params
	q := projection.ResultQuery{
		Window: p.window(r.now), Ports: p.ports(), Agents: p.agents(), Systems: p.systems(),
		Transactions: p.transactions(), Limit: int(p.number("limit", defaultPage, 1, maxPage)),
	}
	if text := p.values.Get("cursor"); text != "" {
		cursor, err := projection.ParseResultCursor(text)
		if err != nil {
			p.add("cursor", "%v", err)
		}
		q.After = &cursor
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	q.Limit++ // one more tells whether there is a next page
	kept, err := c.projection.Results(r.Context(), q)
	if err != nil {
		return nil, err
	}
	out := resultsAnswer{From: q.Window.From.Time(), To: q.Window.To.Time(), Rows: []results.Row{}}
	if len(kept) == q.Limit {
		kept = kept[:q.Limit-1]
		next := kept[len(kept)-1].Cursor().String()
		out.Next = &next
	}
	for i := range kept {
		out.Rows = append(out.Rows, results.Of(&kept[i]))
	}
	return out, nil
}

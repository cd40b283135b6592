package collector

import (
	"encoding/json"
	"net/http"
	"time"

	"portolan/collector/audit"
	"portolan/collector/projection"
	"portolan/collector/results"
)

// exportLine is one line of an export: exactly one of the fields is set.
type exportLine struct {
	Head   *exportHead  `json:"head,omitempty"`
	Result *results.Row `json:"result,omitempty"`
	End    *exportEnd   `json:"end,omitempty"`
}

// exportHead is the first line.
type exportHead struct {
	AsOf string    `json:"as_of"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// RemovedBefore says that evidence of the window which was received before then was removed, its results with it.
	RemovedBefore time.Time `json:"removed_before,omitzero"`
}

// exportEnd is the last line: without it the answer was cut off.
type exportEnd struct {
	Results uint64 `json:"results"`
}

// streamExport writes every result of a window that a cut knows, a JSON value a line.
func (c *collector) streamExport(w http.ResponseWriter, r *call) error {
	p := r.params
	cut := p.cut()
	q := projection.ResultQuery{
		Window: p.window(r.now), Ports: p.ports(), Agents: p.agents(), Systems: p.systems(), Transactions: p.transactions(),
	}
	if err := p.err(); err != nil {
		return err
	}
	newest, err := c.newest(r.Context())
	switch {
	case err != nil:
		return err
	case cut == nil:
		cut = newest
	case cut.Position > newest.Position || cut.Journal > newest.Journal:
		return projection.ErrAhead
	}
	removed, err := audit.RemovedBefore(r.Context(), c.ledger, q.Window.From)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	out := json.NewEncoder(w)
	err = out.Encode(exportLine{Head: &exportHead{AsOf: cut.String(), From: q.Window.From.Time(), To: q.Window.To.Time(), RemovedBefore: removed}})
	var end exportEnd
	for kept, reading := range projection.Export(r.Context(), c.ledger, q, *cut) {
		if err != nil || reading != nil {
			panic(http.ErrAbortHandler) // as in streamEvidence
		}
		row := results.Of(&kept)
		err = out.Encode(exportLine{Result: &row})
		end.Results++
	}
	if err == nil {
		err = out.Encode(exportLine{End: &end})
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

package ledgertest

import (
	"errors"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

func incidents(t *testing.T, l ledger.Ledger) {
	record := func(id, revision uint64, from, to time.Duration) ledger.IncidentRecord {
		r := ledger.IncidentRecord{Incident: id, Revision: revision, At: Start.Add(from), Epoch: 3, Span: portolan.Span{From: Start.Add(from)}, Body: []byte{byte(id), byte(revision)}}
		if to > 0 {
			r.Span.To = Start.Add(to)
		}
		return r
	}
	opened, closed, later := record(1, 1, 0, 0), record(1, 2, 0, time.Hour), record(2, 1, 2*time.Hour, 0)
	closed.At = Start.Add(time.Hour)
	update(t, l, func(tx ledger.Tx) error { return errors.Join(tx.AppendIncidents(opened), tx.AppendIncidents()) })
	update(t, l, func(tx ledger.Tx) error { return tx.AppendIncidents(closed, later) })
	again := l.Update(t.Context(), func(tx ledger.Tx) error { return tx.AppendIncidents(closed) })
	wantError(t, "append a revision again", again, ledger.ErrMoved)
	update(t, l, func(tx ledger.Tx) error { return tx.Reset() })
	for _, c := range []struct {
		name   string
		filter ledger.IncidentFilter
		want   []ledger.IncidentRecord
	}{
		{"newest of each", ledger.IncidentFilter{}, []ledger.IncidentRecord{closed, later}},
		{"history", ledger.IncidentFilter{Incident: 1}, []ledger.IncidentRecord{opened, closed}},
		{"open", ledger.IncidentFilter{Open: true}, []ledger.IncidentRecord{later}},
		{"first hours", ledger.IncidentFilter{Span: portolan.Span{From: Start, To: Start.Add(2 * time.Hour)}}, []ledger.IncidentRecord{closed}},
		{"after the first", ledger.IncidentFilter{Span: portolan.Span{From: Start.Add(61 * time.Minute), To: Start.Add(5 * time.Hour)}}, []ledger.IncidentRecord{later}},
		{"the newest one", ledger.IncidentFilter{Limit: 1}, []ledger.IncidentRecord{later}},
		{"before the first closed", ledger.IncidentFilter{AsOf: Start.Add(59 * time.Minute)}, []ledger.IncidentRecord{opened}},
		{"when the second opened", ledger.IncidentFilter{AsOf: Start.Add(2 * time.Hour)}, []ledger.IncidentRecord{closed, later}},
		{"before anything", ledger.IncidentFilter{AsOf: Start.Add(-time.Hour)}, nil},
		{"no such", ledger.IncidentFilter{Incident: 9}, nil},
	} {
		look(t, l, func(v ledger.View) error {
			got, err := v.Incidents(c.filter)
			equal(t, c.name, got, c.want)
			return err
		})
	}
}

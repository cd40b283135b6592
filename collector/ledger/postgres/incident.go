package postgres

import (
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"portolan"
	"portolan/collector/ledger"
)

// Incidents implements ledger.View.
func (v *view) Incidents(f ledger.IncidentFilter) ([]ledger.IncidentRecord, error) {
	where := incidentFilter(f)
	query := `SELECT id, revision, at, epoch, start, end_, body FROM incident` + where.sql() + ` ORDER BY id DESC, revision DESC`
	if f.Limit > 0 {
		query += " LIMIT " + strconv.Itoa(f.Limit)
	}
	records, err := collect(v.ctx, v.q, func(row pgx.CollectableRow) (r ledger.IncidentRecord, err error) {
		err = row.Scan(&r.Incident, &r.Revision, &r.At, &r.Epoch, &r.Span.From, &r.Span.To, &r.Body)
		return r, err
	}, query, where.args...)
	slices.Reverse(records)
	return records, v.ledger.wrap("read incidents", err)
}

func incidentFilter(f ledger.IncidentFilter) (where filter) {
	if f.Incident != 0 {
		where.add("id = %s", int64(f.Incident))
		return where
	}
	if f.AsOf != 0 {
		where.add("revision = (SELECT max(i.revision) FROM incident i WHERE i.id = incident.id AND i.at <= %s)", f.AsOf)
	} else {
		where.add("newest = %s", true)
	}
	if f.Span != (portolan.Span{}) {
		where.add("start < %s AND (end_ = 0 OR end_ >= %s)", f.Span.To, f.Span.From)
	}
	if f.Open {
		where.add("end_ = %s", 0)
	}
	return where
}

// AppendIncidents implements ledger.Tx.
func (t *update) AppendIncidents(records ...ledger.IncidentRecord) error {
	for _, r := range records {
		t.waiting.Queue(`UPDATE incident SET newest = false WHERE id = $1 AND newest`, int64(r.Incident))
		t.waiting.Queue(`INSERT INTO incident (id, revision, at, epoch, start, end_, newest, body)
			VALUES ($1, $2, $3, $4, $5, $6, true, $7) ON CONFLICT DO NOTHING`,
			int64(r.Incident), int64(r.Revision), r.At, int64(r.Epoch), r.Span.From, r.Span.To, notNil(r.Body)).Exec(changed(ledger.ErrMoved))
	}
	return nil
}

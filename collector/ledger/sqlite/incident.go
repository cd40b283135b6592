package sqlite

import (
	"slices"

	"portolan"
	"portolan/collector/ledger"
)

// Incidents implements ledger.View.
func (v view) Incidents(f ledger.IncidentFilter) ([]ledger.IncidentRecord, error) {
	where := incidentFilter(f)
	limit := f.Limit
	if limit == 0 {
		limit = -1
	}
	records, err := collect(v.q, func(row scanner) (r ledger.IncidentRecord, err error) {
		err = row.Scan(&r.Incident, &r.Revision, &r.At, &r.Epoch, &r.Span.From, &r.Span.To, &r.Body)
		return r, err
	}, `SELECT id, revision, at, epoch, start, end_, body FROM incident`+where.sql()+` ORDER BY id DESC, revision DESC LIMIT ?`, append(where.args, limit)...)
	slices.Reverse(records)
	return records, wrap("read incidents", err)
}

func incidentFilter(f ledger.IncidentFilter) (where filter) {
	if f.Incident != 0 {
		where.add("id = ?", int64(f.Incident))
		return where
	}
	if f.AsOf != 0 {
		where.add("revision = (SELECT max(i.revision) FROM incident i WHERE i.id = incident.id AND i.at <= ?)", f.AsOf)
	} else {
		where.add("newest = ?", true)
	}
	if f.Span != (portolan.Span{}) {
		where.add("start < ? AND (end_ = 0 OR end_ >= ?)", f.Span.To, f.Span.From)
	}
	if f.Open {
		where.add("end_ = ?", 0)
	}
	return where
}

// AppendIncidents implements ledger.Tx.
func (t tx) AppendIncidents(records ...ledger.IncidentRecord) error {
	for _, r := range records {
		err := t.db.exec(`UPDATE incident SET newest = 0 WHERE id = ? AND newest = 1`, int64(r.Incident))
		if err != nil {
			return wrap("append incident", err)
		}
		err = t.swap("append incident", `INSERT INTO incident (id, revision, at, epoch, start, end_, newest, body)
			VALUES (?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING`,
			int64(r.Incident), int64(r.Revision), r.At, int64(r.Epoch), r.Span.From, r.Span.To, notNil(r.Body))
		if err != nil {
			return err
		}
	}
	return nil
}

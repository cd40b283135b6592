package postgres

import (
	"github.com/jackc/pgx/v5"

	"portolan/collector/ledger"
)

// Rollups implements ledger.View.
func (v *view) Rollups(f ledger.RollupFilter) ([]ledger.Rollup, error) {
	where := rollupFilter(f)
	rollups, err := collect(v.ctx, v.q, func(row pgx.CollectableRow) (r ledger.Rollup, err error) {
		k := &r.Key
		err = row.Scan(&k.Port, &k.Unit, &k.Part, &k.Start, &r.Body)
		return r, err
	}, `SELECT port, unit, part, start, body FROM rollup`+where.sql()+` ORDER BY port, unit, part, start`, where.args...)
	return rollups, v.ledger.wrap("read roll-ups", err)
}

func rollupFilter(f ledger.RollupFilter) (where filter) {
	in(&where, "port", f.Ports)
	if f.Unit != "" {
		where.add("unit = %s", f.Unit)
	}
	if f.Part != "" {
		where.add("part = %s", f.Part)
	}
	where.add("start >= %s AND start < %s", f.Span.From, f.Span.To)
	return where
}

// PutRollups implements ledger.Tx.
func (t *update) PutRollups(rollups ...ledger.Rollup) error {
	if len(rollups) == 0 {
		return nil
	}
	var c columns
	column(&c, rollups, func(r *ledger.Rollup) string { return string(r.Key.Port) })
	column(&c, rollups, func(r *ledger.Rollup) string { return r.Key.Unit })
	column(&c, rollups, func(r *ledger.Rollup) string { return r.Key.Part })
	column(&c, rollups, func(r *ledger.Rollup) int64 { return int64(r.Key.Start) })
	column(&c, rollups, func(r *ledger.Rollup) []byte { return notNil(r.Body) })
	t.waiting.Queue(`INSERT INTO rollup (port, unit, part, start, body)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[])
		ON CONFLICT (port, unit, part, start) DO UPDATE SET body = excluded.body`, c...)
	return nil
}

// DropRollups implements ledger.Tx.
func (t *update) DropRollups(filters ...ledger.RollupFilter) error {
	for _, f := range filters {
		where := rollupFilter(f)
		t.waiting.Queue(`DELETE FROM rollup`+where.sql(), where.args...)
	}
	return nil
}

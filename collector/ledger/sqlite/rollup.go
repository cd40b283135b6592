package sqlite

import "portolan/collector/ledger"

// Rollups implements ledger.View.
func (v view) Rollups(f ledger.RollupFilter) ([]ledger.Rollup, error) {
	where := rollupFilter(f)
	rollups, err := collect(v.q, func(row scanner) (r ledger.Rollup, err error) {
		k := &r.Key
		err = row.Scan(&k.Port, &k.Unit, &k.Part, &k.Start, &r.Body)
		return r, err
	}, `SELECT port, unit, part, start, body FROM rollup`+where.sql()+` ORDER BY port, unit, part, start`, where.args...)
	return rollups, wrap("read roll-ups", err)
}

func rollupFilter(f ledger.RollupFilter) (where filter) {
	in(&where, "port", f.Ports)
	if f.Unit != "" {
		where.add("unit = ?", f.Unit)
	}
	if f.Part != "" {
		where.add("part = ?", f.Part)
	}
	where.add("start >= ? AND start < ?", f.Span.From, f.Span.To)
	return where
}

// PutRollups implements ledger.Tx.
func (t tx) PutRollups(rollups ...ledger.Rollup) error {
	for _, r := range rollups {
		k := r.Key
		err := t.db.exec(`INSERT OR REPLACE INTO rollup (port, unit, part, start, body) VALUES (?, ?, ?, ?, ?)`,
			k.Port, k.Unit, k.Part, k.Start, notNil(r.Body))
		if err != nil {
			return wrap("put roll-up", err)
		}
	}
	return nil
}

// DropRollups implements ledger.Tx.
func (t tx) DropRollups(filters ...ledger.RollupFilter) error {
	for _, f := range filters {
		where := rollupFilter(f)
		if err := t.db.exec(`DELETE FROM rollup`+where.sql(), where.args...); err != nil {
			return wrap("drop roll-ups", err)
		}
	}
	return nil
}

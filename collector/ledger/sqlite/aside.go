package sqlite

import (
	"context"

	"portolan"
	"portolan/collector/ledger"
)

// SetAside implements ledger.Batches.
func (l *Ledger) SetAside(ctx context.Context, a ledger.Aside) error {
	return wrap("set batch aside", l.writer.together(ctx, func(db *statements) error { return l.insertAside(db, a) }))
}

// keepAside sets a batch aside, if there is one.
func (l *Ledger) keepAside(db *statements, a *ledger.Aside) error {
	if a == nil {
		return nil
	}
	return l.insertAside(db, *a)
}

func (l *Ledger) insertAside(db *statements, a ledger.Aside) error {
	err := db.exec(`INSERT INTO aside (agent, stream, number, hash, reason, detail, received_at, size, bytes)
		VALUES (?,?,?,?,?,?,?,?,?)`, a.Chain.Agent, a.Chain.Stream[:], int64(a.Number), a.Hash[:], a.Reason, a.Detail,
		a.ReceivedAt, len(a.Bytes), a.Bytes)
	if err != nil {
		return err
	}
	// What is older than the newest so many bytes of this agent gives way; the newest one always stays.
	return db.exec(`DELETE FROM aside WHERE id IN (SELECT id FROM (
			SELECT id, sum(size) OVER (ORDER BY id DESC) AS kept, max(id) OVER () AS newest FROM aside WHERE agent = ?)
		WHERE kept > ? AND id < newest)`, a.Chain.Agent, l.options.AsideBytes)
}

const asideColumns = `id, agent, stream, number, hash, reason, detail, received_at, size`

// Asides implements ledger.Batches.
func (l *Ledger) Asides(ctx context.Context, agent portolan.AgentID, limit int) ([]ledger.Aside, error) {
	asides, err := collect(l.reader(ctx), scanAside, `SELECT `+asideColumns+`, NULL FROM aside
		WHERE `+ofAgent("agent", agent)+` ORDER BY id DESC LIMIT ?`, agent, limit)
	return asides, wrap("read set-aside batches", err)
}

// Aside implements ledger.Batches.
func (l *Ledger) Aside(ctx context.Context, agent portolan.AgentID, id int64) (ledger.Aside, error) {
	a, err := scanAside(l.reader(ctx).row(`SELECT `+asideColumns+`, bytes FROM aside WHERE agent = ? AND id = ?`, agent, id))
	return a, wrap("read set-aside batch", err)
}

func scanAside(row scanner) (a ledger.Aside, err error) {
	err = row.Scan(&a.ID, &a.Chain.Agent, fixed{a.Chain.Stream[:]}, &a.Number, fixed{a.Hash[:]}, &a.Reason, &a.Detail,
		&a.ReceivedAt, &a.Size, &a.Bytes)
	return a, err
}

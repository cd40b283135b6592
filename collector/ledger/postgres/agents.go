package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"portolan"
	"portolan/collector/ledger"
)

const certificateColumns = `serial, not_before, not_after, der, public_key, revoked_at`

func certificateFields(c *ledger.Certificate) []any {
	return []any{&c.Serial, &c.NotBefore, &c.NotAfter, &c.DER, &c.PublicKey, &c.RevokedAt}
}

// Enroll implements ledger.Agents.
func (l *Ledger) Enroll(ctx context.Context, e ledger.Enrolment, next ledger.NextEntry) (ledger.Certificate, error) {
	certificate := e.Certificate
	err := l.locked(ctx, lockJournal, func(tx pgx.Tx) error {
		earlier, err := boughtWith(ctx, tx, e)
		if err != nil {
			return err
		}
		if earlier != nil {
			certificate = *earlier
			return nil
		}
		return enroll(ctx, tx, e, next)
	})
	if err != nil {
		return ledger.Certificate{}, l.wrap(fmt.Sprintf("enroll %q", e.Agent), err)
	}
	return certificate, nil
}

// boughtWith returns the certificate that the token was used for already, nil if it was not used.
func boughtWith(ctx context.Context, tx pgx.Tx, e ledger.Enrolment) (*ledger.Certificate, error) {
	if e.Nonce == nil {
		return nil, nil
	}
	c, err := one(ctx, tx, func(row pgx.CollectableRow) (c ledger.Certificate, err error) {
		return c, row.Scan(certificateFields(&c)...)
	}, `SELECT `+certificateColumns+` FROM certificate WHERE agent = $1
		AND serial = (SELECT serial FROM token WHERE agent = $1 AND nonce = $2)`, e.Agent, e.Nonce)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case !bytes.Equal(c.PublicKey, e.Certificate.PublicKey) || c.RevokedAt != 0:
		return nil, ledger.ErrTokenUsed
	}
	return &c, nil
}

func enroll(ctx context.Context, tx pgx.Tx, e ledger.Enrolment, next ledger.NextEntry) error {
	if err := admit(ctx, tx, e); err != nil {
		return err
	}
	c := e.Certificate
	var write pgx.Batch
	write.Queue(`INSERT INTO agent (agent, port, enrolled_at, revoked_at) VALUES ($1, $2, $3, 0)
		ON CONFLICT (agent) DO UPDATE SET port = excluded.port, revoked_at = 0`, e.Agent, e.Port, e.At)
	write.Queue(`INSERT INTO certificate (agent, ordinal, `+certificateColumns+`) VALUES ($1,
		(SELECT coalesce(max(ordinal), 0) + 1 FROM certificate WHERE agent = $1), $2, $3, $4, $5, $6, 0)`,
		e.Agent, c.Serial, c.NotBefore, c.NotAfter, c.DER, c.PublicKey)
	if err := tx.SendBatch(ctx, &write).Close(); err != nil {
		return err
	}
	_, err := appendEntry(ctx, tx, next)
	return err
}

// admit spends the token; without one the agent must be there already, and not be revoked.
func admit(ctx context.Context, tx pgx.Tx, e ledger.Enrolment) error {
	if e.Nonce == nil {
		_, err := one(ctx, tx, pgx.RowTo[int], `SELECT 1 FROM agent WHERE agent = $1 AND revoked_at = 0`, e.Agent)
		return err
	}
	var write pgx.Batch
	write.Queue(`DELETE FROM token WHERE expires < $1`, e.At)
	write.Queue(`INSERT INTO token (agent, nonce, expires, serial) VALUES ($1, $2, $3, $4)`, e.Agent, e.Nonce, e.Expires, e.Certificate.Serial)
	return tx.SendBatch(ctx, &write).Close()
}

// Revoke implements ledger.Agents.
func (l *Ledger) Revoke(ctx context.Context, agent portolan.AgentID, at portolan.Instant, next ledger.NextEntry) error {
	err := l.locked(ctx, lockJournal, func(tx pgx.Tx) error {
		revoked, err := one(ctx, tx, pgx.RowTo[portolan.Instant], `SELECT revoked_at FROM agent WHERE agent = $1`, agent)
		if err != nil || revoked != 0 {
			return err
		}
		var write pgx.Batch
		write.Queue(`UPDATE agent SET revoked_at = $2 WHERE agent = $1`, agent, at)
		write.Queue(`UPDATE certificate SET revoked_at = $2 WHERE agent = $1 AND revoked_at = 0`, agent, at)
		if err := tx.SendBatch(ctx, &write).Close(); err != nil {
			return err
		}
		_, err = appendEntry(ctx, tx, next)
		return err
	})
	return l.wrap(fmt.Sprintf("revoke %q", agent), err)
}

// EnrolledAgents implements ledger.Agents.
func (l *Ledger) EnrolledAgents(ctx context.Context, agent portolan.AgentID) ([]ledger.Agent, error) {
	var agents []ledger.Agent
	_, err := collect(ctx, l.pool, func(row pgx.CollectableRow) (a ledger.Agent, err error) {
		var c ledger.Certificate
		err = row.Scan(append([]any{&a.Agent, &a.Port, &a.EnrolledAt, &a.RevokedAt}, certificateFields(&c)...)...)
		if n := len(agents); n == 0 || agents[n-1].Agent != a.Agent {
			agents = append(agents, a)
		}
		newest := &agents[len(agents)-1]
		newest.Certificates = append(newest.Certificates, c)
		return a, err
	}, `SELECT a.agent, a.port, a.enrolled_at, a.revoked_at, c.serial, c.not_before, c.not_after, c.der, c.public_key, c.revoked_at
		FROM agent a JOIN certificate c ON c.agent = a.agent WHERE `+ofAgent("a.agent", agent)+` ORDER BY a.agent, c.ordinal`, string(agent))
	return agents, l.wrap("read agents", err)
}

package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"portolan"
	"portolan/collector/ledger"
)

const certificateColumns = `serial, not_before, not_after, der, public_key, revoked_at`

func scanCertificate(row scanner) (c ledger.Certificate, err error) {
	err = row.Scan(&c.Serial, &c.NotBefore, &c.NotAfter, &c.DER, &c.PublicKey, &c.RevokedAt)
	return c, err
}

// Enroll implements ledger.Agents.
func (l *Ledger) Enroll(ctx context.Context, e ledger.Enrolment, next ledger.NextEntry) (ledger.Certificate, error) {
	certificate := e.Certificate
	err := l.writer.alone(ctx, func(db *statements) error {
		earlier, err := boughtWith(db, e)
		if err != nil {
			return err
		}
		if earlier != nil {
			certificate = *earlier
			return nil
		}
		return enroll(db, e, next)
	})
	if err != nil {
		return ledger.Certificate{}, wrap(fmt.Sprintf("enroll %q", e.Agent), err)
	}
	return certificate, nil
}

// boughtWith returns the certificate that the token was used for already, nil if it was not used.
func boughtWith(db *statements, e ledger.Enrolment) (*ledger.Certificate, error) {
	if e.Nonce == nil {
		return nil, nil
	}
	c, err := scanCertificate(db.row(`SELECT `+certificateColumns+` FROM certificate WHERE agent = ?1
		AND serial = (SELECT serial FROM token WHERE agent = ?1 AND nonce = ?2)`, e.Agent, e.Nonce))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case !bytes.Equal(c.PublicKey, e.Certificate.PublicKey) || c.RevokedAt != 0:
		return nil, ledger.ErrTokenUsed
	}
	return &c, nil
}

func enroll(db *statements, e ledger.Enrolment, next ledger.NextEntry) error {
	if err := admit(db, e); err != nil {
		return err
	}
	err := db.exec(`INSERT INTO agent (agent, port, enrolled_at, revoked_at) VALUES (?, ?, ?, 0)
		ON CONFLICT DO UPDATE SET port = excluded.port, revoked_at = 0`, e.Agent, e.Port, e.At)
	if err != nil {
		return err
	}
	c := e.Certificate
	err = db.exec(`INSERT INTO certificate (agent, `+certificateColumns+`) VALUES (?, ?, ?, ?, ?, ?, 0)`,
		e.Agent, c.Serial, c.NotBefore, c.NotAfter, c.DER, c.PublicKey)
	if err != nil {
		return err
	}
	_, err = appendEntry(db, next)
	return err
}

// admit spends the token; without one the agent must be there already, and not be revoked.
func admit(db *statements, e ledger.Enrolment) error {
	if e.Nonce == nil {
		var one int
		return db.row(`SELECT 1 FROM agent WHERE agent = ? AND revoked_at = 0`, e.Agent).Scan(&one)
	}
	if err := db.exec(`DELETE FROM token WHERE expires < ?`, e.At); err != nil {
		return err
	}
	return db.exec(`INSERT INTO token (agent, nonce, expires, serial) VALUES (?, ?, ?, ?)`,
		e.Agent, e.Nonce, e.Expires, e.Certificate.Serial)
}

// Revoke implements ledger.Agents.
func (l *Ledger) Revoke(ctx context.Context, agent portolan.AgentID, at portolan.Instant, next ledger.NextEntry) error {
	err := l.writer.alone(ctx, func(db *statements) error {
		var revoked portolan.Instant
		if err := db.row(`SELECT revoked_at FROM agent WHERE agent = ?`, agent).Scan(&revoked); err != nil || revoked != 0 {
			return err
		}
		if err := db.exec(`UPDATE agent SET revoked_at = ? WHERE agent = ?`, at, agent); err != nil {
			return err
		}
		if err := db.exec(`UPDATE certificate SET revoked_at = ? WHERE agent = ? AND revoked_at = 0`, at, agent); err != nil {
			return err
		}
		_, err := appendEntry(db, next)
		return err
	})
	return wrap(fmt.Sprintf("revoke %q", agent), err)
}

// EnrolledAgents implements ledger.Agents.
func (l *Ledger) EnrolledAgents(ctx context.Context, agent portolan.AgentID) ([]ledger.Agent, error) {
	var agents []ledger.Agent
	_, err := collect(l.reader(ctx), func(row scanner) (a ledger.Agent, err error) {
		var c ledger.Certificate
		err = row.Scan(&a.Agent, &a.Port, &a.EnrolledAt, &a.RevokedAt,
			&c.Serial, &c.NotBefore, &c.NotAfter, &c.DER, &c.PublicKey, &c.RevokedAt)
		if n := len(agents); n == 0 || agents[n-1].Agent != a.Agent {
			agents = append(agents, a)
		}
		newest := &agents[len(agents)-1]
		newest.Certificates = append(newest.Certificates, c)
		return a, err
	}, `SELECT a.agent, a.port, a.enrolled_at, a.revoked_at, c.serial, c.not_before, c.not_after, c.der, c.public_key, c.revoked_at
		FROM agent a JOIN certificate c ON c.agent = a.agent WHERE `+ofAgent("a.agent", agent)+` ORDER BY a.agent, c.rowid`, agent)
	return agents, wrap("read agents", err)
}

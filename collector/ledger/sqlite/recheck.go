package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"portolan/collector/ledger"
	"portolan/evidence"
)

// DamageError says that what the ledger holds does not fit together: the file was damaged or changed.
type DamageError struct {
	Position ledger.Position
	Chain    ledger.Chain
	Number   uint64
	Problem  string
}

// Error implements error.
func (e *DamageError) Error() string {
	return fmt.Sprintf("evidence is damaged: batch %d of %q (stream %s, position %d): %s; restore a backup",
		e.Number, e.Chain.Agent, e.Chain.Stream, e.Position, e.Problem)
}

// recheck reads the newest links, those that a crash could have touched, and holds their bytes against their
// hashes and each hash against the link before. The whole ledger is checked by verifying, not by opening.
func (l *Ledger) recheck(ctx context.Context) error {
	q := reader{ctx: ctx, db: l.readers}
	links, err := collect(q, scanLink, `SELECT `+fullColumns+` FROM batch b JOIN chain c ON c.id = b.chain
		ORDER BY b.position DESC LIMIT ?`, max(0, l.options.Recheck))
	if err != nil {
		return wrap("read newest batches", err)
	}
	for _, link := range links {
		problem, err := recheckLink(q, link)
		if err != nil {
			return wrap("read newest batches", err)
		}
		if problem != "" {
			return &DamageError{Position: link.Position, Chain: link.Chain, Number: link.Number, Problem: problem}
		}
	}
	return nil
}

func recheckLink(q queryer, link ledger.Link) (problem string, err error) {
	if link.Status == ledger.Accepted && link.Bytes != nil {
		envelope, err := evidence.Open(link.Bytes, evidence.Limits{})
		switch {
		case err != nil:
			return err.Error(), nil
		case envelope.Hash != link.Hash || envelope.Number != link.Number || envelope.Previous != link.Previous:
			return "its bytes are those of another batch", nil
		}
	}
	if link.Status == ledger.Refused && link.Reason == ledger.ReasonBrokenChain {
		return "", nil
	}
	return recheckPrevious(q, link)
}

func recheckPrevious(q queryer, link ledger.Link) (problem string, err error) {
	var before evidence.Hash
	if link.First > 1 {
		err = q.row(`SELECT b.hash FROM chain c JOIN batch b ON b.chain = c.id
			WHERE c.agent = ? AND c.stream = ? AND b.number = ?`,
			link.Chain.Agent, link.Chain.Stream[:], int64(link.First-1)).Scan(fixed{before[:]})
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "the batch before it is gone", nil
	case err != nil:
		return "", err
	case before != link.Previous:
		return "it does not follow the batch before it", nil
	}
	return "", nil
}

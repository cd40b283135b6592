package sqlite

import (
	"database/sql"
	"errors"

	"portolan/collector/ledger"
	"portolan/evidence"
)

// chainHead is a head with its row.
type chainHead struct {
	id int64
	ledger.Head
}

// heads is what the writer knows of the evidence without asking: nobody else writes. What a transaction changed of
// it is forgotten when the transaction is undone.
type heads struct {
	byChain  map[ledger.Chain]*chainHead
	position ledger.Position // of the newest link; zero if not known
}

// mostHeads bounds the chains that are kept at hand.
const mostHeads = 200_000

func newHeads() heads { return heads{byChain: map[ledger.Chain]*chainHead{}} }

// knowPosition finds out which position is the newest: nextPosition goes on from there.
func (s *statements) knowPosition() (err error) {
	if s.heads.position == 0 {
		s.heads.position, err = end(s)
	}
	return err
}

// nextPosition follows the newest link's: links are never removed, so positions never come again.
func (s *statements) nextPosition() ledger.Position {
	s.heads.position++
	return s.heads.position
}

// head returns a chain's head, for the transaction to change; a new chain begins with number zero and the zero hash.
func (s *statements) head(chain ledger.Chain) (*chainHead, error) {
	if head := s.heads.byChain[chain]; head != nil {
		return head, nil
	}
	head, err := readHead(s, chain)
	if err != nil {
		return nil, err
	}
	if len(s.heads.byChain) >= mostHeads {
		clear(s.heads.byChain)
	}
	s.heads.byChain[chain] = &head
	return &head, nil
}

func readHead(db *statements, chain ledger.Chain) (chainHead, error) {
	head, err := scanHead(db.row(`SELECT `+headColumns+` FROM chain WHERE agent = ? AND stream = ?`, chain.Agent, chain.Stream[:]))
	if !errors.Is(err, sql.ErrNoRows) {
		return head, err
	}
	head = chainHead{Head: ledger.Head{Chain: chain}}
	err = db.row(`INSERT INTO chain (agent, stream, number, hash, position, heard_at, plan, span_from, span_to, records,
		backlog, sent_at, clock_offset, clock_uncertainty, farewell) VALUES (?, ?, 0, ?, 0, 0, ?, 0, 0, 0, 0, 0, 0, 0, 0)
		RETURNING id`, chain.Agent, chain.Stream[:], make([]byte, len(evidence.Hash{})), make([]byte, len(evidence.Hash{}))).Scan(&head.id)
	return head, err
}

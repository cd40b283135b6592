package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"portolan/collector/ledger"
)

const (
	// askToLead is the time between two attempts to take the lock.
	askToLead = 2 * time.Second
	// showLife is the time between two signs of life of the connection that holds it, lifeTimeout how long one may take.
	showLife    = 2 * time.Second
	lifeTimeout = 3 * time.Second
)

// Lead implements ledger.Leadership. The leader holds an advisory lock on a connection of its own, which the server
// gives up when that connection ends: at once if the process ends, within seconds if the network does.
func (l *Ledger) Lead(ctx context.Context) (ledger.Term, error) {
	for {
		if l.closed() {
			return ledger.Term{}, ledger.ErrClosed
		}
		term, err := l.tryToLead(ctx)
		if err != nil || term.Lost != nil {
			return term, l.wrap("lead", err)
		}
		select {
		case <-ctx.Done():
			return ledger.Term{}, ctx.Err()
		case <-l.quit:
		case <-time.After(askToLead):
		}
	}
}

// tryToLead takes the lock if nobody has it; otherwise the term is the zero Term.
func (l *Ledger) tryToLead(ctx context.Context) (ledger.Term, error) {
	config := l.pool.Config().ConnConfig
	config.RuntimeParams["tcp_keepalives_idle"] = "2"
	config.RuntimeParams["tcp_keepalives_interval"] = "1"
	config.RuntimeParams["tcp_keepalives_count"] = "3"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return ledger.Term{}, err
	}
	epoch, err := begin(ctx, conn)
	if err != nil || epoch == 0 {
		return ledger.Term{}, errors.Join(err, closeSoon(conn))
	}
	return l.hold(conn, epoch), nil
}

// begin takes the lock and counts the term; the epoch is zero if another leads. It waits for what the leader before is
// just writing.
func begin(ctx context.Context, conn *pgx.Conn) (epoch uint64, err error) {
	free, err := one(ctx, conn, pgx.RowTo[bool], `SELECT pg_try_advisory_lock($1)`, lockLeader)
	if err != nil || !free {
		return 0, err
	}
	counted, err := one(ctx, conn, pgx.RowTo[int64], `UPDATE leader SET epoch = epoch + 1 RETURNING epoch`)
	if err != nil {
		return 0, fmt.Errorf("count the term: %w", err)
	}
	return uint64(counted), nil
}

// hold keeps the connection, and with it the lock, until the term is resigned or the connection ends.
func (l *Ledger) hold(conn *pgx.Conn, epoch uint64) ledger.Term {
	lost, resigned := make(chan struct{}), make(chan struct{})
	var once sync.Once
	l.loops.Go(func() {
		defer close(lost)
		defer func() { _ = closeSoon(conn) }() // the server notices the end of the connection in any case
		life := time.NewTicker(showLife)
		defer life.Stop()
		for alive(conn) {
			select {
			case <-life.C:
			case <-resigned:
				return
			case <-l.quit:
				return
			}
		}
	})
	return ledger.Term{Epoch: epoch, Lost: lost, Resign: func() {
		once.Do(func() { close(resigned) })
		<-lost
	}}
}

func alive(conn *pgx.Conn) bool {
	ctx, cancel := context.WithTimeout(context.Background(), lifeTimeout)
	defer cancel()
	return conn.Ping(ctx) == nil
}

func closeSoon(conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(context.Background(), lifeTimeout)
	defer cancel()
	return conn.Close(ctx)
}

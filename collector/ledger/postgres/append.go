package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"portolan/collector/ledger"
)

// appendJob is one append that waits for its commit.
type appendJob struct {
	ctx   context.Context
	offer ledger.Offer
	done  chan appended // buffered
}

type appended struct {
	receipt ledger.Receipt
	err     error
}

// Append implements ledger.Batches.
func (l *Ledger) Append(ctx context.Context, o ledger.Offer) (ledger.Receipt, error) {
	err := o.Check()
	if err == nil {
		err = ctx.Err()
	}
	var done appended
	if err == nil {
		done = l.enqueue(&appendJob{ctx: ctx, offer: o, done: make(chan appended, 1)})
		err = done.err
	}
	if err != nil {
		return ledger.Receipt{}, fmt.Errorf("append batch %d of %q: %w", o.Number, o.Chain.Agent, err)
	}
	return done.receipt, nil
}

func (l *Ledger) enqueue(j *appendJob) appended {
	select {
	case l.jobs <- j:
	case <-j.ctx.Done():
		return appended{err: j.ctx.Err()}
	case <-l.quit:
		return appended{err: ledger.ErrClosed}
	}
	select {
	case done := <-j.done:
		return done
	case <-j.ctx.Done():
		return appended{err: j.ctx.Err()}
	}
}

// commitTimeout bounds a group's transaction: a database that does not answer must not hold agents for ever.
const commitTimeout = 20 * time.Second

// appendLoop commits what waits, group by group. It waits for nothing, so an idle ledger adds no delay.
func (l *Ledger) appendLoop() {
	for {
		select {
		case first := <-l.jobs:
			l.commit(l.gather(first))
		case <-l.quit:
			return
		}
	}
}

// gather takes what waits already. Whose caller has gone is left out.
func (l *Ledger) gather(first *appendJob) []*appendJob {
	var group []*appendJob
	for j := first; ; {
		if err := j.ctx.Err(); err != nil {
			j.done <- appended{err: err}
		} else {
			group = append(group, j)
		}
		if len(group) == l.options.Group {
			return group
		}
		select {
		case j = <-l.jobs:
		default:
			return group
		}
	}
}

// commit keeps a group's batches in one transaction. If the database refuses the whole, each gets a transaction of its
// own, so that none suffers for another.
func (l *Ledger) commit(group []*appendJob) {
	if len(group) == 0 {
		return
	}
	receipts, err := l.keep(group)
	if err == nil {
		for i, j := range group {
			j.done <- appended{receipt: receipts[i]}
		}
		return
	}
	if len(group) == 1 || !refused(err) {
		for _, j := range group {
			j.done <- appended{err: err}
		}
		return
	}
	for _, j := range group {
		l.commit([]*appendJob{j})
	}
}

func (l *Ledger) keep(group []*appendJob) ([]ledger.Receipt, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	var receipts []ledger.Receipt
	err := pgx.BeginTxFunc(ctx, l.pool, pgx.TxOptions{}, func(tx pgx.Tx) error {
		g, err := l.openGroup(ctx, tx, group)
		if err != nil {
			return err
		}
		receipts = receipts[:0]
		for _, j := range group {
			receipt, err := g.take(ctx, j.offer)
			if err != nil {
				return err
			}
			receipts = append(receipts, receipt)
		}
		return g.write(ctx)
	})
	return receipts, err
}

// refused reports whether the database said no, rather than not answering.
func refused(err error) bool {
	var no interface{ SQLState() string }
	return errors.As(err, &no)
}

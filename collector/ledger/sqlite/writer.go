package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"portolan/collector/ledger"
)

// writer owns the only connection that writes. Short writes that wait together share a commit, and with it
// the one sync to disk: while one commit is being synced the next ones queue. An idle writer begins at once; one whose last
// commit was shared waits a little for more, as PostgreSQL does by commit_delay. Writes that call back into their caller (alone)
// have a transaction each.
type writer struct {
	db    *statements
	turn  chan struct{} // holds one token: who has it may write
	jobs  chan *job
	quit  chan struct{} // closed by stop
	ended chan struct{} // closed when the loop has ended
	group int
	last  int       // by how many the last commit was shared; of the loop
	once  sync.Once // stops
}

// A commit that follows one of a crowd waits so long for more. A batch then costs a sixth less of the processor, since fewer pages are
// written and synced (docs/benchmarks.md); longer only makes agents wait.
const (
	crowd    = 4
	patience = time.Millisecond
)

// job is one short write. Its work may be done more than once, and must leave no trace outside the database.
type job struct {
	ctx  context.Context
	work func(*statements) error
	done chan error // buffered
}

func startWriter(ctx context.Context, pool *sql.DB, group int) (*writer, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open writing connection: %w", err)
	}
	w := &writer{
		db:   &statements{conn: conn, prepared: make(map[string]*sql.Stmt), heads: newHeads()},
		turn: make(chan struct{}, 1), jobs: make(chan *job),
		quit: make(chan struct{}), ended: make(chan struct{}),
		group: group,
	}
	w.turn <- struct{}{}
	go w.loop()
	return w, nil
}

// together has work done in a transaction that it may share with others, and returns when that is durable.
func (w *writer) together(ctx context.Context, work func(*statements) error) error {
	j := &job{ctx: ctx, work: work, done: make(chan error, 1)}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return ledger.ErrClosed
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// alone has work done in a transaction of its own, in the caller's goroutine, and returns when that is durable.
func (w *writer) alone(ctx context.Context, work func(*statements) error) error {
	if err := w.take(ctx); err != nil {
		return err
	}
	defer w.give()
	return w.db.transaction(work)
}

func (w *writer) take(ctx context.Context) error {
	// A turn may be free as well, and select would choose at random.
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-w.quit:
		return ledger.ErrClosed
	default:
	}
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return ledger.ErrClosed
	}
}

func (w *writer) give() { w.turn <- struct{}{} }

// stop waits for the write in progress, if any, and refuses all others.
func (w *writer) stop() error {
	var err error
	w.once.Do(func() {
		close(w.quit)
		<-w.ended
		<-w.turn // never given back: a call of alone in progress has ended
		err = w.db.close()
	})
	return err
}

func (w *writer) loop() {
	defer close(w.ended)
	for {
		select {
		case first := <-w.jobs:
			group := w.next(first)
			w.last = len(group)
			w.commit(group)
			w.give()
		case <-w.quit:
			return
		}
	}
}

// next takes the turn and returns what is committed in it.
func (w *writer) next(first *job) []*job {
	if w.last >= crowd {
		time.Sleep(patience)
	}
	<-w.turn
	return w.gather(first)
}

// gather takes what waits already; it waits for nothing. Whose caller has gone is left out.
func (w *writer) gather(first *job) []*job {
	var group []*job
	for j := first; ; {
		if err := j.ctx.Err(); err != nil {
			j.done <- err
		} else {
			group = append(group, j)
		}
		if len(group) == w.group {
			return group
		}
		select {
		case j = <-w.jobs:
		default:
			return group
		}
	}
}

// commit does the group's work in one transaction. If any of it fails the whole is undone, and each job gets
// a transaction of its own, so that none suffers for another.
func (w *writer) commit(group []*job) {
	if len(group) > 1 {
		err := w.db.transaction(func(db *statements) error {
			for _, j := range group {
				if err := j.work(db); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			for _, j := range group {
				j.done <- nil
			}
			return
		}
	}
	for _, j := range group {
		j.done <- w.db.transaction(j.work)
	}
}

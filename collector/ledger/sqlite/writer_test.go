package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"portolan/collector/ledger"
)

func openWriter(t *testing.T) *writer {
	t.Helper()
	l, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "ledger.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.writer
}

// hold keeps the writer busy until release is called, so that what comes meanwhile becomes one group.
func hold(t *testing.T, w *writer) (release func()) {
	t.Helper()
	if err := w.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w.give
}

func put(name string) func(*statements) error {
	return func(db *statements) error {
		return db.exec(`INSERT INTO projection_value (agent, name, body) VALUES ('', ?, x'')`, name)
	}
}

func TestWriter_OneBadJobSpoilsNoOther(t *testing.T) {
	t.Parallel()
	w := openWriter(t)
	refusal := errors.New("no")
	jobs := []*job{
		{ctx: t.Context(), work: put("a"), done: make(chan error, 1)},
		{ctx: t.Context(), work: func(db *statements) error { return errors.Join(put("b")(db), refusal) }, done: make(chan error, 1)},
		{ctx: t.Context(), work: put("c"), done: make(chan error, 1)},
		{ctx: t.Context(), work: put("a"), done: make(chan error, 1)}, // the name is taken
	}
	release := hold(t, w)
	w.commit(jobs)
	release()
	for n, want := range []bool{true, false, true, false} {
		if err := <-jobs[n].done; (err == nil) != want {
			t.Errorf("job %d: got %v, want success to be %v", n, err, want)
		}
	}
	var names int
	if err := w.alone(t.Context(), func(db *statements) error {
		return db.row(`SELECT count(*) FROM projection_value`).Scan(&names)
	}); err != nil || names != 2 {
		t.Errorf("%d rows, %v; want those of the good jobs", names, err)
	}
}

func TestWriter_GathersWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &writer{jobs: make(chan *job), quit: make(chan struct{}), group: 8}
		var callers sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		for range 20 {
			callers.Go(func() { _ = w.together(ctx, nil) })
		}
		synctest.Wait()
		if group := w.gather(<-w.jobs); len(group) != 8 {
			t.Errorf("got a group of %d, want as many as one commit takes", len(group))
		}
		first := <-w.jobs
		cancel() // everyone goes, with one of them taken already
		synctest.Wait()
		if group := w.gather(first); len(group) != 0 {
			t.Errorf("got %d whose callers have gone", len(group))
		}
		callers.Wait()
	})
}

func TestWriter_StopsWithoutLeavingAnyoneWaiting(t *testing.T) {
	t.Parallel()
	w := openWriter(t)
	release := hold(t, w)
	first := make(chan error)
	go func() { first <- w.together(t.Context(), put("a")) }()
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { gone <- w.together(ctx, put("b")) }()
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("who went: got %v", err)
	}
	stopped := make(chan error)
	go func() { stopped <- w.stop() }()
	<-w.quit
	release()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if err := <-first; err != nil && !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("who waited: got %v", err)
	}
	if err := w.together(t.Context(), put("c")); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("who came later: got %v", err)
	}
	if err := w.alone(t.Context(), put("c")); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("who came later, alone: got %v", err)
	}
}

func TestWriter_WaitsForMoreAfterACrowd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &writer{turn: make(chan struct{}, 1), jobs: make(chan *job), group: 8, last: 1}
		w.give()
		var callers sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		come := func() { callers.Go(func() { _ = w.together(ctx, nil) }) }
		for _, want := range []int{1, 2} { // after one who was alone, after a crowd
			come()
			first := <-w.jobs
			time.AfterFunc(patience/2, come)
			got := w.next(first)
			if len(got) != want {
				t.Errorf("after a commit of %d: got a group of %d, want %d", w.last, len(got), want)
			}
			w.last = crowd
			w.give()
			time.Sleep(patience)
			if want == 1 {
				<-w.jobs // who came too late
			}
		}
		cancel()
		callers.Wait()
	})
}

package ledgertest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

func cursorMoves(t *testing.T, l ledger.Ledger) {
	chain := NewSender("MIA-1").Chain
	one, two := ledger.Cursor{Number: 1, Position: 10}, ledger.Cursor{Number: 2, Position: 11}
	move := func(from, to ledger.Cursor) error {
		return l.Update(t.Context(), func(tx ledger.Tx) error { return tx.MoveCursor(chain, from, to) })
	}
	wantError(t, "move from where it never was", move(one, two), ledger.ErrMoved)
	wantError(t, "first move", move(ledger.Cursor{}, one), nil)
	wantError(t, "first move again", move(ledger.Cursor{}, two), ledger.ErrMoved)
	wantError(t, "second move", move(one, two), nil)
	wantError(t, "second move again", move(one, two), ledger.ErrMoved)
	look(t, l, func(v ledger.View) error {
		got, err := v.Cursor(chain)
		equal(t, "cursor", got, two)
		all, err2 := v.Cursors()
		equal(t, "cursors", all, map[ledger.Chain]ledger.Cursor{chain: two})
		return errors.Join(err, err2)
	})
	moveJournal := func(from, to uint64) error {
		return l.Update(t.Context(), func(tx ledger.Tx) error { return tx.MoveJournalCursor(from, to) })
	}
	wantError(t, "journal from where it never was", moveJournal(4, 5), ledger.ErrMoved)
	wantError(t, "journal", moveJournal(0, 5), nil)
	wantError(t, "journal again", moveJournal(0, 5), ledger.ErrMoved)
	wantError(t, "journal on", moveJournal(5, 6), nil)
	look(t, l, func(v ledger.View) error {
		got, err := v.JournalCursor()
		equal(t, "journal cursor", got, uint64(6))
		return err
	})
}

func cursorWinner(t *testing.T, l ledger.Ledger) {
	chain := NewSender("MIA-1").Chain
	var won atomic.Int32
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			err := l.Update(t.Context(), func(tx ledger.Tx) error {
				if err := putValue(tx, "winner", []byte{byte(n)}); err != nil {
					return err
				}
				return tx.MoveCursor(chain, ledger.Cursor{}, ledger.Cursor{Number: 1, Position: ledger.Position(n + 1)})
			})
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, ledger.ErrMoved):
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("%d moved the cursor, want 1", won.Load())
	}
	look(t, l, func(v ledger.View) error {
		winner, err := valueOf(v, "winner")
		cursor, err2 := v.Cursor(chain)
		if len(winner) != 1 || ledger.Position(winner[0])+1 != cursor.Position {
			t.Errorf("row of %v beside the cursor %v: a loser left a trace", winner, cursor)
		}
		return errors.Join(err, err2)
	})
}

func updateAllOrNothing(t *testing.T, l ledger.Ledger) {
	refusal := errors.New("changed my mind")
	err := l.Update(t.Context(), func(tx ledger.Tx) error {
		if err := putValue(tx, "a", []byte("1")); err != nil {
			return err
		}
		if got, err := valueOf(tx, "a"); err != nil || string(got) != "1" {
			t.Errorf("own write: got %q, %v", got, err)
		}
		return refusal
	})
	wantError(t, "update", err, refusal)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic of the function was swallowed")
			}
		}()
		_ = l.Update(t.Context(), func(tx ledger.Tx) error {
			_ = putValue(tx, "a", []byte("2"))
			panic("programmer's mistake")
		})
	}()
	wantError(t, "update with an ended context", l.Update(ended(t), func(ledger.Tx) error { return nil }), ended(t).Err())
	look(t, l, func(v ledger.View) error {
		got, err := valueOf(v, "a")
		if got != nil {
			t.Errorf("got %q, want nothing", got)
		}
		return err
	})
	mustAppend(t, l, NewSender("MIA-1").Next()) // the ledger goes on
}

func viewSnapshot(t *testing.T, l ledger.Ledger) {
	s := NewSender("MIA-1")
	mustAppend(t, l, s.Next())
	look(t, l, func(v ledger.View) error {
		before, err := v.End()
		if err != nil {
			return err
		}
		mustAppend(t, l, s.Next()) // a reader delays no writer
		update(t, l, func(tx ledger.Tx) error { return putValue(tx, "a", []byte("1")) })
		after, err := v.End()
		value, err2 := valueOf(v, "a")
		if after != before || value != nil {
			t.Errorf("snapshot changed: end %d, then %d; value %q", before, after, value)
		}
		return errors.Join(err, err2)
	})
	refusal := errors.New("enough")
	wantError(t, "view", l.View(t.Context(), func(ledger.View) error { return refusal }), refusal)
}

func seriesStates(t *testing.T, l ledger.Ledger) {
	primary, secondary := seriesOf("MIA-1", "primary"), seriesOf("MIA-1", "secondary")
	states := []ledger.SeriesState{
		{Series: primary, LastStart: Start, State: []byte{1}},
		{Series: secondary, LastStart: Start.Add(time.Minute), State: []byte{2}},
		{Series: seriesOf("SEA-1", "primary"), LastStart: Start, State: []byte{3}},
	}
	update(t, l, func(tx ledger.Tx) error {
		return errors.Join(tx.PutSeries(states[2], states[1]), tx.PutSeries(ledger.SeriesState{Series: primary}), tx.PutSeries(states[0]))
	})
	look(t, l, func(v ledger.View) error {
		got, ok, err := v.Series(primary)
		equal(t, "series", got, states[0])
		_, there, err2 := v.Series(seriesOf("IAD-1", "primary"))
		if !ok || there {
			t.Errorf("got %v and %v, want it to be there, and the other not", ok, there)
		}
		all, err3 := v.AllSeries("")
		equal(t, "all series", all, states)
		one, err4 := v.AllSeries("MIA-1")
		equal(t, "an agent's series", one, states[:2])
		return errors.Join(err, err2, err3, err4)
	})
}

func values(t *testing.T, l ledger.Ledger) {
	a, b, other := ledger.ValueKey{Name: "a"}, ledger.ValueKey{Agent: "MIA-1", Name: "a"}, ledger.ValueKey{Agent: "MIA-1", Name: "b"}
	update(t, l, func(tx ledger.Tx) error {
		return tx.PutValues(ledger.Value{Key: a, Body: []byte("1")}, ledger.Value{Key: b, Body: []byte("2")}, ledger.Value{Key: other, Body: []byte{}})
	})
	update(t, l, func(tx ledger.Tx) error {
		return tx.PutValues(ledger.Value{Key: a}, ledger.Value{Key: b, Body: []byte("3")}, ledger.Value{Key: ledger.ValueKey{Name: "never"}})
	})
	look(t, l, func(v ledger.View) error {
		none, err := v.Value(a)
		changed, err2 := v.Value(b)
		empty, err3 := v.Value(other)
		all, err4 := v.Values("a")
		equal(t, "values of a name", all, []ledger.Value{{Key: b, Body: []byte("3")}})
		if none != nil || string(changed) != "3" || empty == nil || len(empty) != 0 {
			t.Errorf("values: got %v, %q and %v, want none, 3 and an empty one", none, changed, empty)
		}
		return errors.Join(err, err2, err3, err4)
	})
}

func terms(t *testing.T, l ledger.Ledger) {
	first := must[ledger.Term](t)(l.Lead(t.Context()))
	write := func(epoch uint64) error {
		return l.Update(t.Context(), func(tx ledger.Tx) error {
			return errors.Join(tx.Fence(epoch), putValue(tx, "leader", []byte{byte(epoch)}))
		})
	}
	wantError(t, "write in the first term", write(first.Epoch), nil)
	first.Resign()
	first.Resign()
	second := must[ledger.Term](t)(l.Lead(t.Context()))
	if second.Epoch <= first.Epoch {
		t.Fatalf("epoch %d after epoch %d, want it to grow", second.Epoch, first.Epoch)
	}
	wantError(t, "write of an old leader", write(first.Epoch), ledger.ErrDeposed)
	wantError(t, "write of the leader", write(second.Epoch), nil)
	select {
	case <-second.Lost:
		t.Error("the second term was lost while it went on")
	default:
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	<-second.Lost
}

func putValue(tx ledger.Tx, name string, body []byte) error {
	return tx.PutValues(ledger.Value{Key: ledger.ValueKey{Name: name}, Body: body})
}

func valueOf(v ledger.View, name string) ([]byte, error) { return v.Value(ledger.ValueKey{Name: name}) }

func reset(t *testing.T, l ledger.Ledger) {
	s := NewSender("MIA-1")
	r := mustAppend(t, l, s.Next())
	series := seriesOf("MIA-1", "primary")
	fill := func(tx ledger.Tx) error {
		return errors.Join(
			tx.MoveCursor(s.Chain, ledger.Cursor{}, ledger.Cursor{Number: 1, Position: 1}), tx.MoveJournalCursor(0, 1),
			tx.PutSeries(ledger.SeriesState{Series: series}), tx.PutHours(ledger.HourRow{Series: series, Hour: Start}),
			tx.PutSketches(ledger.Sketch{Key: ledger.SketchKey{System: "tpac", Hour: Start}}),
			tx.PutRollups(ledger.Rollup{Key: ledger.RollupKey{Unit: "hour", Part: "system", Start: Start}}),
			putValue(tx, "a", []byte("1")))
	}
	update(t, l, fill)
	update(t, l, func(tx ledger.Tx) error { return tx.Reset() })
	look(t, l, func(v ledger.View) error {
		cursors, err := v.Cursors()
		all, err2 := v.AllSeries("")
		hours, err3 := v.Hours(ledger.HourFilter{Span: portolan.Span{From: 0, To: Start * 2}})
		value, err4 := valueOf(v, "a")
		rollups, err5 := v.Rollups(ledger.RollupFilter{Span: portolan.Span{From: 0, To: Start * 2}})
		if len(cursors)+len(all)+len(hours)+len(rollups) != 0 || value != nil {
			t.Errorf("left over: %v %v %v %v %v", cursors, all, hours, rollups, value)
		}
		return errors.Join(err, err2, err3, err4, err5)
	})
	update(t, l, fill) // as if for the first time
	if end := must[ledger.Position](t)(l.End(t.Context())); end != r.Link.Position {
		t.Error("evidence was touched")
	}
}

func closed(t *testing.T, l ledger.Ledger) {
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
	_, err := l.Append(t.Context(), NewSender("MIA-1").Next())
	wantError(t, "append", err, ledger.ErrClosed)
	_, err = l.Read(t.Context(), ledger.Query{})
	wantError(t, "read", err, ledger.ErrClosed)
	_, err = l.End(t.Context())
	wantError(t, "end", err, ledger.ErrClosed)
	_, err = l.AppendJournal(t.Context(), entry(newKey(t), "MIA-1"))
	wantError(t, "append to journal", err, ledger.ErrClosed)
	wantError(t, "update", l.Update(t.Context(), func(ledger.Tx) error { return nil }), ledger.ErrClosed)
	wantError(t, "view", l.View(t.Context(), func(ledger.View) error { return nil }), ledger.ErrClosed)
}

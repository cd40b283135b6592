package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/ledger/ledgertest"
	"portolan/collector/ledger/postgres"
)

// pair opens two ledgers on one database, as two collectors do.
func pair(t *testing.T) (url string, ledgers [2]*postgres.Ledger) {
	t.Helper()
	url = database(t)
	var opening sync.WaitGroup
	for n := range ledgers {
		opening.Go(func() { // at once: one of them makes the tables
			l, err := postgres.Open(t.Context(), postgres.Options{URL: url, Connections: 4})
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			t.Cleanup(func() { l.Close() })
			ledgers[n] = l
		})
	}
	opening.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return url, ledgers
}

func TestShared_ReaderMissesNothingWhileTwoWrite(t *testing.T) {
	t.Parallel()
	const writers, batches = 6, 30
	_, ledgers := pair(t)
	var writing sync.WaitGroup
	for n := range writers {
		writing.Go(func() {
			s := ledgertest.NewSender(portolan.AgentID(fmt.Sprintf("MIA-%d", n+1)))
			for i := range batches {
				if _, err := ledgers[(n+i)%2].Append(t.Context(), s.Next()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := map[ledger.Chain]uint64{}
	for after, count := ledger.Position(0), 0; count < writers*batches && !t.Failed(); {
		links, err := ledgers[0].Read(t.Context(), ledger.Query{After: after, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range links {
			if seen[link.Chain]++; link.Number != seen[link.Chain] {
				t.Fatalf("batch %d of %q came after %d: one before it became visible late", link.Number, link.Chain.Agent, seen[link.Chain]-1)
			}
			after = link.Position
			count++
		}
	}
	writing.Wait()
}

func TestShared_OfTwoBatchesWithOneNumberOneIsStored(t *testing.T) {
	t.Parallel()
	_, ledgers := pair(t)
	for round := range 20 {
		agent := portolan.AgentID(fmt.Sprintf("MIA-%d", round+1))
		verdicts := make(chan ledger.Verdict, 2)
		for n, l := range ledgers {
			go func() {
				s := ledgertest.NewSender(agent)
				s.Plan.Series[0].Share = uint32(n + 1) // another history under the same identity
				r, err := l.Append(context.Background(), s.Next())
				if err != nil {
					t.Error(err)
				}
				verdicts <- r.Verdict
			}()
		}
		if a, b := <-verdicts, <-verdicts; a == b || a+b != ledger.Stored+ledger.Forked {
			t.Fatalf("round %d: got %v and %v, want one stored and one forked", round, a, b)
		}
	}
}

func TestShared_AnotherLeadsWhenTheLeaderIsGone(t *testing.T) {
	t.Parallel()
	url, ledgers := pair(t)
	first, err := ledgers[0].Lead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if term, err := ledgers[1].Lead(soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("second: got epoch %d, %v while the first leads", term.Epoch, err)
	}
	next := make(chan ledger.Term, 1)
	begun := time.Now()
	go func() {
		term, err := ledgers[1].Lead(t.Context())
		if err != nil {
			t.Error(err)
		}
		next <- term
	}()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
		t.Fatal(err)
	}
	second := <-next
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("another led after %s, want at most 10 s", took)
	}
	<-first.Lost
	if second.Epoch <= first.Epoch {
		t.Errorf("epoch %d after %d, want it to grow", second.Epoch, first.Epoch)
	}
	err = ledgers[0].Update(t.Context(), func(tx ledger.Tx) error {
		return errors.Join(tx.Fence(first.Epoch), tx.PutValues(ledger.Value{Key: ledger.ValueKey{Name: "a"}, Body: []byte("old")}))
	})
	if !errors.Is(err, ledger.ErrDeposed) {
		t.Errorf("write of the old leader: got %v, want ErrDeposed", err)
	}
}

// grows says of each table whether it grows with the number of agents: then every key carries the agent, so that Citus
// can distribute it by agent (docs/scale.md).
func grows() map[string]bool {
	return map[string]bool{
		"chain": true, "batch": true, "plan_change": true, "aside": true, "agent": true, "certificate": true, "token": true,
		"fold_cursor": true, "series_state": true, "figure": true, "projection_value": true,
		"plan": false, "journal": false, "leader": false, "journal_cursor": false, "rollup": false, "incident": false, "sketch": false, "goose_db_version": false,
	}
}

func TestTables_ThatGrowCarryTheAgentInEveryKey(t *testing.T) {
	t.Parallel()
	url := database(t)
	open(t, postgres.Options{URL: url})
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `SELECT t.relname, coalesce(i.relname, ''), coalesce((SELECT bool_or(a.attname = 'agent')
			FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY(x.indkey)), false)
		FROM pg_class t LEFT JOIN pg_index x ON x.indrelid = t.oid AND x.indisunique LEFT JOIN pg_class i ON i.oid = x.indexrelid
		WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	var table, key string
	var carries bool
	seen := 0
	_, err = pgx.ForEachRow(rows, []any{&table, &key, &carries}, func() error {
		grows, known := grows()[table]
		switch {
		case !known:
			t.Errorf("table %q: say whether it grows with the number of agents", table)
		case grows && key == "":
			t.Errorf("table %q grows with the number of agents and has no key", table)
		case grows && !carries:
			t.Errorf("key %q of table %q does not carry the agent", key, table)
		}
		seen++
		return nil
	})
	if err != nil || seen < len(grows()) {
		t.Fatalf("looked at %d keys, %v", seen, err)
	}
}

package sqlite_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/ledger/ledgertest"
	"portolan/collector/ledger/sqlite"
	"portolan/evidence"
)

// victim names the ledger that a child of this test binary shall append to until it is killed.
const victim = "PORTOLAN_TEST_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(victim); path != "" {
		if err := appendForEver(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

const crashAgents = 4

func crashAgent(n int) portolan.AgentID { return portolan.AgentID("MIA-" + strconv.Itoa(n+1)) }

// appendForEver appends from several agents at once and prints each acknowledged batch before the next.
func appendForEver(path string) error {
	l, err := sqlite.Open(context.Background(), sqlite.Options{Path: path})
	if err != nil {
		return err
	}
	failures := make(chan error)
	var mu sync.Mutex // a line at a time
	for n := range crashAgents {
		go func() {
			s := ledgertest.NewSender(crashAgent(n))
			for {
				o := s.Next()
				if r, err := l.Append(context.Background(), o); err != nil || r.Verdict != ledger.Stored {
					failures <- fmt.Errorf("append: %v, %w", r.Verdict, err)
					return
				}
				mu.Lock()
				fmt.Printf("%s %d %s\n", o.Chain.Agent, o.Number, o.Hash)
				mu.Unlock()
			}
		}()
	}
	return <-failures
}

func TestLedger_KilledKeepsWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), victim+"="+path)
	var trouble bytes.Buffer
	child.Stderr = &trouble
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := make(map[portolan.AgentID]map[uint64]string)
	total := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		// The last line may have been cut by the kill: then it was not said.
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 || len(fields[2]) != 64 {
			continue
		}
		number, err := strconv.ParseUint(fields[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		agent := portolan.AgentID(fields[0])
		if acknowledged[agent] == nil {
			acknowledged[agent] = make(map[uint64]string)
		}
		acknowledged[agent][number] = fields[2]
		if total++; total == 400 {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || total < 400 {
		t.Fatalf("the child ended by itself after %d batches: %s", total, &trouble)
	}
	l := open(t, sqlite.Options{Path: path, Recheck: 1 << 20})
	wantWhole(t, l, acknowledged)
	// And the next batch of a chain follows.
	heads, err := l.Heads(t.Context(), crashAgent(0))
	if err != nil {
		t.Fatal(err)
	}
	s := ledgertest.NewSender(crashAgent(0))
	s.Skip(int(heads[0].Number))
	if r, err := l.Append(t.Context(), s.Next()); err != nil || r.Verdict != ledger.Stored || r.Missing != 0 {
		t.Errorf("afterwards: %+v, %v", r, err)
	}
}

// wantWhole checks that every acknowledged batch is there, and that whatever is there is whole and without holes.
func wantWhole(t *testing.T, l *sqlite.Ledger, acknowledged map[portolan.AgentID]map[uint64]string) {
	t.Helper()
	links, err := l.Read(t.Context(), ledger.Query{Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	next := make(map[portolan.AgentID]uint64)
	previous := make(map[portolan.AgentID]evidence.Hash)
	for _, link := range links {
		agent := link.Chain.Agent
		next[agent]++
		e, err := evidence.Open(link.Bytes, evidence.Limits{})
		if err != nil || e.Hash != link.Hash || link.Status != ledger.Accepted {
			t.Fatalf("batch %d of %q is not whole: %v", link.Number, agent, err)
		}
		if link.Number != next[agent] || link.Previous != previous[agent] {
			t.Fatalf("batch %d of %q does not follow", link.Number, agent)
		}
		previous[agent] = link.Hash
		if said, ok := acknowledged[agent][link.Number]; ok && said != link.Hash.String() {
			t.Errorf("batch %d of %q is another one than was acknowledged", link.Number, agent)
		}
		delete(acknowledged[agent], link.Number)
	}
	for agent, lost := range acknowledged {
		if len(lost) > 0 {
			t.Errorf("%d acknowledged batches of %q are lost", len(lost), agent)
		}
	}
}

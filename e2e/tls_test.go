package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"portolan"
)

// newSecureCountry starts a simulator and a collector that serves TLS by its own authority, for relays, which listen on
// 127.0.0.1, and for whoever is told its address.
func newSecureCountry(t *testing.T, ports ...string) *world {
	t.Helper()
	w := newCountry(t, "", time.Second, ports...)
	host, _, _ := net.SplitHostPort(w.listen)
	if err := os.WriteFile(w.config, []byte("tls: {hosts: [127.0.0.1, "+host+"]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.ready = func() error { // whoever connects is answered once it serves
		conn, err := net.Dial("tcp", w.listen)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	w.startCollector()
	return w
}

// moveCollector ends the collector and starts one in its place, at the same address, with another data folder and so
// with another authority.
func (w *world) moveCollector(store string) {
	w.t.Helper()
	w.collector.end(syscall.SIGTERM)
	w.store = store
	w.startCollector()
}

// authority writes the certificate of the collector's authority to a file, and returns its path.
func (w *world) authority() string {
	w.t.Helper()
	out, err := exec.Command(filepath.Join(binaries, "portolanctl"), "ca", "--data", w.data()).Output()
	if err != nil {
		w.t.Fatalf("print authority: %v", err)
	}
	path := filepath.Join(w.dir, w.store+".crt")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// startSecureAgent starts an agent that trusts the present collector's authority alone.
func (w *world) startSecureAgent(agent string) {
	w.t.Helper()
	path := filepath.Join(w.dir, "sim", agent+".yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	_, rest, found := bytes.Cut(text, []byte(`://`))
	if !found {
		w.t.Fatalf("no URL in %s:\n%s", path, text)
	}
	before, _, _ := strings.Cut(string(text), "collector: {")
	changed := fmt.Sprintf("%scollector: {every: 1s, ca_file: %q, url: \"https://%s", before, w.authority(), rest)
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.startAgent(agent)
}

// untilLogged waits until an agent's log holds the text.
func (w *world) untilLogged(agent, text string) {
	w.t.Helper()
	w.until(20*time.Second, fmt.Sprintf("%s to log %q", agent, text), func() error {
		log, err := os.ReadFile(w.agents[agent].log)
		if err == nil && !bytes.Contains(log, []byte(text)) {
			err = fmt.Errorf("not yet")
		}
		return err
	})
}

// checkNothingArrived fails the test unless the collector, which it stops, has taken in no batch.
func (w *world) checkNothingArrived() {
	w.t.Helper()
	if b := readBooks(w.t, w.open()); b.links != 0 {
		w.t.Errorf("%d batches arrived, want none", b.links)
	}
}

// checkAllArrived waits for the agent's latest results, stops all, and fails the test unless each is there once.
func (w *world) checkAllArrived(agent string) {
	w.t.Helper()
	w.untilAcknowledged(agent)
	stream, seq := w.spooled(agent)
	w.checkWhole(readBooks(w.t, w.open()), map[portolan.Stream]portolan.Seq{stream: seq})
}

func TestTLS_ResultsArriveUnderTheCollectorsOwnAuthority(t *testing.T) {
	t.Parallel()
	w := newSecureCountry(t, "MIA")
	w.enroll("MIA-1")
	w.startSecureAgent("MIA-1")
	w.untilAcknowledged("MIA-1")
	w.until(20*time.Second, "TPAC to be up at MIA", func() error {
		out, err := exec.Command(filepath.Join(binaries, "portolanctl"), "state", "--collector", "https://"+w.listen, "--ca-file", w.authority()).CombinedOutput()
		if err != nil || !strings.Contains(string(out), " up ") {
			return fmt.Errorf("%v: %s", err, out)
		}
		return nil
	})
	w.checkAllArrived("MIA-1")
}

func TestTLS_AgentOfAnotherAuthorityIsRefusedAndKeepsItsResults(t *testing.T) {
	t.Parallel()
	w := newSecureCountry(t, "SEA")
	w.enroll("SEA-1")
	w.startSecureAgent("SEA-1")
	w.untilAcknowledged("SEA-1")
	w.agents["SEA-1"].end(syscall.SIGTERM)

	w.moveCollector("stranger")
	w.startSecureAgent("SEA-1")
	w.untilLogged("SEA-1", "answer 403: unknown_agent")
	w.untilRuns("SEA-1", 3)
	w.agents["SEA-1"].end(syscall.SIGTERM)
	w.checkNothingArrived()

	w.moveCollector("collector")
	w.startSecureAgent("SEA-1")
	w.checkAllArrived("SEA-1")
}

func TestTLS_CollectorOfAnotherAuthorityGetsNothing(t *testing.T) {
	t.Parallel()
	w := newSecureCountry(t, "MIA")
	w.enroll("MIA-1")
	w.startSecureAgent("MIA-1")
	w.untilAcknowledged("MIA-1")

	w.moveCollector("impostor")
	w.untilLogged("MIA-1", "certificate signed by unknown authority")
	w.untilRuns("MIA-1", 3)
	w.checkNothingArrived()

	w.moveCollector("collector")
	w.checkAllArrived("MIA-1")
}

package tn3270_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"portolan"
	"portolan/internal/datastream"
	"portolan/internal/testnet"
	"portolan/probe"
	"portolan/probe/tn3270"
)

const address = "mainframe.test:23"

// decode returns the action that a step's part "tn3270" defines, and its faults.
func decode(t testing.TB, source string) (probe.Action, []probe.Fault) {
	t.Helper()
	return tn3270.Way().Decode(func(into any) error {
		d := yaml.NewDecoder(strings.NewReader(source))
		d.KnownFields(true)
		err := d.Decode(into)
		if err != nil {
			t.Errorf("%v in\n%s", err, source)
		}
		return err
	})
}

// transaction returns one whose steps "a", "b", ... have these definitions.
func transaction(t testing.TB, sources ...string) *probe.Transaction {
	t.Helper()
	tr := &probe.Transaction{System: "tecs-legacy", ID: "test", Timeout: time.Minute, Values: map[string]string{"endpoint.tn3270": address, "user": "MIA-1"}}
	for i, source := range sources {
		act, faults := decode(t, source)
		if len(faults) > 0 {
			t.Fatalf("faults %+v in\n%s", faults, source)
		}
		tr.Steps = append(tr.Steps, probe.Step{ID: portolan.StepID(rune('a' + i)), Action: act})
	}
	return tr
}

// host is the host's end of a conversation, which ends the test if it cannot go on.
type host struct {
	t    testing.TB
	conn net.Conn
	*datastream.Stream
}

// listens makes every connection to the address a conversation of its own.
func listens(t testing.TB, serve func(net.Conn)) *testnet.Network {
	t.Helper()
	network := testnet.New()
	l, err := network.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return network
}

// converses is listens for a host that agreed with the terminal.
func converses(t testing.TB, talk func(h *host)) *testnet.Network {
	t.Helper()
	return listens(t, func(conn net.Conn) {
		stream, _, err := datastream.NewHost(conn)
		if err != nil {
			t.Errorf("agree with the terminal: %v", err)
			return
		}
		talk(&host{t, conn, stream})
	})
}

// show writes a panel with lines from row 1 on, and a field in row 20.
func (h *host) show(lines ...string) {
	panel := datastream.NewPanel().Put(20, 2, datastream.LookText, "==>").Input(20, 7, 20, datastream.LookInput)
	for i, line := range lines {
		panel.Put(i+1, 2, datastream.LookText, line)
	}
	h.record(string(panel.Record()))
}

func (h *host) record(record string) {
	if err := h.Write([]byte(record)); err != nil {
		h.t.Errorf("the host writes: %v", err)
	}
}

// hear returns what the terminal sent, like "ENTER MIA-1".
func (h *host) hear() string {
	record, err := h.Read()
	if err != nil {
		return "nothing"
	}
	in, err := datastream.ParseInbound(record)
	if err != nil {
		h.t.Errorf("the host reads: %v", err)
	}
	return strings.TrimSpace(fmt.Sprintf("%v %s", in.Key, in.Field(20, 7)))
}

// run runs the steps in the network.
func run(t testing.TB, network *testnet.Network, sources ...string) (portolan.Result, []*probe.Failure) {
	t.Helper()
	return probe.NewRunner(probe.Options{Dial: network.DialContext}).Run(t.Context(), transaction(t, sources...), 0, 1)
}

// wantSymptom checks that the run failed at a step, in a phase, by a kind.
func wantSymptom(t testing.TB, got portolan.Result, failures []*probe.Failure, step portolan.StepID, phase portolan.Phase, kind portolan.ErrorKind) {
	t.Helper()
	want := portolan.Symptom{Step: step, Phase: phase, Kind: kind}
	if got.Outcome != portolan.Failed || got.Symptom != want {
		t.Errorf("got %v %+v\nwant failed %+v\n%v", got.Outcome, got.Symptom, want, failures)
	}
}

// reached returns the names of the phases that a step reached.
func reached(s portolan.StepResult) string {
	var names []string
	for p := portolan.PhaseNone; int(p) < portolan.Phases; p++ {
		if _, ok := s.Phases.Get(p); ok {
			names = append(names, p.String())
		}
	}
	return strings.Join(names, " ")
}

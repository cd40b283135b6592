package netpath_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"portolan"
	"portolan/internal/testnet"
	"portolan/probe"
	"portolan/probe/netpath"
)

// decode returns the action that a step's part "netpath" defines, and its faults.
func decode(t testing.TB, source string) (probe.Action, []probe.Fault) {
	t.Helper()
	return netpath.Way().Decode(func(into any) error {
		d := yaml.NewDecoder(strings.NewReader(source))
		d.KnownFields(true)
		err := d.Decode(into)
		if err != nil {
			t.Errorf("%v in\n%s", err, source)
		}
		return err
	})
}

// run runs one step of this definition, and returns its remarks beside the result.
func run(t testing.TB, o probe.Options, source string) (portolan.Result, []*probe.Failure, string) {
	t.Helper()
	act, faults := decode(t, source)
	if len(faults) > 0 {
		t.Fatalf("faults %+v in\n%s", faults, source)
	}
	var remarks strings.Builder
	o.Progress = func(_ portolan.StepResult, seen probe.Observation) {
		remarks.WriteString(strings.Join(seen.Remarks, "\n"))
	}
	got, failures := probe.NewRunner(o).Run(t.Context(), &probe.Transaction{
		System: "onenet", ID: "test", Timeout: 30 * time.Second, Steps: []probe.Step{{ID: "a", Action: act}},
	}, 0, 1)
	if s := got.Steps[0]; s.Phases.Sum()+s.Remainder() != s.Duration {
		t.Errorf("%v and %v do not make %v", s.Phases, s.Remainder(), s.Duration)
	}
	return got, failures, remarks.String()
}

// network is one in memory, where servers are functions; done waits for them.
type network struct {
	*testnet.Network
	t         *testing.T
	serving   sync.WaitGroup
	listeners []net.Listener
}

func newNetwork(t *testing.T) *network { return &network{Network: testnet.New(), t: t} }

func (n *network) serve(addr string, server func(net.Conn)) {
	l, err := n.Listen(addr)
	if err != nil {
		n.t.Fatal(err)
	}
	n.listeners = append(n.listeners, l)
	n.serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n.serving.Go(func() { defer c.Close(); server(c) })
		}
	})
}

func (n *network) done() {
	for _, l := range n.listeners {
		l.Close()
	}
	n.serving.Wait()
}

// echo sends back what comes.
func echo(c net.Conn) { _, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}) }

// measures returns a step's measures by their names.
func measures(s portolan.StepResult) map[portolan.Measure]int64 {
	all := map[portolan.Measure]int64{}
	for _, m := range s.Measures {
		all[m.Measure] = m.Value
	}
	return all
}

// wantSymptom checks that the run failed in a phase, by a kind.
func wantSymptom(t *testing.T, got portolan.Result, failures []*probe.Failure, phase portolan.Phase, kind portolan.ErrorKind) {
	t.Helper()
	want := portolan.Symptom{Step: "a", Phase: phase, Kind: kind}
	if got.Outcome != portolan.Failed || got.Symptom != want {
		t.Errorf("got %v %+v\nwant failed %+v\n%v", got.Outcome, got.Symptom, want, failures)
	}
}

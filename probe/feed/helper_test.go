package feed_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"gopkg.in/yaml.v3"

	"portolan"
	"portolan/internal/testnet"
	"portolan/probe"
	"portolan/probe/feed"
)

// decode returns the action that a step's part "feed" defines, and its faults.
func decode(t testing.TB, source string) (probe.Action, []probe.Fault) {
	t.Helper()
	return feed.Way().Decode(func(into any) error {
		d := yaml.NewDecoder(strings.NewReader(source))
		d.KnownFields(true)
		err := d.Decode(into)
		if err != nil {
			t.Errorf("%v in\n%s", err, source)
		}
		return err
	})
}

// transaction returns one with a step "a" of this definition.
func transaction(t testing.TB, source string) *probe.Transaction {
	t.Helper()
	act, faults := decode(t, source)
	if len(faults) > 0 {
		t.Fatalf("faults %+v in\n%s", faults, source)
	}
	return &probe.Transaction{
		System: "amoss", ID: "test", Timeout: 30 * time.Second, Values: map[string]string{"agent": "MIA\"1\n"},
		Steps: []probe.Step{{ID: "a", Action: act}},
	}
}

// speaker is the server's side of one feed.
type speaker struct {
	subscribed string       // what the viewer sent first
	say        func(string) // sends a line or a message
}

// item says that a source saw something so long ago.
func (s speaker) item(source string, age time.Duration) {
	s.say(fmt.Sprintf(`{"sensor":%q,"time":%q}`, source, time.Now().Add(-age).Format(time.RFC3339Nano)))
}

// watch runs one step against a server in memory, in a bubble of its own, over lines and over a WebSocket.
func watch(t *testing.T, source string, server func(speaker), check func(*testing.T, portolan.Result, []*probe.Failure)) {
	t.Helper()
	for name, way := range map[string]struct {
		url   string
		serve func(*sync.WaitGroup, net.Listener, func(speaker))
	}{
		"lines":  {"tcp://feed.test:80", serveLines},
		"socket": {"ws://feed.test:80/tracks", serveSockets},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := testnet.New()
				l, err := network.Listen("feed.test:80")
				if err != nil {
					t.Fatal(err)
				}
				var serving sync.WaitGroup
				serving.Go(func() { way.serve(&serving, l, server) })
				tr := transaction(t, fmt.Sprintf("{url: '%s', %s}", way.url, source))
				got, failures := probe.NewRunner(probe.Options{Dial: network.DialContext}).Run(t.Context(), tr, 0, 1)
				check(t, got, failures)
				if s := got.Steps[0]; s.Phases.Sum()+s.Remainder() != s.Duration {
					t.Errorf("%v and %v do not make %v", s.Phases, s.Remainder(), s.Duration)
				}
				l.Close()
				serving.Wait()
			})
		})
	}
}

func serveLines(serving *sync.WaitGroup, l net.Listener, server func(speaker)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		serving.Go(func() {
			defer c.Close()
			subscribed, _ := bufio.NewReader(c).ReadString('\n')
			server(speaker{strings.TrimSpace(subscribed), func(line string) { fmt.Fprintln(c, line) }})
		})
	}
}

func serveSockets(serving *sync.WaitGroup, l net.Listener, server func(speaker)) {
	_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serving.Add(1)
		defer serving.Done()
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		_, message, err := c.Read(context.Background())
		if err != nil {
			return
		}
		server(speaker{string(message), func(line string) {
			_ = c.Write(context.Background(), websocket.MessageText, []byte(line))
		}})
	}))
}

// wantSymptom checks that the run failed in a phase, by a kind.
func wantSymptom(t *testing.T, got portolan.Result, failures []*probe.Failure, phase portolan.Phase, kind portolan.ErrorKind) {
	t.Helper()
	want := portolan.Symptom{Step: "a", Phase: phase, Kind: kind}
	if got.Outcome != portolan.Failed || got.Symptom != want {
		t.Errorf("got %v %+v\nwant failed %+v\n%v", got.Outcome, got.Symptom, want, failures)
	}
}

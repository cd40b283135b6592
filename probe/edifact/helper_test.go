package edifact_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/internal/interchange"
	"portolan/internal/strictyaml"
	"portolan/probe"
	"portolan/probe/edifact"
)

// definition is a step that sends a list of two passengers, one of whom may not board.
const definition = `
to: ${endpoint}
sender: SYNMON
recipient: USCBPTEST
list:
  of: passengers
  flight: ${traveler.flight}
  departure: {airport: LHR, in: -1h}
  arrival: {airport: MIA, in: 8h}
  persons:
    - {who: traveler, status: 0Z}
    - {who: companion1, surname: "LOOKOUT ${agent}", status: 1Z}
max_age: 15m
extract: {landing: DTM+232, flight: RFF+AF}
`

// decode returns the action that a step's part "edifact" defines, and its faults.
func decode(t testing.TB, source string) (probe.Action, []probe.Fault) {
	t.Helper()
	return edifact.Way().Decode(func(into any) error {
		_, faults := strictyaml.Decode("step.yaml", []byte(source), into)
		return faults.Err()
	})
}

// transaction returns one whose steps "a", "b", ... have these definitions, with a traveler and a companion.
func transaction(t testing.TB, endpoint string, sources ...string) *probe.Transaction {
	t.Helper()
	tr := &probe.Transaction{System: "apis", ID: "test", Timeout: 20 * time.Second, Values: map[string]string{
		"endpoint": endpoint, "agent": "MIA-1", "traveler.flight": "ZZ9001",
	}}
	for _, who := range []string{"traveler", "companion1"} {
		for part, value := range map[string]string{
			"surname": "SYNTHETIC", "given": "PROBE ALPHA", "number": "SYN000001", "state": "UTO", "nationality": "UTO",
			"birth": "800101", "sex": "", "expiry": "420101",
		} {
			tr.Values[who+"."+part] = value
		}
	}
	for i, source := range sources {
		act, faults := decode(t, source)
		if act == nil || len(faults) > 0 {
			t.Fatalf("got %v and faults %+v in\n%s", act, faults, source)
		}
		id := string(rune('a' + i))
		tr.Steps = append(tr.Steps, probe.Step{ID: portolan.StepID(id), Dependency: portolan.SystemID("dep-" + id), Action: act})
	}
	return tr
}

// ask runs the steps against endpoint.
func ask(t testing.TB, endpoint string, sources ...string) (portolan.Result, []*probe.Failure) {
	t.Helper()
	return probe.NewRunner(probe.Options{}).Run(t.Context(), transaction(t, endpoint, sources...), 0, 1)
}

// replier says what is answered to a list; "" closes the connection, and silent says nothing.
type replier func(*interchange.Interchange) string

// silent is the reply of a system that hangs.
const silent = "(silent)"

// posted returns the address of a system that is spoken to by HTTP.
func posted(t testing.TB, reply replier) string {
	t.Helper()
	server := httptest.NewServer(answering(t, reply))
	t.Cleanup(server.Close)
	return server.URL
}

// answering is a system that is spoken to by HTTP.
func answering(t testing.TB, reply replier) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/EDIFACT" || r.Header.Get("Traceparent") == "" {
			t.Errorf("got %s %v %v", r.Method, r.Header, err)
		}
		said := reply(parse(t, body))
		if said == silent {
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, said)
	})
}

// lined returns the address of a system that is spoken to over a connection.
func lined(t testing.TB, reply replier) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go serveLine(t, l, reply)
	return "tcp://" + l.Addr().String()
}

func serveLine(t testing.TB, l net.Listener, reply replier) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for r := interchange.NewReader(conn); ; {
				data, err := r.Next()
				if err != nil {
					return
				}
				said := reply(parse(t, data))
				if said == "" {
					return
				}
				if said != silent {
					_, _ = io.WriteString(conn, said)
				}
			}
		}()
	}
}

func parse(t testing.TB, data []byte) *interchange.Interchange {
	i, err := interchange.Parse(data)
	if err != nil {
		t.Errorf("the list cannot be read: %v", err)
		return &interchange.Interchange{Groups: []interchange.Group{{Messages: make([]interchange.Message, 1)}}}
	}
	return i
}

// qualified returns what a list says at a place, the first if it is said more than once.
func qualified(i *interchange.Interchange, tag, qualifier string) string {
	for _, s := range i.Messages()[0].Segments {
		if s.Is(tag, qualifier) {
			return s.Qualified()
		}
	}
	return ""
}

// good is the right answer to a list.
func good(i *interchange.Interchange) string {
	return cusres("962", qualified(i, "RFF", "TN"), time.Now(), "SYN00000000000001+0Z", "SYN00000000000002+1Z")
}

// cusres spells an answer; persons are references and statuses.
func cusres(code, reference string, dated time.Time, persons ...string) string {
	segments := []string{
		"UNH+1+CUSRES:D:05B:UN:IATA", "BGM+" + code, "RFF+TN:" + reference, "RFF+AF:ZZ9001",
		"DTM+9:" + dated.UTC().Format("20060102150405") + ":204", "LOC+87+MIA", "DTM+232:2611222130:201",
	}
	for _, p := range persons {
		who, status, _ := strings.Cut(p, "+")
		segments = append(segments, "ERP+2", "RFF+AVF:SYN001", "RFF+ABO:"+who, "ERC+"+status)
	}
	return enveloped(segments...)
}

// enveloped spells an interchange of one message without its UNT.
func enveloped(segments ...string) string {
	segments = append([]string{"UNB+UNOA:4+USCBPTEST+SYNMON+261122:1200+C1"}, segments...)
	segments = append(segments, fmt.Sprintf("UNT+%d+1", len(segments)), "UNZ+1+C1", "")
	return strings.Join(segments, "'")
}

// wantSymptom checks that the run failed at a step, in a phase, by a kind.
func wantSymptom(t testing.TB, got portolan.Result, failures []*probe.Failure, step portolan.StepID, phase portolan.Phase, kind portolan.ErrorKind) {
	t.Helper()
	want := portolan.Symptom{Step: step, Phase: phase, Kind: kind, Dependency: portolan.SystemID("dep-" + string(step))}
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

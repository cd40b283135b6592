package screening

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portolan/internal/interchange"
)

// crewList is a list that is taken: a crew of one, which needs no other system.
const crewList = "UNB+UNOA:4+SYNMON+USCBPTEST+261122:1200+SYN1++APIS++++1'UNH+1+PAXLST:D:05B:UN:IATA'BGM+250'RFF+TN:SYN7'TDT+20+ZZ9999'" +
	"LOC+125+LHR'DTM+189:2611221230:201'LOC+87+MIA'DTM+232:2611222130:201'NAD+FM+++SYNTHETIC:PROBE'DTM+329:800101'NAT+2+UTO'" +
	"RFF+AVF:SYN001'RFF+ABO:SYN01'DOC+P+SYN000001'LOC+91+UTO'UNT+16+1'UNZ+1+SYN1'"

func post(path, list string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	quick(apis()).Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(list)))
	return w
}

// at sends a list to the door and returns what it says before it waits or closes.
func at(t *testing.T, list string) string {
	t.Helper()
	ours, theirs := net.Pipe()
	server := quick(apis())
	defer server.Close()
	v := &Visit{Conn: theirs, errand: errand{Now: time.Now(), ctx: t.Context(), server: server, direct: true}}
	go func() {
		defer theirs.Close()
		server.system.Doors[0].Serve(v)
	}()
	defer ours.Close()
	if _, err := io.WriteString(ours, list); err != nil {
		return ""
	}
	said, err := interchange.NewReader(ours).Next()
	if err != nil && !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	return string(said)
}

func TestAPIS_AnswersAList(t *testing.T) {
	t.Parallel()
	const status = "BGM+962'RFF+TN:SYN7'RFF+AF:ZZ9999'"
	const person = "ERP+2'RFF+AVF:SYN001'RFF+ABO:SYN01'ERC+0Z'"
	w := post("/apis/v1/crew-lists", crewList)
	for name, got := range map[string]string{"http": w.Body.String(), "door": at(t, crewList)} {
		if !strings.Contains(got, status) || !strings.Contains(got, person) {
			t.Errorf("%s: got %s", name, got)
		}
	}
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/EDIFACT" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
}

// Whatever is not a test with specimens is refused, over HTTP and at the door alike.
func TestAPIS_RefusesLists(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, new, reason string }{
		{"no-test", "++++1'", "'", "test indicator"},
		{"document-of-a-state", "LOC+91+UTO", "LOC+91+USA", "only specimens"},
		{"citizen-of-a-state", "NAT+2+UTO", "NAT+2+USA", "only specimens"},
		{"flight-of-an-airline", "ZZ9999", "BA0117", "only test flights"},
		{"another-message", "PAXLST", "CUSRES", "want one PAXLST"},
		{"another-list", "BGM+250", "BGM+266", "want passengers"},
		{"no-reference", "RFF+TN:SYN7", "RFF+XX:SYN7", "want a reference"},
		{"no-landing", "LOC+87+MIA", "LOC+92+MIA", "an arrival"},
		{"nobody", "NAD+FM", "NAD+XX", "persons"},
		{"nameless", "SYNTHETIC:PROBE", ":PROBE", "want a name"},
		{"no-document", "DOC+P+SYN000001", "DOC+P", "a document"},
	} {
		list := strings.Replace(crewList, c.old, c.new, 1)
		if w := post("/apis/v1/crew-lists", list); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), c.reason) {
			t.Errorf("%s: got %d %s, want 422 with %q", c.name, w.Code, w.Body, c.reason)
		}
		if said := at(t, list); !strings.Contains(said, "UCI+SYN1+SYNMON+USCBPTEST+4+12'") {
			t.Errorf("%s: the door says %q, want a rejection", c.name, said)
		}
	}
}

func TestAPIS_RefusesWhatIsNoList(t *testing.T) {
	t.Parallel()
	if w := post("/apis/v1/passenger-lists", crewList); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "a list of 250") {
		t.Errorf("crew among passengers: got %d %s", w.Code, w.Body)
	}
	broken := strings.Replace(crewList, "UNT+16", "UNT+17", 1)
	for _, body := range []string{"", "{}", broken} {
		if w := post("/apis/v1/crew-lists", body); w.Code != http.StatusBadRequest {
			t.Errorf("%.20q: got %d %s, want 400", body, w.Code, w.Body)
		}
	}
	if said := at(t, broken); said != "" {
		t.Errorf("to a broken envelope the door says %q, want nothing", said)
	}
}

// Lists come one after the other on one connection.
func TestAPIS_DoorTakesListAfterList(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := quick(apis())
	ended := make(chan error, 1)
	go func() { ended <- server.ServeDoor(l, server.system.Doors[0]) }()
	defer func() {
		if err := errors.Join(server.Close(), <-ended); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want net.ErrClosed", err)
		}
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := interchange.NewReader(conn)
	for n := range 3 {
		reference := fmt.Sprintf("TN:SYN%d'", n)
		if _, err := io.WriteString(conn, strings.Replace(crewList, "TN:SYN7'", reference, 1)); err != nil {
			t.Fatal(err)
		}
		if said, err := r.Next(); err != nil || !strings.Contains(string(said), reference) {
			t.Errorf("list %d: got %s %v", n, said, err)
		}
	}
}

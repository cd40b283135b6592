package edifact_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/internal/interchange"
	"portolan/probe"
)

// transports returns where a system with these replies is, by HTTP and over a connection.
func transports(t testing.TB, reply replier) map[string]string {
	t.Helper()
	return map[string]string{"http": posted(t, reply), "tcp": lined(t, reply)}
}

func TestWay_RightAnswer(t *testing.T) {
	t.Parallel()
	later := strings.NewReplacer("${traveler.flight}", "${flight}", "flight: RFF+AF", "again: RFF+AF").Replace(strings.Replace(definition, "landing", "touch", 1))
	for name, endpoint := range transports(t, good) {
		got, failures := ask(t, endpoint, definition, later)
		if got.Outcome != portolan.Good {
			t.Fatalf("%s: got %v %+v: %v", name, got.Outcome, got.Symptom, failures)
		}
		if phases := reached(got.Steps[0]); phases != "connect request wait read check" {
			t.Errorf("%s: reached %s", name, phases)
		}
		if phases := reached(got.Steps[1]); phases != "request wait read check" {
			t.Errorf("%s: the second step reached %s: want it on the same connection", name, phases)
		}
		for _, s := range got.Steps {
			if s.Bytes < 200 || s.Phases.Sum() > s.Duration {
				t.Errorf("%s: got %d bytes, phases of %v in %v", name, s.Bytes, s.Phases.Sum(), s.Duration)
			}
		}
	}
}

func TestWay_TheListSent(t *testing.T) {
	t.Parallel()
	lists := make(chan *interchange.Interchange, 1)
	endpoint := lined(t, func(i *interchange.Interchange) string { lists <- i; return good(i) })
	begun := time.Now()
	if got, failures := ask(t, endpoint, definition); got.Outcome != portolan.Good {
		t.Fatalf("got %+v: %v", got.Symptom, failures)
	}
	sent := <-lists
	if !sent.Test || sent.Sender != "SYNMON" || sent.Recipient != "USCBPTEST" || begun.Sub(sent.Prepared) > time.Minute || begun.Before(sent.Prepared.Truncate(time.Minute)) {
		t.Errorf("got %+v", sent)
	}
	var got []string
	for _, s := range sent.Messages()[0].Segments {
		var elements []string
		for _, e := range s.Elements {
			elements = append(elements, strings.Join(e, ":"))
		}
		got = append(got, strings.Join(append([]string{s.Tag}, elements...), "+"))
	}
	person := func(surname, n string) []string {
		return []string{
			"NAD+FL+++" + surname + ":PROBE:ALPHA", "ATT+2++U", "DTM+329:800101", "LOC+22+MIA", "LOC+178+LHR", "LOC+179+MIA", "LOC+174+UTO",
			"NAT+2+UTO", "RFF+AVF:SYN00" + n, "RFF+ABO:SYN0000000000000" + n, "DOC+P:110:111+SYN000001", "DTM+36:420101", "LOC+91+UTO",
		}
	}
	want := []string{
		"BGM+745", "RFF+TN:SYN", "NAD+MS+++SYNTHETIC MONITOR DESK", "COM+555 0100:TE+555 0101:FX", "TDT+20+ZZ9001+++ZZ",
		"LOC+125+LHR", "DTM+189:" + begun.Add(-time.Hour).UTC().Format("0601021504") + ":201",
		"LOC+87+MIA", "DTM+232:" + begun.Add(8*time.Hour).UTC().Format("0601021504") + ":201",
	}
	want = append(append(append(want, person("SYNTHETIC", "1")...), person("LOOKOUT MIA-1", "2")...), "CNT+42:2")
	got[1] = regexp.MustCompile(`SYN[0-9A-F]{16}$`).ReplaceAllString(got[1], "SYN")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got (a minute may have ended in between)\n%s", diff)
	}
}

func TestWay_CrewList(t *testing.T) {
	t.Parallel()
	codes := make(chan string, 1)
	endpoint := posted(t, func(i *interchange.Interchange) string {
		code := ""
		for _, s := range i.Messages()[0].Segments {
			if s.Tag == "BGM" || s.Tag == "NAD" {
				code += s.Part(0, 0) + " "
			}
		}
		codes <- code
		return good(i)
	})
	got, failures := ask(t, endpoint, strings.Replace(definition, "of: passengers", "of: crew", 1))
	if code := <-codes; got.Outcome != portolan.Good || code != "250 MS FM FM " {
		t.Errorf("got %q, %v: %v", code, got.Symptom, failures)
	}
}

// replies breaks the right answer in many ways.
func replies() map[string]struct {
	reply replier
	phase portolan.Phase
	kind  portolan.ErrorKind
} {
	type want = struct {
		reply replier
		phase portolan.Phase
		kind  portolan.ErrorKind
	}
	change := func(old, new string) replier {
		return func(i *interchange.Interchange) string { return strings.Replace(good(i), old, new, 1) }
	}
	always := func(said string) replier { return func(*interchange.Interchange) string { return said } }
	contrl := func(segments ...string) replier {
		return func(i *interchange.Interchange) string {
			all := []string{"UNH+1+CONTRL:D:3:UN"}
			for _, s := range segments {
				all = append(all, strings.Replace(s, "OURS", i.Control, 1))
			}
			return enveloped(all...)
		}
	}
	check := portolan.PhaseCheck
	return map[string]want{
		"other-status":       {change("ERC+0Z", "ERC+1Z"), check, portolan.KindAssertion},
		"everybody-boards":   {change("ERC+1Z", "ERC+0Z"), check, portolan.KindAssertion},
		"other-person":       {change("SYN00000000000002", "SYN00000000000003"), check, portolan.KindAssertion},
		"person-twice":       {change("SYN00000000000002", "SYN00000000000001"), check, portolan.KindProtocol},
		"no-reference":       {change("RFF+ABO:SYN00000000000001", "RFF+XXX:1"), check, portolan.KindProtocol},
		"no-landing":         {change("DTM+232", "DTM+136"), check, portolan.KindExtract},
		"no-date":            {change("DTM+9:", "DTM+7:"), check, portolan.KindExtract},
		"date-of-no-form":    {change("DTM+9:20", "DTM+9:2A"), check, portolan.KindProtocol},
		"written-of-no-form": {change("LOC+87", "DTM+137:soon:204'LOC+87"), check, portolan.KindProtocol},
		"counted-wrong":      {change("UNT+", "UNT+1"), check, portolan.KindProtocol},
		"rejected":           {contrl("UCI+OURS+SYNMON+USCBPTEST+4+18"), check, portolan.KindStatus},
		"message-rejected":   {contrl("UCI+OURS+SYNMON+USCBPTEST+7", "UCM+1+PAXLST:D:05B:UN+4+12"), check, portolan.KindStatus},
		"stale":              {aged(16 * time.Minute), check, portolan.KindStale},
		"person-left-out":    {persons("SYN00000000000001+0Z"), check, portolan.KindAssertion},
		"person-not-listed":  {persons("SYN00000000000001+0Z", "SYN00000000000002+1Z", "SYN00000000000009+0Z"), check, portolan.KindAssertion},
		"nobody":             {persons(), check, portolan.KindAssertion},
		"hang":               {always(silent), portolan.PhaseWait, portolan.KindTimeout},
	}
}

func aged(age time.Duration) replier {
	return func(i *interchange.Interchange) string {
		return cusres("962", qualified(i, "RFF", "TN"), time.Now().Add(-age), "SYN00000000000001+0Z", "SYN00000000000002+1Z")
	}
}

func persons(all ...string) replier {
	return func(i *interchange.Interchange) string {
		return cusres("962", qualified(i, "RFF", "TN"), time.Now(), all...)
	}
}

func TestWay_BrokenAnswersGiveTheirSymptoms(t *testing.T) {
	t.Parallel()
	for name, c := range replies() {
		for transport, endpoint := range transports(t, c.reply) {
			t.Run(name+"/"+transport, func(t *testing.T) {
				t.Parallel()
				tr := transaction(t, endpoint, definition)
				if c.kind == portolan.KindTimeout {
					tr.Steps[0].Timeout = 100 * time.Millisecond
				}
				got, failures := probe.NewRunner(probe.Options{}).Run(t.Context(), tr, 0, 1)
				wantSymptom(t, got, failures, "a", c.phase, c.kind)
			})
		}
	}
}

func TestWay_DataJustYoungEnough(t *testing.T) {
	t.Parallel()
	if got, failures := ask(t, posted(t, aged(14*time.Minute)), definition); got.Outcome != portolan.Good {
		t.Errorf("got %v: %v", got.Symptom, failures)
	}
}

// Ages count by the system's own clock if it tells it.
func TestWay_AgeByTheSystemsClock(t *testing.T) {
	t.Parallel()
	written := func(age time.Duration) replier {
		return func(i *interchange.Interchange) string {
			then := time.Now().AddDate(-1, 0, 0)
			answer := cusres("962", qualified(i, "RFF", "TN"), then.Add(-age), "SYN00000000000001+0Z", "SYN00000000000002+1Z")
			answer = strings.Replace(answer, "LOC+87", "DTM+137:"+then.UTC().Format("20060102150405")+":204'LOC+87", 1)
			return strings.Replace(answer, "UNT+16", "UNT+17", 1)
		}
	}
	if got, failures := ask(t, posted(t, written(14*time.Minute)), definition); got.Outcome != portolan.Good {
		t.Errorf("got %v: %v", got.Symptom, failures)
	}
	got, failures := ask(t, posted(t, written(16*time.Minute)), definition)
	wantSymptom(t, got, failures, "a", portolan.PhaseCheck, portolan.KindStale)
}

// An answer to another list, a later change and an acknowledgement are passed over.
func TestWay_OtherInterchangesArePassedOver(t *testing.T) {
	t.Parallel()
	others := func(i *interchange.Interchange) string {
		return cusres("962", "SYN0000000000000000", time.Now()) +
			cusres("132", qualified(i, "RFF", "TN"), time.Now(), "SYN00000000000001+1Z") +
			enveloped("UNH+1+CONTRL:D:3:UN", "UCI+"+i.Control+"+A+B+8") +
			enveloped("UNH+1+CONTRL:D:3:UN", "UCI+OTHER+A+B+4+18", "UCM+1+PAXLST:D:05B:UN+4+12")
	}
	for name, endpoint := range transports(t, func(i *interchange.Interchange) string { return others(i) + "\r\n" + good(i) }) {
		if got, failures := ask(t, endpoint, definition); got.Outcome != portolan.Good {
			t.Errorf("%s: got %v: %v", name, got.Symptom, failures)
		}
	}
	got, failures := ask(t, posted(t, others), definition)
	wantSymptom(t, got, failures, "a", portolan.PhaseCheck, portolan.KindAssertion)
	tr := transaction(t, lined(t, others), definition)
	tr.Steps[0].Timeout = 100 * time.Millisecond
	got, failures = probe.NewRunner(probe.Options{}).Run(t.Context(), tr, 0, 1)
	wantSymptom(t, got, failures, "a", portolan.PhaseWait, portolan.KindTimeout)
}

func TestWay_BrokenStreams(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, said string
		httpPhase  portolan.Phase
		http       portolan.ErrorKind
		tcp        portolan.ErrorKind
		tcpPhase   portolan.Phase
	}{
		{"nothing", "", portolan.PhaseCheck, portolan.KindProtocol, portolan.KindClosed, portolan.PhaseWait},
		{"another-protocol", "<html></html>", portolan.PhaseCheck, portolan.KindProtocol, portolan.KindProtocol, portolan.PhaseRead},
		{"half", enveloped("UNH+1+CUSRES:D:05B:UN")[:50], portolan.PhaseCheck, portolan.KindProtocol, portolan.KindClosed, portolan.PhaseRead},
		{"endless", "UNB" + strings.Repeat("+X'", 100<<10), portolan.PhaseRead, portolan.KindTooLarge, portolan.KindTooLarge, portolan.PhaseRead},
		{"endless-others", strings.Repeat(cusres("962", "OTHER", time.Now()), 101), portolan.PhaseCheck, portolan.KindAssertion, portolan.KindTooLarge, portolan.PhaseRead},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, failures := ask(t, posted(t, func(*interchange.Interchange) string { return c.said }), definition)
			wantSymptom(t, got, failures, "a", c.httpPhase, c.http)
			got, failures = ask(t, "tcp://"+closing(t, c.said), definition)
			wantSymptom(t, got, failures, "a", c.tcpPhase, c.tcp)
		})
	}
}

// closing returns the address of a system that reads a list, says something and closes.
func closing(t *testing.T, said string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if _, err := interchange.NewReader(conn).Next(); err == nil {
			_, _ = io.WriteString(conn, said)
		}
	}()
	return l.Addr().String()
}

// A clean-up does not talk on where something failed.
func TestWay_AFailedLineIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	var lists atomic.Int32
	tr := transaction(t, lined(t, func(i *interchange.Interchange) string {
		if lists.Add(1) == 1 {
			return strings.Replace(good(i), "UNT+", "UNT+1", 1)
		}
		return good(i)
	}), definition, definition)
	tr.Steps[1].Always = true
	got, failures := probe.NewRunner(probe.Options{}).Run(t.Context(), tr, 0, 1)
	wantSymptom(t, got, failures, "a", portolan.PhaseCheck, portolan.KindProtocol)
	if len(got.Steps) != 2 || failures[1] != nil || !strings.HasPrefix(reached(got.Steps[1]), "connect") {
		t.Errorf("got %d steps, %v, want a clean-up on a connection of its own", len(got.Steps), failures)
	}
}

func TestWay_StatusesOfHTTP(t *testing.T) {
	t.Parallel()
	for status, kind := range map[int]portolan.ErrorKind{
		http.StatusUnauthorized: portolan.KindCredential, http.StatusForbidden: portolan.KindCredential,
		http.StatusProxyAuthRequired: portolan.KindProxy, http.StatusServiceUnavailable: portolan.KindStatus,
		http.StatusFound: portolan.KindStatus, http.StatusNotFound: portolan.KindStatus,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		got, failures := ask(t, server.URL, definition)
		server.Close()
		wantSymptom(t, got, failures, "a", portolan.PhaseCheck, kind)
	}
}

func TestWay_NobodyThere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []string{"http://", "https://", "tcp://", "tls://"} {
		got, failures := ask(t, scheme+address, definition)
		wantSymptom(t, got, failures, "a", portolan.PhaseConnect, portolan.KindRefused)
	}
}

// Only specimens are sent, whatever the values say.
func TestWay_OnlySpecimensAreSent(t *testing.T) {
	t.Parallel()
	endpoint := lined(t, func(*interchange.Interchange) string { t.Error("a list was sent"); return "" })
	for _, value := range []string{"companion1.state", "traveler.nationality"} {
		tr := transaction(t, endpoint, definition)
		tr.Values[value] = "USA"
		got, failures := probe.NewRunner(probe.Options{}).Run(t.Context(), tr, 0, 1)
		if got.Symptom.Kind != portolan.KindMonitor || !strings.Contains(errors.Join(failures[0]).Error(), "only specimens are sent") {
			t.Errorf("%s: got %+v: %v", value, got.Symptom, failures)
		}
	}
}

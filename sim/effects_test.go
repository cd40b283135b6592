package sim

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"

	"portolan"
	"portolan/targets"
)

func TestEffect_OutageRefusesUntilRepaired(t *testing.T) {
	t.Parallel()
	w := start(t, Options{Systems: []string{"tpac", "ident"}})
	for _, c := range []struct{ name, faults string }{
		{"everywhere", `[{"where":{"system":"tpac"},"effect":"outage"}]`},
		{"from-one-agent", `[{"where":{"system":"tpac","agent":"MIA-1"},"effect":"outage"}]`},
		{"all-systems-from-one-port", `[{"where":{"port":"MIA"},"effect":"outage"}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			miami, seattle := w.at("MIA-1", "tpac"), w.at("SEA-1", "tpac")
			w.put(c.faults)
			if a := miami.trySignOn(); !errors.Is(a.err, syscall.ECONNREFUSED) {
				t.Errorf("MIA-1: got %d %v, want connection refused", a.status, a.err)
			}
			if a := seattle.trySignOn(); (a.err == nil) != (c.name != "everywhere") {
				t.Errorf("SEA-1: got %d %v", a.status, a.err)
			}
			w.repair()
			miami.want(miami.trySignOn(), http.StatusCreated)
		})
	}
}

func TestEffect_PartitionTimesOutConnecting(t *testing.T) {
	t.Parallel()
	w := start(t, Options{Collector: listening(t)})
	w.put(`[{"where":{"port":"MIA"},"effect":"partition"}]`)
	for _, target := range []portolan.SystemID{"tpac", collectorID} {
		address, _ := w.Relay("MIA-1", targets.NewEndpointID(target, ""))
		var timeout net.Error
		if c, err := net.DialTimeout("tcp", address, glimpse); !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("connect to %s: got %v %v, want a time-out", target, c, err)
		}
	}
	w.at("SEA-1", "tpac").signOn()
	w.repair()
	w.at("MIA-1", "tpac").signOn()
}

// listening returns the address of a listener that stands for the collector.
func listening(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

func TestEffect_PartitionStallsOpenConnections(t *testing.T) {
	t.Parallel()
	w := start(t, Options{})
	o := w.at("MIA-1", "tpac")
	o.client.Transport = &http.Transport{}
	o.signOn()
	w.put(`[{"where":{"system":"tpac"},"effect":"partition"}]`)
	if a := o.within(glimpse).readDocument(); !a.timedOut() {
		t.Errorf("while partitioned: got %d %v, want a time-out", a.status, a.err)
	}
	w.repair()
	o.want(o.readDocument(), http.StatusOK)
}

func TestEffect_CollectorBehindTheRelay(t *testing.T) {
	t.Parallel()
	w := start(t, Options{Collector: listening(t)})
	address, _ := w.Relay("MIA-1", collectorID)
	w.put(`[{"where":{"port":"MIA"},"effect":"outage"}]`)
	if c, err := net.DialTimeout("tcp", address, patience); err != nil {
		t.Errorf("the outage of a port's systems is the collector's too: %v", err)
	} else {
		_ = c.Close()
	}
	w.put(`[{"where":{"system":"collector"},"effect":"outage"}]`)
	if _, err := net.DialTimeout("tcp", address, patience); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("outage of the collector: got %v, want connection refused", err)
	}
	w.at("MIA-1", "tpac").signOn()
}

func TestEffect_HangEndsWithTheRepair(t *testing.T) {
	t.Parallel()
	w := start(t, Options{})
	o := w.at("MIA-1", "tpac").signOn()
	w.put(`[{"where":{"system":"tpac","step":"read-document"},"effect":"hang"}]`)
	if a := o.within(glimpse).readDocument(); !a.timedOut() {
		t.Errorf("while hanging: got %d %v, want a time-out", a.status, a.err)
	}
	o.want(o.query(), http.StatusOK)
	begun, answered := make(chan struct{}), make(chan answer, 1)
	go func() { close(begun); answered <- o.readDocument() }()
	<-begun
	w.repair()
	o.want(<-answered, http.StatusOK)
}

func TestEffect_SlowMultipliesTheTime(t *testing.T) {
	t.Parallel()
	w := start(t, Options{LatencyScale: 0.1}) // read-document takes about 15 ms
	o := w.at("MIA-1", "tpac").signOn()
	median := func() time.Duration {
		var took []time.Duration
		for range 9 {
			took = append(took, o.want(o.readDocument(), http.StatusOK).took)
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	usual := median()
	w.put(`[{"where":{"step":"read-document"},"effect":"slow","factor":12}]`)
	if slow := median(); slow < 6*usual {
		t.Errorf("slow by 12: median %v after %v", slow, usual)
	}
}

func TestEffect_ErrorRatioIsDrawnFromTheSeed(t *testing.T) {
	t.Parallel()
	const (
		requests = 400
		ratio    = 0.3
	)
	fates := func(seed uint64) (fates []bool, errors int) {
		w := start(t, Options{Seed: seed})
		o := w.at("MIA-1", "tpac").signOn()
		w.put(fmt.Sprintf(`[{"where":{"system":"tpac"},"effect":"error","ratio":%g}]`, ratio))
		for range requests {
			a := o.readDocument()
			if a.status != http.StatusOK && a.status != http.StatusServiceUnavailable {
				t.Fatalf("got %d %s %v", a.status, a.body, a.err)
			}
			fates = append(fates, a.status != http.StatusOK)
			if a.status != http.StatusOK {
				errors++
			}
		}
		return fates, errors
	}
	first, errors := fates(7)
	// Four standard deviations of a binomial distribution: a right ratio fails once in 16,000 seeds.
	deviation := math.Sqrt(requests * ratio * (1 - ratio))
	if math.Abs(float64(errors)-requests*ratio) > 4*deviation {
		t.Errorf("%d of %d requests failed, want about %v", errors, requests, requests*ratio)
	}
	if again, _ := fates(7); !slices.Equal(first, again) {
		t.Error("the same seed gave other errors")
	}
	if other, _ := fates(8); slices.Equal(first, other) {
		t.Error("another seed gave the same errors")
	}
}

func TestEffect_WrongIsWellFormedAndFalse(t *testing.T) {
	t.Parallel()
	w := start(t, Options{})
	o := w.at("MIA-1", "tpac").signOn()
	query, _ := o.query().get("query").(string)
	w.put(`[{"where":{"system":"tpac"},"effect":"wrong"}]`)
	for name, c := range map[string]struct {
		answer answer
		status int
		keys   []string
		lie    any
	}{
		"sign-on":   {o.trySignOn(), http.StatusCreated, []string{"session"}, "00000000000000000000000000000000"},
		"document":  {o.readDocument(), http.StatusOK, []string{"document", "surname"}, "OTHER"},
		"query":     {o.query(), http.StatusOK, []string{"result"}, "referral"},
		"manifest":  {o.matchManifest(), http.StatusOK, []string{"match"}, false},
		"biometric": {o.verify(), http.StatusOK, []string{"verified"}, false},
		"decision": {o.post("/tpac/v1/decisions", `{"query":"`+query+`","number":"L898902C3","decision":"admit","test":true}`),
			http.StatusOK, []string{"decision"}, "refer"},
		"sign-off": {o.signOff(), http.StatusOK, []string{"ended"}, false},
	} {
		if c.answer.status != c.status || c.answer.get(c.keys...) != c.lie {
			t.Errorf("%s: got %d %s, want %d with %v", name, c.answer.status, c.answer.body, c.status, c.lie)
		}
	}
}

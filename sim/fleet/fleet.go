// Package fleet plays many agents against a collector, to see what it carries: each has a key and a certificate of its
// own, a connection over TLS, a signed chain of batches, and news as well as backlog. What it never does is probe: its
// results are drawn from a seed.
//
// Start at Run. An agent draws one result of each of its series an interval (draw.go), seals them as a real agent does
// and delivers them until they are acknowledged (agent.go, wire.go); how long that took is kept (waits.go). The package
// knows the protocol, not the collector: it is handed tokens and the certificate that the collector is known by.
package fleet

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"portolan"
)

// Options says what a fleet is and how it plays.
type Options struct {
	Agents int
	Ports  int // the agents are spread over so many; at most as many as agents
	Series int // transactions of each agent
	// Interval is the time between the runs of a series, and between the batches of an agent.
	Interval time.Duration
	// For is how long agents go on drawing news. What is in flight then is still delivered.
	For time.Duration
	// Backlog is how far back results reach that each agent holds when it begins, and delivers between its news.
	Backlog time.Duration
	// Collector is the collector's address, https://HOST:PORT.
	Collector string
	// Roots holds the certificates that the collector is trusted by.
	Roots *x509.CertPool
	// Token returns a one-time token for an agent.
	Token func(portolan.AgentID) (string, error)
	Seed  uint64
	// Progress is told about once a second how far it is; nil for nobody.
	Progress func(Report)
}

// ErrOptions says that a fleet cannot be played as asked.
var ErrOptions = errors.New("fleet cannot be played so")

// Validate returns ErrOptions with everything that is wrong, nil if nothing is.
func (o *Options) Validate() error {
	var faults []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	wrong(o.Agents < 1 || o.Agents > 1_000_000, "agents %d: want 1 to 1,000,000", o.Agents)
	wrong(o.Ports < 1 || o.Ports > mostPorts, "ports %d: want 1 to %d", o.Ports, mostPorts)
	wrong(o.Series < 1 || o.Series > 1000, "series %d: want 1 to 1,000", o.Series)
	wrong(o.Interval < time.Second, "interval %v: want at least 1s", o.Interval)
	wrong(o.For < 0, "for %v: want no less than 0s", o.For)
	wrong(o.Backlog < 0 || o.Backlog > mostBacklog, "backlog %v: want 0s to %v", o.Backlog, mostBacklog)
	u, err := url.Parse(o.Collector)
	wrong(err != nil || u.Scheme != "https" || u.Host == "", "collector %q: want https://HOST:PORT", o.Collector)
	if len(faults) == 0 {
		return nil
	}
	return errors.Join(append([]error{ErrOptions}, faults...)...)
}

const (
	mostPorts   = 9999
	mostBacklog = 30 * 24 * time.Hour
	// enrollAtOnce bounds how many agents enroll at the same time.
	enrollAtOnce = 32
	// lastDelivery is how long what is in flight at the end may take.
	lastDelivery = 30 * time.Second
)

// Report is what a fleet delivered, and how long the collector took to acknowledge it.
type Report struct {
	Agents  int     `json:"agents"`
	Ports   int     `json:"ports"`
	Series  int     `json:"series"`  // of each agent
	Seconds float64 `json:"seconds"` // since the agents were enrolled
	// Drawn counts the results that were drawn, Acknowledged those that the collector has.
	Drawn        uint64 `json:"results_drawn"`
	Acknowledged uint64 `json:"results_acknowledged"`
	// Refused counts batches that the collector refused for good, Deferred answers that told to come later, Cut
	// connections that broke.
	Refused  uint64  `json:"batches_refused"`
	Deferred uint64  `json:"batches_deferred"`
	Cut      uint64  `json:"connections_cut"`
	Rate     float64 `json:"results_per_second"` // acknowledged
	Live     Waits   `json:"live"`
	Backlog  Waits   `json:"backlog"`
	// LastError is the newest thing that went wrong; empty if nothing did.
	LastError string `json:"last_error,omitempty"`
}

// fleet is what the agents share.
type fleet struct {
	o     Options
	begun time.Time

	mu sync.Mutex // guards everything that follows
	// report is what was counted so far; its times are filled in when it is asked for.
	report        Report
	live, backlog waits
}

// Run enrolls the agents and plays them until the time is over or ctx is done. It returns ErrOptions, or the first error
// of an agent that could not enroll.
func Run(ctx context.Context, o Options) (Report, error) {
	if err := o.Validate(); err != nil {
		return Report{}, err
	}
	o.Ports = min(o.Ports, o.Agents)
	f := &fleet{o: o, report: Report{Agents: o.Agents, Ports: o.Ports, Series: o.Series}}
	agents, err := f.enroll(ctx)
	if err != nil {
		return f.so(time.Now()), err
	}
	f.begun = time.Now()
	f.play(ctx, agents)
	return f.so(time.Now()), nil
}

// enroll gets each agent its certificate.
func (f *fleet) enroll(ctx context.Context) ([]*agent, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	agents := make([]*agent, f.o.Agents)
	next := make(chan int)
	var group sync.WaitGroup
	for range min(enrollAtOnce, f.o.Agents) {
		group.Go(func() {
			for n := range next {
				a, err := f.newAgent(ctx, n)
				if err != nil {
					cancel(fmt.Errorf("enroll %s: %w", f.name(n), err))
					continue
				}
				agents[n] = a
			}
		})
	}
	for n := range agents {
		if ctx.Err() != nil {
			break
		}
		next <- n
	}
	close(next)
	group.Wait()
	return agents, context.Cause(ctx)
}

func (f *fleet) play(ctx context.Context, agents []*agent) {
	news, stop := context.WithTimeout(ctx, f.o.For)
	defer stop()
	told := make(chan struct{})
	go func() {
		defer close(told)
		f.tell(news)
	}()
	var group sync.WaitGroup
	for n, a := range agents {
		a.schedule(n, f.begun)
		group.Go(func() { a.play(ctx, news) })
	}
	group.Wait()
	stop()
	<-told
}

// tell tells how far it is until ctx is done.
func (f *fleet) tell(ctx context.Context) {
	if f.o.Progress == nil {
		return
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			f.o.Progress(f.so(now))
		}
	}
}

// so returns the report as of now.
func (f *fleet) so(now time.Time) Report {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.report
	r.Live, r.Backlog = f.live.summary(), f.backlog.summary()
	if !f.begun.IsZero() {
		r.Seconds = now.Sub(f.begun).Seconds()
		r.Rate = float64(r.Acknowledged) / r.Seconds
	}
	return r
}

// count changes the report.
func (f *fleet) count(change func(*Report)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.report)
}

// acknowledged counts a batch that the collector has.
func (f *fleet) acknowledged(lane portolan.Lane, results int, took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.report.Acknowledged += uint64(results)
	if lane == portolan.Live {
		f.live.add(took)
	} else {
		f.backlog.add(took)
	}
}

// name returns the n-th agent's: agents go round the ports.
func (f *fleet) name(n int) portolan.AgentID {
	return portolan.AgentID(fmt.Sprintf("X%04d-%d", n%f.o.Ports+1, n/f.o.Ports+1))
}

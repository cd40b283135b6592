// Package netpath is the way of measuring the path to a system: what the network does, whatever the system at its
// end has to say.
//
// A step opens a connection (name, TCP, TLS if asked for), makes round trips and counts those without an answer,
// takes a small bounded sample of throughput, and compares the path with the one that its last run took. It
// needs no administrator rights: round trips are TCP connects or echoes, or pings where the system gives
// sockets for them to everybody; routers are found where the system tells of packets that died on the way. What
// cannot be measured is absent from the result, which says so (portolan.NotMeasured), and a remark says why.
package netpath

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"time"

	"portolan"
	"portolan/probe"
)

// Way returns the way of measuring a path, for the key "netpath" under a step.
func Way() probe.Way {
	return probe.Way{Name: "netpath", Decode: func(decode func(into any) error) (probe.Action, []probe.Fault) {
		var d definition
		if err := decode(&d); err != nil {
			return nil, nil
		}
		a, faults := compile(&d)
		if len(faults) > 0 {
			return nil, faults
		}
		return a, nil
	}}
}

// action is what is measured of one path.
type action struct {
	to         probe.Template
	tls        tlsMode
	trips      trips
	roundTrip  time.Duration // a longer median is late; zero for no limit
	loss       int64         // more is a failure, in millionths; negative for no limit
	throughput *throughput   // nil for none
	path       bool          // compare it with the last run's
	needs      []string
}

// tlsMode is whether there is a TLS handshake.
type tlsMode uint8

const (
	noTLS      tlsMode = iota
	checkedTLS         // the certificate must be right
	anyTLS             // any certificate will do: the handshake is timed, and nothing secret is sent
)

// trips is how round trips are made.
type trips struct {
	by    method
	count int
	every time.Duration
	wait  time.Duration // a trip that took longer is lost
}

// method is what a round trip consists of.
type method string

const (
	byConnect method = "connect" // opening and closing a TCP connection
	byEcho    method = "echo"    // bytes that come back over the open connection
	byICMP    method = "icmp"    // a ping, where everybody may send one
)

// throughput is a sample of how fast bytes come.
type throughput struct {
	from probe.Template
	send string // sent first; empty for nothing
	size int64
	time time.Duration
	rate int64 // less, in bytes a second, is late; zero for no limit
}

var _ probe.Action = (*action)(nil)

// Needs implements probe.Action.
func (a *action) Needs() []string { return a.needs }

// Gives implements probe.Action.
func (a *action) Gives() []string { return nil }

// Perform implements probe.Action.
func (a *action) Perform(ctx context.Context, run *probe.Run) probe.Observation {
	m := &measurement{action: a, run: run, watch: probe.StartStopwatch()}
	failure := m.perform(ctx)
	m.seen.Phases, m.seen.Failure = m.watch.Stop(), failure
	if m.missing != 0 {
		m.measured(portolan.NotMeasured, int64(m.missing))
	}
	return m.seen
}

// measurement is one performance of an action.
type measurement struct {
	action    *action
	run       *probe.Run
	watch     *probe.Stopwatch
	addresses []string // that the name stands for
	missing   portolan.Unmeasured
	seen      probe.Observation
}

func (m *measurement) measured(what portolan.Measure, value int64) {
	m.seen.Measures = append(m.seen.Measures, portolan.Measurement{Measure: what, Value: value})
}

// lack notes that something was not measured, and why.
func (m *measurement) lack(what portolan.Unmeasured, format string, args ...any) {
	m.missing |= what
	m.remark("%s not measured: %s", what, fmt.Sprintf(format, args...))
}

func (m *measurement) remark(format string, args ...any) {
	m.seen.Remarks = append(m.seen.Remarks, fmt.Sprintf(format, args...))
}

func (m *measurement) perform(ctx context.Context) *probe.Failure {
	address, err := m.fill(m.action.to)
	if err != nil {
		return &probe.Failure{Kind: portolan.KindMonitor, Err: err}
	}
	conn, failure := m.open(ctx, address)
	if failure != nil {
		return failure
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	m.watch.Enter(portolan.PhaseWait)
	if failure := m.roundTrips(ctx, conn); failure != nil {
		return failure
	}
	if m.action.throughput != nil {
		m.watch.Enter(portolan.PhaseRead)
		if failure := m.sample(ctx); failure != nil {
			return failure
		}
	}
	if m.action.path {
		m.watch.Enter(portolan.PhaseNone)
		m.comparePath(ctx, address, conn)
	}
	return nil
}

// fill returns the address that a template gives: host:port. Of a URL it is the host's.
func (m *measurement) fill(t probe.Template) (string, error) {
	text, err := m.run.Fill(t, nil)
	if err != nil {
		return "", fmt.Errorf("fill address: %w", err)
	}
	return hostPort(text)
}

// hostPort returns the host and port in an address or a URL.
func hostPort(text string) (string, error) {
	if strings.Contains(text, "://") {
		u, err := url.Parse(text)
		if err != nil {
			return "", fmt.Errorf("parse address: %w", err)
		}
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		text = net.JoinHostPort(u.Hostname(), port)
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil || host == "" || port == "" {
		return "", fmt.Errorf("address %q: want host:port", text)
	}
	return text, nil
}

// open opens the connection, with its TLS handshake.
func (m *measurement) open(ctx context.Context, address string) (net.Conn, *probe.Failure) {
	conn, err := m.run.Dial(m.trace(ctx), "tcp", address)
	if err != nil {
		return nil, probe.NetworkFailure(ctx, m.watch.Phase(), err)
	}
	if m.action.tls == noTLS {
		return conn, nil
	}
	m.watch.Enter(portolan.PhaseTLS)
	config := m.run.TLS()
	config.NextProtos = nil // the runner's are for HTTP
	config.InsecureSkipVerify = config.InsecureSkipVerify || m.action.tls == anyTLS
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(address)
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, probe.NetworkFailure(ctx, portolan.PhaseTLS, err)
	}
	return secured, nil
}

// trace returns ctx with the callbacks that move the stopwatch, and note what the name stands for.
func (m *measurement) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { m.watch.Enter(portolan.PhaseDNS) },
		DNSDone: func(info httptrace.DNSDoneInfo) {
			for _, a := range info.Addrs {
				m.addresses = append(m.addresses, a.String())
			}
			slices.Sort(m.addresses)
		},
		ConnectStart: func(string, string) { m.watch.Enter(portolan.PhaseConnect) },
	})
}

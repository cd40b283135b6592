package web_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portolan"
	"portolan/internal/testnet"
	"portolan/probe"
)

// inMemory runs steps in a synctest bubble against a server that hands each connection to f; without f it reads
// each request's head and no more.
func inMemory(t *testing.T, condition testnet.Condition, f func(net.Conn), steps ...string) portolan.Result {
	t.Helper()
	if f == nil {
		f = func(c net.Conn) { head(c); <-t.Context().Done() }
	}
	network := testnet.New()
	for _, addr := range []string{"tpac.test:80", "tpac.test:443"} {
		l, err := network.Listen(addr)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		network.Set(addr, condition)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					f(c)
				}()
			}
		}()
	}
	got, _ := probe.NewRunner(probe.Options{Dial: network.DialContext}).Run(t.Context(), transaction(t, steps...), 0, 1)
	return got
}

// head reads one request's head, byte by byte so as to leave the rest.
func head(c net.Conn) {
	var last [4]byte
	for string(last[:]) != "\r\n\r\n" {
		copy(last[:], last[1:])
		if _, err := c.Read(last[3:]); err != nil {
			return
		}
	}
}

// hang waits for the client to go away.
func hang(c net.Conn) { io.Copy(io.Discard, c) }

func TestWay_StallIsCutInThePhaseWhereItHangs(t *testing.T) {
	t.Parallel()
	late := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			head(c)
			<-time.After(2 * time.Second)
			io.WriteString(c, text)
			hang(c)
		}
	}
	for name, test := range map[string]struct {
		condition testnet.Condition
		server    func(net.Conn)
		step      string
		phase     portolan.Phase
		hung      time.Duration
		phases    string
	}{
		"connect": {testnet.Stalled, hang, "url: http://tpac.test", portolan.PhaseConnect, 30 * time.Second, "connect"},
		"tls":     {testnet.Normal, hang, "url: https://tpac.test", portolan.PhaseTLS, 30 * time.Second, "connect tls"},
		"request": {testnet.Normal, nil,
			"{url: http://tpac.test, text: {text: " + strings.Repeat("x", 200<<10) + "}}", portolan.PhaseRequest, 30 * time.Second, "connect request"},
		"wait": {testnet.Normal, hang, "url: http://tpac.test", portolan.PhaseWait, 30 * time.Second, "connect request wait"},
		"read-head": {testnet.Normal, late("HTTP/1.1 200 OK\r\n"), "url: http://tpac.test", portolan.PhaseRead, 28 * time.Second,
			"connect request wait read"},
		"read-body": {testnet.Normal, late("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), "url: http://tpac.test", portolan.PhaseRead,
			28 * time.Second, "connect request wait read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := inMemory(t, test.condition, test.server, test.step)
				wantSymptom(t, got, nil, "a", test.phase, portolan.KindTimeout)
				if took, _ := got.Steps[0].Phases.Get(test.phase); took != test.hung {
					t.Errorf("hung for %v, want %v", took, test.hung)
				}
				if phases := reached(got.Steps[0]); phases != test.phases {
					t.Errorf("reached %q, want %q", phases, test.phases)
				}
				if got.Duration != 30*time.Second {
					t.Errorf("got duration %v, want 30s", got.Duration)
				}
			})
		})
	}
}

func TestWay_PhasesOfRedirectsAddUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got := inMemory(t, testnet.Normal, func(c net.Conn) {
			head(c)
			<-time.After(time.Second)
			io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 3\r\n\r\n")
			<-time.After(2 * time.Second)
			io.WriteString(c, "old")
			head(c)
			<-time.After(3 * time.Second)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
			<-time.After(4 * time.Second)
			io.WriteString(c, "new")
		}, "{url: http://tpac.test, expect: ['body == \"new\"', 'seconds == 10', 'bytes == 3']}")
		if got.Outcome != portolan.Good {
			t.Fatalf("got %+v", got.Symptom)
		}
		step := got.Steps[0]
		wait, _ := step.Phases.Get(portolan.PhaseWait)
		read, _ := step.Phases.Get(portolan.PhaseRead)
		if wait != 4*time.Second || read != 6*time.Second || step.Duration != 10*time.Second || step.Bytes != 3 {
			t.Errorf("got wait %v, read %v of %v, %d bytes; want 4s, 6s of 10s, 3", wait, read, step.Duration, step.Bytes)
		}
	})
}

func TestWay_NothingGoesOnAfterACancelledDial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		network := testnet.New()
		network.Set("tpac.test:80", testnet.Stalled)
		tr := transaction(t, "url: http://tpac.test")
		got, _ := probe.NewRunner(probe.Options{Dial: network.DialContext}).Run(ctx, tr, 0, 1)
		if got.Outcome != portolan.OutcomeUnknown {
			t.Errorf("got %v of a run that was cancelled", got.Outcome)
		}
		// The bubble ends only when every goroutine in it has.
	})
}

package relay

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"portolan"
	"portolan/sim/fault"
)

// naming returns a listener that tells each connection for whom a relay made it.
func naming(t *testing.T, origins *Origins) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.ReadAll(c)
				origin, ok := origins.Of(c.RemoteAddr().String())
				fmt.Fprint(c, origin.Agent, " ", ok)
			}()
		}
	}()
	return l
}

func started(t *testing.T, origin fault.Origin, target string, origins *Origins) *Relay {
	t.Helper()
	r, err := Start(origin, target, origins)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestRelay_TellsTheTargetForWhom(t *testing.T) {
	t.Parallel()
	origins := NewOrigins()
	target := naming(t, origins)
	for _, agent := range []portolan.AgentID{"MIA-1", "SEA-1"} {
		r := started(t, fault.Origin{Agent: agent}, target.Addr().String(), origins)
		c := dial(t, r.Addr())
		// The half that is closed first must not end the other.
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(patience))
		got, err := io.ReadAll(c)
		if want := string(agent) + " true"; string(got) != want || err != nil {
			t.Errorf("target was told %q, %v, want %q", got, err, want)
		}
	}
	if _, ok := origins.Of("127.0.0.1:1"); ok {
		t.Error("an address that no relay used has an origin")
	}
}

func TestRelay_ForgetsClosedConnections(t *testing.T) {
	t.Parallel()
	origins := NewOrigins()
	r := started(t, fault.Origin{Agent: "MIA-1"}, naming(t, origins).Addr().String(), origins)
	c := dial(t, r.Addr())
	_ = c.(*net.TCPConn).CloseWrite()
	_, _ = io.ReadAll(c)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(origins.of); n != 0 {
		t.Errorf("%d origins are kept after the relay is closed", n)
	}
}

func TestRelay_TargetGoneResets(t *testing.T) {
	t.Parallel()
	gone := naming(t, NewOrigins())
	_ = gone.Close()
	r := started(t, fault.Origin{}, gone.Addr().String(), NewOrigins())
	c, err := net.DialTimeout("tcp", r.Addr().String(), patience)
	if err == nil {
		defer c.Close()
		_ = c.SetReadDeadline(time.Now().Add(patience))
		_, err = c.Read(make([]byte, 1))
	}
	if err == nil || timedOut(err) {
		t.Errorf("got %v, want the connection ended", err)
	}
}

func TestRelay_CloseEndsStalledConnections(t *testing.T) {
	t.Parallel()
	origins := NewOrigins()
	r := started(t, fault.Origin{}, naming(t, origins).Addr().String(), origins)
	c := dial(t, r.Addr())
	if _, err := io.WriteString(c, "word"); err != nil {
		t.Fatal(err)
	}
	set(t, r, Drop)
	closed := make(chan error, 1)
	go func() { closed <- r.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("close waits for a stalled connection")
	}
}

func TestRelay_StalledConnectionEndsWithItsAgent(t *testing.T) {
	t.Parallel()
	for _, p := range []Passage{Stall, Drop} {
		origins := NewOrigins()
		r := started(t, fault.Origin{}, naming(t, origins).Addr().String(), origins)
		c := dial(t, r.Addr())
		for len(r.slots) == 0 {
			runtime.Gosched()
		}
		set(t, r, p)
		_ = c.Close()
		for deadline := time.Now().Add(patience); len(r.slots) > 0; runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("%v: the place of an agent that is gone is kept", p)
			}
		}
	}
}

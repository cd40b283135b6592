package relay

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// patience bounds how long a test waits for what must happen; it is not waited out in a good run.
const patience = 10 * time.Second

// echoing returns a gate behind which every connection is echoed.
func echoing(t *testing.T) *Gate {
	t.Helper()
	g, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	go func() {
		for {
			c, err := g.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); _, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}) }()
		}
	}()
	return g
}

func dial(t *testing.T, addr net.Addr) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", addr.String(), patience)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// echo sends a word and reads it back.
func echo(c net.Conn, within time.Duration) error {
	if _, err := io.WriteString(c, "word"); err != nil {
		return err
	}
	_ = c.SetReadDeadline(time.Now().Add(within))
	_, err := io.ReadFull(c, make([]byte, len("word")))
	return err
}

func timedOut(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

func set(t *testing.T, to interface{ Set(Passage) error }, p Passage) {
	t.Helper()
	if err := to.Set(p); err != nil {
		t.Fatalf("Set(%v): %v", p, err)
	}
}

const glimpse = 300 * time.Millisecond // long enough to see that nothing comes

func TestGate_RefuseRefusesAndResets(t *testing.T) {
	t.Parallel()
	g := echoing(t)
	open := dial(t, g.Addr())
	if err := echo(open, patience); err != nil {
		t.Fatalf("echo before: %v", err)
	}
	set(t, g, Refuse)
	if _, err := net.DialTimeout("tcp", g.Addr().String(), patience); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial while refused: got %v, want connection refused", err)
	}
	if err := echo(open, patience); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("open connection while refused: got %v, want reset", err)
	}
	if other, err := net.Listen("tcp4", g.Addr().String()); err == nil {
		_ = other.Close()
		t.Error("another listener got the port while connections are refused")
	}
	set(t, g, Open)
	if err := echo(dial(t, g.Addr()), patience); err != nil {
		t.Errorf("echo after: %v", err)
	}
}

func TestGate_DropLosesConnectionAttemptsAndStalls(t *testing.T) {
	t.Parallel()
	g := echoing(t)
	open := dial(t, g.Addr())
	if err := echo(open, patience); err != nil {
		t.Fatalf("echo before: %v", err)
	}
	set(t, g, Drop)
	if c, err := net.DialTimeout("tcp", g.Addr().String(), glimpse); !timedOut(err) {
		t.Errorf("dial while dropped: got %v %v, want a time-out", c, err)
	}
	if err := echo(open, glimpse); !timedOut(err) {
		t.Errorf("open connection while dropped: got %v, want a time-out", err)
	}
	set(t, g, Open)
	_ = open.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.ReadFull(open, make([]byte, len("word"))); err != nil {
		t.Errorf("stalled word after: %v", err)
	}
	if err := echo(dial(t, g.Addr()), patience); err != nil {
		t.Errorf("new connection after: %v", err)
	}
}

func TestGate_StallAcceptsAndCarriesNothing(t *testing.T) {
	t.Parallel()
	g := echoing(t)
	set(t, g, Stall)
	c := dial(t, g.Addr())
	if err := echo(c, glimpse); !timedOut(err) {
		t.Errorf("while stalled: got %v, want a time-out", err)
	}
	set(t, g, Open)
	_ = c.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.ReadFull(c, make([]byte, len("word"))); err != nil {
		t.Errorf("stalled word after: %v", err)
	}
}

func TestGate_EveryChangeOfPassage(t *testing.T) {
	t.Parallel()
	passages := []Passage{Open, Stall, Refuse, Drop}
	for _, from := range passages {
		for _, to := range passages {
			t.Run(from.String()+"-to-"+to.String(), func(t *testing.T) {
				t.Parallel()
				g := echoing(t)
				set(t, g, from)
				set(t, g, to)
				if got := look(g); got != to {
					t.Errorf("looks like %v, want %v", got, to)
				}
				set(t, g, Open)
				if got := look(g); got != Open {
					t.Errorf("reopened, looks like %v", got)
				}
			})
		}
	}
}

// look tells a gate's passage from outside.
func look(g *Gate) Passage {
	c, err := net.DialTimeout("tcp", g.Addr().String(), glimpse)
	switch {
	case timedOut(err):
		return Drop
	case err != nil:
		return Refuse
	}
	defer c.Close()
	if timedOut(echo(c, glimpse)) {
		return Stall
	}
	return Open
}

func TestGate_CloseFreesEveryPassage(t *testing.T) {
	t.Parallel()
	for _, p := range []Passage{Open, Stall, Refuse, Drop} {
		g := echoing(t)
		set(t, g, p)
		if err := g.Close(); err != nil {
			t.Errorf("close from %v: %v", p, err)
		}
		if err := g.Set(Open); !errors.Is(err, net.ErrClosed) {
			t.Errorf("set after close: got %v, want closed", err)
		}
		if _, err := g.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept after close: got %v, want closed", err)
		}
	}
}

package testnet_test

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/nettest"

	"portolan/internal/testnet"
)

const addr = "host.test:80"

// open returns the two ends of a connection over a network of its own.
func open(t *testing.T) (n *testnet.Network, client, server net.Conn) {
	t.Helper()
	n = testnet.New()
	l := listen(t, n, addr)
	client, err := n.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	server, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return n, client, server
}

func listen(t *testing.T, n *testnet.Network, addr string) net.Listener {
	t.Helper()
	l, err := n.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestNetwork_ConnectionsBehaveLikeThoseOfPackageNet(t *testing.T) {
	t.Parallel()
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		n := testnet.New()
		l, err := n.Listen("host.test:0")
		if err != nil {
			return nil, nil, nil, err
		}
		if c1, err = n.DialContext(context.Background(), "tcp", l.Addr().String()); err != nil {
			return nil, nil, nil, err
		}
		c2, err = l.Accept()
		return c1, c2, func() { c1.Close(); c2.Close(); l.Close() }, err
	})
}

func TestNetwork_RefusesAsToldWithTheSystemsErrors(t *testing.T) {
	t.Parallel()
	n := testnet.New()
	if _, err := n.DialContext(t.Context(), "tcp", addr); err == nil {
		t.Error("dial where nobody listens: no error")
	}
	listen(t, n, addr)
	for name, test := range map[string]struct {
		condition testnet.Condition
		check     func(error) bool
	}{
		"normal":      {testnet.Normal, func(err error) bool { return err == nil }},
		"refusing":    {testnet.Refusing, hasErrno},
		"unreachable": {testnet.Unreachable, hasErrno},
		"nameless": {testnet.Nameless, func(err error) bool {
			dns, ok := errors.AsType[*net.DNSError](err)
			return ok && dns.IsNotFound && dns.Name == "host.test"
		}},
	} {
		n.Set(addr, test.condition)
		if _, err := n.DialContext(t.Context(), "tcp", addr); !test.check(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func hasErrno(err error) bool {
	_, ok := errors.AsType[syscall.Errno](err)
	_, op := errors.AsType[*net.OpError](err)
	return ok && op
}

func TestNetwork_TwoListenersOnOneAddressAreRefused(t *testing.T) {
	t.Parallel()
	n := testnet.New()
	l := listen(t, n, addr)
	if _, err := n.Listen(addr); !hasErrno(err) {
		t.Errorf("second listener: got %v, want an address in use", err)
	}
	l.Close()
	listen(t, n, addr)
	if _, err := n.Listen("no port"); err == nil {
		t.Error("listen without a port: no error")
	}
}

func TestNetwork_StalledDialHangsUntilTheConditionEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := testnet.New()
		listen(t, n, addr)
		n.Set(addr, testnet.Stalled)

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		if _, err := n.DialContext(ctx, "tcp", addr); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		if got := time.Since(start); got != time.Minute {
			t.Errorf("dial ended after %v, want 1m", got)
		}

		time.AfterFunc(time.Hour, func() { n.Set(addr, testnet.Normal) })
		c, err := n.DialContext(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if got := time.Since(start); got != time.Hour+time.Minute {
			t.Errorf("dial ended after %v, want 1h1m", got)
		}
	})
}

func TestNetwork_StalledConnectionCarriesNothingAndLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, client, server := open(t)
		n.Set(addr, testnet.Stalled)
		if _, err := client.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 8)
		server.SetReadDeadline(time.Now().Add(time.Minute))
		_, err := server.Read(buf)
		if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
			t.Errorf("read of a stalled connection: got %v, want a time-out", err)
		}
		server.SetReadDeadline(time.Time{})
		time.AfterFunc(time.Hour, func() { n.Set(addr, testnet.Normal) })
		got, err := server.Read(buf)
		if err != nil || string(buf[:got]) != "hello" {
			t.Errorf("got %q, %v", buf[:got], err)
		}
	})
}

func TestNetwork_CutResetsBothEndsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, client, server := open(t)
		failed := make(chan error, 2)
		for _, end := range []net.Conn{client, server} {
			go func() {
				_, err := end.Read(make([]byte, 1))
				failed <- err
			}()
		}
		synctest.Wait()
		n.Cut(addr)
		for range 2 {
			if err := <-failed; !hasErrno(err) {
				t.Errorf("read: got %v, want a reset", err)
			}
		}
		if _, err := client.Write([]byte("x")); !hasErrno(err) {
			t.Errorf("write: got %v, want a reset", err)
		}
		if _, err := n.DialContext(t.Context(), "tcp", addr); err != nil {
			t.Errorf("dial after the cut: %v", err)
		}
	})
}

func TestNetwork_FullWireHoldsTheWriterBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client, server := open(t)
		const size = 1 << 20
		done := make(chan error, 1)
		go func() {
			_, err := client.Write(make([]byte, size))
			client.Close()
			done <- err
		}()
		synctest.Wait()
		select {
		case <-done:
			t.Error("a megabyte was written before anybody read")
		default:
		}
		got, err := io.Copy(io.Discard, server)
		if got != size || err != nil {
			t.Errorf("read %d bytes, %v; want %d", got, err, size)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestListener_CloseEndsAcceptAndThoseWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := testnet.New()
		l := listen(t, n, addr)
		waiting, err := n.DialContext(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		if _, err := waiting.Read(make([]byte, 1)); !hasErrno(err) {
			t.Errorf("connection never accepted: got %v, want a reset", err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept: got %v, want %v", err, net.ErrClosed)
		}
		if _, err := n.DialContext(t.Context(), "tcp", addr); !hasErrno(err) {
			t.Errorf("dial: got %v, want refused", err)
		}
	})
}

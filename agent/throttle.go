package agent

import (
	"context"
	"net"

	"golang.org/x/time/rate"
)

// dialContext opens a connection.
type dialContext func(ctx context.Context, network, addr string) (net.Conn, error)

// throttle returns a dialer whose connections together write at most so many bytes a second: what a thin link can spare.
// Answers are a few hundred bytes each, and are not held up.
func throttle(dial dialContext, bytesPerSecond int) dialContext {
	// A quarter of a second's worth at once: what else uses the link waits no longer for it.
	limit := rate.NewLimiter(rate.Limit(bytesPerSecond), max(bytesPerSecond/4, 1))
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &throttled{conn, limit}, nil
	}
}

type throttled struct {
	net.Conn
	limit *rate.Limiter
}

// Write implements net.Conn.
func (c *throttled) Write(b []byte) (written int, err error) {
	for len(b) > 0 {
		n := min(len(b), c.limit.Burst())
		if err := c.limit.WaitN(context.Background(), n); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(b[:n])
		written += n
		if err != nil {
			return written, err
		}
		b = b[n:]
	}
	return written, nil
}

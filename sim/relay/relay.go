package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"portolan/sim/fault"
)

// Origins knows for whom connections are made, by the address that the accepting side sees as remote.
type Origins struct {
	mu      sync.Mutex
	of      map[string]fault.Origin
	dialing int           // connections that may be accepted already, and are not noted yet
	changed chan struct{} // closed when one of them is noted, or failed
}

// NewOrigins returns an empty map of origins.
func NewOrigins() *Origins {
	return &Origins{of: map[string]fault.Origin{}, changed: make(chan struct{})}
}

// noteTime bounds how long Of waits for a connection to be noted that the other side accepted sooner.
const noteTime = 100 * time.Millisecond

// Of returns for whom the connection from a remote address was made; ok is false if no relay made it.
func (o *Origins) Of(remote string) (origin fault.Origin, ok bool) {
	soon := time.NewTimer(noteTime)
	defer soon.Stop()
	for {
		o.mu.Lock()
		origin, ok = o.of[remote]
		dialing, changed := o.dialing, o.changed
		o.mu.Unlock()
		if ok || dialing == 0 {
			return origin, ok
		}
		select {
		case <-changed:
		case <-soon.C:
			return origin, false
		}
	}
}

// dial opens a connection for an origin and notes it.
func (o *Origins) dial(ctx context.Context, origin fault.Origin, target string) (*net.TCPConn, error) {
	o.mu.Lock()
	o.dialing++
	o.mu.Unlock()
	dialed, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "tcp", target)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dialing--
	close(o.changed)
	o.changed = make(chan struct{})
	if err != nil {
		return nil, err
	}
	o.of[dialed.LocalAddr().String()] = origin
	return dialed.(*net.TCPConn), nil
}

func (o *Origins) forget(remote string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.of, remote)
}

// Relay carries one agent's connections to one target.
type Relay struct {
	gate    *Gate
	target  string
	origin  fault.Origin
	origins *Origins
	slots   chan struct{}
	stop    context.CancelFunc
	running sync.WaitGroup
}

const (
	// mostConnections is how many connections one agent may have open to one target.
	mostConnections = 256
	// dialTime bounds how long the relay itself waits for its target.
	dialTime = 10 * time.Second
)

// Start returns a running relay that carries the origin's connections to a target (host:port).
func Start(origin fault.Origin, target string, origins *Origins) (*Relay, error) {
	gate, err := Listen()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &Relay{gate: gate, target: target, origin: origin, origins: origins, slots: make(chan struct{}, mostConnections), stop: stop}
	r.running.Go(func() { r.acceptAll(ctx) })
	return r, nil
}

// Addr returns where the agent connects to.
func (r *Relay) Addr() net.Addr { return r.gate.Addr() }

// Set changes how connections are treated; see Gate.Set.
func (r *Relay) Set(p Passage) error { return r.gate.Set(p) }

// Close ends the relay with all its connections and waits for them.
func (r *Relay) Close() error {
	r.stop()
	err := r.gate.Close()
	r.running.Wait()
	return err
}

func (r *Relay) acceptAll(ctx context.Context) {
	for {
		near, err := r.gate.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(acceptPause)
			continue
		}
		select {
		case r.slots <- struct{}{}:
			r.running.Go(func() { defer func() { <-r.slots }(); r.carry(ctx, near.(*conn)) })
		default:
			_ = near.Close()
		}
	}
}

// acceptPause keeps a lack of descriptors from becoming a busy loop.
const acceptPause = 50 * time.Millisecond

// carry moves bytes both ways until both sides are done or one fails.
func (r *Relay) carry(ctx context.Context, near *conn) {
	defer near.Close()
	far, err := r.origins.dial(ctx, r.origin, r.target)
	if err != nil {
		near.reset() // the nearest thing to the target's own refusal, once the connection is accepted
		return
	}
	defer func() { r.origins.forget(far.LocalAddr().String()); _ = far.Close() }()
	// A reset or closed gate must end a read from the target that may never return by itself.
	done := make(chan struct{})
	defer close(done)
	r.running.Go(func() {
		select {
		case <-near.done:
			reset(far)
		case <-done:
		}
	})
	back := make(chan struct{})
	r.running.Go(func() { defer close(back); copyHalf(near, far) })
	copyHalf(far, near)
	<-back
}

// halfCloser is a connection that can say that no more comes.
type halfCloser interface {
	net.Conn
	CloseWrite() error
}

// copyHalf copies until the source ends; if it fails instead, both connections are of no more use.
func copyHalf(to, from halfCloser) {
	// The wrapper hides ReadFrom, by which io.Copy would move bytes past the gate.
	if _, err := io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from}); err != nil {
		_, _ = to.Close(), from.Close()
		return
	}
	_ = to.CloseWrite()
}

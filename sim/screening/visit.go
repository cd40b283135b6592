package screening

import (
	"context"
	"net"
	"sync"
	"time"

	"portolan"
)

// Visit is one conversation at a door. It passes steps, each of which faults may act on.
type Visit struct {
	errand
	Conn net.Conn
}

// visitTime bounds a conversation: one that hangs must end some time, for nobody tells that the visitor left.
const visitTime = 10 * time.Minute

// Perform passes a step: it waits while the step must hang, takes the time that the original would, does the
// work in it (nil for none), and reports what the step suffers. After an error the conversation ends.
func (v *Visit) Perform(step portolan.StepID, median time.Duration, work func() error) (trouble, error) {
	v.step, v.Now = step, time.Now()
	return v.perform(median, work)
}

// ServeDoor serves a door of the system on l until Close, and waits for its visits; it closes l.
func (s *Server) ServeDoor(l net.Listener, door Door) error {
	stop := context.AfterFunc(s.serving, func() { _ = l.Close() })
	defer stop()
	var visits sync.WaitGroup
	defer visits.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			if s.serving.Err() != nil {
				return net.ErrClosed
			}
			return err
		}
		visits.Go(func() { s.visit(conn, door) })
	}
}

func (s *Server) visit(conn net.Conn, door Door) {
	ctx, cancel := context.WithTimeout(s.serving, visitTime)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer conn.Close()
	v := &Visit{Conn: conn, errand: errand{Now: time.Now(), ctx: ctx, server: s, direct: true}}
	v.Origin, _ = s.options.Connection(conn.RemoteAddr().String())
	door.Serve(v)
}

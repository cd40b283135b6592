package netpath

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"portolan"
	"portolan/probe"
)

// roundTrips makes the round trips, and measures what came of them.
func (m *measurement) roundTrips(ctx context.Context, conn net.Conn) *probe.Failure {
	var took []time.Duration
	var err error
	phase := portolan.PhaseWait
	switch m.action.trips.by {
	case byEcho:
		took, err = m.action.trips.echo(ctx, conn)
	case byICMP:
		took, err = m.action.trips.ping(ctx, conn.RemoteAddr())
	case byConnect:
		phase = portolan.PhaseConnect
		took, err = m.action.trips.connect(ctx, m.run, conn.RemoteAddr().String())
	}
	switch {
	case errors.Is(err, errNoPing):
		m.lack(portolan.NoRoundTrips, "%v", err)
		return nil
	case errors.Is(err, errOther):
		return &probe.Failure{Phase: portolan.PhaseCheck, Kind: portolan.KindAssertion, Err: err}
	case err != nil:
		return probe.NetworkFailure(ctx, phase, err)
	}
	return m.judgeTrips(phase, took)
}

// judgeTrips measures the trips that came back, and fails if surely more were lost than may be.
func (m *measurement) judgeTrips(phase portolan.Phase, took []time.Duration) *probe.Failure {
	count := m.action.trips.count
	lost := count - len(took)
	low, high := wilson(lost, count)
	if count > 1 {
		m.measured(portolan.LossRatio, int64(lost)*million/int64(count))
		m.remark("%d of %d round trips lost: %.1f %% to %.1f %% with 95 %% confidence", lost, count, 100*low, 100*high)
	}
	limit := m.action.loss
	if len(took) == 0 || limit >= 0 && low > float64(limit)/million {
		return &probe.Failure{Phase: phase, Kind: portolan.KindTimeout, Err: fmt.Errorf(
			"%d of %d round trips had no answer within %s: surely more than %.1f %%", lost, count, m.action.trips.wait, 100*low)}
	}
	slices.Sort(took)
	median := took[len(took)/2]
	m.measured(portolan.RoundTrip, median.Microseconds())
	if m.action.roundTrip > 0 && median > m.action.roundTrip {
		m.seen.Late = true
		m.remark("the median round trip of %s is longer than %s", median.Round(time.Microsecond), m.action.roundTrip)
	}
	return nil
}

// schedule returns a context that ends when the last trip's wait does.
func (t trips) schedule(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, time.Duration(t.count-1)*t.every+t.wait)
}

// pace waits for the turn of trip i of a series that began at begun.
func (t trips) pace(ctx context.Context, begun time.Time, i int) error {
	timer := time.NewTimer(time.Until(begun.Add(time.Duration(i) * t.every)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// connect opens connections and closes them again, and returns how long each took that was accepted in time.
// Trips do not wait for each other. Wait is less than a second: then the system sends again what was lost, and
// the loss would not show.
func (t trips) connect(ctx context.Context, run *probe.Run, address string) ([]time.Duration, error) {
	var (
		trying sync.WaitGroup
		mu     sync.Mutex
		took   []time.Duration
		errs   []error
	)
	begun := time.Now()
	for i := range t.count {
		if t.pace(ctx, begun, i) != nil {
			break
		}
		trying.Go(func() {
			d, err := t.connectOnce(ctx, run, address)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				took = append(took, d)
			case !errors.Is(err, context.DeadlineExceeded):
				errs = append(errs, err)
			}
		})
	}
	trying.Wait()
	return took, firstOf(ctx.Err(), errors.Join(errs...))
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (t trips) connectOnce(ctx context.Context, run *probe.Run, address string) (time.Duration, error) {
	inTime, cancel := context.WithTimeout(ctx, t.wait)
	defer cancel()
	begun := time.Now()
	conn, err := run.Dial(inTime, "tcp", address)
	if err != nil {
		if inTime.Err() != nil || isTimeout(err) { // the dialer may see the deadline before the context does
			return 0, context.DeadlineExceeded
		}
		return 0, err
	}
	took := time.Since(begun)
	conn.Close()
	return took, nil
}

// frame is the size of an echo.
const frame = 16

// errOther says that something else came back than what was sent.
var errOther = errors.New("the echo is not what was sent")

// echo sends bytes over the open connection, and returns how long each took that came back in time. TCP sends
// lost packets again, so that loss shows as trips which come back too late.
func (t trips) echo(ctx context.Context, conn net.Conn) ([]time.Duration, error) {
	inTime, cancel := t.schedule(ctx)
	defer cancel()
	end, _ := inTime.Deadline()
	if err := conn.SetDeadline(end); err != nil {
		return nil, err
	}
	begun := time.Now()
	var sending sync.WaitGroup
	var sendErr error
	sending.Go(func() {
		for i := range t.count {
			if sendErr = t.pace(inTime, begun, i); sendErr != nil {
				return
			}
			if _, sendErr = conn.Write(echoFrame(begun, i)); sendErr != nil {
				return
			}
		}
	})
	took, err := t.receive(conn, begun)
	cancel()
	sending.Wait()
	switch {
	case ctx.Err() != nil:
		return took, ctx.Err()
	case isTimeout(err):
		return took, nil // what did not come back is lost
	default:
		return took, firstOf(err, sendErr)
	}
}

// receive reads echoes in the order in which they were sent.
func (t trips) receive(conn net.Conn, begun time.Time) (took []time.Duration, err error) {
	var got [frame]byte
	for i := range t.count {
		if _, err := io.ReadFull(conn, got[:]); err != nil {
			return took, err
		}
		if !bytes.Equal(got[:], echoFrame(begun, i)) {
			return took, fmt.Errorf("echo %d: %w", i, errOther)
		}
		if d := time.Since(begun.Add(time.Duration(i) * t.every)); d <= t.wait {
			took = append(took, d)
		}
	}
	return took, nil
}

// echoFrame is what trip i of the series that began at begun sends.
func echoFrame(begun time.Time, i int) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, frame), uint64(begun.UnixNano()))
	return binary.BigEndian.AppendUint64(b, uint64(i))
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

package tn3270

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"portolan"
	"portolan/internal/datastream"
	"portolan/probe"
)

// settle is how long an unlocked screen that is not the awaited one is given to become it: hosts write an answer
// in several pieces, and some unlock the keyboard with the first.
const settle = 2 * time.Second

var errNotConnected = errors.New("the terminal is not connected: no earlier step connected, or the host hung up")

// falseScreen says that the host answered, and with something else than was asked for.
type falseScreen struct{ err error }

func (e *falseScreen) Error() string { return e.err.Error() }
func (e *falseScreen) Unwrap() error { return e.err }

// malformed says that what the host sent is not of the protocol.
type malformed struct{ err error }

func (e *malformed) Error() string { return e.err.Error() }

// await reads what the host writes until the screen is an answer.
func (x *exchange) await(ctx context.Context, looks filled) error {
	defer x.session.until(ctx)()
	for !x.answered(looks) {
		patience := time.Duration(0) // as long as the step has
		if !x.session.screen.Locked() {
			patience = settle
		}
		err := x.session.read(ctx, patience, x.watch)
		switch {
		case err == nil:
		case x.action.closes && errors.Is(err, io.EOF):
			return nil
		case patience > 0 && errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil:
			return x.unexpected(looks)
		default:
			return err
		}
	}
	return nil
}

// answered reports whether the screen is what the step waits for, or tells of an error.
func (x *exchange) answered(looks filled) bool {
	screen := x.session.screen
	if screen.Writes() == x.writes {
		return false // it is still the one that the user saw before
	}
	for i := range looks.errors {
		if looks.errors[i].on(screen) {
			return true
		}
	}
	if x.action.closes || screen.Locked() {
		return false
	}
	return looks.wait == nil || looks.wait.on(screen)
}

// unexpected words that the host waits for the user with another screen.
func (x *exchange) unexpected(looks filled) error {
	if x.action.closes {
		return &falseScreen{errors.New("the host did not hang up")}
	}
	return &falseScreen{fmt.Errorf("waited for %s; the screen shows %q", looks.wait, firstRow(x.session.screen))}
}

// firstRow returns what the first row with something in it shows.
func firstRow(s *datastream.Screen) string {
	rows, _ := s.Size()
	for row := 1; row <= rows; row++ {
		if text := s.Row(row); text != "" {
			return text
		}
	}
	return ""
}

// failure names what went wrong on the way to an answer.
func (x *exchange) failure(ctx context.Context, err error) *probe.Failure {
	phase := x.watch.Phase()
	var (
		wrong *falseScreen
		form  *malformed
	)
	switch {
	case errors.As(err, new(*probe.UnknownValueError)):
		return &probe.Failure{Kind: portolan.KindMonitor, Err: err}
	case errors.Is(err, errNotConnected):
		return &probe.Failure{Phase: phase, Kind: portolan.KindClosed, Err: err}
	case errors.As(err, &wrong):
		return &probe.Failure{Phase: phase, Kind: portolan.KindAssertion, Err: err}
	case errors.Is(err, datastream.ErrTooLarge):
		return &probe.Failure{Phase: phase, Kind: portolan.KindTooLarge, Err: err}
	case errors.As(err, &form):
		return &probe.Failure{Phase: phase, Kind: portolan.KindProtocol, Err: err}
	default:
		return probe.NetworkFailure(ctx, phase, err)
	}
}

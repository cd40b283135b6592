package screening

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"time"

	"portolan"
	"portolan/sim/fault"
)

// errand is what a system is doing for somebody at one step: serving a request, or a part of a conversation.
type errand struct {
	// Now is when it was asked for.
	Now time.Time
	// Origin is for whom it is done, handed on by the systems that call others.
	Origin fault.Origin

	ctx    context.Context // done when nobody waits any longer
	server *Server
	step   portolan.StepID
	direct bool   // asked for by a user's own client, not by another system
	wrong  bool   // the calling system was told that the answer must be false
	stale  bool   // what ages here must stay as it is
	trace  string // the caller's W3C traceparent; empty for none
}

// Context is done when the caller no longer waits.
func (e *errand) Context() context.Context { return e.ctx }

// Draw returns the next random source for a purpose of this step and origin.
func (e *errand) Draw(purpose string) *rand.Rand {
	return e.server.draw(e.step, e.Origin, purpose)
}

// NewID draws an identifier.
func (e *errand) NewID(purpose string) string {
	r := e.Draw(purpose)
	var id [16]byte
	for i := range id {
		id[i] = byte(r.Uint32())
	}
	return hex.EncodeToString(id[:])
}

// perform takes the time that the original would take for a step, does its work in it, and reports what else
// the step suffers. Work may be nil. The error is a *Refusal for a step that a fault answers.
func (e *errand) perform(median time.Duration, work func() error) (trouble, error) {
	found, err := e.server.troubles.serving(e)
	if err != nil {
		return found, err
	}
	e.stale = found.stale
	begun := time.Now()
	took := latency(e.Draw("latency"), median)
	if err := pause(e.ctx, time.Duration(float64(took)*e.server.options.Scale)); err != nil {
		return found, err
	}
	if work != nil {
		err = work()
	}
	if found.factor > 1 {
		if err := pause(e.ctx, extra(time.Since(begun), found.factor)); err != nil {
			return found, err
		}
	}
	return found, err
}

package screening

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"syscall"

	"portolan"
	"portolan/sim/fault"
)

// Faults tells the faults in force, and is told by a closed channel when they change.
type Faults interface {
	Active() ([]fault.Fault, <-chan struct{})
}

// troubles lets the faults in force act on what systems serve and ask.
type troubles struct{ faults Faults }

// trouble is what a request suffers besides being refused or kept waiting.
type trouble struct {
	factor float64 // how many times longer it takes, 1 or more
	wrong  bool    // its answer must be false
	stale  bool    // what ages must stay as it is
}

// serving waits while a request must hang, and returns what else it suffers. The error is a *Refusal for a
// request that a fault answers.
func (t troubles) serving(e *errand) (trouble, error) {
	here := func(f fault.Fault) bool {
		return f.Where.Served(e.server.system.ID, e.step, e.direct) && f.Where.From(e.Origin)
	}
	active, err := t.settle(e.ctx, here, fault.Hang)
	if err != nil {
		return trouble{}, err
	}
	found := trouble{factor: 1, wrong: e.wrong}
	if found.gather(e, active) {
		return found, refuse(http.StatusServiceUnavailable, "unavailable", "%s has an internal error", e.server.system.ID)
	}
	return found, nil
}

// calling is serving for a call to another system. The error is what the network would say.
func (t troubles) calling(ctx context.Context, e *errand, to portolan.SystemID) (trouble, error) {
	here := func(f fault.Fault) bool {
		if !f.Where.From(e.Origin) {
			return false
		}
		// A server cannot refuse some of its callers, so their own calls fail for them.
		network := f.Effect == fault.Outage || f.Effect == fault.Partition
		return f.Where.Called(e.server.system.ID, e.step, to) || network && f.Where.Whole(to) && !f.Where.Everywhere()
	}
	active, err := t.settle(ctx, here, fault.Hang, fault.Partition)
	if err != nil {
		return trouble{}, err
	}
	for _, f := range active {
		if f.Effect == fault.Outage {
			return trouble{}, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}
	}
	found := trouble{factor: 1}
	if found.gather(e, active) {
		return found, fmt.Errorf("it answered %d", http.StatusServiceUnavailable)
	}
	return found, nil
}

// settle waits until none of the effects acts here, and returns the faults that do.
func (t troubles) settle(ctx context.Context, here func(fault.Fault) bool, blocking ...fault.Effect) ([]fault.Fault, error) {
	for {
		all, changed := t.faults.Active()
		var active []fault.Fault
		blocked := false
		for _, f := range all {
			if !here(f) {
				continue
			}
			active = append(active, f)
			for _, effect := range blocking {
				blocked = blocked || f.Effect == effect
			}
		}
		if !blocked {
			return active, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// gather adds up what active faults do, and reports whether one makes the request fail.
func (t *trouble) gather(e *errand, active []fault.Fault) (failed bool) {
	for _, f := range active {
		switch f.Effect {
		case fault.Slow:
			t.factor *= f.Factor
		case fault.Wrong:
			t.wrong = true
		case fault.Error:
			failed = e.Draw("error").Float64() < f.Ratio || failed
		case fault.Stale:
			t.stale = true
		case fault.EffectUnknown, fault.Outage, fault.Hang, fault.Partition, fault.Loss, fault.Asleep, fault.Clock:
			// Waited for above, or had on the network, or not here at all.
		}
	}
	return failed
}

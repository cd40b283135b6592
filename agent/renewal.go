package agent

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"go.uber.org/zap"

	"portolan/agent/uplink"
)

// renewal replaces the agent's certificate in time. Whatever becomes of it, probing and spooling go on.
type renewal struct {
	enrollment
	// secure says that connections show the certificate, by which the collector renews it. Over plain HTTP only
	// a new token does.
	secure bool
	// ahead returns how far the collector's clock is ahead of the agent's, zero if not known.
	ahead  func() time.Duration
	doubts chan struct{} // holds one while the collector has refused the certificate
	log    *zap.Logger
	failed func(error)
}

const (
	// lookEvery is how often the certificate's age is looked at: by the wall clock, since a workstation that
	// sleeps stops its timers.
	lookEvery = time.Hour
	// askAgain is the least time between two attempts.
	askAgain = time.Minute
)

// doubt notes an answer to a batch that says that the collector does not take the certificate, or no longer.
func (r *renewal) doubt(err error) {
	attempt, ok := errors.AsType[*uplink.AttemptError](err)
	if !ok || attempt.Status != http.StatusUnauthorized && attempt.Status != http.StatusForbidden {
		return
	}
	select {
	case r.doubts <- struct{}{}:
	default:
	}
}

// run renews the certificate when it is due or was refused, until ctx is done.
func (r *renewal) run(ctx context.Context) {
	for doubted := false; ; {
		if doubted || r.due(time.Now()) {
			if !rest(ctx, r.attempt(ctx)) {
				return
			}
			r.forget()
		}
		select {
		case <-ctx.Done():
			return
		case <-r.doubts:
			doubted = true
		case <-time.After(r.untilLook()):
			doubted = false
		}
	}
}

// forget drops a doubt that is older than the latest attempt; one that still stands comes again.
func (r *renewal) forget() {
	select {
	case <-r.doubts:
	default:
	}
}

// untilLook spreads the looks of agents that started together.
func (r *renewal) untilLook() time.Duration { return lookEvery/2 + rand.N(lookEvery/2) }

// due reports whether two thirds of the certificate's life are over by the collector's clock.
func (r *renewal) due(now time.Time) bool {
	c := r.identity.certificate()
	life := c.NotAfter.Sub(c.NotBefore)
	return !now.Add(r.ahead()).Before(c.NotBefore.Add(life / 3 * 2))
}

// attempt tries once and returns how long to rest.
func (r *renewal) attempt(ctx context.Context) time.Duration {
	if err := r.replace(ctx); err != nil {
		r.failed(fmt.Errorf("the certificate is valid until %s: %w", r.identity.certificate().NotAfter.Format(time.RFC3339), err))
		return askAgain
	}
	r.log.Info("certificate renewed", zap.Time("valid_until", r.identity.certificate().NotAfter))
	return lookEvery
}

// replace renews by the certificate, or, where that is refused or cannot be shown, enrolls anew by the token file.
func (r *renewal) replace(ctx context.Context) error {
	if !r.secure {
		return r.enroll(ctx)
	}
	err := r.renew(ctx)
	if _, refused := errors.AsType[*refusal](err); !refused {
		return err
	}
	if again := r.enroll(ctx); again != nil {
		return fmt.Errorf("renew: %w; enroll anew: %w", err, again)
	}
	return nil
}

// rest returns true after d, or false when ctx is done.
func rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

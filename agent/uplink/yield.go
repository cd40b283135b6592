package uplink

import (
	"errors"
	"net/http"
	"time"
)

// overload is the code of a collector that has no room for a batch now.
const overload = "overload"

func isOverload(err error) bool {
	var attempt *AttemptError
	return errors.As(err, &attempt) && attempt.Status == http.StatusServiceUnavailable && attempt.Code == overload
}

// giveUp leaves the backlog in the air that the collector has no room for, so that live records do not wait for it: it
// becomes a stub, and its records are sent again in a later batch. Backlog as a whole waits longer each time.
func (u *Uplink) giveUp(now time.Time) error {
	yield := min(firstYield<<min(u.givenUp, 16), longestYield)
	u.backlogAt = later(u.notBefore, now.Add(yield/2+u.jitter(yield/2)))
	u.givenUp++
	u.notBefore = time.Time{}
	var a answer
	a.Error.Code, a.Error.Message = overload, "the collector had no room for backlog while there were live records"
	return u.refused(a)
}

// How long backlog yields to live records when the collector has no room for it.
const (
	firstYield   = 15 * time.Second
	longestYield = 5 * time.Minute
)

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

package uplink

import (
	"errors"
	"net/http"
	"time"
)

const (
	firstWait = time.Second
	maxWait   = time.Minute
	// slowWait is for answers that only a person can change: the agent is not known, or no longer.
	slowWait      = 5 * time.Minute
	maxRetryAfter = time.Hour
)

// backOff returns how long to wait after the error: a random part of a time that doubles with each attempt, so
// that agents that failed together do not return together; never less than the collector asked for.
func (u *Uplink) backOff(err error) time.Duration {
	limit := min(firstWait<<min(u.attempts, 16), maxWait)
	u.attempts++
	var attempt *AttemptError
	if !errors.As(err, &attempt) {
		return u.jitter(limit)
	}
	if attempt.Status == http.StatusUnauthorized || attempt.Status == http.StatusForbidden {
		return maxWait + u.jitter(slowWait-maxWait)
	}
	return attempt.RetryAfter + u.jitter(limit)
}

func (u *Uplink) jitter(limit time.Duration) time.Duration {
	return time.Duration(u.o.Rand.Int64N(int64(limit))) + time.Millisecond
}

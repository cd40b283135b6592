package availability

import (
	"time"

	"portolan"
)

// Settle is how long after its end a window is provisional, unless the journal says otherwise.
const Settle = 15 * time.Minute

// Standing is how final a window's figures are.
type Standing struct {
	Provisional bool
	// Revision counts the changes since the window was closed; 0 while it is provisional, and if none came.
	Revision int
}

// StandingOf returns how final the figures of a window that ends at end are at the instant asOf, given when changes
// to them arrived, in any order.
//
// Design 3.12: "A window is provisional until 15 min after its end (configurable, journaled), then closed; each later
// change raises its integer revision."
func StandingOf(end portolan.Instant, settle time.Duration, asOf portolan.Instant, arrivals []portolan.Instant) Standing {
	closed := end.Add(settle)
	if asOf < closed {
		return Standing{Provisional: true}
	}
	var s Standing
	for _, at := range arrivals {
		if closed <= at && at <= asOf {
			s.Revision++
		}
	}
	return s
}

package agent

import (
	"time"

	"golang.org/x/sys/windows"
)

// bootClock returns the time since boot, sleep included.
func bootClock() time.Duration { return windows.DurationSinceBoot() }

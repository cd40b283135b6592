package agent

import (
	"time"

	"golang.org/x/sys/unix"
)

// bootClock returns the time since boot, sleep included: Go's monotonic clock stands still during sleep here.
func bootClock() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

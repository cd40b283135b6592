package uplink

import (
	"context"
	"fmt"
	"time"
)

// Farewell sends one last batch, signed, with all live records, and before it the batch in flight, if one is.
// It tries until that is acknowledged or ctx is done; what could not be sent is in the spool. It is called when
// Run has returned, and nothing is sent after it.
func (u *Uplink) Farewell(ctx context.Context) error {
	u.turn.Lock()
	defer u.turn.Unlock()
	u.attempts = 0
	for {
		err := u.prepare(time.Now(), true)
		if err == nil {
			last := u.air.last
			if err = u.send(ctx); err == nil && last && !u.again {
				return nil
			}
		}
		if err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("say farewell: %w", err)
		case <-time.After(u.failed(err, time.Now())):
		}
	}
}

package projection

import (
	"context"
	"fmt"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// open reads the batch that a link holds.
func (f *folder) open(ctx context.Context, link ledger.Link) (*opened, error) {
	if len(link.Bytes) == 0 {
		return nil, fmt.Errorf("read link %d: %w", link.Position, ErrNotAtHand)
	}
	envelope, err := evidence.Open(link.Bytes, evidence.Limits{})
	if err != nil {
		return nil, &unreadableError{link.Position, err}
	}
	var missing error
	batch, err := envelope.Decode(func(hash evidence.PlanHash) (*portolan.Plan, bool) {
		plan := f.plans[hash]
		if plan == nil {
			plan, missing = f.source.Plan(ctx, hash)
		}
		return plan, missing == nil
	})
	if missing != nil {
		return nil, fmt.Errorf("find plan of link %d: %w", link.Position, missing)
	}
	if err != nil {
		return nil, &unreadableError{link.Position, err}
	}
	f.intern(batch)
	return &opened{Link: link, batch: batch}, nil
}

// intern has a batch refer to a plan that is in memory already: agents of one port mostly share one, and each sends it.
func (f *folder) intern(batch *evidence.Batch) {
	switch known := f.plans[batch.Plan]; {
	case batch.PlanBody == nil:
	case known != nil:
		batch.PlanBody = known
	default:
		f.plans[batch.Plan] = batch.PlanBody
	}
}

// unreadableError says that a link's bytes are not what ingest takes in.
type unreadableError struct {
	Position ledger.Position
	Err      error
}

func (e *unreadableError) Error() string { return fmt.Sprintf("read link %d: %v", e.Position, e.Err) }

func (e *unreadableError) Unwrap() error { return e.Err }

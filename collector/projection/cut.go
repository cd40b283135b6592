package projection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// Cut names what was known: every link up to a position of the ledger, and every journal entry up to a number
// (design 3.12).
type Cut struct {
	Position ledger.Position
	Journal  uint64
}

// String returns the cut as exports and reports print it, like "1042.17".
func (c Cut) String() string {
	return strconv.FormatInt(int64(c.Position), 10) + "." + strconv.FormatUint(c.Journal, 10)
}

// ParseCut returns the cut that s names.
func ParseCut(s string) (Cut, error) {
	position, journal, ok := strings.Cut(s, ".")
	p, err := strconv.ParseInt(position, 10, 64)
	j, err2 := strconv.ParseUint(journal, 10, 64)
	if !ok || err != nil || err2 != nil || p < 0 {
		return Cut{}, fmt.Errorf("cut %q: want two numbers like 1042.17", s)
	}
	return Cut{Position: ledger.Position(p), Journal: j}, nil
}

// Newest returns the cut of everything that a ledger holds, whether it is folded or not.
func Newest(ctx context.Context, l ledger.Ledger) (Cut, error) {
	var cut Cut
	var err error
	if cut.Position, err = l.End(ctx); err != nil {
		return cut, err
	}
	for {
		entries, err := l.ReadJournal(ctx, cut.Journal, pageOfLinks)
		if err != nil || len(entries) == 0 {
			return cut, err
		}
		cut.Journal = entries[len(entries)-1].Number
	}
}

// ErrAhead says that a cut lies beyond what the collector has.
var ErrAhead = errors.New("cut lies beyond what is known")

// known is what is known at a cut: the folded rows, what the journal says, and when that was.
type known struct {
	shelf
	facts *Facts
	cut   Cut
	at    portolan.Instant
	rolls *rollState // nil where nothing is rolled up

	reading sync.Mutex // held by whoever reads for figures; it guards what follows
	// kept is what was read last: several questions of one cut share it.
	kept []*readings
}

// at calls fn with what is known at a cut, the stored one if asOf is nil. now is the end of what can be known of the
// stored cut; an older one ends with its newest link or entry.
func (p *Projection) at(ctx context.Context, asOf *Cut, now portolan.Instant, fn func(*known) error) error {
	if asOf != nil {
		return p.atOlder(ctx, *asOf, fn)
	}
	facts := p.Facts()
	return p.ledger.View(ctx, func(v ledger.View) error {
		at, err := readStoredAt(v)
		if err != nil {
			return err
		}
		k := &known{shelf: viewShelf{v}, facts: facts, cut: Cut{Position: at.position, Journal: facts.Number}, at: now}
		if k.rolls, err = k.rollState(); err != nil {
			return err
		}
		return fn(k)
	})
}

// ErrRemoved says that evidence which a cut knows was removed, and that what it gave has gone on since.
var ErrRemoved = errors.New("evidence was removed that is newer than the cut")

// atOlder folds the ledger up to a cut, on what stubs of removed evidence stand for.
func (p *Projection) atOlder(ctx context.Context, cut Cut, fn func(*known) error) error {
	end, err := p.ledger.End(ctx)
	if err != nil {
		return err
	}
	if cut.Position > end {
		return fmt.Errorf("%w: %s", ErrAhead, cut)
	}
	if err := p.notRemoved(ctx, cut); err != nil {
		return err
	}
	r, err := Recompute(ctx, p.ledger, cut)
	if err != nil {
		return err
	}
	return p.ledger.View(ctx, func(v ledger.View) error {
		r.Adopt(v)
		return fn(r.known)
	})
}

// notRemoved refuses a cut that lies within removed evidence.
func (p *Projection) notRemoved(ctx context.Context, cut Cut) error {
	newest, err := p.ledger.LastJournal(ctx, evidence.EntryRemoved, "")
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the newest stub: %w", err)
	}
	var stub struct {
		Last ledger.Position `json:"last_position"`
	}
	if err := json.Unmarshal(newest.Body, &stub); err != nil {
		return fmt.Errorf("read stub in journal entry %d: %w", newest.Number, err)
	}
	if cut.Position < stub.Last {
		return fmt.Errorf("%w: %s", ErrRemoved, cut)
	}
	return nil
}

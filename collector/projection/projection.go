// Package projection folds the ledger into what people ask for: figures by hour, current states, latency.
//
// Start at Projection. CatchUp folds what the ledger holds beyond the cursor, one link after the other in the order of
// their positions (fold.go): a result later than all folded ones of its series is appended in O(1) (apply.go); any
// other takes its agent back to a snapshot and folds what came since in one pass (refold.go). Rows, states and
// cursors are stored together, so that a crash loses nothing and repeats nothing. Figures, States and the other
// questions are answered from what was stored, or, for an older cut, by folding the ledger up to it with the same
// code. RollUp adds up hours, days and months that are over (rollup.go), of which figures are made as far as they serve
// (cover.go).
//
// Everything here is derived: Rebuild folds again, and the same ledger gives the same bytes (rebuild.go). The package
// refuses to judge evidence (ingest did), to infer causes, and to read a clock.
package projection

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// Options says what a projection folds.
type Options struct {
	Ledger ledger.Ledger // required
	// Zones are those whose days and months are added up, so that figures over months are quick there; UTC if there are none.
	Zones []*time.Location
	// News is told once of every link that reached the ledger after New and was folded; nil for nobody. It must not
	// block.
	News func(News)
}

// News is what a link brought.
type News struct {
	Link    ledger.Link // without its bytes
	Batch   *evidence.Batch
	Results []*portolan.Result // those not known before
}

// Projection is the folded ledger. Its methods are safe for concurrent use; only one CatchUp or Rebuild runs at a time.
type Projection struct {
	ledger ledger.Ledger
	zones  []*time.Location
	news   func(News)
	told   ledger.Position // the newest link that news was given of, or that there was at New
	recent recent

	folding   sync.Mutex // held by whoever folds; it guards what follows
	shelf     *ledgerShelf
	following bool // another collector stores
	epoch     uint64
	moved     map[ledger.Chain]move // by what is not stored yet
	// unstored is how many links were folded and are not stored yet.
	unstored int

	mu      sync.RWMutex // guards everything that follows
	folder  *folder
	failed  bool // what is in memory is not what is stored, and must be loaded again
	facts   *Facts
	cursors map[ledger.Chain]ledger.Cursor
	stored  storedAt
	skipped uint64
}

// storedAt is how far the stored projection goes.
type storedAt struct {
	position ledger.Position
	journal  uint64
}

// New returns the projection as it was stored. Until Follow says otherwise it stores what it folds.
func New(ctx context.Context, o Options) (*Projection, error) {
	end, err := o.Ledger.End(ctx)
	if err != nil {
		return nil, fmt.Errorf("find end of ledger: %w", err)
	}
	zones := o.Zones
	if len(zones) == 0 {
		zones = []*time.Location{time.UTC}
	}
	p := &Projection{ledger: o.Ledger, zones: zones, news: o.News, told: end, recent: recent{opened: map[ledger.Position]*opened{}}}
	if err := p.load(ctx); err != nil {
		return nil, fmt.Errorf("load projection: %w", err)
	}
	return p, nil
}

// Lead has the projection store what it folds, as the leader of the term with this epoch; zero for a ledger that
// nobody shares.
func (p *Projection) Lead(epoch uint64) {
	p.folding.Lock()
	defer p.folding.Unlock()
	if p.following {
		p.drop() // what is in memory lacks the rows
	}
	p.following, p.epoch = false, epoch
}

// Follow has the projection fold for itself alone, to know the states of now: another collector stores, and figures are
// answered from what it stored.
func (p *Projection) Follow() {
	p.folding.Lock()
	defer p.folding.Unlock()
	if !p.following {
		p.drop()
	}
	p.following = true
}

// How much is read at once, and how much is folded between two writes at the most.
const (
	pageOfLinks   = 256
	pageOfEntries = 1024
	linksAStore   = 4096
)

// CatchUp folds and stores what the ledger holds beyond what was folded, and returns how many links that were. After an
// error nothing is lost: what was not stored is folded again.
func (p *Projection) CatchUp(ctx context.Context) (int, error) {
	folded, err := p.Fold(ctx)
	if err != nil {
		return folded, err
	}
	return folded, p.Store(ctx)
}

// Fold folds what the ledger holds beyond what was folded, and returns how many links that were. States, news and what
// follows from them are of now; figures know it once it is stored, which Fold does only when much has gathered.
func (p *Projection) Fold(ctx context.Context) (int, error) {
	p.folding.Lock()
	defer p.folding.Unlock()
	folded := 0
	for more := true; more; {
		n, err := p.page(ctx)
		folded += n
		if err == nil && p.unstored >= linksAStore {
			err = p.store(ctx)
		}
		if err != nil {
			p.drop()
			return folded, fmt.Errorf("fold ledger: %w", err)
		}
		more = n > 0
	}
	return folded, nil
}

// Store stores what was folded, if anything is not stored yet.
func (p *Projection) Store(ctx context.Context) error {
	p.folding.Lock()
	defer p.folding.Unlock()
	if p.failed {
		return nil // what was not stored is folded again
	}
	if err := p.store(ctx); err != nil {
		p.drop()
		return err
	}
	return nil
}

// Lag returns how many positions of the ledger are not folded yet.
func (p *Projection) Lag(ctx context.Context) (ledger.Position, error) {
	end, err := p.ledger.End(ctx)
	p.mu.RLock()
	defer p.mu.RUnlock()
	return end - p.stored.position, err
}

// Skipped returns how many links could not be read since New. Ingest lets none through; one that appears
// nevertheless does not stop the others.
func (p *Projection) Skipped() uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.skipped
}

// Facts returns what the journal says, as far as it was read.
func (p *Projection) Facts() *Facts {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.facts
}

func (p *Projection) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = true
}

// page folds one page of links, and what the journal holds.
func (p *Projection) page(ctx context.Context) (int, error) {
	if p.failed {
		if err := p.load(ctx); err != nil {
			return 0, err
		}
	}
	p.shelf.ctx = ctx
	facts, err := readFacts(ctx, p.ledger, p.facts, 0)
	if err != nil {
		return 0, err
	}
	p.folder.rolls.touchFacts(facts, p.facts.Number)
	p.mu.Lock()
	p.facts, p.folder.facts = facts, facts
	p.mu.Unlock()
	folded, err := p.foldNext(ctx)
	if err != nil {
		return 0, err
	}
	p.unstored += folded
	p.tell()
	return folded, nil
}

// foldNext folds the links that come next: those lent by ingest, or those read from the ledger.
func (p *Projection) foldNext(ctx context.Context) (int, error) {
	if lent := p.recent.takeAfter(p.folder.position, pageOfLinks); len(lent) > 0 {
		for _, o := range lent {
			if err := p.foldOne(o.Link, func() error { return p.folder.foldDecoded(ctx, o) }); err != nil {
				return 0, err
			}
		}
		return len(lent), nil
	}
	links, err := p.ledger.Read(ctx, ledger.Query{After: p.folder.position, Limit: pageOfLinks})
	if err != nil {
		return 0, err
	}
	for _, link := range links {
		if err := p.foldOne(link, func() error { return p.folder.fold(ctx, link) }); err != nil {
			return 0, err
		}
	}
	p.recent.dropUpTo(p.folder.position)
	return len(links), nil
}

// readFacts reads the journal after what is known, up to the entry with the given number; zero for all there is.
func readFacts(ctx context.Context, journal Chains, known *Facts, upTo uint64) (*Facts, error) {
	for {
		entries, err := journal.ReadJournal(ctx, known.Number, pageOfEntries)
		if err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		more := len(entries) == pageOfEntries
		for i := range entries {
			if upTo != 0 && entries[i].Number > upTo {
				entries, more = entries[:i], false
				break
			}
		}
		if known, err = known.With(entries); err != nil || !more {
			return known, err
		}
	}
}

// move is how far a chain's cursor is to be moved.
type move struct{ from, to ledger.Cursor }

// foldOne folds a link and notes how far it moves its chain's cursor.
func (p *Projection) foldOne(link ledger.Link, fold func() error) error {
	p.mu.Lock()
	err := fold()
	p.mu.Unlock()
	if err := p.pass(err); err != nil {
		return err
	}
	m, known := p.moved[link.Chain]
	if !known {
		m = move{from: p.cursors[link.Chain], to: p.cursors[link.Chain]}
	}
	m.to = ledger.Cursor{Number: max(m.to.Number, link.Number), Position: link.Position}
	p.moved[link.Chain] = m
	return nil
}

// pass lets a link go by that cannot be read: the evidence stays in the ledger, and the others must not wait for it.
func (p *Projection) pass(err error) error {
	var unreadable *unreadableError
	if !errors.As(err, &unreadable) {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.skipped++
	return nil
}

// tell gives the news of what was folded. What is folded again is no news.
func (p *Projection) tell() {
	for _, n := range p.folder.news {
		if n.Link.Position > p.told {
			p.told = n.Link.Position
			p.news(n)
		}
	}
	p.folder.news = nil
}

// longestWay is how long a result may be under way before its run counts as missing.
const longestWay = time.Minute

// longAgo is how long rows stay in memory after their hour.
const longAgo = 2 * time.Hour

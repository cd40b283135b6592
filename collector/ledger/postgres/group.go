package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"portolan"
	"portolan/collector/ledger"
	"portolan/evidence"
)

// group is a transaction that extends chains: it holds the lock of positions, knows the chains' heads, and gathers
// what is to be written.
type group struct {
	ledger    *Ledger
	tx        pgx.Tx
	heads     map[ledger.Chain]*ledger.Head
	positions []ledger.Position // drawn, not given yet
	links     []ledger.Link
	changed   map[ledger.Chain]bool
	changes   []ledger.PlanChange
	plans     map[evidence.PlanHash]*portolan.Plan
	asides    []*ledger.Aside
}

const headColumns = `agent, stream, number, hash, position, heard_at, plan, span_from, span_to, records, backlog,
	sent_at, clock_offset, clock_uncertainty, farewell`

// openGroup takes the lock, reads the heads of the chains and draws positions, in one exchange with the database. Each
// offer may take two positions; those that are not taken leave holes.
func (l *Ledger) openGroup(ctx context.Context, tx pgx.Tx, jobs []*appendJob) (*group, error) {
	g := newGroup(l, tx)
	var agents []string
	var streams [][]byte
	for _, j := range jobs {
		agents, streams = append(agents, string(j.offer.Chain.Agent)), append(streams, j.offer.Chain.Stream[:])
	}
	var ask pgx.Batch
	ask.Queue(`SELECT pg_advisory_xact_lock($1)`, lockPositions)
	ask.Queue(`SELECT `+headColumns+` FROM chain WHERE (agent, stream) IN (SELECT * FROM unnest($1::text[], $2::bytea[]))`,
		agents, streams).Query(func(rows pgx.Rows) error {
		heads, err := pgx.CollectRows(rows, scanHead)
		for i := range heads {
			g.heads[heads[i].Chain] = &heads[i]
		}
		return err
	})
	ask.Queue(`SELECT nextval('ledger_position') FROM generate_series(1, $1)`, 2*len(jobs)).Query(func(rows pgx.Rows) (err error) {
		g.positions, err = pgx.CollectRows(rows, pgx.RowTo[ledger.Position])
		return err
	})
	return g, tx.SendBatch(ctx, &ask).Close()
}

func newGroup(l *Ledger, tx pgx.Tx) *group {
	return &group{
		ledger: l, tx: tx, heads: map[ledger.Chain]*ledger.Head{}, changed: map[ledger.Chain]bool{},
		plans: map[evidence.PlanHash]*portolan.Plan{},
	}
}

func (g *group) place() ledger.Position {
	p := g.positions[0]
	g.positions = g.positions[1:]
	return p
}

// take judges an offer; whoever calls writes afterwards.
func (g *group) take(ctx context.Context, o ledger.Offer) (ledger.Receipt, error) {
	head := g.heads[o.Chain]
	if head == nil {
		head = &ledger.Head{Chain: o.Chain}
		g.heads[o.Chain] = head
	}
	head.HeardAt = max(head.HeardAt, o.ReceivedAt)
	g.changed[o.Chain] = true
	if o.Number <= head.Number {
		there, err := g.linkAt(ctx, o.Chain, o.Number)
		if err != nil {
			return ledger.Receipt{}, err
		}
		receipt, aside := ledger.Meet(there, o)
		g.setAside(aside)
		return receipt, nil
	}
	receipt, links, aside := ledger.Extend(head, o, g.place)
	g.setAside(aside)
	g.links = append(g.links, links...)
	if receipt.Link.Status == ledger.Accepted {
		g.notePlan(head, links[len(links)-1])
		head.Note(o.Content)
	}
	return receipt, nil
}

func (g *group) setAside(a *ledger.Aside) {
	if a != nil {
		g.asides = append(g.asides, a)
	}
}

// linkAt returns the link that covers a number, without its bytes: of this group, or kept before.
func (g *group) linkAt(ctx context.Context, chain ledger.Chain, number uint64) (ledger.Link, error) {
	at := slices.IndexFunc(g.links, func(l ledger.Link) bool {
		return l.Chain == chain && l.First <= number && number <= l.Number
	})
	if at >= 0 {
		link := g.links[at]
		link.Bytes, link.Content.PlanBody = nil, nil
		return link, nil
	}
	rows, err := g.tx.Query(ctx, `SELECT `+bareColumns+` FROM batch WHERE agent = $1 AND stream = $2 AND number >= $3
		ORDER BY number LIMIT 1`, chain.Agent, chain.Stream[:], int64(number))
	if err != nil {
		return ledger.Link{}, err
	}
	link, err := pgx.CollectExactlyOneRow(rows, scanLink)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ledger.ErrNotFound
	}
	return link, err
}

// notePlan notes that an accepted link's agent follows another plan than before.
func (g *group) notePlan(head *ledger.Head, link ledger.Link) {
	c := link.Content
	if c.PlanBody != nil {
		g.plans[c.Plan] = c.PlanBody
	}
	if !c.Plan.IsZero() && c.Plan != head.Newest.Plan {
		g.changes = append(g.changes, ledger.PlanChange{
			Chain: link.Chain, Position: link.Position, Number: link.Number, SentAt: c.SentAt, Offset: c.ClockOffset, Plan: c.Plan,
		})
	}
}

// Package ingest takes in agents' batches: it verifies, stores, and only then acknowledges. Nothing else.
//
// Start at New; Routes serves the two paths of the ingest protocol. A batch passes these gates in order, and
// the first that refuses it gives the answer: size and form, who sent it, its signature, its content, its
// place in the chain. A refusal never stops the agent: its next batch is judged on its own, because a
// refused one leaves its number and hash behind as a stub that the next can follow. Only what comes from a
// proven identity leaves anything behind.
//
// Nothing is refused for the time it tells: clocks are corrected when figures are folded (design 3.14), and
// a wrong clock is the projection's to flag.
package ingest

import (
	"context"
	"net/http"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/registry"
	"portolan/evidence"
)

// Ledger is what ingest needs of the ledger.
type Ledger interface {
	Append(ctx context.Context, offer ledger.Offer) (ledger.Receipt, error)
	SetAside(ctx context.Context, aside ledger.Aside) error
	Read(ctx context.Context, q ledger.Query) ([]ledger.Link, error)
	TakeIn(ctx context.Context, chain ledger.Chain, number uint64, content ledger.Content) error
}

// Options is what an Ingest works with; a zero field means the default beside it.
type Options struct {
	Ledger   Ledger             // required
	Registry *registry.Registry // required
	// Limits bounds a batch; evidence.DefaultLimits.
	Limits evidence.Limits
	// Concurrent is how many requests are served at once; one more is told to come back. Half of the places at most
	// are taken by backlog, so that live batches are served before it. 256.
	Concurrent int
	// InFlight is how many bytes of batches are worked on at once, half of them of backlog at most: what a batch says
	// takes many times its size in memory. 8 MiB.
	InFlight int64
	// Behind tells how far the folding of what was accepted is behind. While that is more than BehindAtMost backlog is
	// told to come back, so that news is not folded late for it; nil for never. BehindAtMost is 5 s.
	Behind       func() time.Duration
	BehindAtMost time.Duration
	// RetryAfter is what one more is told to wait; 5 s.
	RetryAfter time.Duration
	// ReadTimeout is how long a request may take to arrive; 60 s. The thinnest link needs half of it for 1 MiB.
	ReadTimeout time.Duration
	// Accepted is told of each batch once it is durable, before the agent is answered, and must not block. It is
	// a wake-up, not a feed: the ledger has the order, and batches that were stored as the collector was killed.
	Accepted func(ledger.Link, *evidence.Batch)
	// Received returns when a batch is received, for a collector that lives in the time of what it is sent; nil for the
	// time of the clock on the wall.
	Received func(*evidence.Batch) portolan.Instant
	// Config returns the tag of what agents are asked beside their plans, which acknowledgements name; none.
	Config func() string
	// Counted is told what became of each batch.
	Counted func(Result)
	// Refused is told of each batch of a known agent that was refused for good, but not of its repetitions.
	Refused func(chain ledger.Chain, number uint64, why Result, detail string)
	// Failed is told of errors that are the collector's own; the agent learns only that there was one.
	Failed func(error)
}

func (o Options) withDefaults() Options {
	if o.Limits.Content <= 0 {
		o.Limits.Content = evidence.DefaultLimits().Content
	}
	if o.Concurrent <= 0 {
		o.Concurrent = 256
	}
	if o.InFlight <= 0 {
		o.InFlight = 8 << 20
	}
	if o.Behind == nil {
		o.Behind = func() time.Duration { return 0 }
	}
	if o.BehindAtMost <= 0 {
		o.BehindAtMost = 5 * time.Second
	}
	if o.RetryAfter <= 0 {
		o.RetryAfter = 5 * time.Second
	}
	if o.ReadTimeout <= 0 {
		o.ReadTimeout = time.Minute
	}
	if o.Accepted == nil {
		o.Accepted = func(ledger.Link, *evidence.Batch) {}
	}
	if o.Refused == nil {
		o.Refused = func(ledger.Chain, uint64, Result, string) {}
	}
	if o.Config == nil {
		o.Config = func() string { return "" }
	}
	if o.Counted == nil {
		o.Counted = func(Result) {}
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	return o
}

// Ingest serves the ingest protocol.
type Ingest struct {
	o    Options
	all  room
	late room                                                      // what backlog may take of it
	open func([]byte, evidence.Limits) (*evidence.Envelope, error) // evidence.Open; a test tells of newer versions
}

// New returns an Ingest.
func New(o Options) *Ingest {
	o = o.withDefaults()
	return &Ingest{
		o: o, open: evidence.Open,
		all:  room{places: int64(o.Concurrent), bytes: o.InFlight},
		late: room{places: max(1, int64(o.Concurrent/2)), bytes: o.InFlight / 2},
	}
}

// Routes returns the handler of the ingest protocol's paths.
func (i *Ingest) Routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST "+batchesPath, i.bounded(i.serveBatch))
	mux.Handle("POST /enroll/v1/agents", i.bounded(i.serveEnrolment))
	return mux
}

// call is one request with the time it arrived: the only reading of the clock that it is judged by.
type call struct {
	*http.Request
	body []byte
	at   portolan.Instant
}

// bounded serves a request if there is room, reads its bounded body, and answers what serve returns.
func (i *Ingest) bounded(serve func(call) answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leave, ok := i.enter(r)
		if !ok {
			i.write(w, i.overload())
			return
		}
		defer leave()
		c := call{Request: r}
		var refusal *answer
		if c.body, refusal = i.read(w, r); refusal != nil {
			i.write(w, *refusal)
			return
		}
		c.at = portolan.InstantOf(time.Now())
		i.write(w, serve(c))
	})
}

// TakeIn takes in the batches that waited for this version of the collector, and returns how many it could.
// Those of a still newer version, or found malformed, go on waiting. Accepted is not told: whoever folds the
// ledger finds them at its end.
func (i *Ingest) TakeIn(ctx context.Context) (int, error) {
	taken := 0
	for after := ledger.Position(0); ; {
		links, err := i.o.Ledger.Read(ctx, ledger.Query{After: after, Status: ledger.Waiting, Limit: 100})
		if err != nil || len(links) == 0 {
			return taken, err
		}
		for _, link := range links {
			after = link.Position
			ok, err := i.takeIn(ctx, link)
			if err != nil {
				return taken, err
			}
			if ok {
				taken++
			}
		}
	}
}

func (i *Ingest) takeIn(ctx context.Context, link ledger.Link) (bool, error) {
	envelope, err := i.open(link.Bytes, i.o.Limits)
	if err != nil {
		return false, nil
	}
	batch, err := i.decode(ctx, envelope)
	if err != nil {
		return false, nil
	}
	err = i.o.Ledger.TakeIn(ctx, link.Chain, link.Number, contentOf(batch))
	return err == nil, err
}

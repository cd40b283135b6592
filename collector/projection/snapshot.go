package projection

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
)

// Snapshot is what is known at one cut. It answers questions until the function that it was given to returns. The questions'
// own AsOf and Now do not matter.
type Snapshot struct{ known *known }

// Look calls fn with what is known at a cut, as known at now for the newest one, which nil stands for.
func (p *Projection) Look(ctx context.Context, asOf *Cut, now portolan.Instant, fn func(*Snapshot) error) error {
	return p.at(ctx, asOf, now, func(k *known) error { return fn(&Snapshot{k}) })
}

// LookLatest calls fn with the newest that is stored, as known when the newest evidence of it was received, so that its cut gives
// the same again at any later time.
func (p *Projection) LookLatest(ctx context.Context, fn func(*Snapshot) error) error {
	for tries := 1; ; tries++ {
		facts := p.Facts()
		var position ledger.Position
		err := p.ledger.View(ctx, func(v ledger.View) error {
			cut, err := StoredCut(v)
			position = cut.Position
			return err
		})
		if err != nil {
			return err
		}
		at, err := receivedUpTo(ctx, p.ledger, position)
		if err != nil {
			return err
		}
		done := false
		err = p.Look(ctx, nil, max(at, facts.At), func(s *Snapshot) error {
			if tries < mostLooks && (s.known.cut.Position != position || s.known.facts != facts) {
				return nil // more was stored meanwhile
			}
			done = true
			return fn(s)
		})
		if done || err != nil {
			return err
		}
	}
}

// mostLooks bounds how often LookLatest begins again.
const mostLooks = 10

// receivedUpTo returns when the newest of the links up to a position was received.
func receivedUpTo(ctx context.Context, l ledger.Batches, position ledger.Position) (at portolan.Instant, err error) {
	links, err := l.Read(ctx, ledger.Query{After: max(0, position-pageOfLinks), UpTo: position, Limit: pageOfLinks, WithoutBytes: true})
	if err != nil {
		return 0, fmt.Errorf("read newest batches: %w", err)
	}
	for i := range links {
		at = max(at, links[i].ReceivedAt)
	}
	return at, nil
}

// Cut returns which cut it is.
func (s *Snapshot) Cut() Cut { return s.known.cut }

// At returns when that was: nothing later is known.
func (s *Snapshot) At() portolan.Instant { return s.known.at }

// Facts returns what the journal says at the cut.
func (s *Snapshot) Facts() *Facts { return s.known.facts }

// Figures answers queries in their order. What several of them need is read once.
func (s *Snapshot) Figures(queries ...Query) ([]Answer, error) {
	answers := make([]Answer, len(queries))
	longest := make([]int, len(queries)) // first: what they read serves the others
	for i := range longest {
		longest[i] = i
	}
	slices.SortStableFunc(longest, func(a, b int) int {
		return cmp.Compare(queries[b].Window.Duration(), queries[a].Window.Duration())
	})
	for _, i := range longest {
		q := queries[i]
		q.clamp(s.known.at)
		answers[i] = Answer{Window: q.Window, Cut: s.known.cut}
		var err error
		if answers[i].Rows, err = s.known.figures(&q); err != nil {
			return nil, fmt.Errorf("compute figures: %w", err)
		}
	}
	return answers, nil
}

// Latencies answers a query with quantiles, as Projection.Latencies does.
func (s *Snapshot) Latencies(q Query, steps bool) (LatencyAnswer, error) {
	return s.LatenciesOf(q, steps, nil)
}

// LatenciesOf is Latencies of what is wanted alone.
func (s *Snapshot) LatenciesOf(q Query, steps bool, wanted func(Measure) bool) (LatencyAnswer, error) {
	q.clamp(s.known.at)
	answer := LatencyAnswer{Window: q.Window, Cut: s.known.cut}
	var err error
	if answer.Rows, err = s.known.latencies(&q, steps, wanted); err != nil {
		return LatencyAnswer{}, fmt.Errorf("compute latencies: %w", err)
	}
	return answer, nil
}

// Windowed answers a query with the worst windows by length. The query's group is not used.
func (s *Snapshot) Windowed(q Query) (Windowed, error) {
	k := s.known
	q.clamp(k.at)
	q.Group = nil
	q.Window = portolan.Span{From: q.Window.From.Add(time.Minute - time.Microsecond).Minute(), To: q.Window.To.Minute()}
	q.Window.To = max(q.Window.From, q.Window.To)
	answer := Windowed{Window: q.Window, Cut: k.cut}
	rows, err := k.figures(&q)
	if err == nil && len(rows) > 0 {
		answer.Whole = &rows[0]
		var minutes []availability.Minute
		minutes, err = k.minutes(&q, rows[0].Weight)
		answer.Worst = availability.WorstWindows(q.Window.From, minutes)
	}
	if err != nil {
		return Windowed{}, fmt.Errorf("compute windowed uptime: %w", err)
	}
	return answer, nil
}

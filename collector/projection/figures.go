package projection

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"portolan"
)

// Figures answers a query. The rows are those of groups that have a series; each says what it does not know.
func (p *Projection) Figures(ctx context.Context, q Query) (Answer, error) {
	answers, err := p.ManyFigures(ctx, q.AsOf, q.Now, q)
	if err != nil {
		return Answer{}, err
	}
	return answers[0], nil
}

// ManyFigures answers queries from one cut, in their order: the newest one as known at now if asOf is nil. What several
// of them need is read once. The queries' own AsOf and Now do not matter.
func (p *Projection) ManyFigures(ctx context.Context, asOf *Cut, now portolan.Instant, queries ...Query) ([]Answer, error) {
	answers := make([]Answer, len(queries))
	longest := make([]int, len(queries)) // first: what they read serves the others
	for i := range longest {
		longest[i] = i
	}
	slices.SortStableFunc(longest, func(a, b int) int {
		return cmp.Compare(queries[b].Window.Duration(), queries[a].Window.Duration())
	})
	err := p.at(ctx, asOf, now, func(k *known) (err error) {
		for _, i := range longest {
			q := queries[i]
			q.clamp(k.at)
			answers[i] = Answer{Window: q.Window, Cut: k.cut}
			if answers[i].Rows, err = k.figures(&q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("compute figures: %w", err)
	}
	return answers, nil
}

package projection

import (
	"context"

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

// ManyFigures answers queries from one cut, in their order: the newest one as known at now if asOf is nil.
func (p *Projection) ManyFigures(ctx context.Context, asOf *Cut, now portolan.Instant, queries ...Query) (answers []Answer, err error) {
	err = p.Look(ctx, asOf, now, func(s *Snapshot) (err error) {
		answers, err = s.Figures(queries...)
		return err
	})
	return answers, err
}

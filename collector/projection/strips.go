package projection

import (
	"context"
	"fmt"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
)

// Strips returns what each series had in a window, by series, as of the newest cut.
func (p *Projection) Strips(ctx context.Context, window portolan.Span, now portolan.Instant) (map[portolan.Series][]availability.Segment, error) {
	strips := map[portolan.Series][]availability.Segment{}
	err := p.at(ctx, nil, now, func(k *known) error {
		q := Query{Window: window}
		q.clamp(k.at)
		t := &tallies{query: &q, known: k, periods: q.periods(), groups: map[Key]*group{}}
		byHour, err := t.collect(ledger.HourFilter{Span: portolan.Span{From: q.Window.From.Hour(), To: q.Window.To}})
		if err != nil {
			return err
		}
		for part := range availability.Hours(q.Window) {
			for _, h := range byHour[part.From.Hour()] {
				for _, s := range availability.Clip(h.segments, part) {
					strips[h.series.name] = availability.AppendSegment(strips[h.series.name], s)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read timelines: %w", err)
	}
	return strips, nil
}

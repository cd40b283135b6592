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
		return k.each(ledger.HourFilter{Span: wholeHours(q.Window)}, func(all *readings) {
			for _, r := range all.byPort {
				for part := range availability.Hours(q.Window) {
					for _, h := range r.byHour[part.From.Hour()] {
						for _, s := range availability.Clip(h.segments, part) {
							strips[h.name] = availability.AppendSegment(strips[h.name], s)
						}
					}
				}
			}
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read timelines: %w", err)
	}
	return strips, nil
}

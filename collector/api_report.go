package collector

import (
	"time"

	"portolan/collector/monthly"
)

// serveReport answers with every figure of a month's report.
func (c *collector) serveReport(r *call) (any, error) {
	p := r.params
	asked := monthly.Asked{Month: p.values.Get("month"), Zone: time.UTC, AsOf: p.cut(), Now: r.now}
	if p.values.Get("zone") != "" {
		asked.Zone = p.zone()
	} else if zone, err := loadZone(c.around.Load().config.Zone); err == nil {
		asked.Zone = zone
	}
	span, err := monthly.MonthOf(asked.Month, asked.Zone)
	switch {
	case err != nil:
		p.add("month", "%q is no month; want one such as 2017-01", asked.Month)
	case span(0).From >= r.now:
		p.add("month", "%s has not begun", asked.Month)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return monthly.Make(r.Context(), c.monthlySource(), asked)
}

func (c *collector) monthlySource() monthly.Source {
	return monthly.Source{Ledger: c.ledger, Projection: c.projection, Catalogue: c.around.Load().catalogue}
}

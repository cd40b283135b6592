package dashboard

// reportsPage is what reports.html prints.
type reportsPage struct {
	Current, Last string
	Scheduled     bool
	Rows          []reportRow
}

// reportRow is one revision of a month's report.
type reportRow struct {
	Month         string
	Revision      int
	Made          moment
	Page, Figures string
}

func reportsFrame(v *Reports) *frame {
	c := newClock(v.Cut.At)
	p := reportsPage{Current: v.Current, Last: v.Last, Scheduled: v.Scheduled}
	for _, r := range v.Issued {
		p.Rows = append(p.Rows, reportRow{Month: r.Month, Revision: r.Revision, Made: c.at(r.Made, v.Cut.Zone), Page: r.Page, Figures: r.Figures})
	}
	return &frame{Title: "Monthly reports", AsOf: c.at(v.Cut.At, v.Cut.Zone), Page: p}
}

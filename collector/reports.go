package collector

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/collector/monthly"
	"portolan/dashboard"
)

// ReportsConfig says where and when monthly reports are issued.
type ReportsConfig struct {
	// Folder is where reports are written and served from; empty for none. Collectors that share a ledger share it too.
	Folder string `yaml:"folder"`
	// After is how long after its end a month is reported.
	After time.Duration `yaml:"after"`
}

const (
	maxReportsAfter = 28 * 24 * time.Hour
	reportEvery     = 15 * time.Minute
	// lookAgain is how often an issued month is looked at for late evidence, and reportBack for how many months.
	lookAgain  = 24 * time.Hour
	reportBack = 3
)

func (r ReportsConfig) check(report func(path, problem, allowed string)) {
	if r.After < 0 || r.After > maxReportsAfter {
		report("reports.after", r.After.String(), "want 0s to 672h")
	}
}

// reportLoop issues reports whenever this collector leads, until ctx is done.
func (c *collector) reportLoop(ctx context.Context) {
	looked := map[string]portolan.Instant{}
	for {
		now := portolan.InstantOf(time.Now())
		if c.leading.Load() && c.caughtUp.Load() && c.around.Load().config.Reports.Folder != "" {
			if err := c.issueReports(ctx, now, looked); err != nil && ctx.Err() == nil {
				c.log.Error("monthly report cannot be issued", zap.Error(err))
			}
		}
		if !wait(ctx, min(reportEvery, c.options.ReportEvery)) {
			return
		}
	}
}

// issueReports issues the months that are over and not issued yet, and those that late evidence changed. looked says when
// each was looked at last.
func (c *collector) issueReports(ctx context.Context, now portolan.Instant, looked map[string]portolan.Instant) error {
	config := c.around.Load().config
	zone, err := loadZone(config.Zone)
	if err != nil {
		return err
	}
	for _, month := range monthsOver(now.Add(-config.Reports.After), zone) {
		if at, before := looked[month]; before && now.Sub(at) < lookAgain {
			continue
		}
		m, err := monthly.Make(ctx, c.monthlySource(), monthly.Asked{Month: month, Zone: zone, Now: now})
		if err != nil {
			return err
		}
		if len(m.Systems) == 0 || m.Provisional {
			continue // what comes late may still tell of it
		}
		as, isNew, err := monthly.Shelf{Folder: config.Reports.Folder}.Issue(m)
		if err != nil {
			return err
		}
		if isNew {
			c.log.Info("issued monthly report", zap.String("month", month), zap.Int("revision", as.Revision), zap.Int("changes", len(m.Changes)))
		}
		looked[month] = now
	}
	return nil
}

// monthsOver returns the last months that were over at an instant, oldest first.
func monthsOver(at portolan.Instant, zone *time.Location) []string {
	local := at.Time().In(zone)
	var months []string
	for back := reportBack; back > 0; back-- {
		months = append(months, time.Date(local.Year(), local.Month()-time.Month(back), 1, 0, 0, 0, 0, zone).Format("2006-01"))
	}
	return months
}

// Reports implements dashboard.Source.
func (p *pages) Reports(context.Context) (*dashboard.Reports, error) {
	config := p.c.around.Load().config
	zone, err := loadZone(config.Zone)
	if err != nil {
		return nil, err
	}
	now := portolan.InstantOf(time.Now())
	local := now.Time().In(zone)
	v := &dashboard.Reports{Cut: dashboard.Cut{At: now, Zone: zone}, Current: local.Format("2006-01"), Scheduled: config.Reports.Folder != ""}
	if !v.Scheduled {
		v.Last = time.Date(local.Year(), local.Month()-1, 1, 0, 0, 0, 0, zone).Format("2006-01")
		return v, nil
	}
	issued, err := monthly.Shelf{Folder: config.Reports.Folder}.Issued()
	for _, i := range issued {
		v.Issued = append(v.Issued, dashboard.Report{
			Month: i.Month, Revision: i.Revision, Made: portolan.InstantOf(i.Made), Page: "/reports/" + i.Name("html"), Figures: "/reports/" + i.Name("json"),
		})
	}
	return v, err
}

// serveReportPage serves a report that was issued by its file's name, or a month's as it stands now by the month.
func (c *collector) serveReportPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	name := r.PathValue("name")
	if path, ok := (monthly.Shelf{Folder: c.around.Load().config.Reports.Folder}).Path(name); ok && c.around.Load().config.Reports.Folder != "" {
		http.ServeFile(w, r, path)
		return
	}
	if !regexp.MustCompile(`^[0-9]{4}-[0-9]{2}$`).MatchString(name) {
		http.NotFound(w, r)
		return
	}
	page, err := c.reportNow(r, name)
	if err != nil {
		c.writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(page) // the reader may be gone; there is nobody to tell
}

// reportNow draws a month's report as it stands now.
func (c *collector) reportNow(r *http.Request, month string) ([]byte, error) {
	query := *r.URL
	query.RawQuery = "month=" + month
	asked := &http.Request{Method: http.MethodGet, URL: &query}
	made, err := c.answerBounded(&endpoint{answer: c.serveReport}, &call{
		Request: asked.WithContext(r.Context()), now: portolan.InstantOf(time.Now()), params: newParams(asked, []string{"month"}),
	})
	if err != nil {
		return nil, err
	}
	m, ok := made.(interface{ HTML() ([]byte, error) })
	if !ok {
		return nil, fmt.Errorf("draw report: got %T", made)
	}
	return m.HTML()
}

package collector

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"portolan"
	"portolan/collector/projection"
)

// burnWindows are the windows of the multi-window burn-rate rules, with how Prometheus spells them.
func burnWindows() []burnWindow {
	return []burnWindow{
		{label: "5m", length: 5 * time.Minute, ports: true}, {label: "30m", length: 30 * time.Minute},
		{label: "1h", length: time.Hour, ports: true, ratio: true}, {label: "2h", length: 2 * time.Hour},
		{label: "6h", length: 6 * time.Hour, ports: true}, {label: "1d", length: 24 * time.Hour, ports: true, ratio: true},
		{label: "3d", length: 72 * time.Hour},
	}
}

type burnWindow struct {
	label  string
	length time.Duration
	ports  bool // it is exported for each port too: 477 ports x 20 systems are many series
	ratio  bool // its availability is exported too
}

// pause returns how long a window's figures stand after their computation took so long: a window is given one part in
// fifty of the time, so that a small fleet sees changes at once and a large one is not kept busy.
func pause(took, least time.Duration) time.Duration {
	return min(max(50*took, least), 5*time.Minute)
}

// scopes are what a figure is about: everything, or one port.
func scopes() map[string][]projection.Dimension {
	return map[string][]projection.Dimension{
		"nation": {projection.BySystem},
		"port":   {projection.BySystem, projection.ByPort},
	}
}

// figureGauges exports figures by event time. They are computed in the background; a scrape reads the newest.
type figureGauges struct {
	collector                   *collector
	endUser, conventional, burn *prometheus.Desc

	mu      sync.Mutex // guards samples
	samples map[string][]prometheus.Metric
}

func newFigureGauges(c *collector) *figureGauges {
	labels := []string{"system", "scope", "port", "window"}
	return &figureGauges{
		collector: c, samples: map[string][]prometheus.Metric{},
		endUser: prometheus.NewDesc("portolan_end_user_availability_ratio",
			"Share of the monitored time of the window, by event time, in which the system was up for its users; slow is not up. Absent where nothing was monitored.", labels, nil),
		conventional: prometheus.NewDesc("portolan_conventional_availability_ratio",
			"The same window the way that leaves out slowness, dependencies, the network and planned maintenance.", labels, nil),
		burn: prometheus.NewDesc("portolan_error_budget_burn_rate",
			"How many times faster than the objective allows the error budget was spent in the window, by event time; for a port in the windows 5m, 1h, 6h and 1d. Absent where nothing was monitored.", labels, nil),
	}
}

// Describe implements prometheus.Collector.
func (g *figureGauges) Describe(ch chan<- *prometheus.Desc) {
	ch <- g.endUser
	ch <- g.conventional
	ch <- g.burn
}

// Collect implements prometheus.Collector.
func (g *figureGauges) Collect(ch chan<- prometheus.Metric) {
	if !g.collector.leading.Load() {
		return // each figure is exported once, by the collector that leads
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, samples := range g.samples {
		for _, s := range samples {
			ch <- s
		}
	}
}

// refreshLoop computes each window's figures at its own pace.
func (m *metrics) refreshLoop(ctx context.Context) {
	g := m.figures
	for _, a := range g.collector.projection.AgentsHeard(0, 0) {
		m.samplesOfPlan(a.Agent.Port(), a.Plan) // known from before the collector started
	}
	least := g.collector.around.Load().config.SendInterval / 3
	next := map[string]time.Time{}
	ticker := time.NewTicker(least)
	defer ticker.Stop()
	for {
		now := time.Now()
		for _, w := range burnWindows() {
			if now.Before(next[w.label]) || !g.collector.caughtUp.Load() {
				continue
			}
			begun := time.Now()
			if err := g.refresh(ctx, w, g.collector.now()); err != nil && ctx.Err() == nil {
				g.collector.log.Error("figures for metrics could not be computed", zap.String("window", w.label), zap.Error(err))
			}
			next[w.label] = time.Now().Add(pause(time.Since(begun), least))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// refresh computes the figures of one window that ends now.
func (g *figureGauges) refresh(ctx context.Context, w burnWindow, now portolan.Instant) error {
	var names []string
	var queries []projection.Query
	for scope, group := range scopes() {
		if scope != "port" || w.ports {
			names = append(names, scope)
			queries = append(queries, projection.Query{Window: portolan.Span{From: now.Add(-w.length), To: now}, Group: group})
		}
	}
	answers, err := g.collector.projection.ManyFigures(ctx, nil, now, queries...)
	if err != nil {
		return fmt.Errorf("window %s: %w", w.label, err)
	}
	var samples []prometheus.Metric
	for i := range answers {
		for j := range answers[i].Rows {
			samples = append(samples, g.sample(names[i], w, &answers[i].Rows[j])...)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.samples[w.label] = samples
	return nil
}

func (g *figureGauges) sample(scope string, w burnWindow, row *projection.Total) []prometheus.Metric {
	ratio := row.Figure.EndUser.Ratio
	if !ratio.Exists() {
		return nil
	}
	labels := []string{string(row.Key.System), scope, string(row.Key.Port), w.label}
	gauge := func(d *prometheus.Desc, v float64) prometheus.Metric {
		return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	var samples []prometheus.Metric
	if w.ratio {
		samples = append(samples, gauge(g.endUser, ratio.Float64()),
			gauge(g.conventional, row.Figure.Conventional.Ratio.Float64()))
	}
	system := g.collector.around.Load().catalogue.System(row.Key.System)
	if system == nil || system.Objective.Availability <= 0 || system.Objective.Availability >= 1 {
		return samples
	}
	return append(samples, gauge(g.burn, (1-ratio.Float64())/(1-system.Objective.Availability)))
}

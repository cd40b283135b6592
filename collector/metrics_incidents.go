package collector

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

// incidentGauge exports the incidents that are open at the moment of a scrape, if this collector leads.
type incidentGauge struct{ collector *collector }

func newIncidentDesc() *prometheus.Desc {
	return prometheus.NewDesc("portolan_incidents_open",
		"Incidents that are open now, by the systems whose users are hit, by how wide they are and by likely cause. Only the collector that leads exports them.",
		[]string{"system", "scope", "cause"}, nil)
}

// Describe implements prometheus.Collector.
func (g *incidentGauge) Describe(ch chan<- *prometheus.Desc) { ch <- newIncidentDesc() }

// Collect implements prometheus.Collector.
func (g *incidentGauge) Collect(ch chan<- prometheus.Metric) {
	c := g.collector
	if !c.leading.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	open, err := c.openIncidents(ctx)
	if err != nil {
		c.log.Error("incidents cannot be read for metrics", zap.Error(err))
		return
	}
	count := map[[3]string]float64{}
	for i := range open {
		for _, system := range open[i].Systems {
			count[[3]string{string(system), open[i].Scope.Level.String(), open[i].Cause.String()}]++
		}
	}
	desc := newIncidentDesc()
	for labels, n := range count {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, n, labels[:]...)
	}
}

package collector

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"portolan/collector/ingest"
	"portolan/internal/buildinfo"
)

// metrics is what the collector exports. Counters and histograms count what reached this process since it started;
// figures are by event time (metrics_figures.go).
type metrics struct {
	registry *prometheus.Registry

	transactions *prometheus.CounterVec
	duration     *prometheus.HistogramVec
	step         *prometheus.HistogramVec
	batches      *prometheus.CounterVec
	reloadOK     prometheus.Gauge
	reloadAt     prometheus.Gauge
	figures      *figureGauges
	plans        map[portPlan]planSamples
}

// Help texts. They are also the lines of docs/metrics.md.
const (
	helpTransactions = "First attempts received since the collector started, by outcome and by whether they were news; the live ones at zero from the first word of an agent whose plan holds the transaction. Rules use the live lane only: backlog happened long ago."
	helpDuration     = "How long right answers took, from the start of the run. Failures are not in it."
	helpStep         = "How long the steps of right answers took, over all ports."
	helpBatches      = "Batches received, by what became of them."
	helpReload       = "Whether the last reload succeeded; 1 before the first."
	helpReloadAt     = "When the configuration was last loaded without a fault."
	helpBuild        = "Always 1; which build is running."
)

func newMetrics(c *collector, s *surroundings) *metrics {
	buckets := bucketsFor(s)
	m := &metrics{registry: prometheus.NewRegistry(), plans: map[portPlan]planSamples{}}
	m.transactions = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "portolan_transactions_total", Help: helpTransactions,
	}, []string{"system", "transaction", "port", "outcome", "lane"})
	m.duration = newHistogram("portolan_transaction_duration_seconds", helpDuration, buckets, "system", "transaction", "port")
	m.step = newHistogram("portolan_step_duration_seconds", helpStep, buckets, "system", "transaction", "step")
	m.batches = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portolan_batches_total", Help: helpBatches}, []string{"result"})
	for _, result := range ingest.Results() {
		m.batches.WithLabelValues(result.String())
	}
	m.reloadOK = prometheus.NewGauge(prometheus.GaugeOpts{Name: "portolan_config_last_reload_successful", Help: helpReload})
	m.reloadAt = prometheus.NewGauge(prometheus.GaugeOpts{Name: "portolan_config_last_reload_success_timestamp_seconds", Help: helpReloadAt})
	m.reloaded(nil)
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "portolan_build_info", Help: helpBuild,
		ConstLabels: prometheus.Labels{"version": buildinfo.Version(), "goversion": buildinfo.GoVersion()},
	})
	build.Set(1)
	m.figures = newFigureGauges(c)
	m.registry.MustRegister(m.transactions, m.duration, m.step, m.batches, m.reloadOK, m.reloadAt, build,
		&standing{c}, &incidentGauge{c}, m.figures,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// nativeFactor makes native buckets that lie at most a tenth apart.
const (
	nativeFactor  = 1.1
	nativeBuckets = 100
)

func newHistogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: nativeFactor, NativeHistogramMaxBucketNumber: nativeBuckets,
		NativeHistogramMinResetDuration: time.Hour,
	}, labels)
}

// maxBuckets keeps the classic histograms of 477 ports and 20 systems below 200,000 series.
const maxBuckets = 10

// bucketsFor returns classic buckets at the objectives of the catalogue, and around them. They stay as they are until
// the collector is started again, because a histogram whose buckets move cannot be summed over time.
func bucketsFor(s *surroundings) []float64 {
	var objectives []time.Duration
	for _, system := range s.catalogue.Systems {
		for _, t := range system.Transactions {
			objectives = append(objectives, t.Latency)
			for _, step := range t.Steps {
				objectives = append(objectives, step.Latency)
			}
		}
	}
	objectives = slices.DeleteFunc(objectives, func(d time.Duration) bool { return d <= 0 })
	slices.Sort(objectives)
	objectives = slices.Compact(objectives)
	if len(objectives) == 0 {
		return prometheus.DefBuckets
	}
	least, most := objectives[0], objectives[len(objectives)-1]
	around := []time.Duration{least / 4, least / 2, most * 2, most * 4}
	for len(objectives) > maxBuckets-len(around) {
		objectives = slices.Delete(objectives, len(objectives)/2, len(objectives)/2+1)
	}
	var buckets []float64
	for _, d := range append(around, objectives...) {
		buckets = append(buckets, d.Seconds())
	}
	slices.Sort(buckets)
	return slices.Compact(buckets)
}

func (m *metrics) countBatch(r ingest.Result) { m.batches.WithLabelValues(r.String()).Inc() }

func (m *metrics) reloaded(err error) {
	if err != nil {
		m.reloadOK.Set(0)
		return
	}
	m.reloadOK.Set(1)
	m.reloadAt.SetToCurrentTime()
}

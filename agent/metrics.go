package agent

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"portolan"
	"portolan/agent/uplink"
	"portolan/internal/buildinfo"
)

// metrics is what an agent tells a Prometheus that scrapes it. The names probe_success and
// probe_duration_seconds are blackbox_exporter's, so that boards made for it work.
type metrics struct {
	registry *prometheus.Registry
	success  *prometheus.GaugeVec
	duration *prometheus.GaugeVec
	runs     *prometheus.CounterVec
	unspool  prometheus.Counter
	skips    *prometheus.CounterVec
	// unprepared counts runs that could not be made ready: without a secret, without a browser.
	unprepared *prometheus.CounterVec
}

// newMetrics returns the metrics of an agent, on a registry of their own.
func newMetrics(pending func() uint64, status func() uplink.Status) *metrics {
	series := []string{"system", "transaction"}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		success: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "probe_success", Help: "Whether the latest run gave the right answer, late or not.",
		}, series),
		duration: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "probe_duration_seconds", Help: "How long the latest run took.",
		}, series),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "portolan_agent_runs_total", Help: "Runs since the agent started, every attempt counted.",
		}, append(series, "outcome")),
		unspool: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "portolan_agent_spool_errors_total", Help: "Records that could not be written to the spool and are lost.",
		}),
	}
	m.unprepared = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "portolan_agent_unprepared_runs_total", Help: "Runs that could not be made ready, as without their secret; they have no result.",
	}, series)
	m.skips = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "portolan_agent_skipped_runs_total", Help: "Due runs that were left out on purpose, by reason: kill-switch or back-off.",
	}, append(series, "reason"))
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "portolan_agent_build_info", Help: "Always 1; which build is running.",
		ConstLabels: prometheus.Labels{"version": buildinfo.Version(), "go": buildinfo.GoVersion()},
	})
	build.Set(1)
	m.registry.MustRegister(m.success, m.duration, m.runs, m.unspool, m.unprepared, m.skips, build,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "portolan_agent_pending_results", Help: "Results on disk that the collector has not acknowledged.",
		}, func() float64 { return float64(pending()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "portolan_agent_last_acknowledged_timestamp_seconds", Help: "When the collector last acknowledged a batch; 0 if never.",
		}, func() float64 { return float64(status().LastAck) / 1e6 }),
	)
	return m
}

// result counts a run.
func (m *metrics) result(r portolan.Result) {
	system, transaction := string(r.System), string(r.Transaction)
	success := 1.0
	if r.Outcome == portolan.Failed {
		success = 0
	}
	m.success.WithLabelValues(system, transaction).Set(success)
	m.duration.WithLabelValues(system, transaction).Set(r.Duration.Seconds())
	m.runs.WithLabelValues(system, transaction, r.Outcome.String()).Inc()
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

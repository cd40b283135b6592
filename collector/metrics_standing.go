package collector

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/projection"
)

// standing exports what is true at the moment of a scrape: when agents were heard, how far the folding is, how large
// the ledger.
type standing struct{ collector *collector }

// perPortAbove is from how many agents on agents are exported per port only.
const perPortAbove = 5000

// asidesCounted is how many batches that were set aside are counted at most, and how many that wait for an upgrade.
const asidesCounted = 1000

type standingDescs struct {
	lastSeen, backlog, silent, size, lag, aside, skipped, leads, stopped, backOff *prometheus.Desc
}

func newStandingDescs() standingDescs {
	agent := []string{"agent", "port"}
	return standingDescs{
		lastSeen: prometheus.NewDesc("portolan_agent_last_seen_timestamp_seconds",
			"When an agent was last heard, by the collector's clock; absent once it said farewell. Above 5,000 agents per port, the one heard longest ago, with an empty agent.", agent, nil),
		backlog: prometheus.NewDesc("portolan_agent_backlog_results",
			"Records that an agent holds and that are no longer news, as of its last batch. Above 5,000 agents per port, with an empty agent.", agent, nil),
		silent: prometheus.NewDesc("portolan_agents_silent",
			"Agents of a port that missed three sendings while the collector was up and other agents were heard.", []string{"port"}, nil),
		size: prometheus.NewDesc("portolan_ledger_size_bytes", "What the ledger takes on disk: its file with the write-ahead log, or its PostgreSQL database.", nil, nil),
		lag: prometheus.NewDesc("portolan_projection_lag_positions",
			"Positions of the ledger that are not folded into figures yet.", nil, nil),
		aside: prometheus.NewDesc("portolan_batches_set_aside",
			"Batches that are kept and count in no figure, by reason: the newest 1,000 that were set aside, and up to 1,000 of a newer version, which wait until this collector is upgraded.", []string{"reason"}, nil),
		leads: prometheus.NewDesc("portolan_collector_leads",
			"1 if this collector leads: it stores figures, finds incidents and exports availability; 0 if another does.", nil, nil),
		stopped: prometheus.NewDesc("portolan_probing_stopped",
			"1 for each system whose probing an operator stopped; absent for all others.", []string{"system"}, nil),
		backOff: prometheus.NewDesc("portolan_probing_back_off_factor",
			"How many times their interval most agents wait, for each system that is backed off from because it fails everywhere; absent for all others.", []string{"system"}, nil),
		skipped: prometheus.NewDesc("portolan_projection_unreadable_batches_total",
			"Accepted batches that could not be read when they were folded, since the collector started.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (s *standing) Describe(ch chan<- *prometheus.Desc) {
	d := newStandingDescs()
	for _, desc := range []*prometheus.Desc{d.lastSeen, d.backlog, d.silent, d.size, d.lag, d.aside, d.skipped, d.leads, d.stopped, d.backOff} {
		ch <- desc
	}
}

// Collect implements prometheus.Collector.
func (s *standing) Collect(ch chan<- prometheus.Metric) {
	c, d := s.collector, newStandingDescs()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	gauge := func(desc *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v, labels...)
	}
	if lag, err := c.projection.Lag(ctx); err == nil {
		gauge(d.lag, float64(lag))
	} else {
		c.log.Error("ledger cannot be read for metrics", zap.Error(err))
	}
	leads := 0.0
	if c.leading.Load() {
		leads = 1
	}
	gauge(d.leads, leads)
	if size, err := c.ledger.Size(ctx); err == nil {
		gauge(d.size, float64(size))
	}
	if byReason, err := s.asides(ctx); err == nil {
		for reason, n := range byReason {
			gauge(d.aside, float64(n), reason.String())
		}
	}
	ch <- prometheus.MustNewConstMetric(d.skipped, prometheus.CounterValue, float64(c.projection.Skipped()))

	asked := c.agentConfig(c.now())
	for _, stop := range asked.Stops {
		gauge(d.stopped, 1, string(stop.System))
	}
	for _, b := range asked.BackOffs {
		gauge(d.backOff, float64(b.Factor), string(b.System))
	}
	agents := c.projection.AgentsHeard(c.now(), c.around.Load().config.SendInterval)
	silent := map[portolan.PortCode]int{}
	for i := range agents {
		silent[agents[i].Agent.Port()] += btoi(agents[i].Silent)
	}
	for port, n := range silent {
		gauge(d.silent, float64(n), string(port))
	}
	for _, h := range heardOf(agents, perPortAbove) {
		if h.at != 0 {
			gauge(d.lastSeen, float64(h.at)/1e6, h.agent, h.port)
		}
		gauge(d.backlog, float64(h.backlog), h.agent, h.port)
	}
}

// asides counts what was not taken in, with zero for reasons that did not occur.
func (s *standing) asides(ctx context.Context) (map[ledger.Reason]int, error) {
	byReason := map[ledger.Reason]int{}
	for _, reason := range ledger.Reasons() {
		byReason[reason] = 0
	}
	asides, err := s.collector.ledger.Asides(ctx, "", asidesCounted)
	if err != nil {
		return nil, err
	}
	for i := range asides {
		byReason[asides[i].Reason]++
	}
	waiting, err := s.collector.ledger.Read(ctx, ledger.Query{Status: ledger.Waiting, Limit: asidesCounted, WithoutBytes: true})
	if err != nil {
		return nil, err
	}
	byReason[ledger.ReasonVersion] += len(waiting)
	return byReason, nil
}

// heardAgent is one pair of samples on an agent, or on all agents of a port if agent is empty.
type heardAgent struct {
	agent, port string
	at          portolan.Instant // zero for one that said farewell, or if all did
	backlog     uint64
}

// heardOf returns the agents, or the ports if there are more agents than limit.
func heardOf(agents []projection.AgentNow, limit int) []heardAgent {
	var all []heardAgent
	index := map[string]int{}
	for i := range agents {
		a := &agents[i]
		h := heardAgent{agent: string(a.Agent), port: string(a.Agent.Port()), at: a.HeardAt, backlog: a.Backlog}
		if a.Stopped {
			h.at = 0 // its silence means nothing
		}
		if len(agents) > limit {
			h.agent = ""
			if at, known := index[h.port]; known {
				all[at].add(h)
				continue
			}
			index[h.port] = len(all)
		}
		all = append(all, h)
	}
	return all
}

// add takes in another agent of the same port.
func (h *heardAgent) add(o heardAgent) {
	h.backlog += o.backlog
	if h.at == 0 || o.at != 0 && o.at < h.at {
		h.at = o.at
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

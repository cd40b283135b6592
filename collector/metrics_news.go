package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"portolan"
	"portolan/collector/projection"
	"portolan/evidence"
)

// portPlan is a plan as it is run at a port.
type portPlan struct {
	port portolan.PortCode
	hash evidence.PlanHash
}

// planSamples is the samples that the results of a plan count in at a port, looked up once.
type planSamples map[planned]*seriesSamples

// planned names a series of a plan.
type planned struct {
	system      portolan.SystemID
	transaction portolan.TransactionID
}

// seriesSamples is the samples of one series of a plan.
type seriesSamples struct {
	runs     map[counted]prometheus.Counter
	duration prometheus.Observer
	steps    []stepSample // in the order of the plan
}

// counted is what tells the counters of one series apart.
type counted struct {
	outcome portolan.Outcome
	lane    portolan.Lane
}

type stepSample struct {
	step     portolan.StepID
	duration prometheus.Observer
}

// mostPlans bounds the plans whose samples are kept at hand.
const mostPlans = 10_000

// samplesOf returns the samples of a batch's plan.
func (m *metrics) samplesOf(port portolan.PortCode, batch *evidence.Batch) planSamples {
	plan := portPlan{port, batch.Plan}
	if samples := m.plans[plan]; samples != nil {
		return samples
	}
	samples := m.samplesOfPlan(port, batch.PlanBody)
	if len(m.plans) >= mostPlans {
		clear(m.plans)
	}
	m.plans[plan] = samples
	return samples
}

// samplesOfPlan returns the samples of a plan, nil for one that is not known. The live counters and the histograms of
// its series exist from then on, at zero if they are new: a rate sees only what comes after the first sample. Rules do
// not look at backlog.
func (m *metrics) samplesOfPlan(port portolan.PortCode, plan *portolan.Plan) planSamples {
	samples := planSamples{}
	if plan == nil {
		return samples
	}
	for i := range plan.Series {
		s := &plan.Series[i]
		samples[planned{s.System, s.Transaction}] = m.samplesOfSeries(port, s)
	}
	return samples
}

func (m *metrics) samplesOfSeries(port portolan.PortCode, s *portolan.PlannedSeries) *seriesSamples {
	system, transaction := string(s.System), string(s.Transaction)
	samples := &seriesSamples{
		runs:     map[counted]prometheus.Counter{},
		duration: m.duration.WithLabelValues(system, transaction, string(port)),
	}
	for _, outcome := range []portolan.Outcome{portolan.Good, portolan.Slow, portolan.Failed} {
		samples.runs[counted{outcome, portolan.Live}] = m.counterOf(port, s, counted{outcome, portolan.Live})
	}
	for _, step := range s.Steps {
		samples.steps = append(samples.steps, stepSample{step.Step, m.step.WithLabelValues(system, transaction, string(step.Step))})
	}
	return samples
}

func (m *metrics) counterOf(port portolan.PortCode, s *portolan.PlannedSeries, c counted) prometheus.Counter {
	return m.transactions.WithLabelValues(string(s.System), string(s.Transaction), string(port), c.outcome.String(), c.lane.String())
}

// countNews counts the first attempts of a link. Only whoever folds calls it.
func (m *metrics) countNews(n projection.News) {
	port := n.Link.Chain.Agent.Port()
	samples := m.samplesOf(port, n.Batch)
	for _, r := range n.Results {
		if r.Attempt == 1 {
			m.countResult(port, samples, r, n.Link.Lane)
		}
	}
}

func (m *metrics) countResult(port portolan.PortCode, plan planSamples, r *portolan.Result, lane portolan.Lane) {
	name := planned{r.System, r.Transaction}
	series := portolan.PlannedSeries{System: r.System, Transaction: r.Transaction}
	samples := plan[name]
	if samples == nil { // not in the plan
		samples = m.samplesOfSeries(port, &series)
		plan[name] = samples
	}
	c := counted{r.Outcome, lane}
	if samples.runs[c] == nil {
		samples.runs[c] = m.counterOf(port, &series, c)
	}
	samples.runs[c].Inc()
	if r.Outcome != portolan.Good && r.Outcome != portolan.Slow {
		return
	}
	samples.duration.Observe(r.Duration.Seconds())
	for i := range r.Steps {
		m.observerOf(samples, i, r).Observe(r.Steps[i].Duration.Seconds())
	}
}

// observerOf returns the histogram of a result's i-th step, which mostly is the plan's i-th.
func (m *metrics) observerOf(samples *seriesSamples, i int, r *portolan.Result) prometheus.Observer {
	step := r.Steps[i].Step
	if i < len(samples.steps) && samples.steps[i].step == step {
		return samples.steps[i].duration
	}
	return m.step.WithLabelValues(string(r.System), string(r.Transaction), string(step))
}

package evidence_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"portolan"
	"portolan/evidence"
)

const exampleStart = portolan.Instant(1_483_394_400_000_000) // 2017-01-02T22:00:00Z

// examplePlan is a port's plan of n transactions with five steps each, once a minute.
func examplePlan(n int) portolan.Plan {
	p := portolan.Plan{Port: "MIA"}
	for i := range n {
		p.Series = append(p.Series, portolan.PlannedSeries{
			System: "tpac", Transaction: portolan.TransactionID(fmt.Sprintf("primary-inspection-t%d", i)),
			Revision: portolan.RevisionOf([]byte{byte(i)}), Share: 1, Interval: time.Minute,
			Latency: 3 * time.Second, Timeout: 30 * time.Second,
			Steps: []portolan.PlannedStep{
				{Step: "sign-on"}, {Step: "biographic-query"}, {Step: "apis-match", Dependency: "apis"},
				{Step: "biometric-match", Dependency: "ident"}, {Step: "decision"},
			},
		})
	}
	return p
}

// traffic draws results as agents record them: latencies scatter log-normally, the first step connects and
// the others reuse its connection, and starts are some milliseconds late.
type traffic struct {
	rand *rand.Rand
	plan portolan.Plan
}

func newTraffic(series int) traffic {
	return traffic{rand: rand.New(rand.NewPCG(7, 7)), plan: examplePlan(series)}
}

// results returns n results in the order in which they were due, with their steps or without.
func (t traffic) results(n int, withSteps bool) []evidence.Record {
	records := make([]evidence.Record, n)
	count := len(t.plan.Series)
	for i := range records {
		series := i % count
		s := t.plan.Series[series]
		due := exampleStart.Add(time.Duration(i/count) * time.Minute).Add(time.Duration(series) * time.Minute / time.Duration(count))
		due += portolan.Instant(series * 7919 % 3_000_000)
		r := &portolan.Result{
			Seq: portolan.Seq(1_000_000 + i), System: s.System, Transaction: s.Transaction, Revision: s.Revision,
			Due: due, Start: due.Add(t.around(3*time.Millisecond, 0.7)), Attempt: 1, Outcome: portolan.Good,
		}
		t.run(r, &s)
		if !withSteps {
			r.Steps = nil
		}
		records[i] = evidence.Record{Result: r}
	}
	return records
}

func (t traffic) run(r *portolan.Result, s *portolan.PlannedSeries) {
	waits := []time.Duration{40 * time.Millisecond, 80 * time.Millisecond, 120 * time.Millisecond, 400 * time.Millisecond, 30 * time.Millisecond}
	for i, planned := range s.Steps {
		step := portolan.StepResult{Step: planned.Step, Offset: r.Duration + t.around(12*time.Microsecond, 0.5), Outcome: portolan.Good, Bytes: int64(400 + 173*i)}
		if i == 0 {
			step.Phases.Add(portolan.PhaseDNS, t.around(2*time.Millisecond, 0.6))
			step.Phases.Add(portolan.PhaseConnect, t.around(15*time.Millisecond, 0.2))
			step.Phases.Add(portolan.PhaseTLS, t.around(35*time.Millisecond, 0.2))
		}
		step.Phases.Add(portolan.PhaseRequest, t.around(90*time.Microsecond, 0.4))
		step.Phases.Add(portolan.PhaseWait, t.around(waits[i], 0.4))
		step.Phases.Add(portolan.PhaseRead, t.around(150*time.Microsecond, 0.5))
		step.Phases.Add(portolan.PhaseCheck, t.around(110*time.Microsecond, 0.3))
		step.Duration = step.Phases.Sum() + t.around(40*time.Microsecond, 0.4)
		r.Steps = append(r.Steps, step)
		r.Duration = step.Offset + step.Duration
	}
	r.Duration += t.around(30*time.Microsecond, 0.5)
}

// around draws a log-normal duration in whole microseconds.
func (t traffic) around(median time.Duration, sigma float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(sigma*t.rand.NormFloat64())).Truncate(time.Microsecond)
}

func batchOf(plan portolan.Plan, records []evidence.Record) evidence.Batch {
	return evidence.Batch{
		Agent: "MIA-1", Stream: portolan.Stream{1, 2, 3}, Number: 4711, Previous: evidence.Hash{9, 9}, Lane: portolan.Live,
		SentAt: exampleStart.Add(time.Minute),
		Clock:  evidence.Clock{Offset: -1200 * time.Microsecond, Uncertainty: 800 * time.Microsecond, Age: 15 * time.Second},
		Plan:   evidence.HashPlan(&plan), PlanBody: &plan, Records: records, Backlog: 3,
	}
}

// exampleBatch holds one of everything.
func exampleBatch() evidence.Batch {
	t := newTraffic(2)
	records := t.results(4, true)
	failed := *records[1].Result
	failed.Outcome, failed.Hold, failed.Steps = portolan.Failed, 5*time.Minute, failed.Steps[:4]
	failed.Symptom = portolan.Symptom{Step: "biometric-match", Phase: portolan.PhaseWait, Kind: portolan.KindTimeout, Dependency: "ident"}
	records[1].Result = &failed
	seq := records[3].Seq()
	span := portolan.Span{From: exampleStart, To: exampleStart.Add(time.Hour)}
	records = append(records,
		evidence.Record{Gap: &portolan.Gap{Seq: seq + 1, Span: span, Reason: portolan.GapAsleep}},
		evidence.Record{Loss: &portolan.Loss{Seq: seq + 2, First: 3, Last: 90, Results: 88, Span: span}},
		evidence.Record{Excuse: &portolan.Excuse{Seq: seq + 3, System: "tpac", Transaction: "primary-inspection-t1", Span: span, Reason: portolan.SkipBackOff}},
		evidence.Record{Farewell: &portolan.Farewell{Seq: seq + 9, At: span.To}},
	)
	b := batchOf(t.plan, records)
	b.CarriesPlan = true
	b.Open = []evidence.OpenRun{{System: "tpac", Transaction: "primary-inspection-t0", Start: span.To, Step: "apis-match"}}
	return b
}

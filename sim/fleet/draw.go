package fleet

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"portolan"
)

// What the drawn results are like.
const (
	stepsARun  = 5
	slowOne    = 100 // one run in so many is slow
	failedOne  = 400
	timeout    = 30 * time.Second
	objective  = 5 * time.Second
	slowest    = 20 * time.Second
	bytesARead = 600
)

// planOf returns what an agent of the port runs: transactions of a few systems, each with five steps.
func planOf(port portolan.PortCode, series int, interval time.Duration) *portolan.Plan {
	plan := &portolan.Plan{Port: port}
	for n := range series {
		s := portolan.PlannedSeries{
			System:      portolan.SystemID(fmt.Sprintf("fleet-%d", n%stepsARun+1)),
			Transaction: portolan.TransactionID(fmt.Sprintf("work-%d", n+1)),
			Share:       1, Interval: interval, Latency: objective, Timeout: timeout,
		}
		for step := range stepsARun {
			s.Steps = append(s.Steps, portolan.PlannedStep{Step: portolan.StepID(fmt.Sprintf("step-%d", step+1))})
		}
		s.Steps[stepsARun-1].Dependency = "fleet-upstream"
		plan.Series = append(plan.Series, s)
	}
	return plan
}

// dice draws an agent's results. Each result has its own sequence, so that it is the same whatever was drawn before it.
type dice struct {
	seed, agent uint64
	source      rand.PCG
}

func newDice(seed uint64, agent portolan.AgentID) *dice {
	h := fnv.New64a()
	_, _ = h.Write([]byte(agent))
	return &dice{seed: seed, agent: h.Sum64()}
}

// result draws the record of a run.
func (d *dice) result(seq portolan.Seq, planned *portolan.PlannedSeries, start portolan.Instant) *portolan.Result {
	// Neighboring numbers are far apart in PCG's output only if both words of its seed differ well.
	d.source.Seed(d.seed^d.agent, uint64(seq)*0x9e3779b97f4a7c15)
	r := &portolan.Result{
		Seq: seq, System: planned.System, Transaction: planned.Transaction, Due: start, Start: start, Attempt: 1, Outcome: portolan.Good,
		Steps: make([]portolan.StepResult, 0, len(planned.Steps)),
	}
	fate := d.source.Uint64()
	for i := range planned.Steps {
		r.Steps = append(r.Steps, d.step(planned.Steps[i].Step, r.Duration))
		r.Duration += r.Steps[i].Duration
	}
	last := &r.Steps[len(r.Steps)-1]
	switch {
	case fate%failedOne == 0:
		r.Outcome, last.Outcome = portolan.Failed, portolan.Failed
		r.Symptom = symptomOf(planned, portolan.KindTimeout)
	case fate%slowOne == 1:
		late := objective + time.Duration(d.source.Uint64()%uint64(slowest-objective)).Truncate(time.Microsecond)
		last.Phases.Add(portolan.PhaseWait, late)
		last.Duration += late
		r.Duration += late
		r.Outcome = portolan.Slow
		r.Symptom = symptomOf(planned, portolan.KindLate)
	}
	return r
}

func symptomOf(planned *portolan.PlannedSeries, kind portolan.ErrorKind) portolan.Symptom {
	last := planned.Steps[len(planned.Steps)-1]
	return portolan.Symptom{Step: last.Step, Phase: portolan.PhaseWait, Kind: kind, Dependency: last.Dependency}
}

// step draws a step in which every phase was reached.
func (d *dice) step(id portolan.StepID, offset time.Duration) portolan.StepResult {
	s := portolan.StepResult{Step: id, Offset: offset, Outcome: portolan.Good, Bytes: bytesARead + int64(d.source.Uint64()%64)}
	for p := portolan.PhaseDNS; int(p) < portolan.Phases; p++ {
		s.Phases.Add(p, time.Duration(100+d.source.Uint64()%40_000)*time.Microsecond)
	}
	s.Duration = s.Phases.Sum()
	return s
}

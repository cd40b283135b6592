package replay

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"portolan"
)

// dice draws what an agent's runs come to. Each run has a sequence of its own, so that it is the same whatever was drawn before.
type dice struct {
	seed, agent uint64
	source      rand.PCG
}

func newDice(seed uint64, agent portolan.AgentID) dice {
	return dice{seed: seed, agent: hashOf(string(agent))}
}

func hashOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}

// within draws a length of time below d.
func (d *dice) within(limit time.Duration) time.Duration {
	d.source.Seed(d.seed^d.agent, uint64(limit))
	return (time.Duration(d.source.Uint64() % uint64(limit))).Truncate(time.Microsecond)
}

// spread is how far a run's pace lies from the usual one at most.
const spread = 0.1

// What a step takes besides waiting.
const (
	writes = 200 * time.Microsecond
	reads  = 300 * time.Microsecond
)

// run draws the result of a series' next run, which begins when it is due.
func (d *dice) run(s *series, at portolan.Instant) *portolan.Result {
	// Neighboring numbers are far apart in PCG's output only if both words of its seed differ well.
	d.source.Seed(d.seed^d.agent^hashOf(string(s.Name.System)+"/"+string(s.Name.Transaction)), s.runs*0x9e3779b97f4a7c15)
	random := rand.New(&d.source)
	pace := 1 + spread*(2*random.Float64()-1)
	fate := s.Run(at, pace, func(ratio float64) bool { return random.Float64() < ratio })
	r := &portolan.Result{
		System: s.Name.System, Transaction: s.Name.Transaction, Revision: s.Planned.Revision, Due: at, Start: at,
		Duration: fate.Duration, Attempt: 1, Outcome: fate.Outcome, Symptom: fate.Symptom,
		Steps: make([]portolan.StepResult, len(fate.Steps)),
	}
	offset := time.Duration(0)
	for i, took := range fate.Steps {
		step := portolan.StepResult{Step: s.Planned.Steps[i].Step, Offset: offset, Duration: took, Outcome: portolan.Good}
		if i == len(fate.Steps)-1 && fate.Outcome == portolan.Failed {
			step.Outcome = portolan.Failed
			step.Phases = phases(took, fate.Symptom.Phase)
		} else {
			step.Phases, step.Bytes = phases(took, portolan.PhaseRead), 600
		}
		r.Steps[i], offset = step, offset+took
	}
	return r
}

// phases shares a step's time among the phases up to the one in which it ended: what is not spent in another is waited.
func phases(took time.Duration, last portolan.Phase) (times portolan.PhaseTimes) {
	if last == portolan.PhaseConnect {
		times.Add(portolan.PhaseConnect, took)
		return times
	}
	request, read := min(writes, took/4), time.Duration(0)
	times.Add(portolan.PhaseRequest, request)
	if last >= portolan.PhaseRead {
		read = min(reads, took/4)
	}
	times.Add(portolan.PhaseWait, took-request-read)
	if last >= portolan.PhaseRead {
		times.Add(portolan.PhaseRead, read)
	}
	if last == portolan.PhaseCheck {
		times.Add(portolan.PhaseCheck, 0)
	}
	return times
}

package evidence_test

import (
	"math"
	"slices"
	"time"

	"pgregory.net/rapid"

	"portolan"
	"portolan/evidence"
)

const maxMicros = math.MaxInt64 / int64(time.Microsecond)

// drawNumber draws a number of any length, small and largest ones as often as others.
func drawNumber(t *rapid.T, label string) uint64 {
	if rapid.IntRange(0, 9).Draw(t, label+"-kind") == 0 {
		return math.MaxUint64
	}
	return rapid.Uint64().Draw(t, label) >> rapid.IntRange(0, 63).Draw(t, label+"-length")
}

func drawInstant(t *rapid.T, label string) portolan.Instant {
	if rapid.Bool().Draw(t, label+"-usual") {
		return exampleStart + portolan.Instant(rapid.Int64Range(-1e9, 1e9).Draw(t, label))
	}
	return portolan.Instant(drawNumber(t, label))
}

func drawSpan(t *rapid.T) portolan.Span {
	return portolan.Span{From: drawInstant(t, "from"), To: drawInstant(t, "to")}
}

func drawDuration(t *rapid.T, label string) time.Duration {
	return time.Duration(min(drawNumber(t, label), uint64(maxMicros))) * time.Microsecond
}

func drawName(t *rapid.T, label string) string {
	return rapid.SampledFrom([]string{"a", "tpac", "ident", "apis-match", "e3-intake", "x0"}).Draw(t, label)
}

func drawPlan(t *rapid.T) portolan.Plan {
	p := portolan.Plan{Port: "MIA", Class: rapid.SampledFrom([]portolan.WorkstationClass{"", "kiosk", "primary-booth"}).Draw(t, "class")}
	for range rapid.IntRange(0, 4).Draw(t, "planned series") {
		s := portolan.PlannedSeries{
			System: portolan.SystemID(drawName(t, "system")), Transaction: portolan.TransactionID(drawName(t, "transaction")),
			Revision: portolan.RevisionOf([]byte(drawName(t, "revision"))), Share: rapid.Uint32().Draw(t, "share"),
			Interval: drawDuration(t, "interval"), Latency: drawDuration(t, "latency"), Timeout: drawDuration(t, "timeout"),
			Cron: rapid.SampledFrom([]string{"", "*/5 * * * *"}).Draw(t, "cron"), Zone: rapid.SampledFrom([]string{"", "America/New_York"}).Draw(t, "zone"),
		}
		for range rapid.IntRange(0, 4).Draw(t, "planned steps") {
			s.Steps = append(s.Steps, portolan.PlannedStep{Step: portolan.StepID(drawName(t, "step")), Dependency: drawDependency(t)})
		}
		p.Series = append(p.Series, s)
	}
	return p
}

func drawDependency(t *rapid.T) portolan.SystemID {
	return portolan.SystemID(rapid.SampledFrom([]string{"", "ident", "apis"}).Draw(t, "dependency"))
}

func drawRecord(t *rapid.T, plan *portolan.Plan) evidence.Record {
	switch rapid.IntRange(0, 9).Draw(t, "record") {
	case 0:
		return evidence.Record{Gap: &portolan.Gap{Span: drawSpan(t), Reason: portolan.GapReason(rapid.IntRange(0, 4).Draw(t, "reason"))}}
	case 1:
		return evidence.Record{Farewell: &portolan.Farewell{At: drawInstant(t, "at")}}
	case 2:
		return evidence.Record{Loss: &portolan.Loss{First: portolan.Seq(drawNumber(t, "first")), Last: portolan.Seq(drawNumber(t, "last")), Results: drawNumber(t, "results"), Span: drawSpan(t)}}
	case 3:
		return evidence.Record{Excuse: &portolan.Excuse{System: "tpac", Transaction: portolan.TransactionID(drawName(t, "transaction")), Span: drawSpan(t), Reason: portolan.Skip(rapid.IntRange(0, 3).Draw(t, "reason"))}}
	default:
		return evidence.Record{Result: drawResult(t, plan)}
	}
}

func drawResult(t *rapid.T, plan *portolan.Plan) *portolan.Result {
	r := &portolan.Result{
		System: portolan.SystemID(drawName(t, "system")), Transaction: portolan.TransactionID(drawName(t, "transaction")),
		Revision: portolan.RevisionOf([]byte(drawName(t, "revision"))),
		Due:      drawInstant(t, "due"), Start: drawInstant(t, "start"), Duration: drawDuration(t, "duration"),
		Attempt: int(min(drawNumber(t, "attempt"), math.MaxInt32)), Outcome: drawOutcome(t), Hold: drawDuration(t, "hold"),
	}
	var steps []portolan.PlannedStep
	if len(plan.Series) > 0 && rapid.Bool().Draw(t, "planned") {
		s := rapid.SampledFrom(plan.Series).Draw(t, "series")
		r.System, r.Transaction, r.Revision, steps = s.System, s.Transaction, s.Revision, s.Steps
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "steps") {
		id := portolan.StepID(drawName(t, "step"))
		if i < len(steps) {
			id = steps[i].Step
		}
		r.Steps = append(r.Steps, drawStep(t, id))
	}
	if rapid.Bool().Draw(t, "symptom") {
		r.Symptom = portolan.Symptom{Phase: portolan.Phase(rapid.IntRange(0, 7).Draw(t, "phase")), Kind: portolan.ErrorKind(rapid.IntRange(0, 18).Draw(t, "kind"))}
		if rapid.Bool().Draw(t, "symptom at step") {
			r.Symptom.Step, r.Symptom.Dependency = portolan.StepID(drawName(t, "step")), drawDependency(t)
		}
	}
	return r
}

func drawStep(t *rapid.T, id portolan.StepID) portolan.StepResult {
	s := portolan.StepResult{
		Step: id, Offset: drawDuration(t, "offset"), Duration: drawDuration(t, "took"), Outcome: drawOutcome(t),
		Bytes: int64(drawNumber(t, "bytes") >> 1),
	}
	for p := portolan.PhaseNone; p <= portolan.PhaseCheck; p++ {
		if rapid.Bool().Draw(t, "reached") {
			s.Phases.Add(p, drawDuration(t, "phase"))
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "measures") == 0 {
		for m := portolan.NotMeasured; m > portolan.MeasureUnknown; m-- {
			if rapid.Bool().Draw(t, "measured") {
				s.Measures = append(s.Measures, portolan.Measurement{Measure: m, Value: int64(drawNumber(t, "value"))})
			}
		}
	}
	return s
}

func drawOutcome(t *rapid.T) portolan.Outcome {
	return portolan.Outcome(rapid.IntRange(0, 3).Draw(t, "outcome"))
}

func drawBatch(t *rapid.T) evidence.Batch {
	b := evidence.Batch{
		Agent: "MIA-1", Number: max(1, drawNumber(t, "number")), Lane: portolan.Lane(rapid.IntRange(0, 2).Draw(t, "lane")),
		SentAt: drawInstant(t, "sent"), Backlog: drawNumber(t, "backlog"),
		Clock: evidence.Clock{
			Offset: time.Duration(rapid.Int64Range(-maxMicros, maxMicros).Draw(t, "offset")) * time.Microsecond, Uncertainty: drawDuration(t, "uncertainty"),
			Age: time.Duration(rapid.Int64Range(-1, maxMicros).Draw(t, "age")) * time.Microsecond,
		},
	}
	copy(b.Stream[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "stream"))
	copy(b.Previous[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "previous"))
	plan := drawPlan(t)
	if rapid.Bool().Draw(t, "with plan") {
		b.Plan, b.PlanBody, b.CarriesPlan = evidence.HashPlan(&plan), &plan, rapid.Bool().Draw(t, "carries plan")
	}
	if rapid.Bool().Draw(t, "open run") {
		b.Open = []evidence.OpenRun{{System: "tpac", Transaction: "a", Start: drawInstant(t, "open since"), Step: portolan.StepID(rapid.SampledFrom([]string{"", "b"}).Draw(t, "open step"))}}
	}
	seqs := make([]uint64, rapid.IntRange(0, 20).Draw(t, "records"))
	for i := range seqs {
		seqs[i] = drawNumber(t, "seq")
	}
	slices.Sort(seqs)
	for _, seq := range slices.Compact(seqs) {
		b.Records = append(b.Records, drawRecord(t, &plan).WithSeq(portolan.Seq(seq)))
	}
	return b
}

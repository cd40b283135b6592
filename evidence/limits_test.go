package evidence_test

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"portolan"
	"portolan/evidence"
)

func TestOpen_RefusesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	tr := newTraffic(1)
	data := mustSeal(t, batchOf(tr.plan, tr.results(20, true)), nil).Bytes
	planOf := func(evidence.PlanHash) (*portolan.Plan, bool) { return &tr.plan, true }
	for name, limits := range map[string]evidence.Limits{
		"content": {Content: len(data) - 1},
		"records": {Records: 19},
		"body":    {Body: 500},
		"steps":   {Steps: 99},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := evidence.Open(data, limits)
			if err == nil {
				_, err = e.Decode(planOf)
			}
			if err == nil {
				t.Fatal("accepted")
			}
		})
	}
	if _, err := mustOpen(t, data).Decode(planOf); err != nil {
		t.Fatalf("within the default limits: %v", err)
	}
}

func TestOpen_TellsANewerVersionFromNonsense(t *testing.T) {
	t.Parallel()
	b := exampleBatch()
	data := mustSeal(t, b, nil).Bytes
	e := mustOpen(t, data)
	content, _ := protowire.ConsumeBytes(data[1:])
	content = append([]byte(nil), content...)
	content[1] = 2 // the version, its value behind the tag
	data = protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), content)
	newerEnvelope, err := evidence.Open(data, evidence.Limits{})
	var newer *evidence.VersionError
	if !errors.As(err, &newer) || newer.Version != 2 {
		t.Fatalf("got %v, want VersionError 2", err)
	}
	if newerEnvelope.Number != e.Number || newerEnvelope.Agent != e.Agent || newerEnvelope.Hash == e.Hash {
		t.Errorf("got %s, batch %d", newerEnvelope.Agent, newerEnvelope.Number)
	}
	if _, err := newerEnvelope.Decode(nil); !errors.As(err, &newer) {
		t.Errorf("decode: got %v, want VersionError", err)
	}
	_, err = evidence.Open([]byte("nonsense"), evidence.Limits{})
	var malformed *evidence.FormatError
	if !errors.As(err, &malformed) {
		t.Errorf("got %v, want FormatError", err)
	}
}

func TestSeal_RefusesWhatCouldNotBeReadBack(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b *evidence.Batch){
		"no-agent":         func(b *evidence.Batch) { b.Agent = "" },
		"no-number":        func(b *evidence.Batch) { b.Number = 0 },
		"plan-not-named":   func(b *evidence.Batch) { b.Plan = evidence.PlanHash{} },
		"plan-not-there":   func(b *evidence.Batch) { b.PlanBody = nil },
		"bad-port":         func(b *evidence.Batch) { b.PlanBody.Port = "m" },
		"unordered":        func(b *evidence.Batch) { b.Records[0], b.Records[1] = b.Records[1], b.Records[0] },
		"twice":            func(b *evidence.Batch) { b.Records[1] = b.Records[0] },
		"empty-record":     func(b *evidence.Batch) { b.Records[0] = evidence.Record{} },
		"negative-time":    func(b *evidence.Batch) { b.Records[0].Result.Duration = -1 },
		"bad-outcome":      func(b *evidence.Batch) { b.Records[0].Result.Outcome = 9 },
		"bad-name":         func(b *evidence.Batch) { b.Records[0].Result.System = "No Name" },
		"bad-step":         func(b *evidence.Batch) { b.Records[0].Result.Steps[0].Step = "-" },
		"lone-dependency":  func(b *evidence.Batch) { b.Records[0].Result.Symptom.Dependency = "ident" },
		"bad-excuse":       func(b *evidence.Batch) { b.Records[6].Excuse.System = "" },
		"bad-open-run":     func(b *evidence.Batch) { b.Open[0].Transaction = "?" },
		"several-in-one":   func(b *evidence.Batch) { b.Records[0].Gap = b.Records[4].Gap },
		"negative-unsure":  func(b *evidence.Batch) { b.Clock.Uncertainty = -1 },
		"too-many-records": func(b *evidence.Batch) { b.Records = make([]evidence.Record, 100_001) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := exampleBatch()
			change(&b)
			if _, err := evidence.Seal(b, nil); err == nil {
				t.Fatal("sealed")
			}
		})
	}
}

// A value added to one of these sets needs a new format version: see the constants that Validate uses.
func TestRecord_KnowsEveryValueOfTheClosedSets(t *testing.T) {
	t.Parallel()
	sound := func(r evidence.Record) bool { return r.Validate() == nil }
	for v := range 40 {
		gap := evidence.Record{Gap: &portolan.Gap{Reason: portolan.GapReason(v)}}
		if known := v <= int(portolan.GapClock); sound(gap) != known || isNamed(portolan.GapReason(v).String()) != known {
			t.Errorf("gap reason %d (%s)", v, portolan.GapReason(v))
		}
		result := evidence.Record{Result: &portolan.Result{System: "tpac", Transaction: "a", Outcome: portolan.Outcome(v)}}
		if known := v <= int(portolan.Failed); sound(result) != known || isNamed(portolan.Outcome(v).String()) != known {
			t.Errorf("outcome %d (%s)", v, portolan.Outcome(v))
		}
		result.Result.Outcome, result.Result.Symptom.Kind = portolan.Failed, portolan.ErrorKind(v)
		if known := v <= int(portolan.KindMonitor); sound(result) != known || isNamed(portolan.ErrorKind(v).String()) != known {
			t.Errorf("error kind %d (%s)", v, portolan.ErrorKind(v))
		}
		result.Result.Symptom = portolan.Symptom{Phase: portolan.Phase(v)}
		if known := v <= int(portolan.PhaseCheck); sound(result) != known || isNamed(portolan.Phase(v).String()) != known {
			t.Errorf("phase %d (%s)", v, portolan.Phase(v))
		}
	}
}

// isNamed tells a value's name from the number that stands in for a missing one.
func isNamed(s string) bool { return s == "" || s[len(s)-1] != ')' }

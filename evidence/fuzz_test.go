package evidence_test

import (
	"testing"

	"portolan"
	"portolan/evidence"
)

func FuzzOpen(f *testing.F) {
	key := newKey(f)
	f.Add(mustSeal(f, exampleBatch(), key).Bytes)
	f.Add(mustSeal(f, evidence.Batch{Agent: "MIA-1", Number: 1}, nil).Bytes)
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := evidence.Open(data, evidence.Limits{})
		if err != nil {
			return
		}
		if e.Number == 0 || e.Agent == "" {
			t.Fatalf("accepted agent %q, number %d", e.Agent, e.Number)
		}
		_ = e.VerifySignature(&key.PublicKey)
	})
}

// FuzzDecode demands that whatever is unpacked is valid and within the limits.
func FuzzDecode(f *testing.F) {
	b := exampleBatch()
	f.Add(mustSeal(f, b, nil).Bytes)
	tr := newTraffic(15)
	f.Add(mustSeal(f, batchOf(tr.plan, tr.results(30, true)), nil).Bytes)
	f.Add(mustSeal(f, batchOf(tr.plan, []evidence.Record{measuredRecord(tr.results(1, true)[0])}), nil).Bytes)
	planOf := func(evidence.PlanHash) (*portolan.Plan, bool) { return &tr.plan, true }
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := evidence.Open(data, evidence.Limits{Body: 1 << 20, Records: 1000, Steps: 10_000})
		if err != nil {
			return
		}
		batch, err := e.Decode(planOf)
		if err != nil {
			return
		}
		steps := 0
		for _, r := range batch.Records {
			if err := r.Validate(); err != nil {
				t.Fatalf("accepted an invalid record: %v", err)
			}
			if r.Result != nil {
				steps += len(r.Result.Steps)
			}
		}
		if len(batch.Records) > 1000 || steps > 10_000 {
			t.Fatalf("accepted %d records with %d steps", len(batch.Records), steps)
		}
	})
}

func FuzzReadRecord(f *testing.F) {
	for _, r := range append(exampleBatch().Records, measuredRecord(newTraffic(15).results(1, true)[0])) {
		f.Add(evidence.AppendRecord(nil, r))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := evidence.ReadRecord(data)
		if err != nil {
			return
		}
		if err := r.Validate(); err != nil {
			t.Fatalf("accepted an invalid record: %v", err)
		}
		again, err := evidence.ReadRecord(evidence.AppendRecord(nil, r))
		if err != nil || again.Seq() != r.Seq() || again.At() != r.At() {
			t.Fatalf("written and read again: %+v, %v", again, err)
		}
	})
}

func FuzzReadEntry(f *testing.F) {
	entry, err := evidence.NextEntry(nil, exampleEntry(), newKey(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(evidence.AppendEntry(nil, &entry))
	f.Fuzz(func(t *testing.T, data []byte) {
		if e, err := evidence.ReadEntry(data); err == nil && e.Hash.IsZero() {
			t.Fatal("accepted an entry without computing its hash")
		}
	})
}

func FuzzReadPlan(f *testing.F) {
	plan := examplePlan(3)
	f.Add(evidence.AppendPlan(nil, &plan))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := evidence.ReadPlan(data)
		if err != nil {
			return
		}
		b := evidence.Batch{Agent: "MIA-1", Number: 1, Plan: evidence.HashPlan(p), PlanBody: p, CarriesPlan: true}
		if _, err := evidence.Seal(b, nil); err != nil && len(data) < 1<<19 {
			t.Fatalf("read a plan that cannot be sealed: %v", err)
		}
	})
}

// measuredRecord returns the record of a run whose last step measured two things.
func measuredRecord(r evidence.Record) evidence.Record {
	last := &r.Result.Steps[len(r.Result.Steps)-1]
	last.Measures = []portolan.Measurement{{Measure: portolan.DataAge, Value: 1_500_000}, {Measure: portolan.BodyDigest, Value: 1<<62 + 1}}
	return r
}

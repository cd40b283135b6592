package evidence_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/evidence"
)

func TestMeasures_TravelWithTheirSteps(t *testing.T) {
	t.Parallel()
	tr := newTraffic(15)
	records := tr.results(5, true)
	records[1], records[4] = measuredRecord(records[1]), measuredRecord(records[4])
	records[4].Result.Steps[0].Measures = []portolan.Measurement{{Measure: portolan.PathChange, Value: -7}}
	e, err := evidence.Open(mustSeal(t, batchOf(tr.plan, records), nil).Bytes, evidence.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Decode(func(evidence.PlanHash) (*portolan.Plan, bool) { return &tr.plan, true })
	if err != nil {
		t.Fatal(err)
	}
	for i := range records {
		for j := range records[i].Result.Steps {
			if diff := cmp.Diff(records[i].Result.Steps[j].Measures, got.Records[i].Result.Steps[j].Measures); diff != "" {
				t.Errorf("result %d, step %d (-sent +read):\n%s", i, j, diff)
			}
		}
	}
}

func TestMeasures_UnknownOrTwiceIsRefused(t *testing.T) {
	t.Parallel()
	age := portolan.Measurement{Measure: portolan.DataAge, Value: 1}
	for name, measures := range map[string][]portolan.Measurement{
		"zero": {{}}, "unknown": {{Measure: 200}}, "twice": {age, age},
	} {
		record := newTraffic(15).results(1, true)[0]
		record.Result.Steps[0].Measures = measures
		if err := record.Validate(); err == nil {
			t.Errorf("%s: a record with measures %v is valid", name, measures)
		}
	}
}

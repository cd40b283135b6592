package evidence_test

import (
	"testing"

	"portolan"
	"portolan/evidence"
)

// What a result may take in a batch of 15, beyond what the batch itself takes.
const (
	mostBytesWithSteps    = 60
	mostBytesWithoutSteps = 12
)

// bytesPerResult returns what each of n results adds to a batch.
func bytesPerResult(t testing.TB, tr traffic, n int, withSteps bool) float64 {
	t.Helper()
	full := len(mustSeal(t, batchOf(tr.plan, tr.results(n, withSteps)), nil).Bytes)
	empty := len(mustSeal(t, batchOf(tr.plan, nil), nil).Bytes)
	return float64(full-empty) / float64(n)
}

func sizeCases() []sizeCase {
	return []sizeCase{
		{"15-series-with-steps", 15, true, mostBytesWithSteps},
		{"15-series-without-steps", 15, false, mostBytesWithoutSteps},
		{"one-series-with-steps", 1, true, mostBytesWithSteps},
		{"one-series-without-steps", 1, false, mostBytesWithoutSteps},
	}
}

type sizeCase struct {
	name   string
	series int
	steps  bool
	most   float64
}

func TestBatch_KeepsResultsSmall(t *testing.T) {
	t.Parallel()
	for _, c := range sizeCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := bytesPerResult(t, newTraffic(c.series), 15, c.steps); got > c.most {
				t.Errorf("got %.1f bytes a result, want at most %.0f", got, c.most)
			}
		})
	}
}

func BenchmarkBatchSize(b *testing.B) {
	for _, c := range sizeCases() {
		b.Run(c.name, func(b *testing.B) {
			var size float64
			for b.Loop() {
				size = bytesPerResult(b, newTraffic(c.series), 15, c.steps)
			}
			b.ReportMetric(size, "bytes/result")
		})
	}
}

func BenchmarkSeal(b *testing.B) {
	tr := newTraffic(15)
	batch := batchOf(tr.plan, tr.results(15, true))
	for b.Loop() {
		mustSeal(b, batch, nil)
	}
}

func BenchmarkDecode(b *testing.B) {
	tr := newTraffic(15)
	sealed := mustSeal(b, batchOf(tr.plan, tr.results(15, true)), nil)
	for b.Loop() {
		if _, err := mustOpen(b, sealed.Bytes).Decode(func(evidence.PlanHash) (*portolan.Plan, bool) { return &tr.plan, true }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(15*float64(b.N)/b.Elapsed().Seconds(), "results/s")
}

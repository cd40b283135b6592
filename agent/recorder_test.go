package agent

import (
	"testing"

	"go.uber.org/zap"

	"portolan"
	"portolan/agent/spool"
	"portolan/evidence"
)

func TestRecorder_CountsWhatTheDiskDoesNotTake(t *testing.T) {
	t.Parallel()
	s, err := spool.Open(t.TempDir(), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // nothing can be written any more
		t.Fatal(err)
	}
	r := &recorder{log: zap.NewNop(), spool: s, metrics: newMetrics(nil, nil)}
	for range 2 {
		r.append(evidence.Record{Result: &portolan.Result{
			System: "tpac", Transaction: "primary-inspection", Due: memoryStart, Start: memoryStart, Attempt: 1, Outcome: portolan.Good,
		}})
	}
	r.append(evidence.Record{Gap: &portolan.Gap{Span: portolan.Span{From: 1, To: 2}, Reason: portolan.GapAsleep}})
	if why, unkept := r.trouble(); why == "" || unkept != 2 {
		t.Errorf("got %q, %d; want a reason and the two results", why, unkept)
	}
}

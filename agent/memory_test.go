package agent

import (
	"slices"
	"testing"
	"time"

	"portolan"
	"portolan/dashboard"
	"portolan/evidence"
	"portolan/internal/ways"
	"portolan/schedule"
	"portolan/targets"
)

const memoryStart portolan.Instant = 1_800_000_000_000_000

// mustRemember returns a memory of TPAC's transaction, run every ten seconds.
func mustRemember(t *testing.T) *memory {
	t.Helper()
	catalogue, err := targets.Load(targets.Options{Ways: ways.All(), CheckCron: schedule.CheckCron, Only: []portolan.SystemID{"tpac"}})
	if err != nil {
		t.Fatal(err)
	}
	return newMemory("MIA-1", catalogue.Plan(portolan.Port{Code: "MIA", Kind: portolan.Air}, "", 10*time.Second), catalogue)
}

// ran remembers a run that began so many seconds after memoryStart.
func ran(m *memory, after, took time.Duration, outcome portolan.Outcome) {
	r := portolan.Result{
		System: "tpac", Transaction: "primary-inspection", Attempt: 1, Outcome: outcome,
		Due: memoryStart.Add(after), Start: memoryStart.Add(after), Duration: took,
	}
	if outcome == portolan.Failed {
		r.Symptom = portolan.Symptom{Step: "sign-on", Phase: portolan.PhaseWait, Kind: portolan.KindTimeout}
	}
	m.result(r, 10*time.Second)
}

func hangs(m *memory, after time.Duration) {
	m.openRun(evidence.OpenRun{
		System: "tpac", Transaction: "primary-inspection", Start: memoryStart.Add(after), Step: "sign-on",
	})
}

func expect(t *testing.T, m *memory, after time.Duration, state portolan.State, since time.Duration) dashboard.Series {
	t.Helper()
	all := m.look(memoryStart.Add(after))
	at := slices.IndexFunc(all, func(s dashboard.Series) bool { return s.System == "tpac" && s.Transaction.ID == "primary-inspection" })
	if at < 0 {
		t.Fatalf("after %s: no such series among %d", after, len(all))
	}
	got := all[at]
	if got.State != state || got.Since != memoryStart.Add(since) {
		t.Errorf("after %s: %s since %s, want %s since %s", after, got.State, got.Since, state, memoryStart.Add(since))
	}
	return got
}

func TestMemory_ShowsAHangingRunWhileItHangs(t *testing.T) {
	t.Parallel()
	m := mustRemember(t)
	ran(m, 0, 2*time.Second, portolan.Good)
	hangs(m, 10*time.Second)
	for _, after := range []time.Duration{19 * time.Second, 50 * time.Second} {
		got := expect(t, m, after, portolan.SlowState, 10*time.Second)
		if s := got.Symptom; s == nil || s.Step != "sign-on" || s.Kind != portolan.KindLate || s.Took != after-10*time.Second {
			t.Errorf("after %s: symptom %+v, want sign-on late", after, s)
		}
	}
	ran(m, 10*time.Second, 45*time.Second, portolan.Failed)
	expect(t, m, 56*time.Second, portolan.Down, 10*time.Second)
}

func TestMemory_EndsNoOutageWhileTheNextRunHangs(t *testing.T) {
	t.Parallel()
	m := mustRemember(t)
	ran(m, 0, 45*time.Second, portolan.Failed)
	expect(t, m, 80*time.Second, portolan.Unmonitored, 70*time.Second)
	hangs(m, 50*time.Second)
	got := expect(t, m, 94*time.Second, portolan.Down, 0)
	if got.Symptom == nil || got.Symptom.Kind != portolan.KindTimeout {
		t.Errorf("symptom %+v, want the failed run's", got.Symptom)
	}
	ran(m, 50*time.Second, 2*time.Second, portolan.Good)
	if got := expect(t, m, 53*time.Second, portolan.Up, 50*time.Second); got.Symptom != nil {
		t.Errorf("symptom %+v while up", got.Symptom)
	}
}

package registry_test

import (
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger/ledgertest"
	"portolan/collector/registry"
	"portolan/evidence"
)

func TestRegistry_DueFollowsThePlanInForce(t *testing.T) {
	t.Parallel()
	l := openLedger(t)
	r := newRegistry(t, l)
	sender := ledgertest.NewSender("MIA-1")
	if _, err := l.Append(t.Context(), sender.Next()); err != nil {
		t.Fatal(err)
	}
	slower := *sender.Plan
	slower.Series = append([]portolan.PlannedSeries(nil), slower.Series...)
	slower.Series[0].Interval = 10 * time.Minute
	sender.Skip(58)
	change := sender.Next() // an hour later, less one result
	change.Content.Plan, change.Content.PlanBody = evidence.HashPlan(&slower), &slower
	if _, err := l.Append(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	plans, err := r.Plans(t.Context(), "MIA-1")
	if err != nil || len(plans) != 2 || plans[0].To != plans[1].From || plans[1].To != 0 {
		t.Fatalf("plans: %+v, %v", plans, err)
	}
	counts := make(map[bool]int)
	window := portolan.Span{From: plans[1].From.Add(-30 * time.Minute), To: plans[1].From.Add(time.Hour)}
	for due, err := range r.Due(t.Context(), "MIA-1", window) {
		if err != nil {
			t.Fatal(err)
		}
		counts[due.At < plans[1].From]++
	}
	if counts[true] != 30 || counts[false] != 6 {
		t.Errorf("got %d due before the change and %d after, want 30 and 6", counts[true], counts[false])
	}
	series, err := r.Schedules(t.Context(), "MIA-1")
	if err != nil || len(series) != 1 || series[0].Interval(series[0].Next(now)) != 10*time.Minute {
		t.Errorf("schedules: %v, %v", series, err)
	}
	if none, err := r.Schedules(t.Context(), "SEA-1"); err != nil || len(none) != 0 {
		t.Errorf("schedules of a stranger: %v, %v", none, err)
	}
	for due := range r.Due(t.Context(), "MIA-1", portolan.Span{From: 0, To: plans[0].From}) {
		t.Fatalf("due before the first plan: %+v", due)
	}
}

func TestAccepts_HoldsAPlanAgainstItsAgent(t *testing.T) {
	t.Parallel()
	plan := ledgertest.NewSender("MIA-1").Plan
	if err := registry.Accepts("MIA-1", plan); err != nil {
		t.Error(err)
	}
	if err := registry.Accepts("SEA-1", plan); err == nil {
		t.Error("the plan of another port was accepted")
	}
	bad := *plan
	bad.Series = []portolan.PlannedSeries{{System: "tpac", Transaction: "primary-inspection", Cron: "never"}}
	if err := registry.Accepts("MIA-1", &bad); err == nil {
		t.Error("a plan without a schedule was accepted")
	}
}

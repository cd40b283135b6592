package replay_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/evidence"
	"portolan/internal/ways"
	"portolan/ports"
	"portolan/schedule"
	"portolan/sim"
	"portolan/sim/replay"
	"portolan/sim/truth"
	"portolan/targets"
)

// play returns what the agents of a scenario of two hours send, by agent, with the faults as YAML.
func play(t *testing.T, interval time.Duration, faults string, o replay.Options) (*truth.World, map[portolan.AgentID][]replay.Delivery) {
	t.Helper()
	const form = "name: x\nstart: 2017-01-30T20:00:00Z\nlength: 2h\nseed: 1\nfleet: {ports: [MIA, SEA], interval: %s, systems: [ident, tpac]}\nfaults:\n%s"
	s, err := sim.ParseScenario("x.yaml", fmt.Appendf(nil, form, interval, faults))
	if err != nil {
		t.Fatal(err)
	}
	known, err := ports.Load("")
	if err != nil {
		t.Fatal(err)
	}
	c, err := targets.Load(targets.Options{Ways: ways.All(), CheckCron: schedule.CheckCron})
	if err != nil {
		t.Fatal(err)
	}
	w, err := truth.New(s, c, known)
	if err != nil {
		t.Fatal(err)
	}
	agents, err := replay.New(w, o)
	if err != nil {
		t.Fatal(err)
	}
	all := map[portolan.AgentID][]replay.Delivery{}
	for _, a := range agents {
		all[a.Station().Agent] = a.Until(w.Span.To)
	}
	return w, all
}

// results returns the results in deliveries by series, by start.
func results(deliveries []replay.Delivery) map[portolan.TransactionID][]*portolan.Result {
	all := map[portolan.TransactionID][]*portolan.Result{}
	for _, d := range deliveries {
		for _, r := range d.Records {
			if r.Result != nil {
				all[r.Result.Transaction] = append(all[r.Result.Transaction], r.Result)
			}
		}
	}
	for _, series := range all {
		slices.SortFunc(series, func(a, b *portolan.Result) int { return int(a.Start - b.Start) })
	}
	return all
}

func TestAgent_RunsWhenDueAndSendsEverythingOnce(t *testing.T) {
	t.Parallel()
	w, all := play(t, time.Minute, "- {at: 1h, for: 10m, where: {system: tpac, port: SEA}, effect: outage}", replay.Options{Seed: 7})
	for _, station := range w.Stations {
		seqs := map[portolan.Seq]bool{}
		for _, d := range all[station.Agent] {
			for i, r := range d.Records {
				if seqs[r.Seq()] || i > 0 && r.Seq() <= d.Records[i-1].Seq() {
					t.Fatalf("%s: record %d again, or out of order", station.Agent, r.Seq())
				}
				seqs[r.Seq()] = true
				if r.Result.End() > d.At || d.At.Sub(r.Result.End()) > 15*time.Second || d.Lane != portolan.Live {
					t.Fatalf("%s: %s that ended at %v was sent at %v, %v", station.Agent, r.Result.Transaction, r.Result.End(), d.At, d.Lane)
				}
			}
		}
		for n := range seqs {
			if n > portolan.Seq(len(seqs)) {
				t.Fatalf("%s: of %d records there is number %d", station.Agent, len(seqs), n)
			}
		}
		byTransaction := results(all[station.Agent])
		for _, planned := range station.Plan.Series {
			series, err := schedule.New(station.Agent, planned)
			if err != nil {
				t.Fatal(err)
			}
			var starts []portolan.Instant
			for _, r := range byTransaction[planned.Transaction] {
				starts = append(starts, r.Start)
			}
			due := slices.Collect(series.Due(portolan.Span{From: w.Span.From, To: w.Span.To.Add(-time.Minute)}))
			if diff := cmp.Diff(due, starts[:min(len(due), len(starts))]); diff != "" {
				t.Errorf("%s of %s (-due +started):\n%s", planned.Transaction, station.Agent, diff)
			}
		}
	}
}

func TestAgent_AHangDisplacesRunsAndIsTold(t *testing.T) {
	t.Parallel()
	w, all := play(t, 20*time.Second, "- {at: 1h, for: 30m, where: {dependency: ident}, effect: hang}\n- {at: 30m, for: 10m, where: {system: ident}, effect: hang}", replay.Options{Seed: 7})
	deliveries := all["MIA-1"]
	hung := portolan.Span{From: w.Span.From.Add(31 * time.Minute), To: w.Span.From.Add(38 * time.Minute)}
	var starts []portolan.Instant
	for _, r := range results(deliveries)["verification"] {
		if hung.Contains(r.Start) {
			starts = append(starts, r.Start)
			if r.Outcome != portolan.Failed || r.Symptom.Kind != portolan.KindTimeout || len(r.Steps) != 1 || r.Steps[0].Phases.Sum() != r.Duration {
				t.Fatalf("got %+v, want a time-out that was waited for", r)
			}
		}
	}
	timeout := w.Stations[0].Series[0].Planned.Timeout
	for i := 1; i < len(starts); i++ {
		if gap := starts[i].Sub(starts[i-1]); gap < timeout || gap > timeout+20*time.Second {
			t.Errorf("runs began %v apart, want the first due after %v", gap, timeout)
		}
	}
	if len(starts) < 5 {
		t.Errorf("got %d runs in %v", len(starts), hung.Duration())
	}
	told := slices.ContainsFunc(deliveries, func(d replay.Delivery) bool {
		return slices.ContainsFunc(d.Open, func(open evidence.OpenRun) bool {
			return open.Transaction == "primary-inspection" && open.Step == "biometric-verification" && d.At.Sub(open.Start) == 8*time.Second
		})
	})
	if !told {
		t.Error("nobody told that a run of TPAC had passed its objective in its biometric step")
	}
}

func TestAgent_AChangeIsSentAtOnce(t *testing.T) {
	t.Parallel()
	w, all := play(t, time.Minute, "- {at: 1h, for: 30m, where: {system: tpac}, effect: outage}", replay.Options{Seed: 7})
	for agent, deliveries := range all {
		first := portolan.Instant(0)
		for _, d := range deliveries {
			for _, r := range d.Records {
				if r.Result.Outcome != portolan.Good && first == 0 {
					if first = r.Result.End(); d.At != first {
						t.Errorf("%s: the first failure ended at %v and was sent at %v", agent, first, d.At)
					}
				}
			}
		}
		if first < w.Span.From.Add(time.Hour) {
			t.Errorf("%s: the first failure was at %v, want after an hour", agent, first)
		}
	}
}

func TestAgent_WhatWasCutOffComesAsBacklog(t *testing.T) {
	t.Parallel()
	w, all := play(t, time.Minute, "- {at: 30m, for: 20m, where: {port: SEA}, effect: partition}", replay.Options{Seed: 7})
	cut := portolan.Span{From: w.Span.From.Add(30 * time.Minute), To: w.Span.From.Add(50 * time.Minute)}
	late, failed := 0, 0
	for _, d := range all["SEA-1"] {
		if cut.Contains(d.At) {
			t.Fatalf("sent at %v, while cut off", d.At)
		}
		for _, r := range d.Records {
			if age := d.At.Sub(r.Result.End()); (age > 2*time.Minute) != (d.Lane == portolan.Backlog) {
				t.Errorf("a result %v old was sent as %v", age, d.Lane)
			}
			if d.Lane == portolan.Backlog {
				late++
			}
			if cut.Contains(r.Result.Start) && r.Result.Outcome != portolan.Good {
				failed++
			}
		}
	}
	runs := 0
	for _, s := range w.Stations[1].Series {
		runs += int(cut.Duration() / s.Planned.Interval)
	}
	if late < runs*3/4 || failed < runs*4/5 {
		t.Errorf("got %d records of backlog, %d failures, want most of %d runs", late, failed, runs)
	}
	if len(results(all["MIA-1"])["verification"]) < 118 {
		t.Error("Miami was not left alone")
	}
}

func TestAgent_ThatSleptSaysSo(t *testing.T) {
	t.Parallel()
	w, all := play(t, time.Minute, "- {at: 30m, for: 20m, where: {agent: SEA-1}, effect: asleep}", replay.Options{Seed: 7})
	off := portolan.Span{From: w.Span.From.Add(30 * time.Minute), To: w.Span.From.Add(50 * time.Minute)}
	gaps := 0
	for _, d := range all["SEA-1"] {
		if off.Contains(d.At) {
			t.Fatalf("sent at %v, while off", d.At)
		}
		for _, r := range d.Records {
			switch {
			case r.Gap != nil:
				gaps++
				if mark := off.From.Sub(r.Gap.Span.From); r.Gap.Span.To != off.To || mark < 0 || mark > 30*time.Second || r.Gap.Reason != portolan.GapAsleep {
					t.Errorf("gap: got %+v, want from the last mark before %v to %v", r.Gap, off.From, off.To)
				}
			case off.Contains(r.Result.Start), r.Result.Start < off.From && r.Result.End() > off.From:
				t.Errorf("a result from %v to %v, in %v", r.Result.Start, r.Result.End(), off)
			}
		}
	}
	if gaps != 1 {
		t.Errorf("got %d gaps, want 1", gaps)
	}
}

func TestAgent_QuietTimesAreSentSeldom(t *testing.T) {
	t.Parallel()
	const faults = "- {at: 1h, for: 10m, where: {system: tpac, port: SEA}, effect: outage}"
	_, often := play(t, time.Minute, faults, replay.Options{Seed: 7})
	w, seldom := play(t, time.Minute, faults, replay.Options{Seed: 7, QuietEvery: 2 * time.Minute})
	if a, b := len(often["MIA-1"]), len(seldom["MIA-1"]); b > a/2 {
		t.Errorf("got %d sendings, and %d where seldom is enough", a, b)
	}
	last := w.Span.From
	for _, d := range seldom["MIA-1"] {
		trouble := !w.Quiet(d.At) && !w.Quiet(last)
		if gap := d.At.Sub(last); gap > 2*time.Minute+15*time.Second || trouble && gap > 30*time.Second {
			t.Errorf("sent %v after the sending before, at %v", gap, d.At)
		}
		last = d.At
	}
	if diff := cmp.Diff(results(often["MIA-1"])["referral"][:50], results(seldom["MIA-1"])["referral"][:50], cmp.AllowUnexported(portolan.PhaseTimes{})); diff != "" {
		t.Errorf("how often agents send changes what they measure:\n%s", diff)
	}
}

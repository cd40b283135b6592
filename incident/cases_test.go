package incident

import (
	"testing"
	"time"

	"portolan"
)

// oneFault is a small fleet in which one thing goes wrong for half an hour, two hours after the beginning.
func oneFault(where func(*drawnAgent) bool, f drawnFault) *world {
	w := newWorld(11, 40, 4*time.Hour)
	f.where, f.ratio, f.from, f.to = where, 1, 2*time.Hour, 150*time.Minute
	w.faults = []*drawnFault{&f}
	return w
}

func atPort(code string) func(*drawnAgent) bool {
	return func(a *drawnAgent) bool { return string(a.port.Code) == code }
}

// only returns the one incident there is.
func only(t *testing.T, w *world) Incident {
	t.Helper()
	incidents, _ := w.follow()
	if len(incidents) != 1 {
		t.Fatalf("%d incidents, want one: %+v", len(incidents), incidents)
	}
	return incidents[0]
}

// A late run names its longest step: a system that is slow throughout is one incident of its own, not one of each dependency.
func TestDetector_SlowThroughoutIsOneIncident(t *testing.T) {
	t.Parallel()
	for name, where := range map[string]func(*drawnAgent) bool{"nation": everywhere, "port": atPort("X005")} {
		i := only(t, oneFault(where, drawnFault{system: "tpac", effect: "drags"}))
		if i.Component != "tpac" || i.Cause != Service || i.Scope.Level.String() != name {
			t.Errorf("%s: got %s %q %v: %s", name, i.Scope, i.Component, i.Cause, i.Why)
		}
	}
}

// A port that is the only one of its kind is a port.
func TestDetector_TheOnlyPortOfItsKindIsAPort(t *testing.T) {
	t.Parallel()
	w := oneFault(atPort("X004"), drawnFault{system: "ats-qq", effect: "outage"})
	for n := range w.ports {
		if p := &w.ports[n]; p.Kind == portolan.Sea && p.Code != "X004" {
			p.Kind = portolan.Air
		}
	}
	if i := only(t, w); i.Scope.Level != AtPort || i.Scope.Port != "X004" {
		t.Errorf("got %s: %s", i.Scope, i.Why)
	}
}

// What a port measured in the last minutes before it was heard again is news when it comes, and tells when the fault ended.
func TestDetector_SilenceEndsWhereTheEvidenceEnds(t *testing.T) {
	t.Parallel()
	w := oneFault(atPort("X005"), drawnFault{effect: "partition"})
	i := only(t, w)
	f := w.faults[0]
	if i.Cause != PortNetwork || !near(since(i.Start), f.from) || !near(since(i.End), f.to) {
		t.Errorf("got %v from %s to %s, want the port's network from %s to %s", i.Cause, since(i.Start), since(i.End), f.from, f.to)
	}
}

// Workstations that all slept say so when they wake: neither the network nor the monitor was to blame, though results come late
// that were measured before.
func TestDetector_SleepingPort(t *testing.T) {
	t.Parallel()
	w, d := newWorld(11, 40, time.Hour), New(Options{})
	w.tell(d)
	var slept []*drawnAgent
	for _, a := range w.agents {
		if atPort("X005")(a) {
			slept = append(slept, a)
			d.Silent(a.id, instant(time.Hour))
		}
	}
	opened := d.Advance(instant(time.Hour + time.Minute))
	for _, a := range slept {
		d.Heard(a.id)
		before := Observation{Series: portolan.Series{Agent: a.id, System: "ats-qq", Transaction: "work"}, Start: instant(time.Hour + time.Second), Outcome: portolan.Good, Heard: instant(2 * time.Hour)}
		d.Late(&before)
		d.Stopped(a.id, portolan.Span{From: instant(time.Hour + 2*time.Second), To: instant(2 * time.Hour)})
	}
	d.Advance(instant(2 * time.Hour))
	revised := d.Advance(instant(2*time.Hour + 10*time.Minute))
	if len(opened) != 1 || len(revised) != 1 || revised[0].Change != Revised || revised[0].Incident.Cause != Workstation {
		t.Errorf("got %+v, then %+v; want one incident, revised to the workstations", opened, revised)
	}
}

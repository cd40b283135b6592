package incident

import (
	"testing"
	"time"

	"portolan"
)

// An open incident may outlive the agent or port that it names: whoever leads next knows the incident, and not them.
func TestRestore_OfAScopeThatIsGone(t *testing.T) {
	t.Parallel()
	for name, scope := range map[string]Scope{
		"workstation": {Level: AtAgent, Agent: "GONE-1"},
		"port":        {Level: AtPort, Port: "GONE"},
		"office":      {Level: AtOffice, Office: "Nowhere"},
	} {
		for _, component := range []portolan.SystemID{"", "tpac"} {
			t.Run(name+"/"+string(component), func(t *testing.T) {
				d := New(Options{})
				d.Restore([]Incident{{ID: 7, Scope: scope, Component: component, Start: epoch, Known: epoch, Bad: 9, Results: 10}}, 7, epoch)
				d.Advance(epoch.Add(time.Minute))
				if len(d.tracks) != 1 || d.tracks[0].Scope != scope || d.tracks[0].End != 0 {
					t.Errorf("got %+v", d.tracks)
				}
			})
		}
	}
}

// Whoever leads next ends an incident that it found open, as the one who found it would have: on the word of those that were hit, or
// when nobody tells of it any more.
func TestRestore_EndsWhatIsOver(t *testing.T) {
	t.Parallel()
	w, d := newWorld(11, 40, 2*time.Hour), New(Options{})
	w.tell(d)
	open := Incident{Start: instant(-time.Hour), Known: instant(-time.Hour), Bad: 90, Results: 100}
	over, gone := open, open
	over.ID, over.Component, over.Scope = 7, "tpac", Scope{Level: AtNation}
	gone.ID, gone.Component, gone.Scope = 8, "tpac", Scope{Level: AtPort, Port: "GONE"}
	d.Restore([]Incident{over, gone}, 8, instant(0))
	ends := map[ID]time.Duration{}
	w.play(d, func(events []Event) {
		for _, e := range events {
			if e.Change == Closed {
				ends[e.Incident.ID] = since(e.Incident.End)
			}
		}
	})
	if len(ends) != 2 || ends[7] > time.Minute || ends[8] > time.Minute {
		t.Errorf("ended at %v, want both within a minute of when they were taken over", ends)
	}
}

// What agents measured while no collector led comes late, and tells when an incident that was taken over ended.
func TestRestore_EndsWhereTheLateEvidenceSays(t *testing.T) {
	t.Parallel()
	w, d := newWorld(11, 40, time.Hour), New(Options{})
	w.tell(d)
	const ended, back = 30 * time.Minute, 90 * time.Minute
	d.Restore([]Incident{{ID: 7, Component: "tpac", Scope: Scope{Level: AtNation}, Start: instant(-time.Hour), Bad: 90, Results: 100}}, 7, instant(back))
	play := func(from, to time.Duration, tell func(*Observation)) {
		for _, s := range w.runs {
			for at := from + s.phase; at < to && s.planned.System == "tpac"; at += time.Minute {
				o := Observation{Series: portolan.Series{Agent: s.agent.id, System: "tpac", Transaction: "work"}, Start: instant(at), Heard: instant(max(at, back)), Outcome: portolan.Good}
				if at < ended {
					o.Outcome, o.Symptom = portolan.Failed, portolan.Symptom{Step: "sign-on", Kind: portolan.KindStatus}
				}
				tell(&o)
			}
		}
	}
	play(back, back+5*time.Minute, d.Observe)
	play(0, back, d.Late)
	events := append(d.Advance(instant(back+5*time.Minute)), d.Advance(instant(back+10*time.Minute))...)
	last := events[len(events)-1]
	if last.Change != Revised || !near(since(last.Incident.End), ended) {
		t.Errorf("got %s, ended at %s; want it revised to %s", last.Change, since(last.Incident.End), ended)
	}
}

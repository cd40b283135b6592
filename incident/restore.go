package incident

import (
	"portolan"
)

// Restore goes on with incidents that another detector found: open ones, and those closed so lately that they may come
// again. The fleet must be known. New incidents are numbered after the greatest of theirs and of last. Those that are open were
// so until now, as far as is known.
func (d *Detector) Restore(known []Incident, last ID, now portolan.Instant) {
	d.next, d.now = max(d.next, last+1), max(d.now, now)
	for _, i := range known {
		d.next = max(d.next, i.ID+1)
		if i.MergedInto != 0 {
			continue
		}
		t := d.fleet.component(i.Component).track(i)
		t.restored, t.told, t.total = true, i, tally{bad: float64(i.Bad), results: float64(i.Results)}
		d.tracks = append(d.tracks, t)
		if t.Silent || t.Open() {
			t.late = lateEvidence{waits: true, heard: i.End, stopped: map[portolan.AgentID]bool{}}
		}
		if t.Open() {
			t.lastBad, t.newest = now, now
			d.claim(t)
		}
	}
}

// Acknowledge notes that a person took an incident on; it does nothing if the incident is not known or was taken on before.
func (d *Detector) Acknowledge(id ID, by string) {
	for _, t := range d.tracks {
		if t.ID == id && t.Acknowledged != by {
			t.Acknowledged = by
			d.emit(t, Acknowledged)
		}
	}
}

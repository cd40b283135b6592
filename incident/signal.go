package incident

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"portolan"
)

// Signal is what an officer reported of a system at a port: one press of a button. The audit found outages that only
// officers saw.
type Signal struct {
	Port   portolan.PortCode
	System portolan.SystemID
	State  portolan.State // slow or down
	At     portolan.Instant
}

const (
	// signalsHold is how long a signal counts.
	signalsHold = portolan.Instant(20 * time.Minute / time.Microsecond)
	// signalsNeeded is how many signals of one system at one port, or at several, are a candidate for an incident: one
	// alone may be a slip of the finger.
	signalsNeeded = 2
)

// Signal takes in what an officer reported.
func (d *Detector) Signal(s Signal) {
	if s.State == portolan.SlowState || s.State == portolan.Down {
		d.signals = append(d.signals, s)
	}
}

// weighSignals opens an incident where officers say what no probe says: probes may not do what officers do.
func (d *Detector) weighSignals() {
	d.signals = slices.DeleteFunc(d.signals, func(s Signal) bool { return d.now-s.At > signalsHold })
	count := map[portolan.SystemID]map[portolan.PortCode]int{}
	for _, s := range d.signals {
		if d.isExplained(s) {
			continue
		}
		if count[s.System] == nil {
			count[s.System] = map[portolan.PortCode]int{}
		}
		count[s.System][s.Port]++
	}
	for _, system := range sorted(count) {
		d.openSignaled(system, count[system])
	}
}

func (d *Detector) isExplained(s Signal) bool {
	return slices.ContainsFunc(d.tracks, func(t *track) bool { return t.Open() && t.Hits(s.System, s.Port) })
}

func (d *Detector) openSignaled(system portolan.SystemID, ports map[portolan.PortCode]int) {
	codes := sorted(ports)
	total := 0
	for _, n := range ports {
		total += n
	}
	if total < signalsNeeded {
		return
	}
	scope := Scope{Level: AtPort, Port: codes[0]}
	if len(codes) > 1 {
		scope = Scope{Level: AtNation}
	}
	t := d.newTrack(scope, d.fleet.component(system), d.firstSignal(system))
	t.Signaled, t.Systems, t.Ports = true, []portolan.SystemID{system}, codes
	t.Why = fmt.Sprintf("Officers reported %d times that %s is slow or down at %s; the probes see nothing of it.",
		total, strings.ToUpper(string(system)), joinPorts(codes))
	t.Impact = d.impactOf(t)
	d.emit(t, Opened)
}

func joinPorts(codes []portolan.PortCode) string {
	names := make([]string, len(codes))
	for i, code := range codes {
		names[i] = string(code)
	}
	return strings.Join(names, ", ")
}

func (d *Detector) firstSignal(system portolan.SystemID) portolan.Instant {
	first := d.now
	for _, s := range d.signals {
		if s.System == system {
			first = min(first, s.At)
		}
	}
	return first
}

// reviewSignaled ends an incident that only officers saw when they have said nothing more of it for a while, or when the
// probes found it too.
func (d *Detector) reviewSignaled(t *track) {
	if !t.Open() {
		return
	}
	newest := t.Start
	for _, s := range d.signals {
		if t.Hits(s.System, s.Port) {
			newest = max(newest, s.At)
		}
	}
	for _, u := range d.tracks {
		if u != t && u.Open() && !u.Signaled && slices.Contains(u.Systems, t.Component) && d.fleet.contains(u.Scope, t.Scope) {
			t.MergedInto = u.ID
			d.finish(t, d.now, Merged)
			return
		}
	}
	if d.now-newest > signalsHold {
		d.finish(t, newest, Closed)
	}
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

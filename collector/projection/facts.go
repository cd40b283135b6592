package projection

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/evidence"
)

// Facts is what the collector's journal says, as far as figures need it. A Facts is never changed: With makes another.
type Facts struct {
	Number      uint64           // of the newest entry
	At          portolan.Instant // when it was made
	Maintenance []Maintenance    // in the order in which it was declared, cancellations included
	Annotations []Annotation
	Probing     []Probing
	// Acknowledgements, Signals and Mitigations are in the order in which they were made.
	Acknowledgements []Acknowledgement
	Signals          []Signal
	Mitigations      []Mitigation
	ports            []portsVersion
	settles          []settleVersion
	up               []portolan.Span // when a collector was up
}

// Maintenance is planned work as it was declared.
type Maintenance struct {
	ID       uint64            `json:"id"`       // the journal entry's number
	Declared time.Time         `json:"declared"` // when the declaration reached the collector
	System   portolan.SystemID `json:"system"`
	Port     portolan.PortCode `json:"port,omitempty"` // empty: everywhere
	From     time.Time         `json:"from"`
	To       time.Time         `json:"to"`
	Title    string            `json:"title"`
	By       string            `json:"by"`
	// Cancels is the ID of an earlier declaration that ends with this one; its own span is then not used.
	Cancels uint64 `json:"cancels,omitempty"`
}

// Annotation is a person's remark on a span of time.
type Annotation struct {
	ID     uint64            `json:"id"`
	Made   time.Time         `json:"made"`
	System portolan.SystemID `json:"system,omitempty"`
	Port   portolan.PortCode `json:"port,omitempty"`
	From   time.Time         `json:"from"`
	To     time.Time         `json:"to"`
	Text   string            `json:"text"`
	By     string            `json:"by"`
}

type portsVersion struct {
	number uint64 // of the journal's entry
	at     portolan.Instant
	ports  map[portolan.PortCode]portolan.Port
	zones  map[string]*time.Location // those of the ports that there are
}

type settleVersion struct {
	at     portolan.Instant
	settle time.Duration
}

// SettleSubject is the subject of the journal's entries on how long a window stays provisional; the body is seconds.
const SettleSubject = "settle"

// aliveGap is the longest silence of a collector's alive marks through which it counts as up.
const aliveGap = 2 * time.Minute

// With returns the facts with the next entries of the journal.
func (f *Facts) With(entries []evidence.Entry) (*Facts, error) {
	if len(entries) == 0 {
		return f, nil
	}
	next := *f
	next.Maintenance, next.Annotations = slices.Clone(f.Maintenance), slices.Clone(f.Annotations)
	next.Probing = slices.Clone(f.Probing)
	next.Acknowledgements, next.Signals, next.Mitigations = slices.Clone(f.Acknowledgements), slices.Clone(f.Signals), slices.Clone(f.Mitigations)
	next.ports, next.settles, next.up = slices.Clone(f.ports), slices.Clone(f.settles), slices.Clone(f.up)
	for i := range entries {
		if err := next.add(&entries[i]); err != nil {
			return nil, fmt.Errorf("read journal entry %d: %w", entries[i].Number, err)
		}
	}
	return &next, nil
}

func (f *Facts) add(e *evidence.Entry) error {
	f.Number, f.At = e.Number, max(f.At, e.At)
	switch e.Kind {
	case evidence.EntryPorts:
		return f.addPorts(e)
	case evidence.EntryMaintenance:
		var m Maintenance
		err := json.Unmarshal(e.Body, &m)
		m.ID, m.Declared = e.Number, e.At.Time()
		f.Maintenance = append(f.Maintenance, m)
		return err
	case evidence.EntryAnnotation:
		var a Annotation
		err := json.Unmarshal(e.Body, &a)
		a.ID, a.Made = e.Number, e.At.Time()
		f.Annotations = append(f.Annotations, a)
		return err
	case evidence.EntryProbing:
		var p Probing
		err := json.Unmarshal(e.Body, &p)
		p.ID, p.Made = e.Number, e.At.Time()
		f.Probing = append(f.Probing, p)
		return err
	case evidence.EntryAcknowledgement, evidence.EntrySignal, evidence.EntryMitigation:
		return f.addAct(e)
	case evidence.EntrySetting:
		return f.addSetting(e)
	case evidence.EntryCollectorStart:
		f.up = append(f.up, portolan.Span{From: e.At, To: e.At})
	case evidence.EntryCollectorAlive, evidence.EntryCollectorStop:
		f.alive(e.At)
	case evidence.EntryCatalogue, evidence.EntryPlan, evidence.EntryAgent, evidence.EntryRemoved, evidence.EntryUnknown:
	}
	return nil
}

func (f *Facts) addPorts(e *evidence.Entry) error {
	var ports []portolan.Port
	if err := json.Unmarshal(e.Body, &ports); err != nil {
		return err
	}
	version := portsVersion{
		number: e.Number, at: e.At, ports: make(map[portolan.PortCode]portolan.Port, len(ports)), zones: map[string]*time.Location{},
	}
	for _, p := range ports {
		version.ports[p.Code] = p
		if version.zones[p.Zone] != nil {
			continue
		}
		if zone, err := time.LoadLocation(p.Zone); err == nil {
			version.zones[p.Zone] = zone
		}
	}
	f.ports = append(f.ports, version)
	return nil
}

func (f *Facts) addSetting(e *evidence.Entry) error {
	if e.Subject != SettleSubject {
		return nil
	}
	var seconds float64
	err := json.Unmarshal(e.Body, &seconds)
	f.settles = append(f.settles, settleVersion{e.At, time.Duration(seconds * float64(time.Second)).Truncate(time.Microsecond)})
	return err
}

// alive extends the newest up-time, or begins another after a silence that no start explains.
func (f *Facts) alive(at portolan.Instant) {
	if n := len(f.up); n > 0 && at <= f.up[n-1].To.Add(aliveGap) {
		f.up[n-1].To = max(f.up[n-1].To, at)
		return
	}
	f.up = append(f.up, portolan.Span{From: at, To: at})
}

// Settle returns how long after its end a window that was closed at an instant stayed provisional.
func (f *Facts) Settle(at portolan.Instant) time.Duration {
	settle := time.Duration(availability.Settle)
	for _, v := range f.settles {
		if v.at <= at {
			settle = v.settle
		}
	}
	return settle
}

// Ports returns the ports as the newest list has them.
func (f *Facts) Ports() map[portolan.PortCode]portolan.Port {
	if n := len(f.ports); n > 0 {
		return f.ports[n-1].ports
	}
	return nil
}

// UpSince returns since when the collector that is running now has been up.
func (f *Facts) UpSince() portolan.Instant {
	if n := len(f.up); n > 0 {
		return f.up[n-1].From
	}
	return 0
}

// Watched returns when collectors were up, as known at an instant: the one that is running now is up until then.
func (f *Facts) Watched(at portolan.Instant) []portolan.Span {
	up := slices.Clone(f.up)
	if n := len(up); n > 0 && at <= up[n-1].To.Add(aliveGap) {
		up[n-1].To = max(up[n-1].To, at)
	}
	return up
}

// planned returns when there was planned work on a system at a port.
func (f *Facts) planned(system portolan.SystemID, port portolan.PortCode) []portolan.Span {
	var declared []availability.Maintenance
	for _, m := range f.Maintenance {
		if m.Cancels != 0 || m.System != system || m.Port != "" && m.Port != port {
			continue
		}
		declared = append(declared, availability.Maintenance{
			Span:     portolan.Span{From: portolan.InstantOf(m.From), To: f.endOf(&m)},
			Declared: portolan.InstantOf(m.Declared),
		})
	}
	return availability.Planned(declared)
}

// endOf returns when planned work ends: as declared, or when it was cancelled.
func (f *Facts) endOf(m *Maintenance) portolan.Instant {
	end := portolan.InstantOf(m.To)
	for _, c := range f.Maintenance {
		if c.Cancels == m.ID {
			end = min(end, portolan.InstantOf(c.Declared))
		}
	}
	return end
}

// volume returns a port's travelers in a UTC hour by the list in force at its start; ok is false if that has none.
func (f *Facts) volume(port portolan.PortCode, hour portolan.Instant) (uint32, bool) {
	for _, v := range slices.Backward(f.ports) {
		if v.at > hour {
			continue
		}
		p := v.ports[port]
		zone := v.zones[p.Zone]
		if p.Volumes == nil || zone == nil {
			return 0, false
		}
		return availability.HourVolume(p.Volumes, hour, zone), true
	}
	return 0, false
}

// known returns when a port's volumes were known.
func (f *Facts) known(port portolan.PortCode) []portolan.Span {
	var spans []portolan.Span
	for i, v := range f.ports {
		if v.ports[port].Volumes == nil {
			continue
		}
		span := portolan.Span{From: v.at, To: availability.Forever}
		if i+1 < len(f.ports) {
			span.To = f.ports[i+1].at
		}
		spans = append(spans, span)
	}
	return spans
}

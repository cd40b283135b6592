package projection

import (
	"slices"
	"time"

	"portolan"
)

// Probing is an order on how a system is probed, as the journal keeps it.
type Probing struct {
	ID     uint64            `json:"id"`   // the journal entry's number
	Made   time.Time         `json:"made"` // when it reached the collector
	System portolan.SystemID `json:"system"`
	Order  portolan.Order    `json:"order"`
	Reason string            `json:"reason"`
	By     string            `json:"by"`
	Until  *time.Time        `json:"until,omitempty"` // when a stop ends by itself; nil for never
	// Through says that a stop ends what asks the system through others, too.
	Through bool `json:"through,omitempty"`
	// Factor and Keep are a back-off's, see portolan.BackOff.
	Factor int    `json:"factor,omitempty"`
	Keep   uint32 `json:"keep,omitempty"`
}

// Directives returns what agents are asked at an instant, by system: the newest order of each kind counts.
func (f *Facts) Directives(now portolan.Instant) portolan.Directives {
	stops, backOffs := map[portolan.SystemID]portolan.Stop{}, map[portolan.SystemID]portolan.BackOff{}
	for i := range f.Probing {
		p := &f.Probing[i]
		since := portolan.InstantOf(p.Made)
		switch p.Order {
		case portolan.OrderStop:
			stop := portolan.Stop{System: p.System, Since: since, Reason: p.Reason, Through: p.Through}
			if p.Until != nil {
				stop.Until = portolan.InstantOf(*p.Until)
			}
			stops[p.System] = stop
		case portolan.OrderResume:
			delete(stops, p.System)
		case portolan.OrderBackOff:
			backOffs[p.System] = portolan.BackOff{System: p.System, Since: since, Factor: p.Factor, Keep: p.Keep}
		case portolan.OrderFullRate:
			delete(backOffs, p.System)
		case portolan.OrderUnknown:
		}
	}
	d := portolan.Directives{Stops: []portolan.Stop{}, BackOffs: []portolan.BackOff{}}
	for _, stop := range stops {
		if stop.Until == 0 || now < stop.Until {
			d.Stops = append(d.Stops, stop)
		}
	}
	for _, b := range backOffs {
		d.BackOffs = append(d.BackOffs, b)
	}
	slices.SortFunc(d.Stops, func(a, b portolan.Stop) int { return compareText(a.System, b.System) })
	slices.SortFunc(d.BackOffs, func(a, b portolan.BackOff) int { return compareText(a.System, b.System) })
	return d
}

package agent

import "portolan"

// stopsFile is the file in the data folder that holds the systems to be left alone.
const stopsFile = "stops.json"

// sparse is where a series stands while its system is backed off from. The zero sparse is that of the full rate.
type sparse struct {
	running bool // a run was made since the back-off began
	left    int  // due runs to leave out before the next
}

// next reports whether a due run is to be made. The first one is, since the result before it does not hold as long as
// those of a back-off.
func (s *sparse) next(o order) bool {
	switch {
	case o.factor <= 1:
		*s = sparse{}
	case !s.running:
		*s = sparse{running: true, left: o.skip}
	case s.left > 0:
		s.left--
		return false
	default:
		s.left = o.factor - 1
	}
	return true
}

// wants reports whether the series is to be run at a due instant. What is left out is excused: up to the next due
// instant nothing is missing.
func (w *worker) wants(o order, due portolan.Instant) bool {
	reason := portolan.SkipUnknown
	switch {
	case o.stop != nil:
		reason, w.sparse = portolan.SkipKillSwitch, sparse{}
	case !w.sparse.next(o):
		reason = portolan.SkipBackOff
	default:
		return true
	}
	w.skipped(portolan.Excuse{
		System: w.transaction.System, Transaction: w.transaction.ID, Reason: reason,
		Span: portolan.Span{From: due, To: due.Add(w.series.Interval(due))},
	})
	return false
}

// Package changes reads what followed annotated changes: availability and latencies by hour, of the system that was changed and
// of those that depend on it, which package effect then holds against past weeks.
//
// Start at Find. A change of one system often shows in another: when manifests were validated otherwise, it was the primary
// officers who waited. So the steps of other systems that exercise the changed one are measured too.
package changes

import (
	"cmp"
	"slices"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/projection"
	"portolan/effect"
	"portolan/targets"
)

// Followed is what followed an annotation.
type Followed struct {
	Annotation projection.Annotation
	// Span is the hours that are compared; empty if no whole hour has passed since.
	Span portolan.Span
	// Next is the annotation of the same system and port that ended the comparison; zero if none did.
	Next uint64
	Cut  projection.Cut
	// Rows are of the changed system first, then of those that depend on it; availability before latencies.
	Rows []Row
}

// Row is what followed in one measure.
type Row struct {
	System      portolan.SystemID
	Transaction portolan.TransactionID // of a latency
	Step        portolan.StepID        // of a latency of the nation; empty for whole runs at a port
	// Latency says that the values are microseconds, of the 95th percentile of right answers in each hour; else they are
	// millionths, of end-user availability with each series counting the same.
	Latency bool
	effect.Difference
}

// The smallest differences that can stand out.
const (
	leastAvailability = 1000   // a tenth of a percentage point
	leastLatency      = 20_000 // and a tenth of what is usual
)

// settled is how long after an hour its figures are read: what arrives until then need not be read again.
const settled = 15 * time.Minute

// Find reads what followed an annotation, as far as a snapshot knows. Same hours are told in the zone.
func Find(s *projection.Snapshot, a projection.Annotation, catalogue *targets.Catalogue, zone *time.Location) (Followed, error) {
	f := finding{annotation: a, concerned: concerned(&a, catalogue), values: map[measure]map[portolan.Instant]int64{}}
	out := Followed{Annotation: a, Cut: s.Cut()}
	until := s.At().Add(-settled)
	out.Next, until = ended(&a, s.Facts().Annotations, until)
	change := portolan.Span{From: portolan.InstantOf(a.From), To: portolan.InstantOf(a.To)}
	if f.pairs = effect.Pairs(change, until, zone); len(f.pairs) == 0 {
		return out, nil
	}
	out.Span = portolan.Span{From: f.pairs[0].After, To: f.pairs[len(f.pairs)-1].After.Add(time.Hour)}
	if err := f.read(s); err != nil {
		return out, err
	}
	out.Rows = f.rows()
	return out, nil
}

// ended returns the first later annotation of the same system and port, and until when what follows can be put down to a.
func ended(a *projection.Annotation, all []projection.Annotation, until portolan.Instant) (next uint64, end portolan.Instant) {
	for i := range all {
		other := &all[i]
		from := portolan.InstantOf(other.From)
		if other.ID != a.ID && other.System == a.System && other.Port == a.Port && other.From.After(a.To) && from < until {
			next, until = other.ID, from
		}
	}
	return next, until
}

// concern is a system in which a change may show, and by which of its steps.
type concern struct {
	system *targets.System
	// through is the changed system if system only depends on it: then only steps that exercise it count.
	through portolan.SystemID
}

// concerned returns the systems in which a change may show: the one that was changed first; all if none is named.
func concerned(a *projection.Annotation, catalogue *targets.Catalogue) []concern {
	var all []concern
	for _, s := range catalogue.Systems {
		switch {
		case a.System == "" || a.System == s.ID:
			all = slices.Insert(all, 0, concern{system: s})
		case len(s.Exercising(a.System)) > 0:
			all = append(all, concern{s, a.System})
		}
	}
	return all
}

// shows reports whether a latency of the system counts; an empty step is the whole transaction.
func (c *concern) shows(transaction portolan.TransactionID, step portolan.StepID) bool {
	if c.through == "" {
		return true
	}
	t := c.system.Transaction(transaction)
	if t == nil {
		return false
	}
	for i := range t.Steps {
		if t.Steps[i].Dependency == c.through && (step == "" || t.Steps[i].ID == step) {
			return true
		}
	}
	return false
}

// measure is what values are of.
type measure struct {
	system      portolan.SystemID
	transaction portolan.TransactionID
	step        portolan.StepID
	latency     bool
}

// finding is what is read for one annotation.
type finding struct {
	annotation projection.Annotation
	concerned  []concern
	pairs      []effect.Pair
	values     map[measure]map[portolan.Instant]int64
}

func (f *finding) read(s *projection.Snapshot) error {
	window := portolan.Span{From: f.pairs[0].After, To: f.pairs[len(f.pairs)-1].After.Add(time.Hour)}
	for _, p := range f.pairs {
		window.From = min(window.From, p.Before[effect.Weeks-1])
	}
	q := projection.Query{Window: window, Weight: portolan.WeightTime, Group: []projection.Dimension{projection.BySystem}, Hourly: true}
	for _, c := range f.concerned {
		q.Systems = append(q.Systems, c.system.ID)
	}
	if f.annotation.Port != "" {
		q.Ports = []portolan.PortCode{f.annotation.Port}
	}
	answers, err := s.Figures(q)
	if err != nil {
		return err
	}
	for i := range answers[0].Rows {
		row := &answers[0].Rows[i]
		if up := row.Figure.EndUser.Ratio; up.Exists() {
			f.put(measure{system: row.Key.System}, row.Window.From, millionths(up))
		}
	}
	q.Group = []projection.Dimension{projection.ByTransaction}
	latencies, err := s.LatenciesOf(q, f.annotation.Port == "", f.shows) // by step there are none of a port
	if err != nil {
		return err
	}
	for i := range latencies.Rows {
		row := &latencies.Rows[i]
		m := measure{row.Key.System, row.Key.Transaction, row.Step, true}
		f.put(m, row.Window.From, int64(row.P95*1e6))
	}
	return nil
}

// shows reports whether the change may show in a latency.
func (f *finding) shows(m projection.Measure) bool {
	for i := range f.concerned {
		if c := &f.concerned[i]; c.system.ID == m.System {
			return c.shows(m.Transaction, m.Step)
		}
	}
	return false
}

func millionths(r availability.Ratio) int64 { return int64(r.Float64()*1e6 + 0.5) }

func (f *finding) put(m measure, hour portolan.Instant, value int64) {
	if f.values[m] == nil {
		f.values[m] = map[portolan.Instant]int64{}
	}
	f.values[m][hour] = value
}

// rows compares every measure in which the change may show.
func (f *finding) rows() []Row {
	var rows []Row
	for i := range f.concerned {
		c := &f.concerned[i]
		var mine []Row
		for m, values := range f.values {
			if m.system != c.system.ID {
				continue
			}
			mine = append(mine, Row{m.system, m.transaction, m.step, m.latency, f.compare(m, values)})
		}
		slices.SortFunc(mine, func(a, b Row) int { // of one system: availability, which names no transaction, comes first
			return cmp.Or(cmp.Compare(a.Transaction, b.Transaction), cmp.Compare(a.Step, b.Step))
		})
		rows = append(rows, mine...)
	}
	return rows
}

func (f *finding) compare(m measure, values map[portolan.Instant]int64) effect.Difference {
	how := effect.Measure{LowerIsWorse: true, Least: leastAvailability, Seed: f.annotation.ID}
	if m.latency {
		sum := int64(0)
		for _, v := range values {
			sum += v
		}
		how.LowerIsWorse, how.Least = false, max(leastLatency, sum/int64(len(values))/10)
	}
	return effect.Compare(f.pairs, values, how)
}

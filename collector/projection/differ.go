package projection

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"portolan"
	"portolan/collector/ledger"
)

// Differences holds what a ledger's projection stored against what was recomputed up to the same cut, and names each row,
// state, sketch and roll-up that is not the same.
func (r *Recomputed) Differences(v ledger.View) ([]string, error) {
	all := portolan.Span{To: forever}
	kept := keptShelf{shelf: r.known.shelf, byHour: map[portolan.Instant][]ledger.HourRow{}, latencies: map[latencyHour][]ledger.Sketch{}}
	rows, err := r.known.hours(ledger.HourFilter{Span: all})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		kept.byHour[row.Hour] = append(kept.byHour[row.Hour], row)
	}
	for _, steps := range []bool{false, true} {
		latencies, err := r.known.sketches(ledger.SketchFilter{Span: all, Steps: steps})
		if err != nil {
			return nil, err
		}
		for _, s := range latencies {
			at := latencyHour{s.Key.Hour, steps}
			kept.latencies[at] = append(kept.latencies[at], s)
		}
	}
	var d discrepancies
	if err := d.rows(v, r.known, rows); err != nil {
		return nil, err
	}
	k := &known{shelf: kept, facts: r.known.facts, cut: r.known.cut}
	if err := d.rollups(v, k); err != nil {
		return nil, err
	}
	return d, nil
}

// discrepancies gathers the names of what is not the same.
type discrepancies []string

func (d *discrepancies) add(format string, args ...any) {
	*d = append(*d, fmt.Sprintf(format, args...))
}

// keptShelf finds recomputed rows, and latencies, by hour.
type keptShelf struct {
	shelf
	byHour    map[portolan.Instant][]ledger.HourRow
	latencies map[latencyHour][]ledger.Sketch
}

// latencyHour is the latencies of an hour, of runs or of steps.
type latencyHour struct {
	hour  portolan.Instant
	steps bool
}

// sketches returns what an hour has at all ports.
func (s keptShelf) sketches(f ledger.SketchFilter) ([]ledger.Sketch, error) {
	return s.latencies[latencyHour{f.Span.From, f.Steps}], nil
}

func (s keptShelf) hours(f ledger.HourFilter) ([]ledger.HourRow, error) {
	var found []ledger.HourRow
	for hour := f.Span.From; hour < f.Span.To; hour = hourSpan(hour).To {
		for _, row := range s.byHour[hour] {
			if selects(f, row.Series) {
				found = append(found, row)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b ledger.HourRow) int { return compareSeries(a.Series, b.Series) })
	return found, nil
}

// rows compares hours, states and sketches.
func (d *discrepancies) rows(v ledger.View, k *known, rows []ledger.HourRow) error {
	all := portolan.Span{To: forever}
	stored, err := v.Hours(ledger.HourFilter{Span: all})
	if err != nil {
		return err
	}
	type row struct {
		body, rest string
	}
	same(d, rows, stored, func(r ledger.HourRow) (string, row) {
		return fmt.Sprintf("hour %s of %s", r.Hour, r.Series), row{string(r.Body), fmt.Sprint(r.Revision, r.ChangedAt, r.Provisional)}
	})
	states, err := k.seriesOf(ledger.HourFilter{})
	if err != nil {
		return err
	}
	storedStates, err := v.AllSeries("")
	if err != nil {
		return err
	}
	same(d, states, storedStates, func(s ledger.SeriesState) (string, row) {
		return fmt.Sprintf("state of %s", s.Series), row{string(s.State), fmt.Sprint(s.LastStart)}
	})
	for _, steps := range []bool{false, true} {
		sketches, err := k.sketches(ledger.SketchFilter{Span: all, Steps: steps})
		if err != nil {
			return err
		}
		storedSketches, err := v.Sketches(ledger.SketchFilter{Span: all, Steps: steps})
		if err != nil {
			return err
		}
		same(d, sketches, storedSketches, func(s ledger.Sketch) (string, string) {
			return fmt.Sprintf("latency of %s %s/%s %s at %s", s.Key.Port, s.Key.System, s.Key.Transaction, s.Key.Step, s.Key.Hour), string(s.Body)
		})
	}
	return nil
}

// same compares two lists by name.
func same[T any, V comparable](d *discrepancies, want, got []T, named func(T) (string, V)) {
	left := make(map[string]V, len(want))
	for _, w := range want {
		name, value := named(w)
		left[name] = value
	}
	for _, g := range got {
		name, value := named(g)
		wanted, known := left[name]
		switch {
		case !known:
			d.add("%s is stored, and the evidence gives none", name)
		case wanted != value:
			d.add("%s is not what the evidence gives", name)
		}
		delete(left, name)
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		d.add("%s is not stored", name)
	}
}

// rollups makes every roll-up anew that is stored, and notes which are not there that should be.
func (d *discrepancies) rollups(v ledger.View, k *known) error {
	state, err := v.Value(rollKey())
	if err != nil {
		return err
	}
	if k.rolls, err = readRollState(state); err != nil {
		d.add("state of the roll-ups: %v", err)
		return nil
	}
	for _, u := range k.rolls.units {
		stored, err := v.Rollups(ledger.RollupFilter{Span: portolan.Span{To: forever}, Unit: u.name()})
		if err != nil {
			return err
		}
		byStart := map[portolan.Instant]map[portolan.PortCode][]ledger.Rollup{}
		for _, r := range stored {
			if byStart[r.Key.Start] == nil {
				byStart[r.Key.Start] = map[portolan.PortCode][]ledger.Rollup{}
			}
			byStart[r.Key.Start][r.Key.Port] = append(byStart[r.Key.Start][r.Key.Port], r)
		}
		for _, start := range slices.Sorted(maps.Keys(byStart)) {
			if err := d.unit(k, u, start, byStart[start]); err != nil {
				return err
			}
		}
		d.missing(k.rolls, u, byStart)
	}
	return nil
}

// unit compares the roll-ups of a unit that begins at an instant.
func (d *discrepancies) unit(k *known, u *unitState, start portolan.Instant, stored map[portolan.PortCode][]ledger.Rollup) error {
	span := u.after(start)
	if span.From != start {
		d.add("roll-up %s at %s: no such unit", u.name(), start)
		return nil
	}
	k.at = span.To.Add(rollLag)
	ports := slices.Sorted(maps.Keys(stored))
	nation := len(ports) > 0 && ports[0] == ""
	var jobs []job
	if nation {
		jobs, ports = append(jobs, job{unit: u, span: span, ports: ports[:1]}), ports[1:]
	}
	if len(ports) > 0 {
		jobs = append(jobs, job{unit: u, span: span, ports: ports})
	}
	for _, j := range jobs {
		made, err := k.rollAnew(j)
		if err != nil {
			return err
		}
		want := map[ledger.RollupKey][]byte{}
		for _, r := range made {
			want[r.Key] = r.Body
		}
		for _, port := range j.ports {
			for _, r := range stored[port] {
				if body, known := want[r.Key]; !known || !bytes.Equal(body, r.Body) {
					d.add("roll-up %s %q of port %q at %s is not what the evidence gives", u.name(), r.Key.Part, port, start)
				}
				delete(want, r.Key)
			}
		}
		for key := range want {
			d.add("roll-up %s %q of port %q at %s is not stored", u.name(), key.Part, key.Port, start)
		}
	}
	return nil
}

// rollAnew is roll from rows alone.
func (k *known) rollAnew(j job) ([]ledger.Rollup, error) {
	switch j.unit.kind {
	case anHourOfMinutes:
		return k.rollMinutes(j.span)
	case anHourOfLatencies:
		return k.rollLatencies(j.span)
	case anHour, aDay, aMonth:
	}
	into := rolling{}
	for _, l := range levels() {
		into[l.name] = map[Key]*group{}
	}
	for piece := range pieces(j.span) {
		if err := k.rollRows(j, piece, into); err != nil {
			return nil, err
		}
	}
	return k.made(j, into), nil
}

// missing notes the units that should have roll-ups and have none.
func (d *discrepancies) missing(s *rollState, u *unitState, byStart map[portolan.Instant]map[portolan.PortCode][]ledger.Rollup) {
	for _, port := range append([]portolan.PortCode{""}, s.ports...) {
		for span := range u.within(portolan.Span{From: max(s.first, u.keptFrom(port)), To: u.upTo}) {
			if len(byStart[span.From][port]) == 0 && !u.todo[port].overlaps(span) {
				d.add("roll-up %s of port %q at %s is not stored", u.name(), port, span.From)
			}
		}
	}
}

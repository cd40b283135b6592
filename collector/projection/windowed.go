package projection

import (
	"context"
	"fmt"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
)

// Windowed is windowed user-uptime of everything that a query selects, as one group.
type Windowed struct {
	Window portolan.Span // the one asked for, cut to whole minutes, ended where knowledge ends
	Cut    Cut
	Whole  *Total // of the whole window; nil if no series was selected
	Worst  []availability.Worst
}

// Windowed answers a query with the worst windows by length. The query's group is not used.
func (p *Projection) Windowed(ctx context.Context, q Query) (Windowed, error) {
	var answer Windowed
	err := p.Look(ctx, q.AsOf, q.Now, func(s *Snapshot) (err error) {
		answer, err = s.Windowed(q)
		return err
	})
	return answer, err
}

// minuteSums adds up the minutes of an hour by each weight, at the weight's number less one.
type minuteSums [len(sums{})]availability.HourMinutes

// minutes returns the query's minutes by a weight, from roll-ups where there are some.
func (k *known) minutes(q *Query, weight portolan.Weight) ([]availability.Minute, error) {
	minutes := make([]availability.Minute, q.Window.Duration()/time.Minute)
	put := func(hour portolan.Instant, of []availability.Minute) {
		for i, m := range of {
			if at := hour.Add(time.Duration(i) * time.Minute); q.Window.Contains(at) {
				minutes[at.Sub(q.Window.From)/time.Minute] = m
			}
		}
	}
	rest, err := k.rolledMinutes(q, weight, put)
	if err != nil {
		return nil, err
	}
	filter, _ := q.hours(k.facts)
	everything := func(*member) string { return "" }
	for _, span := range rest {
		for piece := range pieces(span) {
			filter.Span = piece
			made := map[portolan.Instant]map[string]*minuteSums{}
			for hour := range availability.Hours(piece) {
				made[hour.From] = map[string]*minuteSums{}
			}
			err := k.each(filter, func(read *readings) {
				for hour, sums := range made {
					k.addMinutes(sums, read, hour, everything)
				}
			})
			if err != nil {
				return nil, err
			}
			for hour, sums := range made {
				if sums[""] != nil {
					put(hour, sums[""][weight-1].Minutes())
				}
			}
		}
	}
	return minutes, nil
}

// rolledMinutes puts the minutes of the hours that are rolled up, and returns the hours that are left.
func (k *known) rolledMinutes(q *Query, weight portolan.Weight, put func(portolan.Instant, []availability.Minute)) (spanSet, error) {
	rest := spanSet{wholeHours(q.Window)}
	part, ok := q.minutesPart()
	if !ok || k.rolls == nil || k.rolls.first == 0 {
		return rest, nil
	}
	rest = rest.without(portolan.Span{To: k.rolls.first})
	kept, err := k.rolled(q.minutesFilter(part, k.at))
	if err != nil {
		return nil, err
	}
	for _, stored := range kept {
		of, err := readMinutes(stored.Body, weight)
		if err != nil {
			return nil, fmt.Errorf("read minutes of %s: %w", stored.Key.Start, err)
		}
		put(stored.Key.Start, of)
		rest = rest.without(hourSpan(stored.Key.Start))
	}
	if len(rest) < 2 && (len(rest) == 0 || rest[0].Duration() <= pieceRead) {
		return rest, nil
	}
	kept, err = k.rolled(q.minutesFilter(partOfAll, k.at)) // in an hour that is there, a part that is not has nothing
	for _, stored := range kept {
		rest = rest.without(hourSpan(stored.Key.Start))
	}
	return rest, err
}

// minutesFilter selects the roll-ups of a part's minutes that the query may use.
func (q *Query) minutesFilter(part string, at portolan.Instant) ledger.RollupFilter {
	return ledger.RollupFilter{
		Span: portolan.Span{
			From: q.Window.From.Add(time.Hour - time.Microsecond).Hour(),
			To:   min(q.Window.To, at.Add(-rollLag)).Add(-time.Hour) + 1,
		},
		Ports: []portolan.PortCode{""}, Unit: minutesUnit().name(), Part: part,
	}
}

func minutesUnit() unit { return unit{kind: anHourOfMinutes} }

// minutesPart returns under which part roll-ups hold the minutes of what the query selects; ok is false if none does.
func (q *Query) minutesPart() (part string, ok bool) {
	if len(q.Transactions)+len(q.Ports)+len(q.Offices)+len(q.Kinds)+len(q.Agents) > 0 || len(q.Systems) > 1 {
		return "", false
	}
	if len(q.Systems) == 1 {
		return partOf(q.Systems[0]), true
	}
	return partOfAll, true
}

// partOfAll is the part of all series together.
const partOfAll = "all"

func partOf(system portolan.SystemID) string { return "system/" + string(system) }

// addMinutes adds up the minutes of an hour by group.
func (k *known) addMinutes(made map[string]*minuteSums, all *readings, hour portolan.Instant, group func(*member) string) {
	for port, r := range all.byPort {
		shares := map[string]uint64{}
		for _, h := range r.byHour[hour] {
			if len(h.segments) > 0 {
				shares[group(h.member)] += uint64(h.share)
			}
		}
		volume, _ := k.facts.volume(port, hour)
		for _, h := range r.byHour[hour] {
			name := group(h.member)
			if made[name] == nil {
				made[name] = &minuteSums{}
			}
			for i := range made[name] {
				made[name][i].Add(availability.Weigh(portolan.Weight(i+1), h.share, shares[name], volume), hour, h.segments)
			}
		}
	}
}

// rollMinutes returns the roll-ups of an hour's minutes: of all series as one group, and of each system.
func (k *known) rollMinutes(hour portolan.Span) ([]ledger.Rollup, error) {
	parts := map[string]*minuteSums{}
	err := k.each(ledger.HourFilter{Span: hour}, func(read *readings) {
		k.addMinutes(parts, read, hour.From, func(*member) string { return partOfAll })
		k.addMinutes(parts, read, hour.From, func(m *member) string { return partOf(m.name.System) })
	})
	if err != nil {
		return nil, err
	}
	if len(parts) == 0 {
		parts[partOfAll] = &minuteSums{}
	}
	var made []ledger.Rollup
	for part, sums := range parts {
		var w writer
		for i := range sums {
			w.bytes(availability.AppendMinutes(nil, sums[i].Minutes()))
		}
		made = append(made, ledger.Rollup{
			Key: ledger.RollupKey{Unit: minutesUnit().name(), Part: part, Start: hour.From}, Body: w.b,
		})
	}
	return made, nil
}

func readMinutes(body []byte, weight portolan.Weight) ([]availability.Minute, error) {
	r := reader{b: body}
	var packed []byte
	for range weight {
		packed = r.bytes()
	}
	if r.err != nil {
		return nil, r.err
	}
	return availability.ReadMinutes(packed)
}

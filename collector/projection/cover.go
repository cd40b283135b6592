package projection

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

// Figures are made of roll-ups where the query's groups are those that roll-ups hold, and of rows where they are not:
// whole months first, then days, then hours, and at last the rows of the hours that are left.

// task is what is to be added in a period: what series had in some whole hours, as far as the period holds them.
type task struct{ period, hours portolan.Span }

// rest is the tasks that are left for ports; the nation is the empty code.
type rest struct {
	ports []portolan.PortCode
	tasks []task
}

func (k *known) figures(q *Query) ([]Total, error) {
	filter, ok := q.hours(k.facts)
	if !ok || q.Window.Empty() {
		return nil, nil
	}
	var tasks []task
	for _, period := range q.periods() {
		tasks = append(tasks, task{period, wholeHours(period)})
	}
	l, rolled := q.level()
	if !rolled || k.rolls == nil || k.rolls.first == 0 {
		t := newTallies(k, q)
		if err := t.addRows(filter, tasks, nil); err != nil {
			return nil, err
		}
		rows := make([]Total, len(t.groups))
		t.total(rows)
		return rows, nil
	}
	tasks = sinceFirst(tasks, k.rolls.first)
	scopes := q.scopes(filter, k.rolls)
	most := max(1, len(scopes))
	if slices.Contains(q.Group, ByPort) {
		most = portsAtOnce
	}
	var rests []rest
	for ports := range slices.Chunk(scopes, most) {
		rests = append(rests, rest{ports, tasks})
	}
	rows, err := k.addUp(q, l, filter, rests)
	if slices.Contains(q.Group, ByOffice) { // the first that rows are sorted by
		slices.SortFunc(rows, func(a, b Total) int { return a.Key.compare(&b.Key) })
	}
	return rows, err
}

// addUp returns the rows of ports whose groups are never the same, some of them at once: what is read is read by one after
// the other, and added up beside each other. Rows are large, and written once.
func (k *known) addUp(q *Query, l level, filter ledger.HourFilter, rests []rest) ([]Total, error) {
	all, errs := make([]*tallies, len(rests)), make([]error, len(rests))
	atOnce(len(rests), func(i int) {
		all[i] = newTallies(k, q)
		errs[i] = all[i].collect(l, filter, rests[i])
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	count, from := 0, make([]int, len(all))
	for i, t := range all {
		from[i] = count
		count += len(t.groups)
	}
	rows := make([]Total, count)
	atOnce(len(all), func(i int) {
		all[i].total(rows[from[i]:][:len(all[i].groups)])
		all[i] = nil
	})
	return rows, nil
}

// atOnce does something for each number below n, as many at once as there are processors.
func atOnce(n int, do func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for i := next.Add(1) - 1; int(i) < n; i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	group.Wait()
}

// collect adds what the selected series have: from roll-ups what it can, the rest from rows.
func (t *tallies) collect(l level, filter ledger.HourFilter, all rest) error {
	left := []rest{all}
	for _, u := range t.known.rolls.unitsOf(t.query.zone()) {
		var err error
		if left, err = t.addRolled(l, u, left); err != nil {
			return err
		}
	}
	for _, r := range left {
		if err := t.addRows(filter, r.tasks, r.ports); err != nil {
			return err
		}
	}
	return nil
}

// level returns which level of roll-ups holds the query's groups; ok is false if none does. A series' weight depends on
// what else is in its group at its port.
func (q *Query) level() (l level, ok bool) {
	all, system, transaction := levels()[0], levels()[1], levels()[2]
	by := func(d Dimension) bool { return slices.Contains(q.Group, d) }
	switch {
	case len(q.Agents) > 0 || by(ByAgent) || by(ByClass):
		return l, false
	case by(ByTransaction) || len(q.Systems) == 1 && len(q.Transactions) == 1:
		return transaction, true
	case len(q.Transactions) > 0:
		return l, false
	case by(BySystem) || len(q.Systems) == 1:
		return system, true
	default:
		return all, len(q.Systems) == 0
	}
}

// scopes returns whose roll-ups the query needs: the nation's if it does not tell ports apart, else those of the selected
// ports of which anything is known.
func (q *Query) scopes(filter ledger.HourFilter, rolls *rollState) []portolan.PortCode {
	apart := func(d Dimension) bool { return d == ByPort || d == ByOffice || d == ByKind }
	if len(filter.Ports) == 0 && !slices.ContainsFunc(q.Group, apart) {
		return []portolan.PortCode{""}
	}
	ports := slices.DeleteFunc(slices.Clone(rolls.ports), func(code portolan.PortCode) bool { return !oneOf(filter.Ports, code) })
	slices.Sort(ports)
	return ports
}

// sinceFirst leaves out the hours of which nothing is known.
func sinceFirst(tasks []task, first portolan.Instant) []task {
	var left []task
	for _, one := range tasks {
		if one.hours.From = max(one.hours.From, first); !one.hours.Empty() {
			left = append(left, one)
		}
	}
	return left
}

// unitsOf returns the units whose roll-ups a query in a zone may use, the longest first: days and months of the zone, or
// of another if there are none.
func (s *rollState) unitsOf(zone *time.Location) []*unitState {
	var units []*unitState
	for _, kind := range []unitKind{aMonth, aDay, anHour} {
		var chosen *unitState
		for _, u := range s.units {
			if u.kind == kind && (chosen == nil || u.zone.String() == zone.String()) {
				chosen = u
			}
		}
		if chosen != nil {
			units = append(units, chosen)
		}
	}
	return units
}

// addRolled adds the roll-ups of one unit, and returns what is left to do.
func (t *tallies) addRolled(l level, u *unitState, left []rest) ([]rest, error) {
	var still []rest
	for _, r := range left {
		if len(r.ports) == 0 {
			continue
		}
		found, err := t.findRolled(l, u, r)
		if err != nil {
			return nil, err
		}
		before := len(still)
		for _, port := range r.ports {
			tasks, err := t.addFound(port, u, r.tasks, found[port])
			if err != nil {
				return nil, fmt.Errorf("read %s of port %q: %w", u.name(), port, err)
			}
			if len(tasks) == 0 {
				continue
			}
			same := before + slices.IndexFunc(still[before:], func(r rest) bool { return slices.Equal(r.tasks, tasks) })
			if same < before {
				same = len(still)
				still = append(still, rest{tasks: tasks})
			}
			still[same].ports = append(still[same].ports, port)
		}
	}
	return still, nil
}

// usable returns what of a task may be made of roll-ups: hours that lie wholly in its period, and were over for long
// enough when what is asked for was known.
func (t *tallies) usable(one task) portolan.Span {
	span := portolan.Span{From: one.hours.From, To: min(one.hours.To, t.known.at.Add(-rollLag))}
	if span.From < one.period.From {
		span.From = span.From.Add(time.Hour)
	}
	if span.To > one.period.To {
		span.To = span.To.Add(-time.Hour)
	}
	return span
}

// findRolled reads the roll-ups of a unit that the tasks may use, by port and in the order of time.
func (t *tallies) findRolled(l level, u *unitState, r rest) (map[portolan.PortCode][]ledger.Rollup, error) {
	var spans spanSet
	for _, one := range r.tasks {
		usable := t.usable(one)
		for span := range u.within(usable) {
			spans = spans.with(span)
		}
	}
	found := make(map[portolan.PortCode][]ledger.Rollup, len(r.ports))
	for _, span := range spans {
		some, err := t.known.rolled(ledger.RollupFilter{Span: span, Ports: r.ports, Unit: u.name(), Part: l.name})
		if err != nil {
			return nil, err
		}
		for len(some) > 0 {
			port, n := some[0].Key.Port, 1
			for n < len(some) && some[n].Key.Port == port {
				n++
			}
			if found[port] == nil {
				found[port] = some[:n:n]
			} else {
				found[port] = append(found[port], some[:n]...)
			}
			some = some[n:]
		}
	}
	return found, nil
}

// addFound adds a port's roll-ups of a unit to the tasks that they serve, and returns what is left of these.
func (t *tallies) addFound(port portolan.PortCode, u *unitState, tasks []task, found []ledger.Rollup) ([]task, error) {
	if len(found) == 0 {
		return tasks, nil
	}
	var left []task
	for _, one := range tasks {
		usable, at := t.usable(one), one.hours.From
		first, _ := slices.BinarySearchFunc(found, usable.From, func(r ledger.Rollup, from portolan.Instant) int {
			return cmp.Compare(r.Key.Start, from)
		})
		for ; first < len(found); first++ {
			span := u.after(found[first].Key.Start)
			if span.To > usable.To {
				break
			}
			if err := t.addParts(port, one.period, span, found[first].Body); err != nil {
				return nil, err
			}
			if at < span.From {
				left = append(left, task{one.period, portolan.Span{From: at, To: span.From}})
			}
			at = span.To
		}
		if at < one.hours.To {
			left = append(left, task{one.period, portolan.Span{From: at, To: one.hours.To}})
		}
	}
	return left, nil
}

// addParts adds a port's roll-up of a span, as far as the query selects its parts.
func (t *tallies) addParts(port portolan.PortCode, period, span portolan.Span, body []byte) error {
	named := t.known.rolls.named(port)
	name := portolan.Series{Agent: portolan.AgentID(port + "-0")}
	at := portOf(t.known.facts, name)
	return readParts(body, span.To, func(p *part) error {
		if p.system != "" && !oneOf(t.query.Systems, p.system) || p.transaction != "" && !oneOf(t.query.Transactions, p.transaction) {
			return nil
		}
		name.System, name.Transaction = p.system, p.transaction
		return t.group(t.query.key(name, at, "", period), period).merge(p, named)
	})
}

// addRows adds what the rows and states of the selected series say, for tasks in the order of time; of some ports, if any
// are given.
func (t *tallies) addRows(filter ledger.HourFilter, tasks []task, ports []portolan.PortCode) error {
	var spans spanSet
	for _, one := range tasks {
		spans = spans.with(one.hours)
	}
	if len(ports) > 0 && ports[0] != "" {
		filter.Ports = ports
	}
	for _, span := range spans {
		for part := range pieces(span) {
			for len(tasks) > 0 && tasks[0].hours.To <= part.From {
				tasks = tasks[1:]
			}
			filter.Span = part
			err := t.known.each(filter, func(r *readings) {
				for i := 0; i < len(tasks) && tasks[i].hours.From < part.To; i++ {
					t.add(r, tasks[i].hours.Intersect(part), tasks[i].period)
				}
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

package projection

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"portolan"
	"portolan/availability"
)

// A roll-up's body is what its groups were added up to, each by all weights: one group for all series together, or one
// for each system or transaction.
type level struct {
	name string      // the part under which the ledger keeps it
	by   []Dimension // what its groups are told apart by
}

func levels() []level {
	return []level{{name: "all"}, {name: "system", by: []Dimension{BySystem}}, {name: "transaction", by: []Dimension{ByTransaction}}}
}

// part is one group of a roll-up. Its sums are decoded when they are asked for.
type part struct {
	system      portolan.SystemID
	transaction portolan.TransactionID
	sums        [len(sums{})][]byte
	due         availability.Due
	late        arrivals
	// ports are those with a series, a bit for each by its place in rollState.ports; of a port's own roll-up, the bit
	// of place 0 stands for itself.
	ports []byte
}

// encodeGroups packs groups that share a port. Changes that came before the unit was over are left out: no window that
// holds the unit was closed by then.
func encodeGroups(groups map[Key]*group, end portolan.Instant, place func(portolan.PortCode) int) []byte {
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b Key) int { return a.compare(&b) })
	var w writer
	w.uint(uint64(len(keys)))
	for _, key := range keys {
		g := groups[key]
		w.text(string(key.System))
		w.text(string(key.Transaction))
		for _, sum := range g.sums {
			w.bytes(sum.Append(nil))
		}
		for _, n := range dueFields(&g.due) {
			w.uint(uint64(*n))
		}
		g.late.encode(&w, end)
		var set []byte
		for code := range g.ports.all() {
			at := place(code)
			set = append(set, make([]byte, max(0, at/8+1-len(set)))...)
			set[at/8] |= 1 << (at % 8)
		}
		w.bytes(set)
	}
	return w.b
}

// readParts calls do with each group of a roll-up whose unit ends at end. The part is valid until do returns.
func readParts(body []byte, end portolan.Instant, do func(*part) error) error {
	r := reader{b: body}
	var p part
	for range r.count() {
		p = part{}
		p.system, p.transaction = portolan.SystemID(r.text()), portolan.TransactionID(r.text())
		for i := range p.sums {
			p.sums[i] = r.bytes()
		}
		for _, n := range dueFields(&p.due) {
			*n = int(r.uint())
		}
		p.late = readArrivals(&r, end)
		p.ports = r.bytes()
		if r.err != nil {
			return r.err
		}
		if err := do(&p); err != nil {
			return err
		}
	}
	return r.err
}

// merge adds a part to the group; ports are those that its bits stand for.
func (g *group) merge(p *part, ports []portolan.PortCode) error {
	for i, into := range g.sums {
		if into == nil {
			continue
		}
		sum, rest, err := availability.ReadSum(p.sums[i])
		if err != nil || len(rest) > 0 {
			return cmp.Or(err, errStored)
		}
		into.Merge(&sum)
	}
	g.due.Merge(p.due)
	g.late.merge(&p.late)
	if len(ports) > 1 {
		if bytes.Equal(g.merged, p.ports) {
			return nil
		}
		g.merged = p.ports
	}
	for at := range 8 * len(p.ports) {
		if p.ports[at/8]&(1<<(at%8)) == 0 {
			continue
		}
		if at >= len(ports) {
			return errStored
		}
		g.ports.add(ports[at])
	}
	return nil
}

// encode packs the arrivals from an instant on.
func (a *arrivals) encode(w *writer, from portolan.Instant) {
	links := slices.DeleteFunc(slices.Sorted(maps.Keys(a.links)), func(at portolan.Instant) bool { return at < from })
	together := slices.DeleteFunc(slices.Sorted(maps.Keys(a.together)), func(at portolan.Instant) bool { return at < from })
	w.uint(uint64(len(links)))
	for _, at := range links {
		w.at(at - from)
	}
	w.uint(uint64(len(together)))
	for _, at := range together {
		w.at(at - from)
		w.uint(a.together[at])
	}
}

func readArrivals(r *reader, from portolan.Instant) (a arrivals) {
	for range r.count() {
		a.add(lateChange{received: from + r.at(), links: 1})
	}
	for range r.count() {
		a.add(lateChange{received: from + r.at(), links: r.uint()})
	}
	return a
}

// merge adds the other arrivals to a.
func (a *arrivals) merge(o *arrivals) {
	for at := range o.links {
		a.add(lateChange{received: at, links: 1})
	}
	for at, links := range o.together {
		a.add(lateChange{received: at, links: links})
	}
}

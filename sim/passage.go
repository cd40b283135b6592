package sim

import (
	"errors"
	"fmt"
	"sync"

	"portolan"
	"portolan/sim/fault"
	"portolan/sim/relay"
)

// apply gives every gate and relay the passage that the faults in force leave it.
func (s *Simulator) apply(active []fault.Fault) error {
	var (
		setting sync.WaitGroup
		mu      sync.Mutex
		errs    []error
		filled  []error // of folders: by this goroutine alone
	)
	set := func(what string, to interface{ Set(relay.Passage) error }, p relay.Passage) {
		setting.Go(func() {
			if err := to.Set(p); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, fmt.Errorf("%s %s: %w", p, what, err))
			}
		})
	}
	for _, service := range s.services {
		for id, gate := range service.gates() {
			set(string(id), gate, servicePassage(service.system.ID, active))
		}
	}
	for _, l := range s.links {
		if l.relay == nil {
			filled = append(filled, s.fillFolder(l, active))
			continue
		}
		set(fmt.Sprintf("%s from %s", l.endpoint, l.origin.Agent), l.relay, linkPassage(l.origin, l.target, active))
	}
	setting.Wait()
	return errors.Join(append(errs, filled...)...)
}

// servicePassage is how a system's own address treats connections from wherever they come.
func servicePassage(system portolan.SystemID, active []fault.Fault) relay.Passage {
	worst := relay.Open
	for _, f := range active {
		if f.Where.Whole(system) && f.Where.Everywhere() {
			worst = max(worst, passageOf(f.Effect))
		}
	}
	return worst
}

// linkPassage is how the way from a workstation to a target treats connections. A fault that names no
// system is every screening system's; the collector shares only the port's network with them.
func linkPassage(origin fault.Origin, target portolan.SystemID, active []fault.Fault) relay.Passage {
	worst := relay.Open
	for _, f := range active {
		anySystem := f.Where.Whole("") && (target != collectorID || f.Effect == fault.Partition)
		if !f.Where.From(origin) || !f.Where.Whole(target) && !anySystem {
			continue
		}
		worst = max(worst, passageOf(f.Effect))
		if target == collectorID && f.Effect == fault.Hang {
			worst = max(worst, relay.Stall)
		}
	}
	return worst
}

// passageOf is what an effect does to connections; the others act on requests.
func passageOf(e fault.Effect) relay.Passage {
	switch e {
	case fault.Outage:
		return relay.Refuse
	case fault.Partition:
		return relay.Drop
	case fault.EffectUnknown, fault.Hang, fault.Slow, fault.Error, fault.Wrong, fault.Stale, fault.Loss, fault.Asleep, fault.Clock:
	}
	return relay.Open
}

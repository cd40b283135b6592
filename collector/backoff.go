package collector

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/collector/projection"
	"portolan/evidence"
	"portolan/schedule"
)

// BackOffConfig says when most agents ask a system less often because it fails everywhere.
type BackOffConfig struct {
	// Agents is how many must see the system; with fewer nothing is slowed down.
	Agents int `yaml:"agents"`
	// After is how long most of them must see it fail, and later how long most must see it work again.
	After time.Duration `yaml:"after"`
	// Factor is how many times its interval an agent then waits; 1 turns backing off off.
	Factor int `yaml:"factor"`
}

// The shares of agents, in percent, that begin and end a back-off: far apart, so that one does not bring on the other.
const (
	failingShare = 80
	workingShare = 50
	// keepOneIn is the part of agents that keep the full rate.
	keepOneIn = 10
)

func (b BackOffConfig) check(report func(path, problem, allowed string)) {
	if b.Agents < 1 {
		report("back_off.agents", fmt.Sprint(b.Agents), "want 1 or more")
	}
	if b.After < time.Second || b.After > time.Hour {
		report("back_off.after", b.After.String(), "want 1s to 1h")
	}
	if b.Factor < 1 || b.Factor > portolan.MaxBackOffFactor {
		report("back_off.factor", fmt.Sprint(b.Factor), fmt.Sprintf("want 2 to %d, or 1 to turn it off", portolan.MaxBackOffFactor))
	}
}

// backOffs finds out when to back off from systems, and when no more. It remembers since when each looked as it must
// for a change; the zero backOffs remembers nothing.
type backOffs struct {
	since map[portolan.SystemID]portolan.Instant
}

// review returns the orders that the agents' states call for. inForce are the back-offs that hold.
func (b *backOffs) review(agents []projection.AgentNow, inForce []portolan.BackOff, config BackOffConfig, now portolan.Instant) []projection.Probing {
	var orders []projection.Probing
	former := b.since
	b.since = map[portolan.SystemID]portolan.Instant{}
	for _, system := range systemsOf(agents, inForce) {
		i := slices.IndexFunc(inForce, func(f portolan.BackOff) bool { return f.System == system })
		order, called := portolan.OrderBackOff, false
		if i < 0 {
			called = config.Factor > 1 && failsEverywhere(agents, system, config.Agents)
		} else {
			order, called = portolan.OrderFullRate, config.Factor == 1 || worksAgain(agents, &inForce[i])
		}
		if !called {
			continue
		}
		since := cmp.Or(former[system], now)
		if b.since[system] = since; now.Sub(since) < config.After {
			continue
		}
		delete(b.since, system)
		orders = append(orders, orderOf(system, order, agents, config))
	}
	return orders
}

func orderOf(system portolan.SystemID, order portolan.Order, agents []projection.AgentNow, config BackOffConfig) projection.Probing {
	p := projection.Probing{System: system, Order: order, By: "collector"}
	if order == portolan.OrderFullRate {
		p.Reason = fmt.Sprintf("no longer failing everywhere for %s", config.After)
		return p
	}
	down, monitored, _ := votes(agents, system, nil)
	p.Reason = fmt.Sprintf("down at %d of %d agents for %s", down, monitored, config.After)
	p.Factor, p.Keep = config.Factor, keepOf(agents, system)
	return p
}

// systemsOf returns the systems that agents probe or that are backed off from, sorted.
func systemsOf(agents []projection.AgentNow, inForce []portolan.BackOff) []portolan.SystemID {
	var all []portolan.SystemID
	for i := range agents {
		for j := range agents[i].Series {
			all = append(all, agents[i].Series[j].Series.System)
		}
	}
	for _, b := range inForce {
		all = append(all, b.System)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// votes counts the agents that monitor a system, and those that see it down. of limits it to some; nil for all.
func votes(agents []projection.AgentNow, system portolan.SystemID, of func(portolan.AgentID) bool) (down, monitored, planned int) {
	for i := range agents {
		now, has := agents[i].System(system)
		if !has || of != nil && !of(agents[i].Agent) {
			continue
		}
		planned++
		if now.State == portolan.Unmonitored || agents[i].Silent {
			continue
		}
		monitored++
		if now.State == portolan.Down {
			down++
		}
	}
	return down, monitored, planned
}

func failsEverywhere(agents []projection.AgentNow, system portolan.SystemID, least int) bool {
	down, monitored, _ := votes(agents, system, nil)
	return monitored >= least && down*100 >= failingShare*monitored
}

// worksAgain asks the agents that kept the full rate, which know first; all of them, if none of those sees anything.
func worksAgain(agents []projection.AgentNow, b *portolan.BackOff) bool {
	down, monitored, _ := votes(agents, b.System, func(a portolan.AgentID) bool { return schedule.Rank(a, b.System) <= b.Keep })
	if monitored == 0 {
		down, monitored, _ = votes(agents, b.System, nil)
	}
	return monitored == 0 || down*100 < workingShare*monitored
}

// keepOf returns the rank up to which agents keep the full rate: that of a tenth of those that probe the system, and of
// one at least.
func keepOf(agents []projection.AgentNow, system portolan.SystemID) uint32 {
	var ranks []uint32
	for i := range agents {
		if _, planned := agents[i].System(system); planned {
			ranks = append(ranks, schedule.Rank(agents[i].Agent, system))
		}
	}
	if len(ranks) == 0 {
		return 0
	}
	slices.Sort(ranks)
	return ranks[(len(ranks)+keepOneIn-1)/keepOneIn-1]
}

// backOffLoop has agents back off from systems that fail everywhere, while this collector leads.
func (c *collector) backOffLoop(ctx context.Context) {
	var watch backOffs
	for wait(ctx, c.around.Load().config.SendInterval) {
		if !c.leading.Load() || !c.caughtUp.Load() {
			watch = backOffs{}
			continue
		}
		c.reviewBackOffs(ctx, &watch, c.now())
	}
}

func (c *collector) reviewBackOffs(ctx context.Context, watch *backOffs, now portolan.Instant) {
	config := c.around.Load().config
	facts := c.projection.Facts()
	for _, p := range watch.review(c.projection.Agents(now, config.SendInterval), facts.Directives(now).BackOffs, config.BackOff, now) {
		if err := c.note(ctx, evidence.EntryProbing, string(p.System), now, p); err != nil {
			if ctx.Err() == nil {
				c.log.Error("back-off cannot be ordered", zap.Error(err))
			}
			return
		}
		c.log.Warn("order on probing", zap.String("system", string(p.System)), zap.Stringer("order", p.Order), zap.String("reason", p.Reason))
	}
}

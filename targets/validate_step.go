package targets

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"portolan"
	"portolan/internal/strictyaml"
	"portolan/probe"
)

func (c *checker) steps(at string, def transactionDefinition, t *probe.Transaction) {
	if n := len(def.Steps); n == 0 || n > maxSteps {
		c.doc.Report(at, fmt.Sprintf("%d steps", n), fmt.Sprintf("want 1 to %d", maxSteps))
		return
	}
	flow := newFlow(t.Values)
	t.Offline = true // until a step says otherwise
	flow.partial = def.Traveler != nil && def.Traveler.Document == DocumentUnknown
	for i, def := range def.Steps {
		here := fmt.Sprintf("%s[%d]", at, i)
		step := c.step(here, def, t)
		if step.ID != "" && slices.ContainsFunc(t.Steps, func(s probe.Step) bool { return s.ID == step.ID }) {
			c.doc.Report(here+".step", fmt.Sprintf("%q is defined already", step.ID), "want each step once")
		}
		c.checkFlow(here, step.Action, flow)
		t.Steps = append(t.Steps, step)
	}
}

func (c *checker) step(at string, def stepDefinition, t *probe.Transaction) probe.Step {
	step := probe.Step{
		ID:      parsed(c, at+".step", def.Step, portolan.ParseStepID),
		Title:   c.text(at+".title", def.Title),
		Latency: def.Latency, Timeout: def.Timeout, Always: def.Always,
		Action: c.action(at, def.Ways, t),
	}
	if c.doc.Has(at + ".dependency") {
		step.Dependency = c.dependency(at+".dependency", def.Dependency)
	}
	c.checkStepTimes(at, step, t)
	return step
}

func (c *checker) dependency(at, name string) portolan.SystemID {
	id := parsed(c, at, name, portolan.ParseSystemID)
	listed := make([]string, len(c.system.Dependencies))
	for i, d := range c.system.Dependencies {
		listed[i] = string(d.System)
	}
	if id != "" && !slices.Contains(listed, name) {
		c.doc.Report(at, fmt.Sprintf("%q is not listed under dependencies", name), strictyaml.Suggest(name, listed))
	}
	return id
}

func (c *checker) checkStepTimes(at string, step probe.Step, t *probe.Transaction) {
	c.checkPositive(at+".latency", step.Latency)
	c.checkPositive(at+".timeout", step.Timeout)
	if t.Timeout <= 0 {
		return
	}
	if step.Timeout > t.Timeout {
		c.doc.Report(at+".timeout", fmt.Sprintf("%s is more than the transaction's %s", spell(step.Timeout), spell(t.Timeout)),
			fmt.Sprintf("want at most %s", spell(t.Timeout)))
	}
	limit := t.Timeout
	if step.Timeout > 0 {
		limit = min(limit, step.Timeout)
	}
	if timeoutFactor*step.Latency > limit {
		c.doc.Report(at+".latency",
			fmt.Sprintf("the time-out of %s is less than twice %s, so the true duration of slow answers would be lost", spell(limit), spell(step.Latency)),
			fmt.Sprintf("want at most %s", spell(limit/timeoutFactor)))
	}
}

// checkPositive reports a duration that is given and is not above zero.
func (c *checker) checkPositive(at string, d time.Duration) {
	if d <= 0 && c.doc.Has(at) {
		c.doc.Report(at, spell(d), "want more than 0s, or no such key")
	}
}

// action decodes the one way of talking that a step of t names; it returns nil after a fault.
func (c *checker) action(at string, ways map[string]strictyaml.Value, t *probe.Transaction) probe.Action {
	names := slices.Sorted(maps.Keys(ways))
	var chosen *probe.Way
	for _, name := range names {
		way := c.way(name)
		switch {
		case way == nil:
			c.doc.Report(at+"."+name, "unknown key", strictyaml.Suggest(name, append(c.wayNames(), stepKeys()...)))
		case chosen != nil:
			c.doc.Report(at+"."+name, fmt.Sprintf("a second way of talking beside %s", chosen.Name), "want one a step")
		default:
			chosen = way
		}
	}
	switch {
	case chosen != nil:
		t.LeastInterval = max(t.LeastInterval, chosen.LeastInterval)
		t.Offline = t.Offline && chosen.Offline
		return c.decodeWay(at+"."+chosen.Name, chosen, ways[chosen.Name])
	case len(names) == 0:
		c.doc.Report(at, "no way of talking", "want "+strings.Join(c.wayNames(), " or "))
	}
	return nil
}

func (c *checker) decodeWay(at string, way *probe.Way, value strictyaml.Value) probe.Action {
	action, faults := way.Decode(func(into any) error { return value.Decode(into).Err() })
	for _, f := range faults {
		c.doc.Report(join(at, f.Path), f.Problem, want(f.Allowed))
	}
	return action
}

// want words what would be right as the other faults do.
func want(allowed string) string {
	if allowed == "" || strings.HasPrefix(allowed, "want ") {
		return allowed
	}
	return "want " + allowed
}

func join(path, rest string) string {
	if rest == "" || rest[0] == '[' {
		return path + rest
	}
	return path + "." + rest
}

func (c *checker) way(name string) *probe.Way {
	for i := range c.options.Ways {
		if c.options.Ways[i].Name == name {
			return &c.options.Ways[i]
		}
	}
	return nil
}

func (c *checker) wayNames() []string {
	names := make([]string, len(c.options.Ways))
	for i, way := range c.options.Ways {
		names[i] = way.Name
	}
	return names
}

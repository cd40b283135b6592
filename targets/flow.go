package targets

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"portolan/internal/strictyaml"
	"portolan/probe"
)

// The values that every run has: the endpoint from the system, the others from the agent.
const (
	valueEndpoint = "endpoint"
	valueAgent    = "agent"
	valuePort     = "port"
)

// flow is which values a step can refer to.
type flow struct {
	fixed   map[string]bool
	given   map[string]bool // by the steps so far
	partial bool            // a step or the traveler could not be decoded, so nobody knows what it gives
}

func newFlow(values map[string]string) *flow {
	f := &flow{fixed: map[string]bool{valueAgent: true, valuePort: true}, given: map[string]bool{}}
	for name := range values {
		f.fixed[name] = true
	}
	return f
}

func (f *flow) names() []string {
	return append(slices.Collect(maps.Keys(f.fixed)), slices.Collect(maps.Keys(f.given))...)
}

// checkFlow checks that what a step refers to is there, and adds what it gives.
func (c *checker) checkFlow(at string, action probe.Action, f *flow) {
	if action == nil {
		f.partial = true
		return
	}
	for _, name := range action.Needs() {
		if !f.partial && !f.fixed[name] && !f.given[name] {
			c.doc.Report(c.whereUsed(at, name), fmt.Sprintf("${%s} is given by no earlier step", name), strictyaml.Suggest(name, f.names()))
		}
	}
	for _, name := range action.Gives() {
		if f.fixed[name] {
			c.doc.Report(at, fmt.Sprintf("extracts %q, which is given already", name), "want another name")
		}
		f.given[name] = true
	}
}

// whereUsed returns the path of the first text below at that refers to the value of that name, or at.
func (c *checker) whereUsed(at, name string) string {
	for path, text := range c.doc.Texts() {
		if strings.HasPrefix(path, at+".") && strings.Contains(text, "${"+name+"}") {
			return path
		}
	}
	return at
}

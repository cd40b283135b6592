package targets

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"portolan/internal/strictyaml"
	"portolan/probe"
)

// The values that every run has, besides its own number: the endpoint from the system, the others from the agent.
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
	f := &flow{fixed: map[string]bool{valueAgent: true, valuePort: true, probe.RunValue: true}, given: map[string]bool{}}
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
		c.checkNeeds(at, c.references(at), f)
		f.partial = true
		return
	}
	c.checkNeeds(at, action.Needs(), f)
	for _, name := range action.Gives() {
		if f.fixed[name] {
			c.doc.Report(at, fmt.Sprintf("extracts %q, which is given already", name), "want another name")
		}
		f.given[name] = true
	}
}

func (c *checker) checkNeeds(at string, needs []string, f *flow) {
	for _, name := range needs {
		if _, secret := probe.SecretName(name); secret {
			continue // each workstation has its own
		}
		if !f.partial && !f.fixed[name] && !f.given[name] {
			c.doc.Report(c.whereUsed(at, name), fmt.Sprintf("${%s} is given by no earlier step", name), strictyaml.Suggest(name, f.names()))
		}
	}
}

// references returns what the texts of a step refer to, for a step that is at fault and cannot tell.
func (c *checker) references(at string) []string {
	var names []string
	for path, text := range c.doc.Texts() {
		if template, err := probe.ParseTemplate(text); err == nil && strings.HasPrefix(path, at+".") {
			names = append(names, template.Names()...)
		}
	}
	return names
}

// whereUsed returns the path of the first text below at that refers to the value of that name, as ${name}
// or, in an expression, quoted; at itself if none is found.
func (c *checker) whereUsed(at, name string) string {
	for path, text := range c.doc.Texts() {
		if strings.HasPrefix(path, at+".") && (strings.Contains(text, "${"+name+"}") || strings.Contains(text, strconv.Quote(name))) {
			return path
		}
	}
	return at
}

package targets

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"portolan"
	"portolan/internal/strictyaml"
)

// Bounds on definitions. They are generous: what lies beyond is a slip.
const (
	maxWindow       = 366 * 24 * time.Hour
	maxTransactions = 100
	maxSteps        = 100
	maxRetries      = 5
	maxCompanions   = 9
	maxRate         = 1e6
	minInterval     = time.Second
	// timeoutFactor is how far above the latency objective a time-out must lie, so that the true
	// duration of a slow answer is kept (design 3.4).
	timeoutFactor = 2
)

// checker turns one definition into a system and reports what is wrong with it.
type checker struct {
	doc     *strictyaml.Document
	options Options
	system  *System
}

// Parse reads and validates the definition in data, the contents of the named file. It returns the system
// or all that is wrong.
func Parse(file string, data []byte, o Options) (*System, strictyaml.Faults) {
	var def definition
	doc, faults := strictyaml.Decode(file, data, &def)
	if !doc.Has("") {
		return nil, faults
	}
	c := checker{doc: doc, options: o, system: &System{File: file, Source: slices.Clone(data)}}
	c.fill(def)
	c.checkDocuments()
	if faults := doc.Faults(); faults != nil {
		return nil, faults
	}
	return c.system, nil
}

func (c *checker) fill(def definition) {
	s := c.system
	s.ID = parsed(c, "system", def.System, portolan.ParseSystemID)
	s.Name = c.text("name", def.Name)
	s.Owner = Owner{c.text("owner.organization", def.Owner.Organization), c.text("owner.contact", def.Owner.Contact)}
	s.Objective = portolan.Objective{Availability: float64(def.Objective.Availability), Window: def.Objective.Window}
	s.Consent = Consent{def.Synthetic.By, time.Time(def.Synthetic.Since)}
	s.MaxRate = def.Load.MaxPerSecond
	c.checkPromises(def)
	s.Dependencies = c.dependencies(def.Dependencies)
	s.Backups = c.backups(def.Backups)
	s.Clocks = c.clocks(def.Clocks)
	s.Where = c.where("where", def.Where, portolan.Where{})
	c.transactions(def.Transactions)
	c.checkExercised()
}

// checkPromises checks what the owner promises and accepts.
func (c *checker) checkPromises(def definition) {
	c.checkConsent(def.Synthetic)
	if w := def.Objective.Window; w < time.Hour || w > maxWindow {
		c.doc.Report("objective.window", strictyaml.FormatDuration(w), "want 1h to 366d")
	}
	c.endpoints(def)
	if rate := def.Load.MaxPerSecond; rate <= 0 || rate > maxRate {
		c.doc.Report("load.max_per_second", fmt.Sprint(rate), "want more than 0 transactions a second from the whole fleet, at most a million")
	}
}

// checkConsent refuses a system whose owner has not agreed to be sent synthetic transactions.
func (c *checker) checkConsent(def syntheticDefinition) {
	const refusal = "the owner has not accepted synthetic transactions"
	switch {
	case !c.doc.Has("synthetic"):
		c.doc.Report("synthetic", refusal, "want accepted: true, by and since, once the owner has agreed")
	case !def.Accepted:
		c.doc.Report("synthetic.accepted", refusal, "want true, once the owner has agreed")
	}
	if c.doc.Has("synthetic.by") {
		c.text("synthetic.by", def.By)
	}
}

func (c *checker) dependencies(defs []dependencyDefinition) []Dependency {
	var listed []Dependency
	for i, def := range defs {
		at := fmt.Sprintf("dependencies[%d]", i)
		d := Dependency{parsed(c, at+".system", def.System, portolan.ParseSystemID), c.text(at+".owner", def.Owner)}
		switch {
		case d.System != "" && d.System == c.system.ID:
			c.doc.Report(at+".system", "the system itself", "want another system")
		case slices.ContainsFunc(listed, func(o Dependency) bool { return o.System == d.System }):
			c.doc.Report(at+".system", fmt.Sprintf("%q is listed already", d.System), "want each system once")
		}
		listed = append(listed, d)
	}
	return listed
}

// checkExercised refuses a dependency that no step exercises: nobody would see it fail.
func (c *checker) checkExercised() {
	for i, d := range c.system.Dependencies {
		at := fmt.Sprintf("dependencies[%d].system", i)
		if d.System != "" && !c.doc.Faulty(at) && !c.doc.Faulty("transactions") && len(c.system.Exercising(d.System)) == 0 {
			c.doc.Report(at, fmt.Sprintf("no step exercises %q", d.System), "want a step that names it as its dependency")
		}
	}
}

func (c *checker) clocks(defs []clockDefinition) []Clock {
	var listed []Clock
	for i, def := range defs {
		at := fmt.Sprintf("clocks[%d]", i)
		clock := Clock{def.Clock, c.text(at+".title", def.Title), def.Limit, c.text(at+".source", def.Source)}
		if _, err := portolan.ParseStepID(def.Clock); err != nil {
			c.doc.Report(at+".clock", fmt.Sprintf("name %.40q", def.Clock), "want small letters, digits and dashes")
		}
		if slices.ContainsFunc(listed, func(o Clock) bool { return o.ID == clock.ID }) {
			c.doc.Report(at+".clock", fmt.Sprintf("%q is listed already", clock.ID), "want each clock once")
		}
		if def.Limit <= 0 || def.Limit > maxWindow {
			c.doc.Report(at+".limit", strictyaml.FormatDuration(def.Limit), "want more than 0s, at most 366d")
		}
		listed = append(listed, clock)
	}
	return listed
}

// where returns what a definition says of the ports and workstations where something runs, or what holds if it says nothing.
func (c *checker) where(at string, def *whereDefinition, otherwise portolan.Where) portolan.Where {
	if def == nil {
		return otherwise
	}
	var w portolan.Where
	for i, kind := range def.Kinds {
		if kind == portolan.PortKindUnknown || slices.Contains(w.Kinds, kind) {
			c.doc.Report(fmt.Sprintf("%s.kinds[%d]", at, i), fmt.Sprintf("%q", kind), "want air, land, sea or center, each once")
		}
		w.Kinds = append(w.Kinds, kind)
	}
	for i, name := range def.Ports {
		code := parsed(c, fmt.Sprintf("%s.ports[%d]", at, i), name, portolan.ParsePortCode)
		if code != "" && slices.Contains(w.Ports, code) {
			c.doc.Report(fmt.Sprintf("%s.ports[%d]", at, i), fmt.Sprintf("%q is listed already", code), "want each port once")
		}
		w.Ports = append(w.Ports, code)
	}
	for i, name := range def.Classes {
		class := parsed(c, fmt.Sprintf("%s.classes[%d]", at, i), name, portolan.ParseWorkstationClass)
		if class != "" && slices.Contains(w.Classes, class) {
			c.doc.Report(fmt.Sprintf("%s.classes[%d]", at, i), fmt.Sprintf("%q is listed already", class), "want each class once")
		}
		w.Classes = append(w.Classes, class)
	}
	if w.Everywhere() && len(w.Classes) == 0 {
		c.doc.Report(at, "names no port", "want kinds, ports, classes of workstation or several of these; leave it out for every port")
	}
	return w
}

func (c *checker) backups(names []string) []portolan.SystemID {
	var listed []portolan.SystemID
	for i, name := range names {
		at := fmt.Sprintf("backups[%d]", i)
		id := parsed(c, at, name, portolan.ParseSystemID)
		switch {
		case id != "" && id == c.system.ID:
			c.doc.Report(at, "the system itself", "want another system")
		case slices.Contains(listed, id):
			c.doc.Report(at, fmt.Sprintf("%q is listed already", id), "want each system once")
		}
		listed = append(listed, id)
	}
	return listed
}

// parsed returns the name that text spells, empty if it spells none, which is reported.
func parsed[T ~string](c *checker, path, text string, parse func(string) (T, error)) T {
	name, err := parse(text)
	if err != nil {
		c.doc.ReportError(path, err)
	}
	return name
}

// text returns text, and reports it if there is nothing in it.
func (c *checker) text(path, text string) string {
	if strings.TrimSpace(text) == "" {
		c.doc.Report(path, "nothing in it", "want text")
	}
	return text
}

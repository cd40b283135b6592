package fault

import (
	"fmt"

	"portolan"
	"portolan/internal/strictyaml"
)

// greatest is the greatest factor by which a fault slows a system down.
const greatest = 100_000

// Check reports to doc what is wrong with a fault that was decoded from path, whatever world it is for.
func (f Fault) Check(doc *strictyaml.Document, path string) {
	if f.At < 0 {
		doc.Report(path+".at", "a negative duration", "want the time from the start, 0s or more")
	}
	if f.For < 0 || f.For == 0 && doc.Has(path+".for") {
		doc.Report(path+".for", "not a length of time", "want more than 0s, or nothing for no end")
	}
	f.checkMeasures(doc, path)
	f.Where.Check(doc, path+".where")
}

// measure is a number that one or two effects need and no other takes.
type measure struct {
	key, allowed string
	needed, fine bool
}

func (f Fault) checkMeasures(doc *strictyaml.Document, path string) {
	if f.Effect == EffectUnknown {
		return // the decoder has said so
	}
	for _, m := range []measure{
		{"factor", fmt.Sprintf("want more than 1, at most %d", greatest), f.Effect == Slow, f.Factor > 1 && f.Factor <= greatest},
		{"ratio", "want more than 0, at most 1", f.Effect == Error || f.Effect == Loss, f.Ratio > 0 && f.Ratio <= 1},
		{"offset", "want a duration, negative for a clock that is behind", f.Effect == Clock, f.Offset != 0},
	} {
		at := path + "." + m.key
		switch given := doc.Has(at); {
		case given && !m.needed:
			doc.Report(at, fmt.Sprintf("means nothing for effect %s", f.Effect), "leave it out")
		case m.needed && !given:
			doc.Report(at, fmt.Sprintf("missing for effect %s", f.Effect), m.allowed)
		case m.needed && !m.fine:
			doc.Report(at, "out of range", m.allowed)
		}
	}
}

// Check reports to doc what is wrong with the form of a place that was decoded from path.
func (w Where) Check(doc *strictyaml.Document, path string) {
	_, system := portolan.ParseSystemID(string(w.System))
	_, dependency := portolan.ParseSystemID(string(w.Dependency))
	_, step := portolan.ParseStepID(string(w.Step))
	_, port := portolan.ParsePortCode(string(w.Port))
	_, agent := portolan.ParseAgentID(string(w.Agent))
	for _, name := range []struct {
		key string
		err error
	}{
		{"system", system}, {"dependency", dependency}, {"step", step}, {"port", port}, {"agent", agent},
	} {
		if at := path + "." + name.key; name.err != nil && doc.Has(at) {
			doc.Report(at, name.err.Error(), "")
		}
	}
	w.checkSense(doc, path)
	if w == (Where{}) && !doc.Faulty(path) {
		doc.Report(path, "no place", "want any of system, dependency, step, port, office, kind, agent")
	}
}

// checkSense reports conditions that exclude each other.
func (w Where) checkSense(doc *strictyaml.Document, path string) {
	if w.System != "" && w.System == w.Dependency {
		doc.Report(path+".dependency", "the system itself", "want a system that it calls")
	}
	if w.Agent != "" && w.Port != "" && w.Agent.Port() != w.Port {
		doc.Report(path+".agent", fmt.Sprintf("not an agent of port %s", w.Port), "want one whose name begins with the port's code")
	}
	if doc.Has(path+".office") && w.Office == "" {
		doc.Report(path+".office", "empty", "want a field office's name, like Miami")
	}
}

package fault

import (
	"strings"

	"portolan"
)

// Where is the place of a fault: any of its conditions, and all that are given must hold. Without a system
// and a dependency it means everything that the users of the place itself call.
type Where struct {
	// System is the one whose services are at fault or, with a dependency, whose calls to it are.
	System portolan.SystemID `yaml:"system" json:"system,omitempty"`
	// Dependency is the system to which calls go wrong: from System, or from every system if that is empty.
	Dependency portolan.SystemID `yaml:"dependency" json:"dependency,omitempty"`
	Step       portolan.StepID   `yaml:"step" json:"step,omitempty"`
	Port       portolan.PortCode `yaml:"port" json:"port,omitempty"`
	Office     string            `yaml:"office" json:"office,omitempty"` // field office, with or without these two words
	Kind       portolan.PortKind `yaml:"kind" json:"kind,omitzero"`
	Agent      portolan.AgentID  `yaml:"agent" json:"agent,omitempty"`
}

// Origin is who a request is made for: an agent and its port. The zero Origin is nobody known.
type Origin struct {
	Agent  portolan.AgentID
	Port   portolan.PortCode
	Office string
	Kind   portolan.PortKind
}

// From reports whether the fault's place includes what is done for the origin.
func (w Where) From(o Origin) bool {
	return (w.Agent == "" || w.Agent == o.Agent) &&
		(w.Port == "" || w.Port == o.Port) &&
		(w.Office == "" || officeName(w.Office) == officeName(o.Office)) &&
		(w.Kind == portolan.PortKindUnknown || w.Kind == o.Kind)
}

// Everywhere reports whether the place does not depend on the origin.
func (w Where) Everywhere() bool {
	return w.Agent == "" && w.Port == "" && w.Office == "" && w.Kind == portolan.PortKindUnknown
}

// Served reports whether the place includes serving a step of a system. Direct says that the users' own
// client calls, and not another system for them: a fault that names no system acts there, once.
func (w Where) Served(system portolan.SystemID, step portolan.StepID, direct bool) bool {
	return w.Dependency == "" && (w.System == system || w.System == "" && direct) && w.at(step)
}

// Called reports whether the place includes a call to a dependency that a system makes in a step.
func (w Where) Called(system portolan.SystemID, step portolan.StepID, dependency portolan.SystemID) bool {
	return w.Dependency == dependency && (w.System == "" || w.System == system) && w.at(step)
}

// Whole reports whether the place is all of a system, as its network address is.
func (w Where) Whole(system portolan.SystemID) bool {
	return w.System == system && w.Dependency == "" && w.Step == ""
}

func (w Where) at(step portolan.StepID) bool { return w.Step == "" || w.Step == step }

func officeName(office string) string { return strings.TrimSuffix(office, " Field Office") }

package incident

import (
	"fmt"

	"portolan"
)

// Level is how wide a scope is. Values are stored: do not reorder, add at the end.
type Level uint8

// The levels, narrowest first.
const (
	LevelUnknown Level = iota
	AtAgent
	AtPort
	AtOffice
	AtKind
	AtNation
)

var levelNames = []string{"unknown", "agent", "port", "office", "kind", "nation"}

// String returns the level's name as metrics and the API print it.
func (l Level) String() string { return nameOf(levelNames, uint8(l)) }

// MarshalText implements encoding.TextMarshaler.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Level) UnmarshalText(b []byte) (err error) {
	*l, err = parseName[Level]("scope", levelNames, b)
	return err
}

// levels is how many levels a result counts at.
const levels = int(AtNation)

// Scope is where an incident is: the one field that its level names is set.
type Scope struct {
	Level  Level             `json:"level"`
	Agent  portolan.AgentID  `json:"agent,omitempty"`
	Port   portolan.PortCode `json:"port,omitempty"`
	Office string            `json:"office,omitempty"`
	Kind   portolan.PortKind `json:"kind,omitempty"`
}

// String names the scope as a sentence can hold it: "at port MIA".
func (s Scope) String() string {
	switch s.Level {
	case AtAgent:
		return fmt.Sprintf("at workstation %s", s.Agent)
	case AtPort:
		return fmt.Sprintf("at port %s", s.Port)
	case AtOffice:
		return fmt.Sprintf("in field office %s", s.Office)
	case AtKind:
		return fmt.Sprintf("at %s ports", s.Kind)
	case AtNation:
		return "nationwide"
	default:
		return "nowhere"
	}
}

// Holds reports whether an agent at a port lies in the scope.
func (s Scope) Holds(agent portolan.AgentID, port *portolan.Port) bool {
	switch s.Level {
	case AtAgent:
		return s.Agent == agent
	case AtPort:
		return s.Port == port.Code
	case AtOffice:
		return s.Office == port.Office
	case AtKind:
		return s.Kind == port.Kind
	default:
		return s.Level == AtNation
	}
}

// scopesOf returns the scopes that an agent at a port lies in, narrowest first.
func scopesOf(agent portolan.AgentID, port *portolan.Port) [levels]Scope {
	return [levels]Scope{
		{Level: AtAgent, Agent: agent},
		{Level: AtPort, Port: port.Code},
		{Level: AtOffice, Office: port.Office},
		{Level: AtKind, Kind: port.Kind},
		{Level: AtNation},
	}
}

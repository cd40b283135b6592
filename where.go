package portolan

import (
	"fmt"
	"slices"
	"strings"
)

// Where says at which ports, and on which of their workstations, a transaction runs: those whose users do this work.
// The zero value is every workstation of every port.
type Where struct {
	Kinds   []PortKind         `json:"kinds,omitempty"`
	Ports   []PortCode         `json:"ports,omitempty"` // besides those of the kinds
	Classes []WorkstationClass `json:"classes,omitempty"`
}

// Everywhere reports whether no port is left out.
func (w Where) Everywhere() bool { return len(w.Kinds)+len(w.Ports) == 0 }

// Includes reports whether a port is meant. One of unknown kind is taken for one of any kind: to run too much is seen,
// to run too little is not.
func (w Where) Includes(code PortCode, kind PortKind) bool {
	return w.Everywhere() || slices.Contains(w.Ports, code) || slices.Contains(w.Kinds, kind) ||
		kind == PortKindUnknown && len(w.Kinds) > 0
}

// IncludesClass reports whether workstations of a class are meant. One of no stated class is taken for one of any, as a
// port of unknown kind is.
func (w Where) IncludesClass(class WorkstationClass) bool {
	return len(w.Classes) == 0 || class == "" || slices.Contains(w.Classes, class)
}

// String says it in words: "at air and sea ports", "at land ports and AMOC", "at every port, on kiosk workstations".
func (w Where) String() string {
	if len(w.Classes) == 0 {
		return w.ports()
	}
	classes := make([]string, len(w.Classes))
	for i, class := range w.Classes {
		classes[i] = string(class)
	}
	return w.ports() + ", on " + and(classes) + " workstations"
}

func (w Where) ports() string {
	if w.Everywhere() {
		return "at every port"
	}
	var kinds, places []string
	for _, kind := range w.Kinds {
		if kind != Center {
			kinds = append(kinds, kind.String())
		}
	}
	if len(kinds) > 0 {
		places = append(places, and(kinds)+" ports")
	}
	if slices.Contains(w.Kinds, Center) {
		places = append(places, "centers")
	}
	for _, port := range w.Ports {
		places = append(places, string(port))
	}
	return "at " + and(places)
}

// and lists words as a sentence does.
func and(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return fmt.Sprintf("%s and %s", strings.Join(words[:last], ", "), words[last])
}

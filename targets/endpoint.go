package targets

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"portolan"
	"portolan/internal/strictyaml"
)

// EndpointID names a way into a system: "apis" for its endpoint, "apis.tcp" for the further one named tcp.
type EndpointID string

// NewEndpointID returns the id of a system's endpoint of that name; empty for the main one.
func NewEndpointID(system portolan.SystemID, name string) EndpointID {
	if name == "" {
		return EndpointID(system)
	}
	return EndpointID(string(system) + "." + name)
}

// Split returns the system and the endpoint's name, empty for the main one.
func (id EndpointID) Split() (system portolan.SystemID, name string) {
	before, after, _ := strings.Cut(string(id), ".")
	return portolan.SystemID(before), after
}

// valueName is how steps refer to an endpoint of that name.
func valueName(endpoint string) string {
	if endpoint == "" {
		return valueEndpoint
	}
	return valueEndpoint + "." + endpoint
}

// EndpointIDs returns the ids of all of the system's endpoints, the main one first.
func (s *System) EndpointIDs() []EndpointID {
	ids := []EndpointID{NewEndpointID(s.ID, "")}
	for _, name := range slices.Sorted(maps.Keys(s.Endpoints)) {
		ids = append(ids, NewEndpointID(s.ID, name))
	}
	return ids
}

// redirect replaces endpoints. The catalogue is this load's own, so nobody else sees it change.
func (c *Catalogue) redirect(endpoints map[EndpointID]string) error {
	for id, endpoint := range endpoints {
		system, name := id.Split()
		s := c.System(system)
		if s == nil {
			return c.unknown(system)
		}
		if err := s.Redirect(name, endpoint); err != nil {
			return err
		}
	}
	return nil
}

// Redirect replaces the system's endpoint of that name; empty for the main one. It is for whoever loaded the
// system, before others have it.
func (s *System) Redirect(name, endpoint string) error {
	if problem := endpointProblem(endpoint); problem != "" {
		return fmt.Errorf("endpoint %q of system %q: %s: want a URL such as http://tpac.example:8080", endpoint, s.ID, problem)
	}
	if _, known := s.Endpoints[name]; name != "" && !known {
		return fmt.Errorf("system %q has no endpoint %q: %s", s.ID, name, strictyaml.Suggest(name, slices.Sorted(maps.Keys(s.Endpoints))))
	}
	if name == "" {
		s.Endpoint = endpoint
	} else {
		s.Endpoints[name] = endpoint
	}
	for _, t := range s.Transactions {
		t.Values[valueName(name)] = endpoint
	}
	return nil
}

// endpointValues returns what steps refer to as ${endpoint} and ${endpoint.NAME}.
func (s *System) endpointValues() map[string]string {
	values := map[string]string{valueEndpoint: s.Endpoint}
	for name, endpoint := range s.Endpoints {
		values[valueName(name)] = endpoint
	}
	return values
}

const wantEndpoint = "want a URL such as http://tpac.example:8080, or a host and port"

// endpoints checks where the system is reached.
func (c *checker) endpoints(def definition) {
	if problem := endpointProblem(def.Endpoint); problem != "" {
		c.doc.Report("endpoint", problem, wantEndpoint)
	}
	for _, name := range slices.Sorted(maps.Keys(def.Endpoints)) {
		at := "endpoints." + name
		if _, err := portolan.ParseStepID(name); err != nil {
			c.doc.Report(at, fmt.Sprintf("name %q", name), "want small letters, digits and dashes")
		}
		if problem := endpointProblem(def.Endpoints[name]); problem != "" {
			c.doc.Report(at, problem, wantEndpoint)
		}
	}
	c.system.Endpoint, c.system.Endpoints = def.Endpoint, maps.Clone(def.Endpoints)
}

// CheckEndpoint returns what is wrong with an address of a system; nil if nothing is.
func CheckEndpoint(endpoint string) error {
	if problem := endpointProblem(endpoint); problem != "" {
		return fmt.Errorf("%s: %s", problem, wantEndpoint)
	}
	return nil
}

func endpointProblem(endpoint string) string {
	if strings.TrimSpace(endpoint) == "" {
		return "nothing in it"
	}
	if !strings.Contains(endpoint, "://") {
		if host, port, ok := strings.Cut(endpoint, ":"); !ok || host == "" || port == "" || strings.ContainsAny(endpoint, " /") {
			return fmt.Sprintf("%q is no address", endpoint)
		}
		return ""
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return fmt.Sprintf("%q is no URL", endpoint)
	case u.Scheme == "file" && u.Host == "" && u.Path != "":
		return "" // a folder or a file of the workstation itself
	case u.Host == "":
		return fmt.Sprintf("%q names no host", endpoint)
	case u.User != nil:
		return "the URL holds a user name"
	case strings.HasSuffix(u.Path, "/") || u.RawQuery != "" || u.Fragment != "":
		return fmt.Sprintf("%q has more than steps can append a path to", endpoint)
	}
	return ""
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"portolan"
	"portolan/internal/strictyaml"
	"portolan/targets"
)

// simulator is where a running simulator serves what, as its admin interface lists it.
type simulator struct {
	Systems []struct {
		System    portolan.SystemID
		Endpoints map[string]string // by name; the main one's is empty
	}
	Relays []struct {
		Agent    portolan.AgentID
		Target   targets.EndpointID
		Endpoint string
	}
}

// Bounds of a simulator's answer.
const (
	simulatorWithin = 10 * time.Second
	longestListing  = 4 << 20
)

// askSimulator asks a simulator by its admin address.
func askSimulator(address string) (simulator, error) {
	var s simulator
	base, err := url.Parse(address)
	if err != nil || base.Host == "" {
		return s, usageError{fmt.Errorf("--simulator %q: want an address such as http://127.0.0.1:8090", address)}
	}
	client := http.Client{Timeout: simulatorWithin}
	response, err := client.Get(base.JoinPath("/admin/v1/systems").String())
	if err != nil {
		return s, fmt.Errorf("ask simulator: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return s, fmt.Errorf("ask simulator: it answered %s", response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, longestListing)).Decode(&s); err != nil {
		return s, fmt.Errorf("read the simulator's answer: %w", err)
	}
	return s, nil
}

// serve replaces the system's endpoints by the simulator's: by the relays of the agent, where it has some, so that
// faults of its port are met; else directly.
func (s simulator) serve(system *targets.System, agent portolan.AgentID) error {
	var known []string
	found := false
	for _, v := range s.Systems {
		known = append(known, string(v.System))
		if v.System != system.ID {
			continue
		}
		found = true
		for _, id := range system.EndpointIDs() {
			_, name := id.Split()
			if endpoint, ok := v.Endpoints[name]; ok {
				if err := system.Redirect(name, endpoint); err != nil {
					return err
				}
			}
		}
	}
	if !found {
		return fmt.Errorf("the simulator does not serve %q: %s", system.ID, strictyaml.Suggest(string(system.ID), known))
	}
	return s.relay(system, agent)
}

// relay replaces the endpoints that lead through a relay of the agent.
func (s simulator) relay(system *targets.System, agent portolan.AgentID) error {
	for _, r := range s.Relays {
		id, name := r.Target.Split()
		if r.Agent != agent || id != system.ID || !slices.Contains(system.EndpointIDs(), r.Target) {
			continue
		}
		if err := system.Redirect(name, r.Endpoint); err != nil {
			return err
		}
	}
	return nil
}

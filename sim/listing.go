package sim

import (
	"slices"
	"time"

	"portolan"
	"portolan/targets"
)

// systemAddress and relayAddress are what GET /admin/v1/systems lists.
type systemAddress struct {
	System  portolan.SystemID `json:"system"`
	Title   string            `json:"title"`
	Address string            `json:"address"`
	Doors   map[string]string `json:"doors,omitempty"` // addresses of further endpoints by name
	// Endpoints is what a definition's endpoints are here, by name; the main one's name is empty.
	Endpoints    map[string]string   `json:"endpoints"`
	Dependencies []portolan.SystemID `json:"dependencies"`
	Steps        []portolan.StepID   `json:"steps"`
	Held         *int                `json:"held,omitempty"` // entries made as a test and not withdrawn yet
}

type relayAddress struct {
	Agent    portolan.AgentID   `json:"agent"`
	Port     portolan.PortCode  `json:"port"`
	Target   targets.EndpointID `json:"target"`
	Address  string             `json:"address"`
	Endpoint string             `json:"endpoint"` // what the target's endpoint is for the agent
}

type addresses struct {
	Systems []systemAddress `json:"systems"`
	Relays  []relayAddress  `json:"relays"`
}

func (s *Simulator) addresses(now time.Time) addresses {
	list := addresses{Systems: []systemAddress{}, Relays: []relayAddress{}}
	for _, v := range s.services {
		list.Systems = append(list.Systems, s.addressOf(v, now))
	}
	for _, l := range s.links {
		list.Relays = append(list.Relays, relayAddress{l.origin.Agent, l.origin.Port, l.endpoint, l.where(), l.url()})
	}
	return list
}

func (s *Simulator) addressOf(v *service, now time.Time) systemAddress {
	a := systemAddress{
		System: v.system.ID, Title: v.system.Title, Address: v.gate.Addr().String(), Doors: map[string]string{}, Endpoints: map[string]string{},
		Dependencies: append([]portolan.SystemID{}, v.system.Uses...), Steps: v.system.Steps(),
	}
	for i, gate := range v.doors {
		a.Doors[v.system.Doors[i].Name] = gate.Addr().String()
	}
	for _, w := range s.waysOf(v) {
		_, name := w.endpoint.Split()
		a.Endpoints[name] = w.url(w.address)
	}
	if at := slices.IndexFunc(s.links, func(l *link) bool { return l.relay == nil && l.target == v.system.ID }); at >= 0 {
		a.Endpoints[v.system.Folder.Name] = s.links[at].url() // the first workstation's
	}
	if v.system.Held != nil {
		held := v.system.Held(now)
		a.Held = &held
	}
	return a
}

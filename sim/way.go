package sim

import (
	"fmt"
	"maps"
	"slices"

	"portolan"
	"portolan/sim/fault"
	"portolan/sim/relay"
	"portolan/targets"
)

// way is an endpoint of a system that agents probe, and where it leads.
type way struct {
	endpoint targets.EndpointID
	target   portolan.SystemID // whose address it is: the endpoint's system, or one through which that is reached
	door     bool              // it does not speak HTTP
	address  string
}

// link is a way as one workstation has it.
type link struct {
	way
	origin fault.Origin
	relay  *relay.Relay // nil where the way leads to a folder of the workstation itself
	folder string
}

// url is how the agent's configuration spells where the link begins.
func (l *link) url() string {
	if l.relay == nil {
		return fileURL(l.folder)
	}
	return l.way.url(l.where())
}

// where returns where the link begins: a host and port, or a folder.
func (l *link) where() string {
	if l.relay == nil {
		return l.folder
	}
	return l.relay.Addr().String()
}

// url is how a definition spells an address of the way: doors do not speak HTTP.
func (w way) url(address string) string {
	if w.door {
		return address
	}
	return "http://" + address
}

func (s *Simulator) openLinks(origins *relay.Origins) error {
	ways := s.ways()
	for _, origin := range s.stations {
		for _, w := range ways {
			r, err := relay.Start(origin, w.address, origins)
			if err != nil {
				return fmt.Errorf("open the relay from %s to %s: %w", origin.Agent, w.endpoint, err)
			}
			s.links = append(s.links, &link{way: w, origin: origin, relay: r})
		}
	}
	return nil
}

// ways returns every way that a workstation needs, the collector's last.
func (s *Simulator) ways() []way {
	var all []way
	for _, v := range s.services {
		if slices.Contains(s.options.Systems, string(v.system.ID)) {
			all = append(all, s.waysOf(v)...)
		}
	}
	if s.options.Collector != "" {
		all = append(all, way{collectorID, collectorID, false, s.options.Collector})
	}
	return all
}

// waysOf returns the ways to a system, as far as what it is reached through runs here.
func (s *Simulator) waysOf(v *service) []way {
	var all []way
	if _, elsewhere := v.system.Via[""]; !elsewhere {
		all = append(all, way{targets.NewEndpointID(v.system.ID, ""), v.system.ID, false, v.gate.Addr().String()})
	}
	for i, gate := range v.doors {
		all = append(all, way{targets.NewEndpointID(v.system.ID, v.system.Doors[i].Name), v.system.ID, true, gate.Addr().String()})
	}
	for _, name := range slices.Sorted(maps.Keys(v.system.Via)) {
		through := v.system.Via[name]
		if address, here := s.address(through); here {
			all = append(all, way{targets.NewEndpointID(v.system.ID, name), through, false, address})
		}
	}
	return all
}

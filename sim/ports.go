package sim

import (
	"fmt"
	"slices"
	"strings"

	"portolan"
	"portolan/sim/fault"
)

// choosePorts returns the known ports with these codes, in this order.
func choosePorts(known []portolan.Port, codes []string) ([]portolan.Port, error) {
	var chosen []portolan.Port
	for i, code := range codes {
		at := slices.IndexFunc(known, func(p portolan.Port) bool { return string(p.Code) == code })
		switch {
		case at < 0:
			return nil, fmt.Errorf("port %q: want one of %s", code, portNames(known))
		case slices.Contains(codes[:i], code):
			return nil, fmt.Errorf("port %q: want each port once", code)
		}
		chosen = append(chosen, known[at])
	}
	return chosen, nil
}

func portNames(ports []portolan.Port) string {
	names := make([]string, len(ports))
	for i, p := range ports {
		names[i] = string(p.Code)
	}
	return strings.Join(names, ", ")
}

// Choose returns the ports of the fleet among the known ones.
func (f Fleet) Choose(known []portolan.Port) ([]portolan.Port, error) {
	switch {
	case f.Ports.All():
		return known, nil
	case f.Ports.Number > len(known):
		return nil, fmt.Errorf("fleet.ports: %d: want at most %d, which are known", f.Ports.Number, len(known))
	case f.Ports.Number > 0:
		return known[:f.Ports.Number], nil
	}
	codes := make([]string, len(f.Ports.Codes))
	for i, code := range f.Ports.Codes {
		codes[i] = string(code)
	}
	return choosePorts(known, codes)
}

// Stations returns where the fleet's agents are: at each of the ports as many, numbered from 1.
func (f Fleet) Stations(ports []portolan.Port) []fault.Origin {
	return stationsOf(ports, f.AgentsPerPort)
}

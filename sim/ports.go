package sim

import (
	"fmt"
	"slices"
	"strings"

	"portolan"
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

package sim

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"portolan"
	"portolan/internal/strictyaml"
)

// defaultPorts are the ports of the demonstration. That an office supervises a port is assumed from
// geography: no open source says so. A ports file replaces them.
func defaultPorts() []portolan.Port {
	return []portolan.Port{
		{Code: "MIA", Name: "Miami International Airport", Kind: portolan.Air, Office: "Miami Field Office", Zone: "America/New_York"},
		{Code: "SEA", Name: "Seattle-Tacoma International Airport", Kind: portolan.Air, Office: "Seattle Field Office", Zone: "America/Los_Angeles"},
		{Code: "IAD", Name: "Washington Dulles International Airport", Kind: portolan.Air, Office: "Baltimore Field Office", Zone: "America/New_York"},
	}
}

// ParsePorts reads a ports file as the collector has it; volumes are passed over, since nothing here counts
// travelers. The error is of type strictyaml.Faults and tells every fault.
func ParsePorts(file string, data []byte) ([]portolan.Port, error) {
	var content struct {
		Ports []struct {
			Code    string            `yaml:"code,required"`
			Name    string            `yaml:"name,required"`
			Kind    portolan.PortKind `yaml:"kind,required"`
			Office  string            `yaml:"office,required"`
			Zone    string            `yaml:"zone,required"`
			Volumes strictyaml.Value  `yaml:"volumes"`
		} `yaml:"ports,required"`
	}
	doc, _ := strictyaml.Decode(file, data, &content)
	ports := make([]portolan.Port, len(content.Ports))
	for i, p := range content.Ports {
		at := fmt.Sprintf("ports[%d]", i)
		code, err := portolan.ParsePortCode(p.Code)
		if err != nil {
			doc.Report(at+".code", err.Error(), "")
		}
		if p.Office == "" {
			doc.Report(at+".office", "empty", "want the field office's name")
		}
		if _, err := time.LoadLocation(p.Zone); err != nil || p.Zone == "" {
			doc.Report(at+".zone", fmt.Sprintf("%.40q is no time zone", p.Zone), "want an IANA name like America/New_York")
		}
		ports[i] = portolan.Port{Code: code, Name: p.Name, Kind: p.Kind, Office: p.Office, Zone: p.Zone, Placeholder: code.Placeholder()}
	}
	return ports, doc.Faults().Err()
}

// LoadPorts reads the ports file at path; an empty path gives the ports of the demonstration.
func LoadPorts(path string) ([]portolan.Port, error) {
	if path == "" {
		return defaultPorts(), nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read ports: %w", err)
	}
	return ParsePorts(path, data)
}

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

package collector

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portolan"
	"portolan/internal/strictyaml"
)

// portsFile is ports.yaml.
type portsFile struct {
	Ports []portEntry `yaml:"ports,required"`
}

type portEntry struct {
	Code   string            `yaml:"code,required"`
	Name   string            `yaml:"name,required"`
	Kind   portolan.PortKind `yaml:"kind,required"`
	Office string            `yaml:"office,required"`
	Zone   string            `yaml:"zone,required"`
	// Volumes is travelers in each local hour, by weekday; all seven days or none.
	Volumes map[string][]uint32 `yaml:"volumes"`
}

// The longest names and the greatest volume accepted: names travel in every page, and volumes times
// millionths must stay in 64 bits.
const (
	maxText   = 80
	maxVolume = 1_000_000
)

// ParsePorts reads the ports of entry, sorted by code; the error is of type strictyaml.Faults and tells
// every fault.
func ParsePorts(file string, data []byte) ([]portolan.Port, error) {
	var content portsFile
	doc, _ := strictyaml.Decode(file, data, &content)
	ports := make([]portolan.Port, 0, len(content.Ports))
	seen := map[portolan.PortCode]int{}
	for i, entry := range content.Ports {
		at := fmt.Sprintf("ports[%d]", i)
		port := entry.port(doc, at)
		if first, twice := seen[port.Code]; twice && port.Code != "" {
			line, _ := doc.At(fmt.Sprintf("ports[%d].code", first))
			doc.Report(at+".code", fmt.Sprintf("%q is there already", port.Code), fmt.Sprintf("the first is on line %d", line))
		}
		seen[port.Code] = i
		ports = append(ports, port)
	}
	slices.SortFunc(ports, func(a, b portolan.Port) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return ports, doc.Faults().Err()
}

// LoadPorts reads the ports file at path.
func LoadPorts(path string) ([]portolan.Port, error) {
	data, err := readBounded(path)
	if err != nil {
		return nil, fmt.Errorf("read ports: %w", err)
	}
	return ParsePorts(path, data)
}

func (e portEntry) port(doc *strictyaml.Document, at string) portolan.Port {
	code, err := portolan.ParsePortCode(e.Code)
	if err != nil {
		doc.Report(at+".code", err.Error(), "")
	}
	checkText(doc, at+".name", e.Name)
	checkText(doc, at+".office", e.Office)
	if e.Kind == portolan.PortKindUnknown {
		doc.Report(at+".kind", "unknown", "want air, land or sea")
	}
	if _, err := loadZone(e.Zone); err != nil {
		doc.Report(at+".zone", fmt.Sprintf("%q is no time zone", e.Zone), zoneForm)
	}
	return portolan.Port{
		Code: code, Name: e.Name, Kind: e.Kind, Office: e.Office, Zone: e.Zone,
		Placeholder: code.Placeholder(), Volumes: e.volumes(doc, at+".volumes"),
	}
}

func checkText(doc *strictyaml.Document, at, text string) {
	if text == "" || utf8.RuneCountInString(text) > maxText {
		doc.Report(at, fmt.Sprintf("%q", text), fmt.Sprintf("want 1 to %d letters", maxText))
	}
}

// volumes returns nil if the entry gives none.
func (e portEntry) volumes(doc *strictyaml.Document, at string) *portolan.Volumes {
	if e.Volumes == nil {
		return nil
	}
	var all portolan.Volumes
	for day := time.Sunday; day <= time.Saturday; day++ {
		name := strings.ToLower(day.String())
		hours, given := e.Volumes[name]
		if !given || len(hours) != len(all[day]) {
			doc.Report(at+"."+name, fmt.Sprintf("%d numbers", len(hours)), "want 24, one for each local hour, on each of the seven days")
			continue
		}
		if slices.Max(hours) > maxVolume {
			doc.Report(at+"."+name, fmt.Sprintf("%d travelers an hour", slices.Max(hours)), fmt.Sprintf("want at most %d", maxVolume))
		}
		all[day] = [24]uint32(hours)
	}
	for name := range e.Volumes {
		if !isWeekday(name) {
			doc.Report(at+"."+name, "unknown key", "want sunday to saturday")
		}
	}
	return &all
}

func isWeekday(name string) bool {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.ToLower(day.String()) == name {
			return true
		}
	}
	return false
}

// readBounded reads at most one byte more than a file may have, so that the parser tells what is wrong.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, strictyaml.MaxBytes+1))
}

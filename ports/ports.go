// Package ports knows the ports of entry: it reads the list that the agency keeps, with kinds, field offices,
// time zones and usual volumes of travelers.
//
// Start at Load. The list is configuration; the one that is built in (configs/ports.yaml) holds the places
// of the demonstration, whose assignments to field offices are to be verified.
package ports

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portolan"
	"portolan/configs"
	"portolan/internal/strictyaml"
)

// list is ports.yaml.
type list struct {
	Ports []entry `yaml:"ports,required"`
}

type entry struct {
	Code   string            `yaml:"code,required"`
	Name   string            `yaml:"name,required"`
	Kind   portolan.PortKind `yaml:"kind,required"`
	Office string            `yaml:"office,required"`
	Zone   string            `yaml:"zone,required"`
	// Volumes is travelers in each local hour, by weekday; all seven days or none.
	Volumes map[string][]uint32 `yaml:"volumes"`
}

// The longest name in letters and the greatest volume an hour accepted: names travel in every page, and volumes times
// millionths must stay in 64 bits.
const (
	MaxText   = 80
	MaxVolume = 1_000_000
)

// Load reads the list at path, sorted by code; an empty path gives the built-in one. The error is of type
// strictyaml.Faults, and tells every fault, if the file could be read.
func Load(path string) ([]portolan.Port, error) {
	if path == "" {
		return Parse("ports.yaml", configs.Ports)
	}
	var content list
	doc, err := strictyaml.DecodeFile(path, &content)
	if doc == nil {
		return nil, fmt.Errorf("read ports: %w", err)
	}
	return content.ports(doc)
}

// Parse reads the list in data, the contents of the named file, likewise.
func Parse(file string, data []byte) ([]portolan.Port, error) {
	var content list
	doc, _ := strictyaml.Decode(file, data, &content)
	return content.ports(doc)
}

func (l list) ports(doc *strictyaml.Document) ([]portolan.Port, error) {
	all := make([]portolan.Port, 0, len(l.Ports))
	seen := map[portolan.PortCode]int{}
	for i, e := range l.Ports {
		at := fmt.Sprintf("ports[%d]", i)
		port := e.port(doc, at)
		if first, twice := seen[port.Code]; twice && port.Code != "" {
			line, _ := doc.At(fmt.Sprintf("ports[%d].code", first))
			doc.Report(at+".code", fmt.Sprintf("%q is there already", port.Code), fmt.Sprintf("the first is on line %d", line))
		}
		seen[port.Code] = i
		all = append(all, port)
	}
	slices.SortFunc(all, func(a, b portolan.Port) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return all, doc.Faults().Err()
}

func (e entry) port(doc *strictyaml.Document, at string) portolan.Port {
	code, err := portolan.ParsePortCode(e.Code)
	if err != nil {
		doc.Report(at+".code", err.Error(), "")
	}
	checkText(doc, at+".name", e.Name)
	checkText(doc, at+".office", e.Office)
	if e.Kind == portolan.PortKindUnknown {
		doc.Report(at+".kind", "unknown", "want air, land, sea or center")
	}
	if _, err := time.LoadLocation(e.Zone); err != nil || e.Zone == "" || e.Zone == "Local" {
		doc.Report(at+".zone", fmt.Sprintf("%q is no time zone", e.Zone), "want an IANA name such as America/New_York")
	}
	return portolan.Port{
		Code: code, Name: e.Name, Kind: e.Kind, Office: e.Office, Zone: e.Zone,
		Placeholder: code.Placeholder(), Volumes: e.volumes(doc, at+".volumes"),
	}
}

func checkText(doc *strictyaml.Document, at, text string) {
	if text == "" || utf8.RuneCountInString(text) > MaxText {
		doc.Report(at, fmt.Sprintf("%q", text), fmt.Sprintf("want 1 to %d letters", MaxText))
	}
}

// volumes returns nil if the entry gives none.
func (e entry) volumes(doc *strictyaml.Document, at string) *portolan.Volumes {
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
		if slices.Max(hours) > MaxVolume {
			doc.Report(at+"."+name, fmt.Sprintf("%d travelers an hour", slices.Max(hours)), fmt.Sprintf("want at most %d", MaxVolume))
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

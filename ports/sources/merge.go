package sources

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portolan"
	"portolan/ports"
)

// Unassigned is the field office of a port that no file assigns to one.
const Unassigned = "unassigned"

// assignment is what the agency says of a port and no published file has.
type assignment struct {
	office, zone string
	at           row
}

func (r *reading) assignment(at row) {
	code, ok := at.code("port_code")
	a := assignment{office: at.text("office"), zone: at.text("zone"), at: at.kept()}
	if a.zone != "" {
		if _, err := time.LoadLocation(a.zone); err != nil || a.zone == "Local" {
			at.fail("zone", fmt.Sprintf("%q is no time zone", a.zone), "want an IANA name such as America/New_York, or nothing")
		}
	}
	if n := utf8.RuneCountInString(a.office); n > ports.MaxText {
		at.fail("office", fmt.Sprintf("%d letters", n), fmt.Sprintf("want at most %d", ports.MaxText))
	}
	if ok {
		r.assigned[code] = a
	}
}

func (r *reading) office(at row) {
	if at.text("kind") == "field_office" {
		r.offices[at.text("name")] = true
	}
}

// merge puts what the files say into the list that there was.
func (r *reading) merge() List {
	all, unknown := map[portolan.PortCode]portolan.Port{}, map[portolan.PortCode]row{}
	for _, p := range r.options.Base {
		all[p.Code] = p
	}
	imported := map[portolan.PortKind]bool{}
	add := func(p portolan.Port, at row) {
		imported[p.Kind] = true
		known, there := all[p.Code]
		if !there {
			known, unknown[p.Code] = p, at
		} else if p.Volumes != nil {
			known.Volumes = p.Volumes
		}
		all[p.Code] = known
	}
	r.addAirports(add)
	r.addLand(add)
	r.assign(all)
	for code, at := range unknown {
		checkNew(all[code], at)
	}
	r.dropPlaceholders(all, imported)
	r.noteOffices(all)
	list := List{Ports: []portolan.Port{}, Notes: append([]string{}, r.notes...)}
	for _, code := range slices.Sorted(maps.Keys(all)) {
		list.Ports = append(list.Ports, all[code])
	}
	return list
}

func (r *reading) addAirports(add func(portolan.Port, row)) {
	for _, code := range slices.Sorted(maps.Keys(r.profiles)) {
		if r.airports[code] != nil {
			r.note("%s: hourly records are used, averages are not.", code)
			continue
		}
		r.airports[code] = r.profiles[code]
	}
	for _, code := range slices.Sorted(maps.Keys(r.airports)) {
		a := r.airports[code]
		r.notes = append(r.notes, a.basis(code))
		add(portolan.Port{
			Code: code, Name: a.name, Kind: portolan.Air, Office: Unassigned, Zone: zoneOfAirport(code), Volumes: a.volumes(code),
		}, a.at)
	}
}

func (r *reading) addLand(add func(portolan.Port, row)) {
	r.dropClosed()
	first, counted := r.firstMonth(), 0
	for _, code := range slices.Sorted(maps.Keys(r.land)) {
		p := r.land[code]
		v := p.volumes(first)
		if v != nil {
			counted++
		}
		add(portolan.Port{Code: code, Name: p.name, Kind: portolan.Land, Office: Unassigned, Zone: p.zone, Volumes: v}, p.at)
	}
	if counted > 0 {
		r.note("%d land ports: persons who crossed from %s on, spread evenly over the hours of a week, since no file says at which hour.",
			counted, first.Format(month))
	}
}

// assign takes over what the agency says itself.
func (r *reading) assign(all map[portolan.PortCode]portolan.Port) {
	for code, a := range r.assigned {
		p, known := all[code]
		if !known {
			a.at.fail("port_code", fmt.Sprintf("%s is in no other file", code), "want a port that is imported or in the list")
			continue
		}
		if a.office != "" {
			p.Office = a.office
		}
		if a.zone != "" {
			p.Zone = a.zone
		}
		all[code] = p
	}
}

// checkNew says what a port lacks that was in no list before.
func checkNew(p portolan.Port, at row) {
	if n := utf8.RuneCountInString(p.Name); n == 0 || n > ports.MaxText {
		at.fail("", fmt.Sprintf("port %s has a name of %d letters", p.Code, n),
			fmt.Sprintf("want a file that names it with 1 to %d letters, such as the list of land ports, or a line in the list of ports", ports.MaxText))
	}
	if p.Zone == "" {
		at.fail("", fmt.Sprintf("the time zone of port %s is not known", p.Code), "want a file with the columns port_code, office, zone that has it")
	}
}

// dropPlaceholders leaves out generated ports of each kind of which there are real ones now.
func (r *reading) dropPlaceholders(all map[portolan.PortCode]portolan.Port, imported map[portolan.PortKind]bool) {
	dropped := 0
	for code, p := range all {
		if code.Placeholder() && imported[p.Kind] {
			delete(all, code)
			dropped++
		}
	}
	if dropped > 0 {
		r.note("%d placeholders are replaced.", dropped)
	}
}

// noteOffices says which ports have no field office, or one that the list of field offices does not have.
func (r *reading) noteOffices(all map[portolan.PortCode]portolan.Port) {
	var without, strange []string
	for _, code := range slices.Sorted(maps.Keys(all)) {
		switch office := all[code].Office; {
		case office == Unassigned:
			without = append(without, string(code))
		case len(r.offices) > 0 && !r.offices[office]:
			strange = append(strange, fmt.Sprintf("%s (%s)", code, office))
		}
	}
	if len(without) > 0 {
		r.note("%d ports have no field office: no published file says which supervises which. A file with the columns port_code, office, zone assigns them.", len(without))
	}
	if len(strange) > 0 {
		r.note("Not in the list of field offices: %s.", strings.Join(strange, ", "))
	}
}

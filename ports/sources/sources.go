// Package sources makes a list of ports out of what federal agencies publish about them: hourly records of airports,
// crossings of land ports, names of field offices. It invents nothing: what no file says is left out, and said.
//
// Start at Read. Each kind of file is one format, known by its columns; airports.go and land.go read them, and merge.go puts
// what they say into a list that the agency may have already.
package sources

import (
	"slices"
	"strings"
	"time"

	"portolan"
	"portolan/internal/strictyaml"
)

// File is a published file: CSV with a head, or JSON, a list of objects with the same names.
type File struct {
	Name string
	Data []byte
}

// Options say what is taken from the files.
type Options struct {
	// Base is the list that there is already; its names, field offices and zones are kept.
	Base []portolan.Port
	// From and To bound the months that volumes are made of, both included, each the first day of its month; zero takes all
	// records of airports, and the newest twelve months of crossings.
	From, To time.Time
}

// List is what the files say.
type List struct {
	Ports []portolan.Port `json:"ports"` // sorted by code
	// Notes tell what volumes rest on and what is missing, a sentence each.
	Notes []string `json:"notes"`
}

// Read makes a list of the files. The error is of type strictyaml.Faults, and tells every fault with its line.
func Read(files []File, o Options) (List, error) {
	r := &reading{
		options: o, airports: map[portolan.PortCode]*airport{}, profiles: map[portolan.PortCode]*airport{},
		land: map[portolan.PortCode]*landPort{}, assigned: map[portolan.PortCode]assignment{}, offices: map[string]bool{},
	}
	for _, f := range files {
		r.read(f)
	}
	list := r.merge()
	if err := r.faults.Sort().Err(); err != nil {
		return List{}, err
	}
	return list, nil
}

// reading is what is known so far.
type reading struct {
	options  Options
	airports map[portolan.PortCode]*airport // from hourly records
	profiles map[portolan.PortCode]*airport // from averages of them
	land     map[portolan.PortCode]*landPort
	assigned map[portolan.PortCode]assignment
	offices  map[string]bool // the field offices that there are; empty if no file names them
	notes    []string
	faults   strictyaml.Faults
}

// format is a kind of file, known by the columns that it must have.
type format struct {
	name    string
	columns []string
	row     func(*reading, row)
}

func formats() []format {
	return []format{
		{"hourly records of airports", []string{"AirportCode", "AirportName", "FlightDate", "HourRange", "TotalPassengerCount"}, (*reading).airportRecord},
		{"averages of airports by weekday and hour", []string{"airport", "day_of_week", "hour_local", "mean_passengers"}, (*reading).airportAverage},
		{"land ports", []string{"port_code", "port_name", "state", "longitude", "last_month_reported"}, (*reading).landPort},
		{"crossings by month", append([]string{"port_code", "month"}, personColumns()...), (*reading).crossings},
		{"assignments", []string{"port_code", "office", "zone"}, (*reading).assignment},
		{"field offices", []string{"name", "kind"}, (*reading).office},
		{"border patrol sectors", []string{"name", "border"}, func(*reading, row) {}},
	}
}

func (r *reading) read(f File) {
	var known *format
	rows, faults := f.rows(func(columns []string) bool {
		for _, one := range formats() {
			if hasAll(columns, one.columns) {
				known = &one
				return true
			}
		}
		return false
	})
	for row := range rows {
		row.faults = &r.faults
		known.row(r, row)
	}
	r.faults = append(r.faults, *faults...)
}

func hasAll(columns, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(c string) bool { return !slices.Contains(columns, c) })
}

// columnsWanted tells what files may be, for somebody whose file is none of them.
func columnsWanted() string {
	var all []string
	for _, f := range formats() {
		all = append(all, f.name+" ("+strings.Join(f.columns, ", ")+")")
	}
	return "want the columns of one of: " + strings.Join(all, "; ")
}

// within reports whether a day lies in the months that are wanted.
func (o Options) within(day time.Time) bool {
	return (o.From.IsZero() || !day.Before(o.From)) && (o.To.IsZero() || day.Before(o.To.AddDate(0, 1, 0)))
}

package sources_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"portolan"
	"portolan/ports"
	"portolan/ports/sources"
)

func file(t testing.TB, name string) sources.File {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return sources.File{Name: name, Data: data}
}

func text(name, content string) sources.File { return sources.File{Name: name, Data: []byte(content)} }

func read(t testing.TB, o sources.Options, files ...sources.File) map[portolan.PortCode]portolan.Port {
	t.Helper()
	list, err := sources.Read(files, o)
	if err != nil {
		t.Fatal(err)
	}
	found := map[portolan.PortCode]portolan.Port{}
	for _, p := range list.Ports {
		found[p.Code] = p
	}
	return found
}

// The sample holds two whole weeks of JFK, half a year apart, and one of MDW. On Sundays at 13:00 JFK's Terminal 8 had 1112 and
// 1103 arrivals, at 01:00 none and 182.
func TestRead_AirportsHaveMeansByWeekdayAndHour(t *testing.T) {
	t.Parallel()
	found := read(t, sources.Options{}, file(t, "sample-hourly-records.csv"))
	jfk := found["JFK"]
	want := portolan.Port{Code: "JFK", Name: "New York J F Kennedy International Apt", Kind: portolan.Air, Office: sources.Unassigned, Zone: "America/New_York"}
	if diff := cmp.Diff(jfk, want, cmpopts.IgnoreFields(portolan.Port{}, "Volumes")); diff != "" {
		t.Errorf("JFK (-got +want):\n%s", diff)
	}
	if got := jfk.Volumes[time.Sunday][13]; got != 1108 {
		t.Errorf("JFK on Sundays at 13: got %d, want 1108", got)
	}
	if got := jfk.Volumes[time.Sunday][1]; got != 91 {
		t.Errorf("JFK on Sundays at 1: got %d, want 91, a day without a record counting as none", got)
	}
	total := uint32(0)
	for _, hours := range found["MDW"].Volumes {
		for _, n := range hours {
			total += n
		}
	}
	if total != 9809 {
		t.Errorf("MDW in its only week: got %d, want 9809, the sum of all records", total)
	}
}

func TestRead_MonthsBoundRecords(t *testing.T) {
	t.Parallel()
	july := time.Date(2023, 7, 1, 0, 0, 0, 0, time.UTC)
	found := read(t, sources.Options{From: july, To: july}, file(t, "sample-hourly-records.csv"))
	if got := found["JFK"].Volumes[time.Sunday][1]; got != 182 {
		t.Errorf("JFK on Sundays at 1 in July alone: got %d, want 182", got)
	}
	if _, there := found["MDW"]; there {
		t.Error("MDW has records of 2024 alone, and is there")
	}
}

// The service answers with a list of objects of the same names.
func TestRead_JSONIsTheSame(t *testing.T) {
	t.Parallel()
	sheet := file(t, "sample-hourly-records.csv")
	lines, err := csv.NewReader(bytes.NewReader(sheet.Data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var records []map[string]any
	for _, line := range lines[1:] {
		record := map[string]any{}
		for i, name := range lines[0] {
			record[name] = line[i]
			if name == "TotalPassengerCount" {
				record[name] = json.Number(line[i])
			}
		}
		records = append(records, record)
	}
	encoded, err := json.MarshalIndent(records, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got, want := read(t, sources.Options{}, sources.File{Name: "awt.json", Data: encoded}), read(t, sources.Options{}, sheet)
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("from JSON (-got +want):\n%s", diff)
	}
}

func TestRead_OverlappingExportsCountOnce(t *testing.T) {
	t.Parallel()
	records := file(t, "sample-hourly-records.csv")
	if diff := cmp.Diff(read(t, sources.Options{}, records, records), read(t, sources.Options{}, records)); diff != "" {
		t.Errorf("twice (-got +want):\n%s", diff)
	}
}

func TestRead_AveragesAreTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	found := read(t, sources.Options{Base: []portolan.Port{{Code: "JFK", Name: "Kennedy", Kind: portolan.Air, Office: "New York", Zone: "America/New_York"}}},
		text("profile.csv", "airport,site_id,terminal,day_of_week,hour_local,mean_passengers\nJFK,A473,8,Mon,5,632.9\nJFK,A471,4,Mon,5,100\n"))
	if got := found["JFK"].Volumes[time.Monday][5]; got != 733 {
		t.Errorf("JFK on Mondays at 5: got %d, want 733, of both terminals", got)
	}
}

// San Ysidro had 610,474 persons a week in 2024 and 609,206 in the autumn of 2016, where each measure counts in the months in
// which it was reported.
func TestRead_CrossingsAreSpreadOverTheWeek(t *testing.T) {
	t.Parallel()
	files := []sources.File{file(t, "us-land-crossings-monthly.csv"), file(t, "us-land-ports.csv")}
	autumn := sources.Options{From: time.Date(2016, 10, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2016, 12, 1, 0, 0, 0, 0, time.UTC)}
	for _, c := range []struct {
		options sources.Options
		want    uint32
	}{{sources.Options{}, 610_474}, {autumn, 609_206}} {
		port := read(t, c.options, files...)["2504"]
		week, least, most := uint32(0), ^uint32(0), uint32(0)
		for _, hours := range port.Volumes {
			for _, n := range hours {
				week, least, most = week+n, min(least, n), max(most, n)
			}
		}
		if week != c.want || most-least > 1 {
			t.Errorf("a week from %v on: got %d, from %d to %d an hour; want %d, evenly", c.options.From, week, least, most, c.want)
		}
		if port.Name != "San Ysidro, CA" || port.Kind != portolan.Land || port.Zone != "America/Los_Angeles" {
			t.Errorf("got %q, %s, %s", port.Name, port.Kind, port.Zone)
		}
	}
}

func TestRead_ClosedPortsAreLeftOut(t *testing.T) {
	t.Parallel()
	files := []sources.File{file(t, "us-land-ports.csv"), file(t, "us-land-crossings-monthly.csv")}
	if _, there := read(t, sources.Options{}, files...)["0101"]; there {
		t.Error("Portland reported last in 2018, and is there")
	}
	then := sources.Options{From: time.Date(2016, 6, 1, 0, 0, 0, 0, time.UTC)}
	if _, there := read(t, then, files...)["0101"]; !there {
		t.Error("Portland was open in 2016, and is missing")
	}
}

func TestRead_MountainTimeBeginsWestOfPresidio(t *testing.T) {
	t.Parallel()
	found := read(t, sources.Options{}, file(t, "us-land-ports.csv"))
	if paso, presidio := found["2402"].Zone, found["2403"].Zone; paso != "America/Denver" || presidio != "America/Chicago" {
		t.Errorf("El Paso is in %s and Presidio in %s", paso, presidio)
	}
}

func TestRead_WhatTheAgencySaysStays(t *testing.T) {
	t.Parallel()
	base := []portolan.Port{
		{Code: "2402", Name: "Paso del Norte", Kind: portolan.Land, Office: "El Paso Field Office", Zone: "America/Boise"},
		{Code: "X0001", Name: "Placeholder", Kind: portolan.Land, Placeholder: true},
		{Code: "X0002", Name: "Placeholder", Kind: portolan.Air, Placeholder: true},
	}
	list, err := sources.Read([]sources.File{
		file(t, "us-land-ports.csv"), file(t, "us-land-crossings-monthly.csv"), file(t, "ofo-field-offices.csv"),
		text("offices.csv", "port_code,office,zone\n2403,El Paso,\n2504,San Diego Field Office,America/Tijuana\n"),
	}, sources.Options{Base: base})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list.Ports {
		got = append(got, strings.Join([]string{string(p.Code), p.Name, p.Office, p.Zone}, "|"))
		if !p.Placeholder && p.Volumes == nil {
			t.Errorf("%s has no volumes", p.Code)
		}
	}
	want := []string{
		"0103|Eastport, ME|unassigned|America/New_York",
		"2402|Paso del Norte|El Paso Field Office|America/Boise",
		"2403|Presidio, TX|El Paso|America/Chicago",
		"2504|San Ysidro, CA|San Diego Field Office|America/Tijuana",
		"X0002|Placeholder||",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("ports (-got +want):\n%s", diff)
	}
	for _, note := range []string{
		"Left out, since they have reported nothing since 2020-02: 0101.", "1 placeholders are replaced.",
		"Not in the list of field offices: 2403 (El Paso), X0002 ().",
	} {
		if !slices.Contains(list.Notes, note) {
			t.Errorf("no note %q in:\n%s", note, strings.Join(list.Notes, "\n"))
		}
	}
}

func TestRead_TellsEveryFaultWithItsLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file sources.File
		want []string
	}{
		{file(t, "faults.csv"), []string{
			"faults.csv:2:1: FlightDate: no record of JFK is of a Monday; want records of a whole week or more",
			"faults.csv:3:1: 317 travelers, where faults.csv:2 counts 316 in the same hour at the same terminal; want one of the two",
			`faults.csv:4:1: AirportCode: port code "jfk": want 3 to 8 of A-Z and 0-9`,
			`faults.csv:5:1: FlightDate: "01/02/2023" is no date; want one such as 2017-01-02`,
			`faults.csv:6:1: HourRange: "0630 - 0700" is no hour; want one such as 0500 - 0600`,
			`faults.csv:7:1: TotalPassengerCount: "many" is no number of travelers; want 0 to 100000`,
			`faults.csv:8:1: TotalPassengerCount: "-3" is no number of travelers; want 0 to 100000`,
		}},
		{text("short.csv", "port_code,office,zone\n2402,El Paso\n"), []string{"short.csv:2:1: wrong number of fields"}},
		{text("broken.json", "[{\"AirportCode\": \"JFK\",\n \"FlightDate\": 1"), []string{"broken.json:1:1: want a list of objects: unexpected EOF"}},
		{text("offices.csv", "port_code,office,zone\n2402,El Paso,America/El_Paso\n"), []string{
			"offices.csv:2:1: port_code: 2402 is in no other file; want a port that is imported or in the list",
			`offices.csv:2:1: zone: "America/El_Paso" is no time zone; want an IANA name such as America/New_York, or nothing`,
		}},
		{text("latin-1.csv", "port_code,office,zone\nMIA,Mi\xe1mi,\n"), []string{"latin-1.csv:2:1: the text is not UTF-8; want a file that was saved as UTF-8"}},
		{text("empty.csv", ""), []string{"empty.csv:1:1: want a head with the names of the columns: EOF"}},
		{text("ports.csv", "port_code,port_name,state,longitude,last_month_reported\n0101,,ZZ,west,2018\n"), []string{
			`ports.csv:2:1: last_month_reported: "2018" is no date; want one such as 2017-01`,
			`ports.csv:2:1: longitude: "west" is no longitude; want -180 to 180`,
		}},
		{text("crossings.csv", "port_code,month,personal_vehicle_passengers,pedestrians,bus_passengers,train_passengers\n2402,2024-01,1,,,\n2402,2024-01,1,,,\n"), []string{
			"crossings.csv:2:1: port 2402 has a name of 0 letters; want a file that names it with 1 to 80 letters, such as the list of land ports, or a line in the list of ports",
			"crossings.csv:2:1: the time zone of port 2402 is not known; want a file with the columns port_code, office, zone that has it",
			"crossings.csv:3:1: month: 2024-01 of port 2402 is there already; want each month once",
		}},
	} {
		_, err := sources.Read([]sources.File{c.file}, sources.Options{})
		if err == nil {
			t.Errorf("%s: no fault", c.file.Name)
			continue
		}
		if diff := cmp.Diff(strings.Split(err.Error(), "\n"), c.want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", c.file.Name, diff)
		}
	}
	_, err := sources.Read([]sources.File{text("strange.csv", "a,b\n1,2\n")}, sources.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "strange.csv:1:1: no file of this kind is known; want the columns of one of: hourly records of airports (AirportCode, AirportName, ") {
		t.Errorf("strange columns: got %v", err)
	}
}

// What is read can be written, and read as a list of ports.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"sample-hourly-records.csv", "us-land-ports.csv", "us-land-crossings-monthly.csv", "ofo-field-offices.csv", "faults.csv"} {
		data := file(f, name).Data
		f.Add(data[:min(len(data), 2000)])
	}
	f.Add([]byte("port_code,office,zone\nMIA,Miami,\n"))
	f.Add([]byte("port_code,office,zone\nMIA,Mia\x9c\x9c,\n"))
	f.Add([]byte("airport,day_of_week,hour_local,mean_passengers\nMIA,Mon,5,3.5\n"))
	f.Add([]byte(`[{"AirportCode":"MIA","AirportName":"Miami","FlightDate":"2017-01-02","HourRange":"0500 - 0600","TotalPassengerCount":7}]`))
	base := []portolan.Port{{Code: "MIA", Name: "Miami", Kind: portolan.Air, Office: "Miami", Zone: "America/New_York"}}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := sources.Read([]sources.File{{Name: "fuzz", Data: data}}, sources.Options{Base: base})
		if err != nil {
			return
		}
		var written bytes.Buffer
		if err := ports.Write(&written, list.Ports, list.Notes); err != nil {
			t.Fatal(err)
		}
		again, err := ports.Parse("fuzz", written.Bytes())
		if err != nil {
			t.Fatalf("the list cannot be read: %v\n%s", err, written.Bytes())
		}
		if diff := cmp.Diff(again, list.Ports); diff != "" {
			t.Errorf("read again (-got +want):\n%s", diff)
		}
	})
}

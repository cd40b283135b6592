package sources

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"portolan"
	"portolan/ports"
)

// airport is what records say of one airport.
type airport struct {
	name string
	// at is the first record, for faults that concern all of them.
	at        row
	terminals map[string]bool
	days      map[time.Time]bool // those with a record
	seen      map[arrival]counted
	// travelers is a sum over all days for records, and a mean for averages.
	travelers [7][24]float64
}

// maxArrivals is the most travelers that one terminal may count in an hour.
const maxArrivals = 100_000

// arrival is one hour at one terminal.
type arrival struct {
	terminal string
	day      string // a date, or a weekday for averages
	hour     int
}

type counted struct {
	travelers float64
	file      string
	line      int
}

func (r *reading) airport(all map[portolan.PortCode]*airport, code portolan.PortCode, at row) *airport {
	a := all[code]
	if a == nil {
		a = &airport{at: at.kept(), terminals: map[string]bool{}, days: map[time.Time]bool{}, seen: map[arrival]counted{}}
		all[code] = a
	}
	return a
}

// airportRecord reads one hour of one terminal, as CBP's Airport Wait Times gives it.
func (r *reading) airportRecord(at row) {
	code, ok := at.code("AirportCode")
	day, dated := at.date("FlightDate", time.DateOnly)
	hour, timed := hourRange(at.text("HourRange"))
	if !timed {
		at.fail("HourRange", fmt.Sprintf("%q is no hour", at.text("HourRange")), "want one such as 0500 - 0600")
	}
	n, counts := at.count("TotalPassengerCount", maxArrivals)
	if !ok || !dated || !timed || !counts || !r.options.within(day) {
		return
	}
	a := r.airport(r.airports, code, at)
	a.name, a.days[day] = at.text("AirportName"), true
	if a.isNew(at, arrival{at.text("SiteId") + at.text("TerminalName"), at.text("FlightDate"), hour}, n) {
		a.travelers[day.Weekday()][hour] += n
	}
}

// isNew reports whether an hour at a terminal was not there before: exports may overlap, but then must agree.
func (a *airport) isNew(at row, key arrival, travelers float64) bool {
	if first, twice := a.seen[key]; twice {
		if first.travelers != travelers {
			at.fail("", fmt.Sprintf("%v travelers, where %s:%d counts %v in the same hour at the same terminal",
				travelers, first.file, first.line, first.travelers), "want one of the two")
		}
		return false
	}
	a.seen[key], a.terminals[key.terminal] = counted{travelers, at.file, at.line}, true
	return true
}

// hourRange reads "0500 - 0600" as 5.
func hourRange(text string) (int, bool) {
	from, _, ok := strings.Cut(text, "-")
	n, err := strconv.Atoi(strings.TrimSpace(from))
	return n / 100, ok && err == nil && n >= 0 && n <= 2300 && n%100 == 0
}

// airportAverage reads one hour of the week at one terminal, averaged over all such days.
func (r *reading) airportAverage(at row) {
	code, ok := at.code("airport")
	day, named := weekday(at.text("day_of_week"))
	if !named {
		at.fail("day_of_week", fmt.Sprintf("%q is no weekday", at.text("day_of_week")), "want Sun to Sat")
	}
	hour, err := strconv.Atoi(at.text("hour_local"))
	if err != nil || hour < 0 || hour > 23 {
		at.fail("hour_local", fmt.Sprintf("%q is no hour", at.text("hour_local")), "want 0 to 23")
		return
	}
	n, counts := at.count("mean_passengers", maxArrivals)
	if !ok || !named || !counts {
		return
	}
	a := r.airport(r.profiles, code, at)
	if a.isNew(at, arrival{at.text("site_id") + at.text("terminal"), day.String(), hour}, n) {
		a.travelers[day][hour] += n
	}
}

func weekday(text string) (time.Weekday, bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if len(text) >= 3 && strings.HasPrefix(strings.ToLower(day.String()), strings.ToLower(text)) {
			return day, true
		}
	}
	return 0, false
}

// covered returns how many days of each weekday the records cover, with the first and the last of them. Hours without an
// arrival have no record and neither has a day without one, so days between two recorded ones count, except where no day of a
// week has a record: that week was not asked for.
func (a *airport) covered() (weekdays [7]int, first, last time.Time) {
	days := slices.SortedFunc(maps.Keys(a.days), time.Time.Compare)
	for i, day := range days {
		weekdays[day.Weekday()]++
		if i == 0 {
			continue
		}
		for between := days[i-1].AddDate(0, 0, 1); between.Before(day) && day.Sub(days[i-1]) <= 7*24*time.Hour; between = between.AddDate(0, 0, 1) {
			weekdays[between.Weekday()]++
		}
	}
	return weekdays, days[0], days[len(days)-1]
}

// volumes returns the mean of each hour of the week; nil with a fault if a weekday is not covered.
func (a *airport) volumes(code portolan.PortCode) *portolan.Volumes {
	weekdays := [7]int{1, 1, 1, 1, 1, 1, 1} // averages are means already
	if len(a.days) > 0 {
		weekdays, _, _ = a.covered()
	}
	var v portolan.Volumes
	for day := range v {
		if weekdays[day] == 0 {
			a.at.fail("FlightDate", fmt.Sprintf("no record of %s is of a %s", code, time.Weekday(day)), "want records of a whole week or more")
			return nil
		}
		for hour := range v[day] {
			mean := a.travelers[day][hour] / float64(weekdays[day])
			if mean > ports.MaxVolume {
				a.at.fail("", fmt.Sprintf("%.0f travelers an hour at %s", mean, code), fmt.Sprintf("want at most %d", ports.MaxVolume))
				return nil
			}
			v[day][hour] = uint32(math.Round(mean))
		}
	}
	return &v
}

// basis tells what volumes rest on.
func (a *airport) basis(code portolan.PortCode) string {
	terminals := fmt.Sprintf("%d terminals", len(a.terminals))
	if len(a.terminals) == 1 {
		terminals = "1 terminal, so other arrivals there are not counted"
	}
	if len(a.days) == 0 {
		return fmt.Sprintf("%s: averages by weekday and hour of %s.", code, terminals)
	}
	weekdays, first, last := a.covered()
	days := 0
	for _, n := range weekdays {
		days += n
	}
	return fmt.Sprintf("%s: means over %d days from %s to %s, of %s.", code, days, first.Format(time.DateOnly), last.Format(time.DateOnly), terminals)
}

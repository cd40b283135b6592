package sources

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"portolan"
)

// landPort is what the Bureau of Transportation Statistics says of one land port.
type landPort struct {
	name, zone string
	last       time.Time // the last month that it reported; zero if only its crossings are known
	at         row       // for faults
	months     map[time.Time]persons
}

// persons are the travelers of a month by personColumns; less than 0 where the measure was not reported.
type persons [4]float64

// personColumns are the columns that count travelers; trucks are counted without their drivers.
func personColumns() []string {
	return []string{"personal_vehicle_passengers", "pedestrians", "bus_passengers", "train_passengers"}
}

const month = "2006-01"

// maxCrossings is the most travelers of one kind that a port may count in a month: several times as many as the busiest does.
const maxCrossings = 10_000_000

func (r *reading) landEntry(code portolan.PortCode, at row) *landPort {
	p := r.land[code]
	if p == nil {
		p = &landPort{at: at.kept(), months: map[time.Time]persons{}}
		r.land[code] = p
	}
	return p
}

func (r *reading) landPort(at row) {
	code, ok := at.code("port_code")
	last, dated := at.date("last_month_reported", month)
	longitude, err := strconv.ParseFloat(at.text("longitude"), 64)
	if err != nil || !(longitude >= -180 && longitude <= 180) {
		at.fail("longitude", fmt.Sprintf("%q is no longitude", at.text("longitude")), "want -180 to 180")
		return
	}
	zone, known := zoneOfState(at.text("state"), longitude)
	if !known {
		at.fail("state", fmt.Sprintf("%q is no state with a land border", at.text("state")), "want a postal code such as ME")
	}
	name := at.text("port_name")
	if name == "" {
		at.fail("port_name", "empty", "want the port's name")
	}
	if !ok || !dated || !known || name == "" {
		return
	}
	p := r.landEntry(code, at)
	p.name, p.zone, p.last = name+", "+at.text("state"), zone, last
}

// crossings reads one month of one port. An empty cell means that the measure was not reported.
func (r *reading) crossings(at row) {
	code, ok := at.code("port_code")
	from, dated := at.date("month", month)
	counts, reported := persons{}, false
	for i, column := range personColumns() {
		if at.text(column) == "" {
			counts[i] = -1
			continue
		}
		n, counted := at.count(column, maxCrossings)
		counts[i], reported, ok = n, true, ok && counted
	}
	if !ok || !dated || !reported || !r.options.within(from) {
		return
	}
	p := r.landEntry(code, at)
	if _, twice := p.months[from]; twice {
		at.fail("month", fmt.Sprintf("%s of port %s is there already", at.text("month"), code), "want each month once")
		return
	}
	p.months[from] = counts
}

// firstMonth returns the first of the months that volumes are made of.
func (r *reading) firstMonth() time.Time {
	if !r.options.From.IsZero() {
		return r.options.From
	}
	var newest time.Time
	for _, p := range r.land {
		for m := range p.months {
			if m.After(newest) {
				newest = m
			}
		}
	}
	return newest.AddDate(0, -11, 0)
}

// volumes spreads the persons of the months from the first on evenly over the hours of a week, without losing one to rounding;
// nil if nothing was reported. Each measure is a mean over the days of the months in which it was reported.
func (p *landPort) volumes(first time.Time) *portolan.Volumes {
	daily, reported := 0.0, false
	for i := range len(persons{}) {
		sum, days := 0.0, 0.0
		for m, counts := range p.months {
			if !m.Before(first) && counts[i] >= 0 {
				sum, days = sum+counts[i], days+m.AddDate(0, 1, 0).Sub(m).Hours()/24
			}
		}
		if days > 0 {
			daily, reported = daily+sum/days, true
		}
	}
	if !reported {
		return nil
	}
	const hours = 7 * 24
	week := uint64(math.Round(daily * 7))
	var v portolan.Volumes
	for i := range uint64(hours) {
		v[i/24][i%24] = uint32((i+1)*week/hours - i*week/hours)
	}
	return &v
}

// closedAfter is how long before the newest report a port's last one lies that may be closed.
const closedAfter = 5 // years

// dropClosed leaves out the ports that had stopped reporting before the months that are wanted.
func (r *reading) dropClosed() {
	since := r.options.From
	if since.IsZero() {
		for _, p := range r.land {
			if before := p.last.AddDate(-closedAfter, 0, 0); before.After(since) {
				since = before
			}
		}
	}
	var closed []string
	for code, p := range r.land {
		if !p.last.IsZero() && p.last.Before(since) {
			closed = append(closed, string(code))
			delete(r.land, code)
		}
	}
	if len(closed) > 0 {
		slices.Sort(closed)
		r.note("Left out, since they have reported nothing since %s: %s.", since.Format(month), strings.Join(closed, ", "))
	}
}

func (r *reading) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

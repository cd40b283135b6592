package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"portolan"
	"portolan/incident"
)

// percent prints a ratio cut to two decimals: 100 % is printed only for a whole one.
func percent(r *float64) string {
	if r == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f %%", floor(*r))
}

// floor returns hundredths of a percent, cut; the small addend keeps 0.9971, which is a little less in binary, from 99.70.
func floor(r float64) float64 { return math.Floor(r*1e4+1e-6) / 100 }

// bounds prints a range, widened outward to two decimals so that it never claims too much.
func bounds(b Bounded) string {
	if b.Low == nil || b.High == nil {
		return ""
	}
	return fmt.Sprintf("%.2f to %.2f", floor(*b.Low), math.Ceil(*b.High*1e4-1e-6)/100)
}

// points prints a difference of ratios in percentage points.
func points(r *float64) string {
	if r == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f", *r*100+0) // never -0.00
}

// change prints how a ratio moved, in percentage points with a sign.
func change(now, before *float64) string {
	if now == nil || before == nil {
		return "–"
	}
	d := math.Round((*now-*before)*1e4) / 100
	if d == 0 {
		return "0.00"
	}
	return strings.Replace(fmt.Sprintf("%+.2f", d), "-", "−", 1)
}

// hours prints seconds as hours with one decimal, as the audit does; below ten hours with two, so that minutes show.
func hours(seconds float64) string {
	if seconds < 36_000 {
		return fmt.Sprintf("%.2f", seconds/3600)
	}
	return fmt.Sprintf("%.1f", seconds/3600)
}

// lasting prints seconds in at most two units.
func lasting(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return two(d, time.Minute, "min", time.Second, "s")
	case d < 48*time.Hour:
		return two(d, time.Hour, "h", time.Minute, "min")
	default:
		return two(d, 24*time.Hour, "d", time.Hour, "h")
	}
}

func two(d, unit time.Duration, name string, rest time.Duration, restName string) string {
	text := fmt.Sprintf("%d %s", d/unit, name)
	if over := d % unit / rest; over > 0 {
		text += fmt.Sprintf(" %d %s", over, restName)
	}
	return text
}

// latency prints seconds as people read latencies.
func latency(seconds float64) string {
	switch {
	case seconds < 0.9995:
		return fmt.Sprintf("%.0f ms", seconds*1000)
	case seconds < 9.995:
		return fmt.Sprintf("%.2f s", seconds)
	default:
		return fmt.Sprintf("%.1f s", seconds)
	}
}

// latencyChange prints how a quantile moved; each is known within 1 %, so that less than 2 % is no change.
func latencyChange(now float64, before *LatencyBefore, of func(*LatencyBefore) float64) string {
	if before == nil || of(before) == 0 {
		return "–"
	}
	moved := now/of(before) - 1
	if math.Abs(moved) < 0.02 {
		return "same"
	}
	return strings.Replace(fmt.Sprintf("%+.0f %%", 100*moved), "-", "−", 1)
}

// whole prints a count with its thousands apart.
func whole[T ~int | ~uint64](n T) string {
	digits := fmt.Sprint(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// plural prints a count with its noun.
func plural[T ~int | ~uint64](n T, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return whole(n) + " " + noun + "s"
}

// weighed says what an hour of a series counts for.
func weighed(w portolan.Weight) string {
	switch w {
	case portolan.WeightTraveler:
		return "An hour at a port counts for the travelers who usually come in it"
	case portolan.WeightPort:
		return "Every port counts alike"
	case portolan.WeightTime, portolan.WeightUnknown:
		return "Every workstation's hour counts alike"
	default:
		return "By " + w.String()
	}
}

// upper is a system as people say it.
func upper(id portolan.SystemID) string { return strings.ToUpper(string(id)) }

// names lists systems as people say them.
func names(ids []portolan.SystemID) string {
	said := make([]string, len(ids))
	for i, id := range ids {
		said[i] = upper(id)
	}
	return strings.Join(said, ", ")
}

// causeWords says a cause in words.
func causeWords(c incident.Cause) string {
	switch c {
	case incident.Workstation:
		return "one workstation"
	case incident.PortNetwork:
		return "the port's network"
	case incident.OfficeCircuit:
		return "the field office's circuit"
	case incident.WideArea:
		return "the wide area network"
	case incident.Service:
		return "the system itself"
	case incident.Dependency:
		return "a system that it depends on"
	case incident.UpstreamData:
		return "the data that it is fed with"
	case incident.Load:
		return "more work than it can do"
	case incident.Changed:
		return "a change"
	case incident.Planned:
		return "planned work"
	case incident.Credential:
		return "an expired certificate or credential"
	case incident.Monitor:
		return "the monitor itself"
	case incident.Undetermined:
		return "not determined"
	default:
		return c.String()
	}
}

// title is the month in words: "January 2017".
func (m *Month) title() string {
	at, err := time.Parse("2006-01", m.Month)
	if err != nil {
		return m.Month
	}
	return at.Format("January 2006")
}

// zone is the month's zone; a Month is made with one that exists, and is read from files that may not.
func (m *Month) zone() *time.Location {
	zone, err := time.LoadLocation(m.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// at prints a moment in the month's zone.
func (m *Month) at(moment time.Time) string {
	return moment.In(m.zone()).Format("2 Jan 15:04")
}

// Standing says how final the report is.
func (m *Month) Standing() string {
	var said []string
	if m.Provisional {
		said = append(said, "provisional: evidence in time may still change it")
	}
	if m.Revision > 0 {
		said = append(said, fmt.Sprintf("revision %d: issued again after late evidence", m.Revision))
	}
	if len(said) == 0 {
		return "first issue"
	}
	return strings.Join(said, "; ")
}

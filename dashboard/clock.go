package dashboard

import (
	"time"

	"portolan"
)

// clock prints instants for one page: in the zone where they happened, and as ages at the page's cut.
type clock struct {
	now   portolan.Instant
	zones map[string]*time.Location
}

func newClock(now portolan.Instant) *clock {
	return &clock{now: now, zones: map[string]*time.Location{}}
}

// moment is an instant as the page prints it.
type moment struct {
	ISO  string // for machines, in UTC
	Text string // for people, with its zone
	Ago  string // "4 min", empty for none
}

// zone returns the named zone. A name that this machine does not know is shown in UTC, and says so by
// its abbreviation.
func (c *clock) zone(name string) *time.Location {
	if loc, ok := c.zones[name]; ok {
		return loc
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		loc = time.UTC
	}
	c.zones[name] = loc
	return loc
}

// at prints i in loc: the time of day alone if it lies on the cut's own day.
func (c *clock) at(i portolan.Instant, loc *time.Location) moment {
	if i == 0 {
		return moment{}
	}
	if loc == nil {
		loc = time.UTC
	}
	t, now := i.Time().In(loc), c.now.Time().In(loc)
	layout := "15:04:05 MST"
	switch {
	case t.Year() != now.Year():
		layout = "2 Jan 2006 15:04 MST"
	case t.YearDay() != now.YearDay():
		layout = "2 Jan 15:04 MST"
	}
	return moment{ISO: i.Time().Format(time.RFC3339), Text: t.Format(layout), Ago: ago(c.now.Sub(i))}
}

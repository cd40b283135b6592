package dashboard

import (
	"fmt"
	"slices"

	"portolan"
	"portolan/effect"
)

// Change is a person's remark with what followed it.
type Change struct {
	ID       uint64
	At       portolan.Instant
	System   portolan.SystemID // empty: no system in particular
	Port     portolan.PortCode // empty: everywhere
	Text, By string
	// Compared says that Hours after it were held against past weeks.
	Compared bool
	Hours    int
	Followed []Followed
}

// Followed is what followed a change in one measure.
type Followed struct {
	System      portolan.SystemID
	Transaction portolan.TransactionID
	Step        portolan.StepID
	// Latency says that the values are microseconds that 95 of 100 right answers took at most; else they are millionths of
	// end-user availability.
	Latency bool
	effect.Difference
}

// changeView is what a page prints of a change.
type changeView struct {
	At     moment
	Where  string
	Text   string
	By     string
	Stands []standingView // measures that stand out, at most mostStanding
	More   int            // those that are not listed
	Calm   string         // what there is to say where nothing stands out
	Effect string         // address of all measures
}

// standingView is one measure that stands out.
type standingView struct {
	Mark        mark
	What        string
	From, Until moment
	Change      string // in that time
	Overall     string
}

// mostStanding bounds what a page lists of one change.
const mostStanding = 4

func viewChanges(c *clock, cut Cut, changes []Change) []changeView {
	var views []changeView
	for i := range changes {
		views = append(views, viewChange(c, cut, &changes[i]))
	}
	return views
}

func viewChange(c *clock, cut Cut, change *Change) changeView {
	v := changeView{
		At: c.at(change.At, cut.Zone), Where: placeOf(change), Text: change.Text, By: change.By,
		Effect: fmt.Sprintf("/api/v1/annotations/%d/effect", change.ID),
	}
	measured := slices.DeleteFunc(slices.Clone(change.Followed), func(f Followed) bool { return f.Why != "" })
	for i := range measured {
		if f := &measured[i]; len(f.Standing) > 0 {
			v.Stands = append(v.Stands, viewStanding(c, cut, f))
		}
	}
	if v.More = len(v.Stands) - mostStanding; v.More > 0 {
		v.Stands = v.Stands[:mostStanding]
	}
	switch {
	case len(v.Stands) > 0:
	case !change.Compared:
		v.Calm = "No whole hour after it has been compared yet."
	case len(measured) == 0 && len(change.Followed) > 0:
		v.Calm = "It cannot be compared: " + change.Followed[0].Why + "."
	case len(measured) == 0:
		v.Calm = "It cannot be compared: nothing was measured."
	default:
		v.Calm = fmt.Sprintf("Nothing stands out in %s. %s: %s.", plural(change.Hours, "hour"), measured[0].what(), measured[0].overall())
	}
	return v
}

func placeOf(change *Change) string {
	where := "All systems"
	if change.System != "" {
		where = short(change.System)
	}
	if change.Port != "" {
		where += " at " + string(change.Port)
	}
	return where
}

func viewStanding(c *clock, cut Cut, f *Followed) standingView {
	first := f.Standing[0]
	return standingView{
		Mark: mark{portolan.SlowState, "worse"}, What: f.what(), From: c.at(first.Span.From, cut.Zone), Until: c.at(first.Span.To, cut.Zone),
		Change: f.amount(first.Change) + f.unit(), Overall: f.overall(),
	}
}

// what names the measure.
func (f *Followed) what() string {
	switch {
	case !f.Latency:
		return short(f.System) + " availability"
	case f.Step != "":
		return fmt.Sprintf("%s %s, time of step %s", short(f.System), f.Transaction, f.Step)
	default:
		return fmt.Sprintf("%s %s, time of a run", short(f.System), f.Transaction)
	}
}

// overall prints the difference over all hours with its bounds.
func (f *Followed) overall() string {
	return fmt.Sprintf("%s%s over all hours [%s, %s]", f.amount(f.Change), f.unit(), f.amount(f.Low), f.amount(f.High))
}

// amount prints a difference with its sign: points of a percentage, or seconds.
func (f *Followed) amount(value int64) string {
	if f.Latency {
		return fmt.Sprintf("%+.2f", float64(value)/1e6)
	}
	return fmt.Sprintf("%+.2f", float64(value)/1e4)
}

func (f *Followed) unit() string {
	if f.Latency {
		return " s"
	}
	return " points"
}

package dashboard

import (
	"iter"
	"strings"

	"portolan"
)

// figureView is a figure as the page prints it.
type figureView struct {
	Window       string // "Today"
	Value        string // empty if there is none: Why then says why
	Range        string
	Conventional string
	Conv         string // the same without its unit
	ConvRange    string
	Coverage     string
	Covered      string // coverage in whole percent
	Weight       string
	Why          string
	Below        bool // under the objective
	Provisional  bool
	Revision     int
	Difference   []share
}

// share is one part of the difference.
type share struct{ Name, Points string }

// figureSet is the three windows of one thing.
type figureSet struct{ Today, Day, Month figureView }

// List returns the windows in the order of the page.
func (f figureSet) List() []figureView { return []figureView{f.Today, f.Day, f.Month} }

func viewFigures(f Figures, objective float64) figureSet {
	return figureSet{
		Today: viewFigure("Today", f.Today, objective),
		Day:   viewFigure("24 hours", f.Day, objective),
		Month: viewFigure("This month", f.Month, objective),
	}
}

func viewFigure(window string, f Figure, objective float64) figureView {
	v := figureView{
		Window: window, Coverage: percent(f.Coverage), Covered: wholePercent(f.Coverage), Weight: weighed(f.Weight),
		Provisional: f.Provisional, Revision: f.Revision,
	}
	if f.EndUser == nil {
		v.Why = f.Why
		if v.Why == "" {
			v.Why = "no figure"
		}
		return v
	}
	v.Value, v.Range = percent(f.EndUser.Value), bounds(f.EndUser.Low, f.EndUser.High)
	v.Below = f.EndUser.Value < objective
	if f.Conventional != nil {
		v.Conventional = percent(f.Conventional.Value)
		v.Conv = strings.TrimSuffix(v.Conventional, gap+"%")
		v.ConvRange = bounds(f.Conventional.Low, f.Conventional.High)
		v.Difference = differences(f.Difference)
	}
	return v
}

func differences(d Difference) []share {
	return []share{
		{"maintenance", points(d.Maintenance)},
		{"slow", points(d.Slow)},
		{"dependency", points(d.Dependency)},
		{"network", points(d.Network)},
		{"other", points(d.Other)},
	}
}

// objectiveView is an objective as the page prints it.
func objectiveView(o portolan.Objective) string {
	if o.Availability <= 0 {
		return ""
	}
	if o.Window <= 0 {
		return percent(o.Availability)
	}
	return percent(o.Availability) + " over " + long(o.Window)
}

// figuresTable is the three windows of one thing in full.
type figuresTable struct {
	Caption string
	Figures figureSet
}

// common is what holds for every figure of a table, so that it is said once.
type common struct {
	Weight      string // empty where they differ
	Provisional bool
}

func commonOf(all iter.Seq[Figures]) common {
	weights := map[portolan.Weight]bool{}
	c := common{Provisional: true}
	for figures := range all {
		for _, f := range []Figure{figures.Today, figures.Day, figures.Month} {
			if f.EndUser != nil {
				weights[f.Weight] = true
				c.Weight = weighed(f.Weight)
				c.Provisional = c.Provisional && f.Provisional
			}
		}
	}
	if len(weights) != 1 {
		c.Weight = ""
	}
	c.Provisional = c.Provisional && len(weights) > 0
	return c
}

// takeOut removes from single figures what is said for all of them.
func (c common) takeOut(f *figureSet) {
	for _, one := range []*figureView{&f.Today, &f.Day, &f.Month} {
		if c.Weight != "" {
			one.Weight = ""
		}
		one.Provisional = one.Provisional && !c.Provisional
	}
}

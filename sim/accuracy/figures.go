package accuracy

import (
	"slices"
	"time"

	"portolan"
	"portolan/sim/truth"
)

// Row is a row of the collector's figures, as its API answers it.
type Row struct {
	System       portolan.SystemID `json:"system"`
	Port         portolan.PortCode `json:"port"`
	Month        string            `json:"month"`
	EndUser      Bounded           `json:"end_user"`
	Conventional Bounded           `json:"conventional"`
	IssueFree    Bounded           `json:"issue_free"`
	Coverage     *float64          `json:"coverage"`
}

// Bounded is a figure with its bounds; what does not exist is nil.
type Bounded struct {
	Ratio *float64 `json:"ratio"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

// Figure is the availability of a system at a port in a month, ratios from 0 to 1. What does not exist is nil.
type Figure struct {
	System portolan.SystemID `json:"system"`
	Port   portolan.PortCode `json:"port,omitempty"` // empty: all ports
	Month  string            `json:"month"`
	Truth  *float64          `json:"truth"`
	Bounded
	Conventional *float64 `json:"conventional"`
	Coverage     *float64 `json:"coverage"`
	// Error is what was said minus the truth, in percentage points.
	Error *float64 `json:"error_points"`
	// Inside says that the truth lies within the bounds.
	Inside bool `json:"inside"`
}

const monthForm = "2006-01"

func figures(true_ []truth.Figure, rows []Row) []Figure {
	byPlace := map[place]*Row{}
	for i := range rows {
		byPlace[place{rows[i].System, rows[i].Port, rows[i].Month}] = &rows[i]
	}
	all := make([]Figure, 0, len(true_))
	for _, t := range true_ {
		f := Figure{System: t.System, Port: t.Port, Month: t.Month.Format(monthForm)}
		if row := byPlace[place{f.System, f.Port, f.Month}]; row != nil {
			f.Bounded, f.Conventional, f.Coverage = row.EndUser, row.Conventional.Ratio, row.Coverage
		}
		f.against(t)
		all = append(all, f)
	}
	return all
}

// nearly is by how much a bound may be off: what the collector prints is rounded.
const nearly = 1e-6

// against holds the figure against the truth.
func (f *Figure) against(t truth.Figure) {
	ratio, ok := t.EndUser()
	if !ok {
		return
	}
	if f.Truth = &ratio; f.Ratio == nil {
		return
	}
	points := 100 * (*f.Ratio - ratio)
	f.Error = &points
	f.Inside = f.Low != nil && f.High != nil && *f.Low-nearly <= ratio && ratio <= *f.High+nearly
}

// Free is the share of the scenario in which a system had no open issue anywhere.
type Free struct {
	System portolan.SystemID `json:"system"`
	Truth  float64           `json:"truth"`
	Said   *float64          `json:"said"` // nil if the scenario has several months, or the figure does not exist
}

func free(w *truth.World, issues []truth.Issue, rows []Row) (all []Free) {
	month := w.Span.From.Time().Format(monthForm)
	one := w.Span.To.Add(-time.Microsecond).Time().Format(monthForm) == month
	for _, id := range systems(w) {
		f := Free{System: id, Truth: 1 - open(issues, id).Seconds()/w.Span.Duration().Seconds()}
		for i := range rows {
			if rows[i].System == id && rows[i].Port == "" && one {
				f.Said = rows[i].IssueFree.Ratio
			}
		}
		all = append(all, f)
	}
	return all
}

// systems returns the systems that are probed anywhere, sorted.
func systems(w *truth.World) (all []portolan.SystemID) {
	for _, station := range w.Stations {
		for _, s := range station.Series {
			all = append(all, s.Name.System)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// open returns how long any of the issues, which are by start, was open that hit a system.
func open(issues []truth.Issue, system portolan.SystemID) (sum time.Duration) {
	until := portolan.Instant(0)
	for _, i := range issues {
		if i.Hits(system) {
			sum += portolan.Span{From: max(i.Span.From, until), To: i.Span.To}.Duration()
			until = max(until, i.Span.To)
		}
	}
	return sum
}

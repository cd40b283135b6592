package report

import (
	"portolan/availability"
)

// NumberOf returns a ratio as a number, nil if it does not exist: absence is not 0.
func NumberOf(r availability.Ratio) *float64 {
	if !r.Exists() {
		return nil
	}
	v := r.Float64()
	return &v
}

// BoundedOf returns a figure with its bounds as it is printed and sent.
func BoundedOf(b availability.Bounded) Bounded {
	return Bounded{Ratio: NumberOf(b.Ratio), Low: NumberOf(b.Low), High: NumberOf(b.High), Why: b.Why}
}

// DifferenceOf returns the parts of a difference as they are printed and sent.
func DifferenceOf(d availability.Difference) Difference {
	return Difference{
		Maintenance: NumberOf(d.Maintenance), Slow: NumberOf(d.Slow), Dependency: NumberOf(d.Dependency),
		Network: NumberOf(d.Network), Other: NumberOf(d.Other),
	}
}

// IssuesOf returns what incidents amount to as it is printed and sent.
func IssuesOf(i availability.Issues) Issues {
	return Issues{Began: i.Began, Carried: i.Carried, SumSeconds: i.Sum.Seconds(), UnionSeconds: i.Union.Seconds()}
}

// FigureOf returns what a group had as it is printed and sent.
func FigureOf(f *availability.Figure, due availability.Due, issues availability.Issues) Figure {
	return Figure{
		EndUser: BoundedOf(f.EndUser), Conventional: BoundedOf(f.Conventional), WithoutMaintenance: BoundedOf(f.WithoutMaintenance),
		IssueFree: BoundedOf(issues.Free), Issues: IssuesOf(issues),
		Difference: DifferenceOf(f.Difference), Coverage: NumberOf(f.Coverage),
		UpSeconds: f.Up.Seconds(), SlowSeconds: f.Slow.Seconds(), DownSeconds: f.Down.Seconds(), UnmonitoredSeconds: f.Unmonitored.Seconds(),
		Missing: due.Missing, Due: due.Seen + due.Late + due.Displaced + due.Excused + due.Missing,
	}
}

package waterfall

import (
	"fmt"
	"strings"
	"time"

	"portolan"
)

// measures lists what a step measured besides time and size, in words, under its phases.
func (d *drawing) measures(r portolan.StepResult) {
	if len(r.Measures) == 0 {
		return
	}
	words := make([]string, len(r.Measures))
	for i, m := range r.Measures {
		words[i] = strings.ReplaceAll(m.Measure.String(), "-", " ") + " " + value(m)
	}
	d.wrapped(words)
}

// value spells a measure's value with its unit.
func value(m portolan.Measurement) string {
	switch m.Measure {
	case portolan.LargestPaint, portolan.RoundTrip, portolan.FirstItem:
		return took(time.Duration(m.Value) * time.Microsecond)
	case portolan.DataAge, portolan.OldestAge:
		return age(time.Duration(m.Value) * time.Microsecond)
	case portolan.LossRatio, portolan.LiveShare, portolan.RadarShare:
		return fmt.Sprintf("%g %%", float64(m.Value)/1e4)
	case portolan.Throughput:
		return fmt.Sprintf("%.0f kB/s", float64(m.Value)/1e3)
	case portolan.PathChange:
		return map[bool]string{true: "yes", false: "no"}[m.Value != 0]
	case portolan.BodyDigest:
		return fmt.Sprintf("%016x", m.Value)
	case portolan.NotMeasured:
		return portolan.Unmeasured(m.Value).String()
	case portolan.MeasureUnknown:
	}
	return fmt.Sprint(m.Value)
}

// age spells how old data are: those of a feed are seconds old, those of a laptop's extract weeks.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < 2*time.Minute:
		return took(d)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 2*day:
		return fmt.Sprintf("%d h", d/time.Hour)
	default:
		return fmt.Sprintf("%d d %d h", d/day, d%day/time.Hour)
	}
}

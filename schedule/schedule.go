// Package schedule says, given a time, when each series runs next and which runs were due.
//
// It is pure: the agent asks it when to run, the collector asks it what was due, and both get the same
// answer, because a series' phase is a hash of its name counted from absolute time. A fleet is spread
// evenly, a restart keeps the phase, and two series of one agent rarely coincide. Cron expressions are
// read by robfig/cron's parser; its runner, which reads clocks and starts goroutines, is not used.
package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"time"

	"github.com/robfig/cron/v3"

	"portolan"
)

// Series is when one series is due. The zero Series is never due.
type Series struct {
	interval portolan.Instant // µs between due runs; 0 when times is set
	phase    portolan.Instant // first due after 1970-01-01T00:00:00Z, below interval
	times    cron.Schedule
}

// New returns when agent a is due to run the planned series p.
func New(a portolan.AgentID, p portolan.PlannedSeries) (Series, error) {
	if p.Cron != "" {
		times, err := parseCron(p.Cron, p.Zone)
		return Series{times: times}, err
	}
	interval := portolan.Instant(p.Interval / time.Microsecond)
	if interval <= 0 {
		return Series{}, fmt.Errorf("interval %s of %s/%s: want more than 0", p.Interval, p.System, p.Transaction)
	}
	name := portolan.Series{Agent: a, System: p.System, Transaction: p.Transaction}
	return Series{interval: interval, phase: phase(name, interval)}, nil
}

// CheckCron reports what is wrong with a cron expression and the IANA zone it is read in.
func CheckCron(expr, zone string) error {
	_, err := parseCron(expr, zone)
	return err
}

// phase spreads the series evenly over the interval, the same at every start of every process.
func phase(name portolan.Series, interval portolan.Instant) portolan.Instant {
	sum := sha256.Sum256([]byte(name.String()))
	return portolan.Instant(binary.BigEndian.Uint64(sum[:8]) % uint64(interval))
}

func parseCron(expr, zone string) (cron.Schedule, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("read zone of cron expression: %w", err)
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	parsed, err := parser.Parse(expr)
	if err != nil {
		return nil, fmt.Errorf("read cron expression %q: %w", expr, err)
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("read cron expression %q: want minute, hour, day, month, weekday", expr)
	}
	spec.Location = location
	if spec.Next(time.Unix(0, 0)).IsZero() {
		return nil, fmt.Errorf("cron expression %q never comes due", expr)
	}
	return spec, nil
}

// Next returns the first due instant after t; zero if there is none.
func (s Series) Next(t portolan.Instant) portolan.Instant {
	switch {
	case s.times != nil:
		next := s.times.Next(t.Time())
		if next.IsZero() {
			return 0
		}
		return portolan.InstantOf(next)
	case s.interval > 0:
		return s.latest(t) + s.interval
	default:
		return 0
	}
}

// latest returns the last due instant at or before t of a series with an interval.
func (s Series) latest(t portolan.Instant) portolan.Instant {
	behind := (t - s.phase) % s.interval
	if behind < 0 {
		behind += s.interval
	}
	return t - behind
}

// Interval returns the time from a due instant to the next one: constant for an interval, different from
// run to run for a cron expression (design 3.2).
func (s Series) Interval(due portolan.Instant) time.Duration {
	if s.interval > 0 {
		return s.interval.Sub(0)
	}
	next := s.Next(due)
	if next == 0 {
		return 0
	}
	return next.Sub(due)
}

// Due returns the due instants in the window, in order.
func (s Series) Due(window portolan.Span) iter.Seq[portolan.Instant] {
	return func(yield func(portolan.Instant) bool) {
		for t := s.Next(window.From - 1); t != 0 && t < window.To; t = s.Next(t) {
			if !yield(t) {
				return
			}
		}
	}
}

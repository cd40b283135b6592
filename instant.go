package portolan

import "time"

// Instant is a point in event time: whole microseconds since 1970-01-01T00:00:00Z (design 3.1: nothing
// in the maths reads a clock, and time is whole microseconds). The zero Instant means "none".
type Instant int64

// InstantOf returns t cut to whole microseconds.
func InstantOf(t time.Time) Instant { return Instant(t.UnixMicro()) }

// Time returns the instant as a time in UTC.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// Add returns the instant d later; d is cut to whole microseconds.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d/time.Microsecond) }

// Sub returns how much later i is than j.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i-j) * time.Microsecond }

// String returns the instant in RFC 3339 with microseconds, in UTC.
func (i Instant) String() string { return i.Time().Format("2006-01-02T15:04:05.000000Z") }

// Hour returns the start of the UTC hour that holds i.
func (i Instant) Hour() Instant { return i.floor(Instant(time.Hour / time.Microsecond)) }

// Minute returns the start of the UTC minute that holds i.
func (i Instant) Minute() Instant { return i.floor(Instant(time.Minute / time.Microsecond)) }

func (i Instant) floor(unit Instant) Instant {
	r := i % unit
	if r < 0 {
		r += unit
	}
	return i - r
}

// Span is a stretch of event time, from From (included) to To (excluded).
type Span struct {
	From, To Instant
}

// Empty reports whether the span holds no instant.
func (s Span) Empty() bool { return s.To <= s.From }

// Duration returns the span's length, never negative.
func (s Span) Duration() time.Duration { return max(0, s.To.Sub(s.From)) }

// Contains reports whether t lies in the span.
func (s Span) Contains(t Instant) bool { return s.From <= t && t < s.To }

// Intersect returns the part of s that lies in o; it may be empty.
func (s Span) Intersect(o Span) Span {
	return Span{From: max(s.From, o.From), To: min(s.To, o.To)}
}

package availability_test

import (
	"fmt"
	"strconv"
	"time"

	"portolan"
	"portolan/availability"
)

// readRun reads `run TIME OUTCOME [DURATION] [key=value...]`.
func (s *script) readRun(st statement) error {
	at, err := parseTime(st.arg(0))
	if err != nil {
		return err
	}
	return s.addRun(at, st.args[min(1, len(st.args)):], st)
}

// readRuns reads `runs FROM TO OUTCOME [DURATION]`: one run at each interval from FROM on, before TO.
func (s *script) readRuns(st statement) error {
	span, err := st.span()
	if err != nil {
		return err
	}
	for at := span.From; at < span.To; at = at.Add(s.current().interval) {
		if err := s.addRun(at, st.args[min(2, len(st.args)):], st); err != nil {
			return err
		}
	}
	return nil
}

func (s *script) addRun(at portolan.Instant, words []string, st statement) error {
	c := s.current()
	result, err := readResult(words, st)
	if err != nil {
		return err
	}
	c.seq++
	result.Seq, result.Start = c.seq, at
	origin := availability.Origin{Interval: c.interval}
	copy(origin.Stream[:], st.get("stream", ""))
	if text, ok := st.keys["seq"]; ok {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return err
		}
		result.Seq = portolan.Seq(n)
	}
	origin.Start = availability.EventTime(at, c.offset, c.uncertainty)
	if run, ok := availability.NewRun(&result, origin); ok {
		c.events.Runs = append(c.events.Runs, run)
	}
	return c.addAttempt(&result, st)
}

func (c *scriptSeries) addAttempt(r *portolan.Result, st statement) (err error) {
	unit := portolan.Instant(c.interval / time.Microsecond)
	due := r.Start / unit * unit
	if text, ok := st.keys["due"]; ok {
		due, err = parseTime(text)
	}
	c.attempts = append(c.attempts, availability.Attempt{Due: due, Start: r.Start, End: r.End(), Number: r.Attempt})
	return err
}

// readResult reads an outcome, a duration (1 s if none is given) and the keys attempt, hold, kind, phase and
// dependency.
func readResult(words []string, st statement) (r portolan.Result, err error) {
	if len(words) == 0 {
		return r, fmt.Errorf("want an outcome")
	}
	r.Duration = time.Second
	if len(words) > 1 {
		if r.Duration, err = time.ParseDuration(words[1]); err != nil {
			return r, err
		}
	}
	if r.Attempt, err = strconv.Atoi(st.get("attempt", "1")); err != nil {
		return r, err
	}
	if r.Hold, err = time.ParseDuration(st.get("hold", "0s")); err != nil {
		return r, err
	}
	r.Outcome, r.Symptom, err = readOutcome(words[0], st)
	return r, err
}

// readOutcome reads good, slow, failed with its symptom, or a short word for a usual failure.
func readOutcome(word string, st statement) (o portolan.Outcome, symptom portolan.Symptom, err error) {
	switch word {
	case "service":
		return portolan.Failed, portolan.Symptom{Kind: portolan.KindStatus, Phase: portolan.PhaseWait}, nil
	case "dependency":
		return portolan.Failed, portolan.Symptom{Kind: portolan.KindStatus, Dependency: "ident"}, nil
	case "network":
		return portolan.Failed, portolan.Symptom{Kind: portolan.KindTimeout, Phase: portolan.PhaseConnect}, nil
	}
	if err := o.UnmarshalText([]byte(word)); err != nil {
		return o, symptom, err
	}
	if err := symptom.Kind.UnmarshalText([]byte(st.get("kind", "none"))); err != nil {
		return o, symptom, err
	}
	if err := symptom.Phase.UnmarshalText([]byte(st.get("phase", "none"))); err != nil {
		return o, symptom, err
	}
	symptom.Dependency = portolan.SystemID(st.get("dependency", ""))
	return o, symptom, nil
}

// every is a schedule of one run an interval, on whole intervals since 1970.
type every time.Duration

// Next implements availability.Schedule.
func (e every) Next(after portolan.Instant) portolan.Instant {
	unit := portolan.Instant(time.Duration(e) / time.Microsecond)
	return (after/unit + 1) * unit
}

// rows prints segments as scripts spell them: FROM TO CLASS, with a question mark where the class is uncertain.
func rows(segments []availability.Segment) []string {
	var rows []string
	for _, s := range segments {
		mark := ""
		if s.Uncertain {
			mark = "?"
		}
		rows = append(rows, fmt.Sprintf("%s %s %s%s", clock(s.Span.From), clock(s.Span.To), s.Class, mark))
	}
	return rows
}

// clock prints an instant as briefly as scripts may spell it.
func clock(at portolan.Instant) string {
	t := at.Time()
	form := "2006-01-02T15:04:05.999999"
	if t.Format(time.DateOnly) == "2017-01-02" {
		form = "15:04:05.999999"
	}
	text := t.Format(form)
	if t.Second() == 0 && t.Nanosecond() == 0 {
		return text[:len(text)-len(":00")]
	}
	return text
}

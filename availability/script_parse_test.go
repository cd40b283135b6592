package availability_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"portolan"
	"portolan/availability"
)

// script is one file of testdata: what happened, and what the figures must be. testdata/README.md tells the language.
type script struct {
	series      []*scriptSeries
	maintenance []availability.Maintenance
	volumes     map[portHour]uint32
	window      portolan.Span
	weight      portolan.Weight
	excused     []portolan.Span
	changes     []portolan.Instant
	settle      time.Duration
	asOf        portolan.Instant
	wants       []want
}

type portHour struct {
	port string
	hour portolan.Instant
}

type scriptSeries struct {
	name, port string
	share      uint32
	interval   time.Duration
	events     availability.Events
	attempts   []availability.Attempt

	offset, uncertainty time.Duration
	seq                 portolan.Seq
}

// want is one expectation, with the line it stands on and what it asks about.
type want struct {
	line   int
	verb   string
	args   []string
	rows   []string // of a timeline
	window portolan.Span
	weight portolan.Weight
	asOf   portolan.Instant
}

// statement is one line of a script: its words, and those of the form key=value apart.
type statement struct {
	args []string
	keys map[string]string
}

func readScript(file string) (*script, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s := &script{volumes: map[portHour]uint32{}, weight: portolan.WeightTime, settle: availability.Settle}
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if err := s.readLine(i+1, line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
	}
	for _, c := range s.series {
		c.events.Runs, _ = availability.Straighten(c.events.Runs)
	}
	return s, nil
}

func (s *script) readLine(number int, line string) error {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	if line[0] == ' ' {
		if len(s.wants) == 0 {
			return fmt.Errorf("an indented line belongs to an expectation")
		}
		last := &s.wants[len(s.wants)-1]
		last.rows = append(last.rows, strings.Join(words, " "))
		return nil
	}
	verb, st := words[0], statement{keys: map[string]string{}}
	for _, w := range words[1:] {
		if key, value, ok := strings.Cut(w, "="); ok {
			st.keys[key] = value
			continue
		}
		st.args = append(st.args, w)
	}
	if read, ok := statements()[verb]; ok {
		return read(s, st)
	}
	if _, ok := expectations()[verb]; !ok {
		return fmt.Errorf("%q is no statement", verb)
	}
	s.wants = append(s.wants, want{
		line: number, verb: verb, args: words[1:], window: s.window, weight: s.weight, asOf: s.asOf,
	})
	return nil
}

func statements() map[string]func(*script, statement) error {
	return map[string]func(*script, statement) error{
		"series":      (*script).readSeries,
		"clock":       (*script).readClock,
		"run":         (*script).readRun,
		"runs":        (*script).readRuns,
		"gap":         (*script).readGap,
		"farewell":    (*script).readFarewell,
		"retire":      (*script).readRetire,
		"maintenance": (*script).readMaintenance,
		"volume":      (*script).readVolume,
		"window":      func(s *script, st statement) (err error) { s.window, err = st.span(); return },
		"weight":      func(s *script, st statement) error { return s.weight.UnmarshalText([]byte(st.arg(0))) },
		"excused":     (*script).readExcused,
		"changes":     (*script).readChanges,
		"settle":      func(s *script, st statement) (err error) { s.settle, err = time.ParseDuration(st.arg(0)); return },
		"as-of":       func(s *script, st statement) (err error) { s.asOf, err = parseTime(st.arg(0)); return },
	}
}

func (s *script) readSeries(st statement) error {
	series := &scriptSeries{name: st.arg(0), port: st.get("port", "MIA")}
	s.series = append(s.series, series)
	share, err := strconv.ParseUint(st.get("share", "1"), 10, 32)
	if err != nil {
		return err
	}
	series.share = uint32(share)
	series.interval, err = time.ParseDuration(st.get("interval", "1m"))
	return err
}

// current returns the series that statements are about: the last one named, or one that needs no name.
func (s *script) current() *scriptSeries {
	if len(s.series) == 0 {
		if err := s.readSeries(statement{args: []string{"it"}}); err != nil {
			panic(err) // the defaults above are at fault
		}
	}
	return s.series[len(s.series)-1]
}

func (s *script) readClock(st statement) (err error) {
	c := s.current()
	if c.offset, err = time.ParseDuration(st.get("offset", "0s")); err != nil {
		return err
	}
	c.uncertainty, err = time.ParseDuration(st.get("uncertainty", "0s"))
	return err
}

func (s *script) readGap(st statement) error {
	span, err := st.span()
	return s.stop(availability.Gap(span), err)
}

func (s *script) readFarewell(st statement) error {
	at, err := parseTime(st.arg(0))
	return s.stop(availability.Farewell(at), err)
}

func (s *script) readRetire(st statement) error {
	at, err := parseTime(st.arg(0))
	return s.stop(availability.Retire(at), err)
}

func (s *script) stop(stop availability.Stop, err error) error {
	c := s.current()
	c.events.Stops = append(c.events.Stops, stop)
	return err
}

func (s *script) readMaintenance(st statement) error {
	span, err := st.span()
	if err != nil {
		return err
	}
	m := availability.Maintenance{Span: span}
	if text, ok := st.keys["declared"]; ok {
		m.Declared, err = parseTime(text)
	}
	s.maintenance = append(s.maintenance, m)
	return err
}

func (s *script) readVolume(st statement) error {
	hour, err := parseTime(st.arg(1))
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(st.arg(2), 10, 32)
	s.volumes[portHour{st.arg(0), hour}] = uint32(n)
	return err
}

func (s *script) readExcused(st statement) error {
	span, err := st.span()
	s.excused = append(s.excused, span)
	return err
}

func (s *script) readChanges(st statement) error {
	for _, text := range st.args {
		at, err := parseTime(text)
		if err != nil {
			return err
		}
		s.changes = append(s.changes, at)
	}
	return nil
}

func (st statement) get(key, otherwise string) string {
	if v, ok := st.keys[key]; ok {
		return v
	}
	return otherwise
}

// arg returns the statement's word number i, "" if it has fewer.
func (st statement) arg(i int) string {
	if i >= len(st.args) {
		return ""
	}
	return st.args[i]
}

func (st statement) span() (portolan.Span, error) {
	from, err := parseTime(st.arg(0))
	if err != nil {
		return portolan.Span{}, err
	}
	to, err := parseTime(st.arg(1))
	return portolan.Span{From: from, To: to}, err
}

// parseTime reads a time of day on 2 January 2017, or a date and time, in UTC.
func parseTime(text string) (portolan.Instant, error) {
	if !strings.Contains(text, "T") {
		text = "2017-01-02T" + text
	}
	for _, form := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(form, text); err == nil {
			return portolan.InstantOf(t), nil
		}
	}
	return 0, fmt.Errorf("time %q: want 15:04, 15:04:05 or a date before it, like 2017-01-02T15:04", text)
}

package tn3270

import (
	"fmt"
	"regexp"
	"strings"

	"portolan"
	"portolan/internal/datastream"
	"portolan/probe"
)

// look is something that a screen shows or does not.
type look struct {
	row, column int            // 0: anywhere
	text        probe.Template // begins at the place
	pattern     *regexp.Regexp // instead of text: within the row, or within any
	absent      bool           // the screen must not show it
}

// trouble is a screen that tells of an error, and of which kind.
type trouble struct {
	look
	kind portolan.ErrorKind
}

// capture takes a value for later steps from the screen.
type capture struct {
	name                string
	row, column, length int
	pattern             *regexp.Regexp // instead of a place: its first group, if it has one
}

// seen is a look with the run's values in it.
type seen struct {
	*look
	text string
}

// filled is all that a step looks for.
type filled struct {
	wait    *seen
	errors  []seen // in the order of the action's
	expects []seen
}

// fill fills every look of the step.
func (x *exchange) fill() (filled, error) {
	var all filled
	fill := func(l *look) (seen, error) {
		text, err := x.run.Fill(l.text, nil)
		return seen{l, text}, err
	}
	if x.action.wait != nil {
		wait, err := fill(x.action.wait)
		if err != nil {
			return all, err
		}
		all.wait = &wait
	}
	for i := range x.action.errors {
		s, err := fill(&x.action.errors[i].look)
		if err != nil {
			return all, err
		}
		all.errors = append(all.errors, s)
	}
	for i := range x.action.expects {
		s, err := fill(&x.action.expects[i])
		if err != nil {
			return all, err
		}
		all.expects = append(all.expects, s)
	}
	return all, nil
}

// on reports whether the screen is as the look says.
func (s *seen) on(screen *datastream.Screen) bool {
	return s.shown(screen) != s.absent
}

func (s *seen) shown(screen *datastream.Screen) bool {
	switch {
	case s.pattern != nil:
		return match(s.pattern, s.row, screen) != nil
	case s.column > 0:
		return screen.At(s.row, s.column, len([]rune(s.text))) == s.text
	default:
		_, _, found := screen.Find(s.row, s.text)
		return found
	}
}

// match returns the first match in a row, or in any row for 0.
func match(pattern *regexp.Regexp, row int, screen *datastream.Screen) []string {
	rows, _ := screen.Size()
	for r := 1; r <= rows; r++ {
		if row != 0 && row != r {
			continue
		}
		if found := pattern.FindStringSubmatch(screen.Row(r)); found != nil {
			return found
		}
	}
	return nil
}

// String words the look for a person.
func (s *seen) String() string {
	what := fmt.Sprintf("%q", s.text)
	if s.pattern != nil {
		what = fmt.Sprintf("%q", s.pattern)
	}
	switch {
	case s.row == 0:
		return what
	case s.column == 0:
		return fmt.Sprintf("%s in row %d", what, s.row)
	default:
		return fmt.Sprintf("%s at row %d, column %d", what, s.row, s.column)
	}
}

// check judges the screen that answers: an error that it tells of explains everything else.
func (x *exchange) check(looks filled) *probe.Failure {
	screen := x.session.screen
	for i := range looks.errors {
		if looks.errors[i].on(screen) {
			return checkFailure(x.action.errors[i].kind, fmt.Errorf("the screen shows %s", &looks.errors[i]))
		}
	}
	missing := x.capture()
	for i := range looks.expects {
		if want := &looks.expects[i]; !want.on(screen) {
			return checkFailure(portolan.KindAssertion, fmt.Errorf("expected %s%s", notIf(want.absent), want))
		}
	}
	if missing != nil {
		return checkFailure(portolan.KindExtract, missing)
	}
	return nil
}

func notIf(absent bool) string {
	if absent {
		return "no "
	}
	return ""
}

func checkFailure(kind portolan.ErrorKind, err error) *probe.Failure {
	return &probe.Failure{Phase: portolan.PhaseCheck, Kind: kind, Err: err}
}

// capture sets every value that the screen holds and returns the first error. What is there is set even when
// something is wrong: a clean-up may need it.
func (x *exchange) capture() (first error) {
	for _, c := range x.action.captures {
		if value := c.from(x.session.screen); value != "" {
			x.run.Set(c.name, value)
		} else if first == nil {
			first = fmt.Errorf("capture %q: it is not on the screen", c.name)
		}
	}
	return first
}

func (c capture) from(screen *datastream.Screen) string {
	if c.pattern == nil {
		return strings.TrimSpace(screen.At(c.row, c.column, c.length))
	}
	found := match(c.pattern, c.row, screen)
	if found == nil {
		return ""
	}
	return strings.TrimSpace(found[len(found)-1])
}

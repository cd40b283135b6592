package edifact

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"portolan"
	"portolan/internal/interchange"
	"portolan/probe"
)

// extract is a value for later steps: what follows a segment's tag and qualifier in the answer.
type extract struct {
	name           string
	tag, qualifier string
}

var placeInAnswer = regexp.MustCompile(`^([A-Z][A-Z0-9]{2})\+([A-Z0-9]{1,17})$`)

// extracts compiles the part "extract", sorted by name.
func (c *compiler) extracts(places map[string]string) []extract {
	var all []extract
	for _, name := range slices.Sorted(maps.Keys(places)) {
		path := "extract." + name
		if !probe.ValidName(name) {
			c.fault(path, "cannot name a value", "words of letters and digits, joined by dots or dashes")
		}
		parts := placeInAnswer.FindStringSubmatch(places[name])
		if parts == nil {
			c.fault(path, fmt.Sprintf("is %q", places[name]), "a segment and its qualifier, such as RFF+AF")
			continue
		}
		all = append(all, extract{name, parts[1], parts[2]})
	}
	return all
}

// from returns the value, the first if there are several.
func (e extract) from(m interchange.Message) (string, bool) {
	for _, s := range m.Segments {
		if s.Is(e.tag, e.qualifier) {
			return s.Qualified(), s.Qualified() != ""
		}
	}
	return "", false
}

// judge says what is wrong with an answer that came at a time; nil if nothing is. What it holds is handed to the
// run even when something is wrong: a clean-up may need it.
func (a *action) judge(run *probe.Run, m *manifest, got interchange.Message, now time.Time) *probe.Failure {
	var missing error
	for _, e := range a.extracts {
		value, ok := e.from(got)
		if ok {
			run.Set(e.name, value)
		} else if missing == nil {
			missing = fmt.Errorf("extract %q: the answer has no %s+%s", e.name, e.tag, e.qualifier)
		}
	}
	statuses, err := statusesIn(got)
	switch {
	case err != nil:
		return checkFailure(portolan.KindProtocol, err)
	case missing != nil:
		return checkFailure(portolan.KindExtract, missing)
	}
	if err := compare(statuses, m.statuses); err != nil {
		return checkFailure(portolan.KindAssertion, err)
	}
	return a.judgeAge(got, now)
}

func checkFailure(kind portolan.ErrorKind, err error) *probe.Failure {
	return &probe.Failure{Phase: portolan.PhaseCheck, Kind: kind, Err: err}
}

// statusesIn returns the status (ERC) of each person by the reference that the list gave it (RFF+ABO). Each
// person's group begins with ERP.
func statusesIn(m interchange.Message) (map[string]string, error) {
	statuses := map[string]string{}
	person, reference := 0, ""
	for _, s := range m.Segments {
		switch {
		case s.Tag == "ERP":
			person, reference = person+1, ""
		case person > 0 && s.Is("RFF", "ABO"):
			reference = s.Qualified()
		case person > 0 && s.Tag == "ERC":
			if reference == "" || s.Part(0, 0) == "" {
				return nil, fmt.Errorf("person %d: want a reference (RFF+ABO) and then a status (ERC)", person)
			}
			if _, twice := statuses[reference]; twice {
				return nil, fmt.Errorf("person %d: %q has a status already", person, reference)
			}
			statuses[reference] = s.Part(0, 0)
		}
	}
	return statuses, nil
}

// compare returns how the statuses of an answer differ from those expected.
func compare(got, want map[string]string) error {
	var differences []string
	for _, reference := range slices.Sorted(maps.Keys(want)) {
		switch status, ok := got[reference]; {
		case !ok:
			differences = append(differences, fmt.Sprintf("%s has no status: want %s", reference, want[reference]))
		case status != want[reference]:
			differences = append(differences, fmt.Sprintf("%s has status %.8q: want %s", reference, status, want[reference]))
		}
	}
	for _, reference := range slices.Sorted(maps.Keys(got)) {
		if _, listed := want[reference]; !listed {
			differences = append(differences, fmt.Sprintf("%.35q is not on the list", reference))
		}
	}
	if len(differences) == 0 {
		return nil
	}
	return errors.New(strings.Join(differences, "; "))
}

// judgeAge checks how old the data were on which the answer rests (DTM+9) when the system wrote it (DTM+137). Both
// times are the system's own, so that the workstation's clock does not matter; it stands in for a DTM+137 that is
// not there.
func (a *action) judgeAge(m interchange.Message, now time.Time) *probe.Failure {
	if a.maxAge == 0 {
		return nil
	}
	dated, ok, err := moment(m, "9")
	switch {
	case err != nil:
		return checkFailure(portolan.KindProtocol, err)
	case !ok:
		return checkFailure(portolan.KindExtract, errors.New("the answer does not say how old its data are (DTM+9)"))
	}
	written, ok, err := moment(m, "137")
	switch {
	case err != nil:
		return checkFailure(portolan.KindProtocol, err)
	case !ok:
		written = now
	}
	if age := written.Sub(dated); age > a.maxAge {
		return checkFailure(portolan.KindStale, fmt.Errorf("the answer's data are %s old: want at most %s", age.Round(time.Second), a.maxAge))
	}
	return nil
}

// moment returns a time that a message says in the form 204, CCYYMMDDHHMMSS; ok is false if it says none.
func moment(m interchange.Message, qualifier string) (t time.Time, ok bool, err error) {
	text, ok := extract{tag: "DTM", qualifier: qualifier}.from(m)
	if !ok {
		return t, false, nil
	}
	if t, err = time.Parse("20060102150405", text); err != nil {
		return t, false, fmt.Errorf("DTM+%s:%.20q: want a time such as 20261122120000", qualifier, text)
	}
	return t, true, nil
}

package edifact

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"portolan/internal/interchange"
	"portolan/probe"
)

// Codes of a PAXLST: what the list is of (BGM), and what a person on it is (NAD).
const (
	codePassengers = "745"
	codeCrew       = "250"
	rolePassenger  = "FL"
	roleCrew       = "FM"
)

// specimenState is the state that no real document can carry (ICAO Doc 9303).
const specimenState = "UTO"

// list is a PAXLST with references to a run's values.
type list struct {
	sender, recipient  string
	code, role         string
	flight             probe.Template
	departure, arrival movement
	persons            []person
}

// movement is where a flight leaves or lands, and when, counted from now.
type movement struct {
	airport string
	in      time.Duration
}

// person is one of a list, and the status that is expected.
type person struct {
	who     string
	surname *probe.Template // nil for the value's
	status  string
}

// personParts are the values that describe a person, after the beginning that tells persons apart.
func personParts() []string {
	return []string{"surname", "given", "number", "state", "nationality", "birth", "sex", "expiry"}
}

// manifest is a list filled with a run's values: what is sent, and what its answer must hold.
type manifest struct {
	reference string // RFF+TN, by which the answer is known
	control   string // of the interchange, by which a rejection is known
	data      []byte
	statuses  map[string]string // by the references of persons (RFF+ABO)
}

// fill returns the manifest that is sent now.
func (l *list) fill(run *probe.Run, now time.Time) (*manifest, error) {
	flight, err := run.Fill(l.flight, nil)
	if err != nil {
		return nil, fmt.Errorf("fill flight: %w", err)
	}
	// The span of a traceparent is drawn at random for each run, and new with each call.
	unique := strings.ToUpper(strings.Split(run.Trace(), "-")[2])
	m := &manifest{reference: "SYN" + unique, control: "SYN" + unique[5:], statuses: map[string]string{}}
	segments := l.head(m.reference, flight, now)
	for i, p := range l.persons {
		reference := fmt.Sprintf("SYN%014d", i+1)
		m.statuses[reference] = p.status
		described, err := l.person(p, run, reference)
		if err != nil {
			return nil, fmt.Errorf("fill person %q: %w", p.who, err)
		}
		segments = append(segments, described...)
	}
	segments = append(segments, interchange.Of("CNT", interchange.E("42", strconv.Itoa(len(l.persons)))))
	m.data, err = l.envelope(m.control, segments, now).Bytes()
	return m, err
}

func (l *list) envelope(control string, segments []interchange.Segment, now time.Time) *interchange.Interchange {
	return &interchange.Interchange{
		Sender: l.sender, Recipient: l.recipient, Prepared: now, Control: control, Application: "APIS", Test: true,
		Groups: []interchange.Group{{Reference: "1", Messages: []interchange.Message{{
			Reference: "1",
			Kind:      interchange.Kind{Type: "PAXLST", Version: "D", Release: "05B", Agency: "UN", Association: "IATA"},
			Segments:  segments,
		}}}},
	}
}

// head returns what a list says before its persons.
func (l *list) head(reference, flight string, now time.Time) []interchange.Segment {
	of, e := interchange.Of, interchange.E
	return []interchange.Segment{
		of("BGM", e(l.code)),
		of("RFF", e("TN", reference)),
		of("NAD", e("MS"), e(), e(), e("SYNTHETIC MONITOR DESK")),
		of("COM", e("555 0100", "TE"), e("555 0101", "FX")),
		of("TDT", e("20"), e(flight), e(), e(), e(flight[:min(2, len(flight))])),
		of("LOC", e("125"), e(l.departure.airport)),
		of("DTM", e("189", l.departure.clock(now), "201")),
		of("LOC", e("87"), e(l.arrival.airport)),
		of("DTM", e("232", l.arrival.clock(now), "201")),
	}
}

// clock returns when the movement is, in the form 201: YYMMDDHHMM.
func (m movement) clock(now time.Time) string { return now.Add(m.in).UTC().Format("0601021504") }

// person returns what a list says of one person.
func (l *list) person(p person, run *probe.Run, reference string) ([]interchange.Segment, error) {
	part := map[string]string{}
	for _, name := range personParts() {
		value, ok := run.Value(p.who + "." + name)
		if !ok {
			return nil, &probe.UnknownValueError{Name: p.who + "." + name}
		}
		part[name] = value
	}
	if part["state"] != specimenState || part["nationality"] != specimenState {
		return nil, fmt.Errorf("a person of %q with a document of %q: want UTO: only specimens are sent", part["nationality"], part["state"])
	}
	if p.surname != nil {
		var err error
		if part["surname"], err = run.Fill(*p.surname, nil); err != nil {
			return nil, err
		}
	}
	return l.describe(part, reference), nil
}

// describe spells a person: name, sex, birth, way, state, references and document.
func (l *list) describe(part map[string]string, reference string) []interchange.Segment {
	of, e := interchange.Of, interchange.E
	sex := part["sex"]
	if sex == "" {
		sex = "U"
	}
	given, middle, _ := strings.Cut(part["given"], " ")
	return []interchange.Segment{
		of("NAD", e(l.role), e(), e(), e(part["surname"], given, middle)),
		of("ATT", e("2"), e(), e(sex)),
		of("DTM", e("329", part["birth"])),
		of("LOC", e("22"), e(l.arrival.airport)),
		of("LOC", e("178"), e(l.departure.airport)),
		of("LOC", e("179"), e(l.arrival.airport)),
		of("LOC", e("174"), e(part["state"])),
		of("NAT", e("2"), e(part["nationality"])),
		of("RFF", e("AVF", reference[:3]+reference[len(reference)-3:])),
		of("RFF", e("ABO", reference)),
		of("DOC", e("P", "110", "111"), e(part["number"])),
		of("DTM", e("36", part["expiry"])),
		of("LOC", e("91"), e(part["state"])),
	}
}

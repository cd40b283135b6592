package screening

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"portolan/internal/interchange"
)

// passengerList is a PAXLST, of passengers or of crew, as APIS takes it.
type passengerList struct {
	envelope  *interchange.Interchange
	code      string // BGM: what the list is of
	reference string // RFF+TN
	flight    string
	movements []interchange.Segment // LOC and DTM of departure and arrival
	persons   []listed
}

// listed is one person of a list.
type listed struct {
	biographicQuestion
	locator, reference string // RFF+AVF, RFF+ABO
	nationality, state string
}

// What a list is of (BGM), and what a person on it is (NAD).
const (
	passengerCode = "745"
	crewCode      = "250"
)

var errNoList = errors.New("want one PAXLST in an interchange")

// readList reads a list that nothing is wrong with.
func readList(i *interchange.Interchange) (*passengerList, error) {
	messages := i.Messages()
	if len(messages) != 1 || messages[0].Kind.Type != "PAXLST" {
		return nil, errNoList
	}
	l := &passengerList{envelope: i}
	for _, s := range messages[0].Segments {
		if len(l.persons) == 0 {
			l.readHead(s)
		}
		l.readPerson(s)
	}
	return l, l.check()
}

func (l *passengerList) readHead(s interchange.Segment) {
	switch {
	case s.Tag == "BGM":
		l.code = s.Part(0, 0)
	case s.Is("RFF", "TN"):
		l.reference = s.Qualified()
	case s.Tag == "TDT":
		l.flight = s.Part(1, 0)
	case s.Is("LOC", "125"), s.Is("LOC", "87"), s.Is("DTM", "189"), s.Is("DTM", "232"):
		l.movements = append(l.movements, s)
	}
}

func (l *passengerList) readPerson(s interchange.Segment) {
	if s.Is("NAD", "FL") || s.Is("NAD", "FM") {
		given := strings.TrimSpace(s.Part(3, 1) + " " + s.Part(3, 2))
		l.persons = append(l.persons, listed{biographicQuestion: biographicQuestion{Surname: s.Part(3, 0), Given: given}})
		return
	}
	if len(l.persons) == 0 {
		return
	}
	p := &l.persons[len(l.persons)-1]
	switch {
	case s.Is("DTM", "329"):
		p.Birth = s.Qualified()
	case s.Is("NAT", "2"):
		p.nationality = s.Qualified()
	case s.Is("RFF", "AVF"):
		p.locator = s.Qualified()
	case s.Is("RFF", "ABO"):
		p.reference = s.Qualified()
	case s.Tag == "DOC":
		p.Number = s.Part(1, 0)
	case s.Is("LOC", "91"):
		p.state = s.Qualified()
	}
}

// check refuses what is not whole, and whatever is not a test with specimens.
func (l *passengerList) check() error {
	switch {
	case !l.envelope.Test:
		return errors.New("want the test indicator: only tests are taken here")
	case l.code != passengerCode && l.code != crewCode:
		return fmt.Errorf("a list of %.8q: want passengers (745) or crew (250)", l.code)
	case l.reference == "" || len(l.movements) != 4 || len(l.persons) == 0:
		return errors.New("want a reference, a departure, an arrival and persons")
	case !testFlight.MatchString(l.flight):
		return fmt.Errorf("flight %.20q: only test flights are known here", l.flight)
	}
	for _, p := range l.persons {
		if p.Surname == "" || p.Birth == "" || p.Number == "" || p.reference == "" {
			return fmt.Errorf("person %.40q: want a name, a birth date, a document and a reference", p.Surname)
		}
		if p.state != specimenState || p.nationality != specimenState {
			return fmt.Errorf("person %.40q: want a document and nationality of %s: only specimens are taken here", p.Surname, specimenState)
		}
	}
	return nil
}

const secondsForm = "20060102150405"

// The statuses that an answer gives (ERC).
const (
	mayBoard    = "0Z"
	mayNotBoard = "1Z"
)

// answer returns the CUSRES for a list: a status for each person, resting on data of a time.
func (l *passengerList) answer(statuses []string, dated, now time.Time) *interchange.Interchange {
	of, e := interchange.Of, interchange.E
	segments := []interchange.Segment{
		of("BGM", e("962")),
		of("RFF", e("TN", l.reference)),
		of("RFF", e("AF", l.flight)),
		of("DTM", e("137", now.UTC().Format(secondsForm), "204")),
		of("DTM", e("9", dated.UTC().Format(secondsForm), "204")),
	}
	segments = append(segments, l.movements...)
	for i, p := range l.persons {
		segments = append(segments,
			of("ERP", e("2")), of("RFF", e("AVF", p.locator)), of("RFF", e("ABO", p.reference)), of("ERC", e(statuses[i])))
	}
	return reply(l.envelope, interchange.Kind{Type: "CUSRES", Version: "D", Release: "05B", Agency: "UN", Association: "IATA"}, segments, now)
}

// rejectList returns the CONTRL that rejects an interchange, with an error code of the standard.
func rejectList(i *interchange.Interchange, code string, now time.Time) *interchange.Interchange {
	e := interchange.E
	return reply(i, interchange.Kind{Type: "CONTRL", Version: "D", Release: "3", Agency: "UN"}, []interchange.Segment{
		interchange.Of("UCI", e(i.Control), e(i.Sender), e(i.Recipient), e("4"), e(code)),
	}, now)
}

// reply returns an interchange with one message to whoever sent another.
func reply(to *interchange.Interchange, kind interchange.Kind, segments []interchange.Segment, now time.Time) *interchange.Interchange {
	return &interchange.Interchange{
		Sender: to.Recipient, Recipient: to.Sender, Prepared: now, Control: to.Control, Application: to.Application, Test: to.Test,
		Groups: []interchange.Group{{Messages: []interchange.Message{{Reference: "1", Kind: kind, Segments: segments}}}},
	}
}

package screening

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"portolan"
	"portolan/internal/datastream"
)

// tecsLegacy is the TECS mainframe as officers had it before the portal: one panel after another on a 3270 screen.
// It asks nobody: the lookouts are its own.
func tecsLegacy() System {
	return System{
		ID:    "tecs-legacy",
		Title: "TECS legacy mainframe",
		Doors: []Door{{
			Name:  "tn3270",
			Steps: []portolan.StepID{"connect", "sign-on", "name-search", "document-search", "open-record", "sign-off"},
			Serve: func(v *Visit) {
				// What ends the conversation shows at the terminal; nobody else is to be told.
				_ = (&mainframe{Visit: v}).converse()
			},
		}},
	}
}

// mainframe is one terminal's conversation.
type mainframe struct {
	*Visit
	host     *datastream.Stream
	user     string
	terminal string
	ended    bool
}

// Places of the fields on the panels.
const (
	rowUser, rowWorkstation, columnSignOn = 8, 9, 22

	rowQuery, rowDocument, rowRecord                            = 18, 19, 20
	columnSurname, columnGiven, columnBirth, columnQueryByOther = 12, 40, 66, 12
)

// lookoutRecord is the only record there is: a synthetic one, for tests.
const lookoutRecord = "SYNLOOKOUT01"

func (m *mainframe) converse() error {
	found, err := m.Perform("connect", 60*time.Millisecond, nil)
	var refusal *Refusal
	if err != nil && !errors.As(err, &refusal) {
		return err
	}
	if m.host, _, err = datastream.NewHost(m.Conn); err != nil {
		return err
	}
	m.terminal = "T" + strings.ToUpper(m.NewID("terminal")[:7])
	switch {
	case refusal != nil:
		return m.show(heading("TECS00", "TECS IS NOT AVAILABLE"))
	case found.wrong:
		err = m.show(heading("PAYR01", "PAYROLL"))
	default:
		err = m.show(signOnPanel(""))
	}
	for err == nil && !m.ended {
		var in datastream.Inbound
		if in, err = m.hear(); err == nil {
			err = m.answer(in)
		}
	}
	return err
}

func (m *mainframe) show(p *datastream.Panel) error { return m.host.Write(p.Record()) }

func (m *mainframe) hear() (datastream.Inbound, error) {
	record, err := m.host.Read()
	if err != nil {
		return datastream.Inbound{}, err
	}
	return datastream.ParseInbound(record)
}

// answer passes the step that the user asked for, and shows the panel that answers.
func (m *mainframe) answer(in datastream.Inbound) error {
	step, median, work := m.chosen(in)
	if step == "" {
		return m.show(work(false))
	}
	found, err := m.Perform(step, median, nil)
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		return m.show(m.menu("TECS0900E INTERNAL ERROR - CALL THE SERVICE DESK"))
	case err != nil:
		return err
	default:
		return m.show(work(found.wrong))
	}
}

// chosen returns the step that a key and what was typed ask for, and the panel that answers it, false if that
// must be. An empty step is none.
func (m *mainframe) chosen(in datastream.Inbound) (portolan.StepID, time.Duration, func(wrong bool) *datastream.Panel) {
	surname, given, birth := in.Field(rowQuery, columnSurname), in.Field(rowQuery, columnGiven), in.Field(rowQuery, columnBirth)
	document, record := in.Field(rowDocument, columnQueryByOther), in.Field(rowRecord, columnQueryByOther)
	switch {
	case in.Key == datastream.AIDPF3:
		return "sign-off", 40 * time.Millisecond, m.signOff
	case m.user == "":
		user, workstation := in.Field(rowUser, columnSignOn), in.Field(rowWorkstation, columnSignOn)
		return "sign-on", 200 * time.Millisecond, func(wrong bool) *datastream.Panel { return m.signOn(user, workstation, wrong) }
	case in.Key != datastream.AIDEnter:
		return "", 0, func(bool) *datastream.Panel { return m.menu("") }
	case record != "":
		return "open-record", 120 * time.Millisecond, func(wrong bool) *datastream.Panel { return m.openRecord(record, wrong) }
	case document != "":
		return "document-search", 140 * time.Millisecond, func(wrong bool) *datastream.Panel { return m.searchDocument(document, wrong) }
	case surname != "":
		return "name-search", 180 * time.Millisecond, func(wrong bool) *datastream.Panel { return m.searchName(surname, given, birth, wrong) }
	default:
		return "", 0, func(bool) *datastream.Panel { return m.menu("TECS0100E NOTHING WAS ASKED FOR") }
	}
}

func (m *mainframe) signOn(user, workstation string, wrong bool) *datastream.Panel {
	if user == "" || workstation == "" {
		return signOnPanel("TECS0101E USER AND WORKSTATION ARE NEEDED")
	}
	m.user = user
	if wrong {
		m.user = "OTHERUSER"
	}
	return m.menu("")
}

func (m *mainframe) signOff(wrong bool) *datastream.Panel {
	if wrong {
		return m.menu("")
	}
	m.ended = true
	return heading("TECS99", "SIGNED OFF")
}

// searchName lists the lookouts of a name.
func (m *mainframe) searchName(surname, given, birth string, wrong bool) *datastream.Panel {
	if (surname == wantedSurname) == wrong {
		return m.panel("TECS20", "NAME SEARCH", "TECS0200I NO RECORDS FOUND")
	}
	return m.panel("TECS20", "NAME SEARCH", "TECS0201I 1 RECORD FOUND").
		Put(5, 4, datastream.LookText, "RECORD        NAME                                    BORN").
		Put(6, 4, datastream.LookBright, fmt.Sprintf("%-13s %-39.39s %.6s", lookoutRecord, surname+", "+given, birth))
}

func (m *mainframe) searchDocument(number string, wrong bool) *datastream.Panel {
	verdict := "NOT LISTED"
	if wrong {
		verdict = "LOST OR STOLEN"
	}
	return m.panel("TECS30", "DOCUMENT SEARCH", "").
		Put(5, 4, datastream.LookText, "DOCUMENT   "+number).Put(6, 4, datastream.LookBright, "VERDICT    "+verdict)
}

func (m *mainframe) openRecord(record string, wrong bool) *datastream.Panel {
	if record != lookoutRecord {
		return m.panel("TECS40", "RECORD", "TECS0400E NO SUCH RECORD")
	}
	name := wantedSurname
	if wrong {
		name = "OTHER"
	}
	return m.panel("TECS40", "RECORD", "").
		Put(5, 4, datastream.LookText, "RECORD     "+record).Put(6, 4, datastream.LookText, "SURNAME    "+name).
		Put(7, 4, datastream.LookText, "STATUS     SYNTHETIC - FOR TESTS - NO ACTION")
}

func (m *mainframe) menu(message string) *datastream.Panel {
	if m.user == "" {
		return signOnPanel(message)
	}
	return m.panel("TECS10", "MENU", message)
}

// panel is one of those that are shown to who signed on: every next query can begin there.
func (m *mainframe) panel(id, title, message string) *datastream.Panel {
	return heading(id, title).
		Put(2, 2, datastream.LookText, fmt.Sprintf("USER %-20.20s TERMINAL %s", m.user, m.terminal)).
		Put(rowQuery, 2, datastream.LookText, "SURNAME").Input(rowQuery, columnSurname, 20, datastream.LookInput).
		Put(rowQuery, 34, datastream.LookText, "GIVEN").Input(rowQuery, columnGiven, 19, datastream.LookInput).
		Put(rowQuery, 61, datastream.LookText, "BORN").Input(rowQuery, columnBirth, 6, datastream.LookInput).
		Put(rowDocument, 2, datastream.LookText, "DOCUMENT").Input(rowDocument, columnQueryByOther, 20, datastream.LookInput).
		Put(rowRecord, 2, datastream.LookText, "RECORD").Input(rowRecord, columnQueryByOther, 20, datastream.LookInput).
		Put(23, 2, datastream.LookBright, message).
		Put(24, 2, datastream.LookText, "ENTER SEARCH   PF3 SIGN OFF")
}

// heading begins a panel. All of this is simulated, and says so.
func heading(id, title string) *datastream.Panel {
	return datastream.NewPanel().
		Put(1, 2, datastream.LookText, id).Put(1, 12, datastream.LookBright, "TECS - "+title).
		Put(1, 60, datastream.LookText, "SIMULATED")
}

func signOnPanel(message string) *datastream.Panel {
	return heading("TECS01", "SIGN ON").
		Put(rowUser, 4, datastream.LookText, "USER ID      ==>").Input(rowUser, columnSignOn, 20, datastream.LookInput).
		Put(rowWorkstation, 4, datastream.LookText, "WORKSTATION  ==>").Input(rowWorkstation, columnSignOn, 26, datastream.LookInput).
		Put(23, 2, datastream.LookBright, message).
		Put(24, 2, datastream.LookText, "ENTER SIGN ON   PF3 LEAVE")
}

package screening

import (
	"net/http"
	"time"

	"portolan"
)

const eidBase = "/eid/v1"

// standingSubject is a synthetic subject that EID always holds, for those who only read.
const standingSubject = "SYN-SUBJECT-1"

// registry is EID, ICE's database of subjects, which e3 shares with it.
type registry struct{ desk }

func eid(settings Settings) System {
	r := registry{newDesk(settings)}
	return System{
		ID:    "eid",
		Title: "Enforcement Integrated Database",
		Via:   map[string]portolan.SystemID{"e3": "e3-intake"},
		Held:  r.shelf.count,
		Routes: r.routes(officers(eidBase), r.tasks(eidBase,
			task{"find-subject", "GET subjects/{subject}", 220 * time.Millisecond, nil, r.find, record{"subject": "SYN-OTHER", "arrested": "2016-07-01T00:00:00Z"}},
			task{"open-subject", "POST subjects", 260 * time.Millisecond, []string{"surname", "given", "birth", "reference", "test"}, r.open, record{"surname": "OTHER"}},
			task{"close-subject", "DELETE subjects/{subject}", 120 * time.Millisecond, nil, r.withdraw("subject"), nil},
			task{"file", "POST files", 280 * time.Millisecond, []string{"subject", "narrative", "reference", "test"}, r.file, record{"subject": "SYN-OTHER"}},
			task{"discard-file", "DELETE files/{file}", 120 * time.Millisecond, nil, r.withdraw("file"), nil},
		)),
	}
}

// sinceArrest is how long ago the standing subject was arrested, whenever one asks.
const sinceArrest = time.Hour

func (r registry) find(c *Call, asked record) (record, error) {
	id := asked.text("subject")
	if id == standingSubject {
		return record{"subject": id, "surname": "SPECIMEN", "arrested": spellTime(c.Now.Add(-sinceArrest)), "test": true}, nil
	}
	subject := r.shelf.get(id, c.Now)
	if subject == nil {
		return nil, refuse(http.StatusNotFound, "unknown_subject", "no subject %.40q", id)
	}
	return subject.with(record{"subject": id}), nil
}

func (r registry) open(c *Call, asked record) (record, error) {
	subject := asked.pick("surname", "test").with(record{"arrested": spellTime(c.Now)})
	id, err := r.place(c, "SYN-", asked, subject)
	return subject.with(record{"subject": id}), err
}

func (r registry) file(c *Call, asked record) (record, error) {
	if _, err := r.find(c, asked); err != nil {
		return nil, err
	}
	id, err := r.place(c, "FILE-", asked, asked)
	return asked.pick("subject", "test").with(record{"file": id}), err
}

func spellTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

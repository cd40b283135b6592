package screening

import (
	"net/http"
	"slices"
	"time"

	"portolan"
)

// This file holds the modules of e3, in which Border Patrol agents process whom they apprehended. Each is a
// system of its own; an agent signs on once for all of them. What they know of subjects is EID's.

func e3(settings Settings) []System {
	d := newDesk(settings)
	return []System{
		d.module("e3-intake", "e3 Intake", nil,
			d.onEID("open-subject", "POST subjects", []string{"surname", "given", "birth", "reference", "test"}, record{"surname": "OTHER"}),
			d.onEID("find-subject", "GET subjects/{subject}", nil, record{"subject": "SYN-OTHER"}),
			d.onEID("close-subject", "DELETE subjects/{subject}", nil, nil)),
		d.module("e3-processing", "e3 Processing", nil,
			d.onEID("find-subject", "GET subjects/{subject}", nil, record{"subject": "SYN-OTHER"}),
			d.onEID("file", "POST files", []string{"subject", "narrative", "reference", "test"}, record{"subject": "SYN-OTHER"}),
			d.onEID("discard-file", "DELETE files/{file}", nil, nil)),
		d.module("e3-biometrics", "e3 Biometrics", []portolan.SystemID{"ident"},
			d.onEID("find-subject", "GET subjects/{subject}", nil, record{"subject": "SYN-OTHER"}),
			task{"capture", "POST captures", 300 * time.Millisecond, []string{"subject", "template", "test"}, accept("subject"), record{"accepted": false}},
			task{"identification", "POST identifications", 120 * time.Millisecond, []string{"subject", "template"}, searchPrints, record{"candidates": []candidate{}}}),
		d.module("e3-detention", "e3 Detention", nil,
			d.onEID("find-subject", "GET subjects/{subject}", nil, record{"subject": "SYN-OTHER"}),
			task{"custody", "GET custodies/{subject}", 110 * time.Millisecond, nil, custody, record{"arrested": "2016-07-01T00:00:00Z"}}),
		d.prosecution(),
	}
}

// module returns a module of e3 that rests on EID and other systems. Its pages are all the same one: what the module said, and a form
// for each task.
func (d desk) module(id portolan.SystemID, title string, uses []portolan.SystemID, tasks ...task) System {
	base := "/" + string(id)
	api := d.routes(officers(base+"/v1"), d.tasks(base+"/v1", tasks...))
	pages := client{base: base + "/client", title: title, opens: "open-client", first: "e3.html", forms: []form{
		{Step: "sign-on", Path: "/sign-on", shows: "e3.html"}, {Step: "sign-off", Path: "/sign-off", shows: "signed-off.html"},
	}}
	for _, t := range tasks {
		pages.forms = append(pages.forms, t.form("e3.html"))
	}
	return System{
		ID:     id,
		Title:  title,
		Uses:   append([]portolan.SystemID{"eid"}, uses...),
		Routes: slices.Concat(api, pages.routes(api)),
	}
}

// onEID is a task that EID does under the same path.
func (d desk) onEID(step portolan.StepID, path string, wants []string, lie record) task {
	t := task{step: step, path: path, median: 120 * time.Millisecond, wants: wants, lie: lie}
	t.serve = func(c *Call, asked record) (record, error) {
		method, where := t.fill(asked)
		if method != http.MethodPost {
			asked = nil
		}
		return c.ask(method, "eid", eidBase+"/"+where, asked)
	}
	return t
}

func searchPrints(c *Call, asked record) (record, error) {
	candidates, err := c.identify(asked.text("template"))
	return asked.pick("subject").with(record{"candidates": candidates}), err
}

// custody says since when a subject is held.
func custody(c *Call, asked record) (record, error) {
	subject, err := c.ask(http.MethodGet, "eid", below(eidBase+"/subjects", asked.text("subject")), nil)
	if err != nil {
		return nil, err
	}
	return subject.pick("subject", "arrested"), nil
}

// courtTime is how long after an arrest a subject must be before the court, in general.
const courtTime = 48 * time.Hour

// prosecution returns the module whose filings go to the Department of Justice.
func (d desk) prosecution() System {
	s := d.module("e3-prosecution", "e3 Prosecution", []portolan.SystemID{"justice-upload"},
		d.onEID("find-subject", "GET subjects/{subject}", nil, record{"subject": "SYN-OTHER"}),
		task{"filing", "POST filings", 200 * time.Millisecond, []string{"subject", "district", "reference", "test"}, d.prepare, record{"due": "2016-07-01T00:00:00Z"}},
		task{"upload", "POST uploads", 90 * time.Millisecond, []string{"filing", "reference", "test"}, d.upload, record{"filing": "FILING-OTHER"}},
		task{"withdraw-upload", "DELETE uploads/{receipt}", 70 * time.Millisecond, nil, withdrawUpload, nil},
		task{"withdraw-filing", "DELETE filings/{filing}", 80 * time.Millisecond, nil, d.withdraw("filing"), nil})
	s.Held = d.shelf.count
	s.Via = map[string]portolan.SystemID{
		"intake": "e3-intake", "processing": "e3-processing", "biometrics": "e3-biometrics", "detention": "e3-detention",
	}
	return s
}

func (d desk) prepare(c *Call, asked record) (record, error) {
	held, err := custody(c, asked)
	if err != nil {
		return nil, err
	}
	arrested, err := time.Parse(time.RFC3339Nano, held.text("arrested"))
	if err != nil {
		return nil, refuse(http.StatusBadGateway, "bad_gateway", "eid answered what cannot be read: %v", err)
	}
	filing := asked.pick("district", "test").with(record{"subject": held["subject"], "due": spellTime(arrested.Add(courtTime))})
	id, err := d.place(c, "FILING-", asked, filing)
	return filing.with(record{"filing": id}), err
}

func (d desk) upload(c *Call, asked record) (record, error) {
	filing := d.shelf.get(asked.text("filing"), c.Now)
	if filing == nil {
		return nil, refuse(http.StatusUnprocessableEntity, "unknown_filing", "no such filing was prepared")
	}
	return c.ask(http.MethodPost, "justice-upload", justiceBase+"/uploads", asked.with(filing.pick("district")))
}

func withdrawUpload(c *Call, asked record) (record, error) {
	return c.ask(http.MethodDelete, "justice-upload", below(justiceBase+"/uploads", asked.text("receipt")), nil)
}

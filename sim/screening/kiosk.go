package screening

import (
	"time"

	"portolan"
)

// This file holds the two kinds of kiosk at which travelers do a part of their inspection themselves.

const scanTime = 200 * time.Millisecond // what a kiosk's reader takes for a document

// automatedPassportControl is a kiosk for everybody: passport, photo, questions, a receipt for the officer.
func automatedPassportControl(settings Settings) System {
	d := newDesk(settings)
	const base = "/apc/v1"
	return System{
		ID:    "automated-passport-control",
		Title: "Automated Passport Control",
		Uses:  []portolan.SystemID{"tecs-platform"},
		Held:  d.shelf.count,
		Routes: d.routes(manners{base, "start", "finish"}, d.tasks(base,
			task{"scan-passport", "POST documents", scanTime, []string{"mrz"}, scan, record{"number": "SYN000000"}},
			task{"photo", "POST photos", 240 * time.Millisecond, []string{"image", "test"}, accept("image"), record{"accepted": false}},
			task{"questions", "POST answers", 90 * time.Millisecond, []string{"purpose", "declaration", "test"}, accept("purpose"), record{"accepted": false}},
			task{"name-check", "POST checks", 70 * time.Millisecond, []string{"number", "surname", "given", "birth"},
				passOn("tecs-platform", tecsBase+"/queries"), record{"lookouts": []string{"SYN-FALSE"}, "result": "referral"}},
			receipt(d), voidReceipt(d),
		)),
	}
}

// globalEntry is a kiosk for members: passport or card, fingerprints, declaration, a receipt.
func globalEntry(settings Settings) System {
	d := newDesk(settings)
	const base = "/global-entry/v1"
	return System{
		ID:    "global-entry",
		Title: "Global Entry",
		Uses:  []portolan.SystemID{"tecs-platform", "ident"},
		Held:  d.shelf.count,
		Routes: d.routes(manners{base, "start", "finish"}, d.tasks(base,
			task{"scan-document", "POST documents", scanTime, []string{"mrz"}, scan, record{"number": "SYN000000"}},
			task{"membership", "POST memberships", 80 * time.Millisecond, []string{"number", "state"}, checkMember, record{"member": false}},
			task{"fingerprints", "POST fingerprints", 120 * time.Millisecond, []string{"number", "template"}, verifyPrints, record{"verified": false}},
			task{"declaration", "POST declarations", 90 * time.Millisecond, []string{"goods", "test"}, accept("goods"), record{"accepted": false}},
			receipt(d), voidReceipt(d),
		)),
	}
}

// scan reads a document's machine-readable zone.
func scan(_ *Call, asked record) (record, error) {
	var lines []string
	list, _ := asked["mrz"].([]any)
	for _, line := range list {
		text, _ := line.(string)
		lines = append(lines, text)
	}
	d, err := readDocument(lines)
	return record{"number": d.Number, "surname": d.Surname, "state": d.State}, err
}

// accept returns the work of a step that looks at what it is given and keeps nothing of it.
func accept(echo string) func(*Call, record) (record, error) {
	return func(_ *Call, asked record) (record, error) {
		return asked.pick(echo).with(record{"accepted": true}), nil
	}
}

// checkMember takes everybody for a member whose document is not listed.
func checkMember(c *Call, asked record) (record, error) {
	found, err := passOn("tecs-platform", tecsBase+"/document-queries")(c, asked)
	if err != nil {
		return nil, err
	}
	return record{"number": found["number"], "member": found["listed"] == false}, nil
}

func verifyPrints(c *Call, asked record) (record, error) {
	verdict, err := c.verify(asked.text("number"), asked.text("template"))
	return record{"verified": verdict.Verified, "score": verdict.Score}, err
}

func receipt(d desk) task {
	print := func(c *Call, asked record) (record, error) {
		id, err := d.place(c, "TEST-", asked, asked)
		return asked.pick("number").with(record{"receipt": id, "test": true}), err
	}
	return task{"receipt", "POST receipts", 350 * time.Millisecond, []string{"number", "reference", "test"}, print, record{"number": "SYN000000"}}
}

func voidReceipt(d desk) task {
	return task{"void-receipt", "DELETE receipts/{receipt}", 80 * time.Millisecond, nil, d.withdraw("receipt"), nil}
}

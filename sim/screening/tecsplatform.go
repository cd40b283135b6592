package screening

import (
	"net/http"
	"time"

	"portolan"
)

// biographicQuestion is who is looked up.
type biographicQuestion struct {
	Number  string `json:"number"`
	Surname string `json:"surname"`
	Given   string `json:"given"`
	Birth   string `json:"birth"`
}

type lookupAnswer struct {
	Query    string   `json:"query"`
	Lookouts []string `json:"lookouts"`
	Result   string   `json:"result"` // clear or referral
}

// wantedSurname is the surname of the only synthetic traveler on a lookout.
const wantedSurname = "LOOKOUT"

const tecsBase = "/tecs/v1"

// tecsPlatform is the TECS platform, which holds the lookouts and is the way to NCIC.
func tecsPlatform(settings Settings) System {
	d := newDesk(settings)
	return System{
		ID:    "tecs-platform",
		Title: "TECS platform",
		Uses:  []portolan.SystemID{"ncic"},
		Routes: d.routes(officers(tecsBase),
			[]Route{{"query", "POST /tecs/v1/queries", 220 * time.Millisecond, searchLookouts, falsify(falseLookup)}},
			d.tasks(tecsBase,
				task{"document-query", "POST document-queries", 180 * time.Millisecond, []string{"number", "state"}, searchDocument,
					record{"listed": true, "result": "referral"}},
				task{"record", "GET records/{record}", 160 * time.Millisecond, nil, openRecord, record{"record": "SYN-OTHER", "surname": "OTHER"}},
				task{"manifest-analysis", "POST manifest-analyses", 500 * time.Millisecond, []string{"flight", "numbers"}, analyzeManifest,
					record{"passengers": 0}},
				task{"freshness", "GET time", 50 * time.Millisecond, nil, tellTime, record{}},
			),
			d.tasks(tecsBase, newHop(d, settings).tasks()...)),
	}
}

func searchLookouts(c *Call) (Answer, error) {
	var asked biographicQuestion
	if err := c.JSON(&asked); err != nil {
		return Answer{}, err
	}
	if asked.Number == "" || asked.Surname == "" || asked.Birth == "" {
		return Answer{}, refuse(http.StatusUnprocessableEntity, "incomplete", "want number, surname and birth")
	}
	found := lookupAnswer{Query: c.NewID("query"), Lookouts: []string{}, Result: "clear"}
	if asked.Surname == wantedSurname {
		found.Lookouts, found.Result = append(found.Lookouts, "SYN-"+asked.Number), "referral"
	}
	return Answer{http.StatusOK, found}, nil
}

// falseLookup reports a hit for who has none, and none for who has one.
func falseLookup(l *lookupAnswer) {
	if l.Result == "clear" {
		l.Lookouts, l.Result = []string{"SYN-FALSE"}, "referral"
		return
	}
	l.Lookouts, l.Result = []string{}, "clear"
}

// searchDocument looks for a document among those that are lost or stolen; no specimen is.
func searchDocument(_ *Call, asked record) (record, error) {
	return asked.pick("number", "state").with(record{"listed": false, "result": "clear"}), nil
}

func openRecord(_ *Call, asked record) (record, error) {
	return asked.pick("record").with(record{"kind": "lookout", "surname": wantedSurname, "synthetic": true}), nil
}

func analyzeManifest(_ *Call, asked record) (record, error) {
	numbers, ok := asked["numbers"].([]any)
	if !ok {
		return nil, refuse(http.StatusUnprocessableEntity, "incomplete", "want a list of numbers")
	}
	return asked.pick("flight").with(record{"passengers": len(numbers), "referrals": []string{}}), nil
}

// tellTime says up to when the platform's data are.
func tellTime(c *Call, _ record) (record, error) {
	return record{"as_of": c.Now.UTC().Format(time.RFC3339Nano)}, nil
}

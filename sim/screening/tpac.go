package screening

import (
	"net/http"
	"slices"
	"time"

	"portolan"
	"portolan/targets"
)

// inspection is TPAC: primary inspection at air and sea ports. It asks the TECS platform, APIS and IDENT for
// what it does not know itself.
type inspection struct{ desk }

func tpac(settings Settings) System {
	i := inspection{newDesk(settings)}
	api := i.routes(officers("/tpac/v1"), []Route{
		{"read-document", "POST /tpac/v1/documents", 150 * time.Millisecond, i.signedOn(i.readDocument), falsify(falseDocument)},
		{"biographic-query", "POST /tpac/v1/queries", 60 * time.Millisecond, i.signedOn(i.lookUp), falsify(falseLookup)},
		{"apis-match", "POST /tpac/v1/manifest-matches", 50 * time.Millisecond, i.signedOn(i.matchManifest), falsify(falseMatch)},
		{"vessel-match", "POST /tpac/v1/vessel-matches", 50 * time.Millisecond, i.signedOn(i.matchVessel), falsify(falseMatch)},
		{"biometric-verification", "POST /tpac/v1/biometrics", 80 * time.Millisecond, i.signedOn(i.verifyTraveler), falsify(falseVerification)},
		{"decision", "POST /tpac/v1/decisions", 120 * time.Millisecond, i.signedOn(i.decide), falsify(falseDecision)},
	}, i.tasks("/tpac/v1",
		task{"referral", "POST referrals", 120 * time.Millisecond, []string{"query", "number", "reason", "reference", "test"}, i.refer, record{"number": "SYN000000"}},
		task{"secondary-queue", "GET referrals/{referral}", 90 * time.Millisecond, nil, i.queue, record{"status": "gone"}},
		task{"withdraw-referral", "DELETE referrals/{referral}", 80 * time.Millisecond, nil, i.withdraw("referral"), nil},
	))
	pages := client{base: "/tpac/client", opens: "open-client", first: "sign-on.html", forms: []form{
		{Step: "sign-on", Path: "/sign-on", shows: "query.html"},
		{Step: "biographic-query", Path: "/queries", shows: "result.html"},
		{Step: "decision", Path: "/decisions", shows: "decided.html"},
		{Step: "sign-off", Path: "/sign-off", shows: "signed-off.html"},
	}}
	return System{
		ID:     "tpac",
		Title:  "Traveler Primary Arrival Client",
		Uses:   []portolan.SystemID{"tecs-platform", "apis", "ident"},
		Held:   i.shelf.count,
		Routes: slices.Concat(api, pages.routes(api)),
	}
}

type documentAnswer struct {
	Document document `json:"document"`
	Valid    bool     `json:"valid"`
}

type document struct {
	Number  string `json:"number"`
	State   string `json:"state"`
	Surname string `json:"surname"`
	Given   string `json:"given"`
	Birth   string `json:"birth"`
	Expiry  string `json:"expiry"`
}

// specimenState is the issuing state that no real document can carry.
const specimenState = "UTO"

func (i inspection) readDocument(c *Call) (Answer, error) {
	var asked struct {
		MRZ []string `json:"mrz"`
	}
	if err := c.JSON(&asked); err != nil {
		return Answer{}, err
	}
	d, err := readDocument(asked.MRZ)
	return Answer{http.StatusOK, documentAnswer{d, true}}, err
}

// readDocument reads a machine-readable zone, of specimens alone.
func readDocument(mrz []string) (document, error) {
	d, err := targets.ReadMRZ(mrz)
	if err != nil {
		return document{}, refuse(http.StatusUnprocessableEntity, "unreadable_document", "%v", err)
	}
	if d.State != specimenState {
		return document{}, refuse(http.StatusUnprocessableEntity, "not_synthetic", "issuing state %q: only documents of %s are read here", d.State, specimenState)
	}
	return document{d.Number, d.State, d.Surname, d.Given, d.Birth, d.Expiry}, nil
}

// falseDocument is what the reader says when it has mixed up two travelers.
func falseDocument(d *documentAnswer) {
	d.Document.Number = "SYN000000"
	d.Document.Surname, d.Document.Given = "OTHER", "TRAVELER"
}

func (i inspection) lookUp(c *Call) (Answer, error) {
	var asked biographicQuestion
	if err := c.JSON(&asked); err != nil {
		return Answer{}, err
	}
	var found lookupAnswer
	if err := c.AskJSON("tecs-platform", "/tecs/v1/queries", asked, &found); err != nil {
		return Answer{}, err
	}
	i.sessions.note(bearer(c), query{found.Query, asked.Number})
	return Answer{http.StatusOK, found}, nil
}

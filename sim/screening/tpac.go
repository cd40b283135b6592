package screening

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"portolan"
	"portolan/targets"
)

// officer is TPAC: primary inspection at air and sea ports. It keeps officers' sessions, and asks the TECS
// platform, APIS and IDENT for what it does not know itself.
type officer struct{ sessions *sessions }

func tpac(settings Settings) System {
	o := officer{newSessions(settings)}
	return System{
		ID:    "tpac",
		Title: "Traveler Primary Arrival Client",
		Uses:  []portolan.SystemID{"tecs-platform", "apis", "ident"},
		Routes: []Route{
			{"sign-on", "POST /tpac/v1/sessions", 250 * time.Millisecond, o.signOn, falsify(falseSession)},
			{"read-document", "POST /tpac/v1/documents", 150 * time.Millisecond, o.signedOn(o.readDocument), falsify(falseDocument)},
			{"biographic-query", "POST /tpac/v1/queries", 60 * time.Millisecond, o.signedOn(o.lookUp), falsify(falseLookup)},
			{"apis-match", "POST /tpac/v1/manifest-matches", 50 * time.Millisecond, o.signedOn(o.matchManifest), falsify(falseMatch)},
			{"biometric-verification", "POST /tpac/v1/biometrics", 80 * time.Millisecond, o.signedOn(o.verify), falsify(falseVerification)},
			{"decision", "POST /tpac/v1/decisions", 120 * time.Millisecond, o.signedOn(o.decide), falsify(falseDecision)},
			{"sign-off", "DELETE /tpac/v1/sessions/current", 50 * time.Millisecond, o.signedOn(o.signOff), notEnded},
		},
	}
}

type sessionAnswer struct {
	Session string    `json:"session"`
	Expires time.Time `json:"expires"`
}

func (o officer) signOn(c *Call) (Answer, error) {
	form, err := readForm(c)
	if err != nil {
		return Answer{}, err
	}
	user, workstation := form.Get("user"), form.Get("workstation")
	if user == "" || workstation == "" {
		return Answer{}, refuse(http.StatusUnprocessableEntity, "incomplete", "want a user and a workstation")
	}
	id := c.NewID("session")
	expires, ok := o.sessions.begin(id, user, workstation, c.Now)
	if !ok {
		return Answer{}, refuse(http.StatusServiceUnavailable, "too_many_sessions", "no more sessions can be opened now")
	}
	return Answer{http.StatusCreated, sessionAnswer{id, expires.UTC().Truncate(time.Second)}}, nil
}

func readForm(c *Call) (url.Values, error) {
	body, err := c.Body()
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "malformed", "want a form: %v", err)
	}
	return form, nil
}

// falseSession is a session that ended before it began and that nobody holds.
func falseSession(s *sessionAnswer) {
	s.Session = strings.Repeat("0", len(s.Session))
	s.Expires = s.Expires.Add(-24 * time.Hour)
}

// signedOn serves only calls with an open session.
func (o officer) signedOn(serve func(*Call) (Answer, error)) func(*Call) (Answer, error) {
	return func(c *Call) (Answer, error) {
		if !o.sessions.use(bearer(c), c.Now) {
			return Answer{}, refuse(http.StatusUnauthorized, "no_session", "sign on first: the session is unknown or has expired")
		}
		return serve(c)
	}
}

func bearer(c *Call) string {
	id, _ := strings.CutPrefix(c.Request.Header.Get("Authorization"), "Bearer ")
	return id
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

func (o officer) readDocument(c *Call) (Answer, error) {
	var asked struct {
		MRZ []string `json:"mrz"`
	}
	if err := c.JSON(&asked); err != nil {
		return Answer{}, err
	}
	d, err := targets.ReadMRZ(asked.MRZ)
	if err != nil {
		return Answer{}, refuse(http.StatusUnprocessableEntity, "unreadable_document", "%v", err)
	}
	if d.State != specimenState {
		return Answer{}, refuse(http.StatusUnprocessableEntity, "not_synthetic", "issuing state %q: only documents of %s are read here", d.State, specimenState)
	}
	return Answer{http.StatusOK, documentAnswer{document{d.Number, d.State, d.Surname, d.Given, d.Birth, d.Expiry}, true}}, nil
}

// falseDocument is what the reader says when it has mixed up two travelers.
func falseDocument(d *documentAnswer) {
	d.Document.Number = "SYN000000"
	d.Document.Surname, d.Document.Given = "OTHER", "TRAVELER"
}

func (o officer) lookUp(c *Call) (Answer, error) {
	var asked biographicQuestion
	if err := c.JSON(&asked); err != nil {
		return Answer{}, err
	}
	var found lookupAnswer
	if err := c.AskJSON("tecs-platform", "/tecs/v1/queries", asked, &found); err != nil {
		return Answer{}, err
	}
	o.sessions.note(bearer(c), query{found.Query, asked.Number})
	return Answer{http.StatusOK, found}, nil
}

func (o officer) signOff(c *Call) (Answer, error) {
	o.sessions.end(bearer(c))
	return Answer{Status: http.StatusNoContent}, nil
}

// notEnded is the false answer to a sign-off.
func notEnded(Answer) Answer { return Answer{http.StatusOK, map[string]bool{"ended": false}} }

// falsify makes a function that changes a route's body into one that changes its answer.
func falsify[T any](change func(*T)) func(Answer) Answer {
	return func(a Answer) Answer {
		if body, ok := a.Body.(T); ok {
			change(&body)
			a.Body = body
		}
		return a
	}
}

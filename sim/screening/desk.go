package screening

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"portolan"
)

// desk is where people work with a system: they sign on, take steps, and sign off. What they put into it as a
// test lies on its shelf until they take it away.
type desk struct {
	sessions *sessions
	shelf    *shelf
}

func newDesk(settings Settings) desk { return desk{newSessions(settings), newShelf(settings)} }

// manners is how a desk's sessions begin and end: the base of its paths, like /tpac/v1, and the steps.
type manners struct {
	base    string
	on, off portolan.StepID
}

// officers is the manners of nearly all desks.
func officers(base string) manners { return manners{base, "sign-on", "sign-off"} }

// routes returns the routes of a desk: signing on, its work, signing off.
func (d desk) routes(m manners, work ...[]Route) []Route {
	on := Route{m.on, "POST " + m.base + "/sessions", 250 * time.Millisecond, d.signOn, falsify(falseSession)}
	off := Route{m.off, "DELETE " + m.base + "/sessions/current", 50 * time.Millisecond, d.signedOn(d.signOff), notEnded}
	return slices.Concat([]Route{on}, slices.Concat(work...), []Route{off})
}

type sessionAnswer struct {
	Session string    `json:"session"`
	Expires time.Time `json:"expires"`
}

func (d desk) signOn(c *Call) (Answer, error) {
	form, err := readForm(c)
	if err != nil {
		return Answer{}, err
	}
	user, workstation := form.Get("user"), form.Get("workstation")
	if user == "" || workstation == "" {
		return Answer{}, refuse(http.StatusUnprocessableEntity, "incomplete", "want a user and a workstation")
	}
	id := c.NewID("session")
	expires, ok := d.sessions.begin(id, user, workstation, c.Now)
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

// signedOn serves only calls with an open session; other systems need none.
func (d desk) signedOn(serve func(*Call) (Answer, error)) func(*Call) (Answer, error) {
	return func(c *Call) (Answer, error) {
		if c.direct && !d.sessions.use(bearer(c), c.Now) {
			return Answer{}, refuse(http.StatusUnauthorized, "no_session", "sign on first: the session is unknown or has expired")
		}
		return serve(c)
	}
}

func bearer(c *Call) string {
	id, _ := strings.CutPrefix(c.Request.Header.Get("Authorization"), "Bearer ")
	return id
}

func (d desk) signOff(c *Call) (Answer, error) {
	d.sessions.end(bearer(c))
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

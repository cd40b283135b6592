package screening

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"portolan"
)

//go:embed pages/*.html
var pageFiles embed.FS

// pages are the templates of all pages. Each gets what was asked and what the system said to it.
var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// Page is a body that is sent as HTML.
type Page struct {
	Name string // of the template
	Base string // of the paths of the client that it belongs to
	// Title and Forms are the client's, for a page that is the same at every step.
	Title string
	Forms []form
	// Asked is the form that was sent; Said the body of the API's answer to it.
	Asked url.Values
	Said  any
}

// client is the pages in front of a system's API: what an officer's browser shows. A form asks what a program would ask the
// API, at the same step and with the same faults; what the API answers is shown.
type client struct {
	base  string // of the pages' paths, like /tpac/client
	title string // for pages that do not have one of their own
	opens portolan.StepID
	first string // the template of the page that it opens with
	forms []form
}

// form is one form of a client.
type form struct {
	Step  portolan.StepID // whose route of the API answers
	Path  string          // below the client's base
	shows string          // the template that shows the answer
	// Asks lists its fields, and Test says that it marks what it makes as a test, for a page that draws forms by that.
	Asks []string
	Test bool
}

// page returns a page of the client.
func (c client) page(name string) Page {
	return Page{Name: name, Base: c.base, Title: c.title, Forms: c.forms}
}

// fact is one thing that a system said.
type fact struct{ Name, Text string }

// Facts lists what the system said, sorted by name; of a list how long it is. Nothing is what it says when all is done.
func (p Page) Facts() []fact {
	switch said := p.Said.(type) {
	case nil:
		return []fact{{"done", "Done."}}
	case sessionAnswer:
		return []fact{{"until", said.Expires.Format(time.RFC3339)}}
	case record:
		var facts []fact
		for _, name := range slices.Sorted(maps.Keys(said)) {
			text := fmt.Sprint(said[name])
			if list := reflect.ValueOf(said[name]); list.Kind() == reflect.Slice {
				text = strconv.Itoa(list.Len())
			}
			facts = append(facts, fact{name, text})
		}
		return facts
	default:
		return nil
	}
}

// cookieSession is the cookie in which a browser keeps its officer's session.
const cookieSession = "session"

// openingTime is what it usually takes until the first page is sent.
const openingTime = 80 * time.Millisecond

// routes returns the routes of the client: its first page, and its forms. The false answer to the first is a page that
// says that the client is closed.
func (c client) routes(api []Route) []Route {
	routes := []Route{{
		c.opens, "GET " + c.base, openingTime,
		func(*Call) (Answer, error) { return Answer{http.StatusOK, c.page(c.first)}, nil },
		func(Answer) Answer { return Answer{http.StatusOK, c.page("closed.html")} },
	}}
	for _, f := range c.forms {
		at := slices.IndexFunc(api, func(r Route) bool { return r.Step == f.Step })
		routes = append(routes, c.route(f, api[at]))
	}
	return routes
}

// route returns the route of a form, which a route of the API answers.
func (c client) route(f form, api Route) Route {
	return Route{
		Step: api.Step, Pattern: "POST " + c.base + f.Path, Median: api.Median,
		Serve: func(call *Call) (Answer, error) {
			asked, err := readForm(call)
			if err != nil {
				return Answer{}, err
			}
			answer, err := api.Serve(call.asProgram(asked, api))
			page := c.page(f.shows)
			page.Asked, page.Said = asked, answer.Body
			return Answer{http.StatusOK, page}, err
		},
		Wrong: func(a Answer) Answer {
			page := a.Body.(Page)
			page.Said = api.Wrong(Answer{a.Status, page.Said}).Body
			return Answer{a.Status, page}
		},
	}
}

// asProgram returns the call that a program would make of the API in place of a form: in JSON or in the path, if the form is
// not for signing on, with the session of the browser's cookie.
func (c *Call) asProgram(form url.Values, api Route) *Call {
	program := *c
	program.Request = c.Request.Clone(c.Context())
	program.Request.Method, _, _ = strings.Cut(api.Pattern, " ")
	cookie, err := c.Request.Cookie(cookieSession)
	if err != nil {
		return &program
	}
	program.Request.Header.Set("Authorization", "Bearer "+cookie.Value)
	question := record{}
	for name := range form {
		program.Request.SetPathValue(name, form.Get(name))
		question[name] = form.Get(name)
		if form.Get(name) == "true" {
			question[name] = true
		}
	}
	program.body, _ = json.Marshal(question) // texts and truth values have no form that fails
	return &program
}

// writePage sends a page. One that shows a session that began gives it to the browser.
func writePage(w http.ResponseWriter, status int, page Page) {
	if begun, ok := page.Said.(sessionAnswer); ok {
		http.SetCookie(w, &http.Cookie{Name: cookieSession, Value: begun.Session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = pages.ExecuteTemplate(w, page.Name, page) // it fails when the browser has gone
}

// wantsPage reports whether a person asks, and not a program.
func wantsPage(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

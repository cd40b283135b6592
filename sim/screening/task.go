package screening

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"portolan"
)

// record is a JSON object on its way in or out.
type record map[string]any

// text returns a text of the record, empty if there is none.
func (r record) text(key string) string {
	text, _ := r[key].(string)
	return text
}

// with returns a copy of the record with others' entries in it; later ones win.
func (r record) with(others ...record) record {
	all := maps.Clone(r)
	for _, other := range others {
		maps.Copy(all, other)
	}
	return all
}

// pick returns the entries of those keys that are there.
func (r record) pick(keys ...string) record {
	some := record{}
	for _, key := range keys {
		if value, ok := r[key]; ok {
			some[key] = value
		}
	}
	return some
}

// task is one step of the work at a desk, in JSON both ways. Most systems are nothing but a list of them.
type task struct {
	step   portolan.StepID
	path   string // method and path below the desk's base, like "POST queries" or "GET records/{record}"
	median time.Duration
	// wants lists what the question must hold: texts and lists with something in them, and nothing else.
	// A "test" among them must be true: the step would leave something behind if it were not one.
	wants []string
	// serve returns what the system says; nil for 204. What was asked holds the path's parts too.
	serve func(c *Call, asked record) (record, error)
	// lie is what a false answer says in place of the truth.
	lie record
}

// pathPart finds the names of what a pattern takes from the path.
var pathPart = regexp.MustCompile(`\{(\w+)\}`)

// referenceForm is the form of the number under which something is made as a test.
var referenceForm = regexp.MustCompile(`^[A-Z0-9]{4,40}$`)

// tasks returns the routes of tasks.
func (d desk) tasks(base string, tasks ...task) []Route {
	var routes []Route
	for _, t := range tasks {
		routes = append(routes, d.task(base, t))
	}
	return routes
}

func (d desk) task(base string, t task) Route {
	method, path, _ := strings.Cut(t.path, " ")
	serve := d.signedOn(func(c *Call) (Answer, error) {
		asked, err := t.question(c)
		if err != nil {
			return Answer{}, err
		}
		said, err := t.serve(c, asked)
		if err != nil || said == nil {
			return Answer{Status: http.StatusNoContent}, err
		}
		return Answer{http.StatusOK, said}, nil
	})
	return Route{t.step, method + " " + base + "/" + path, t.median, serve, t.falsify}
}

// form returns a form that asks what the task wants to know, whose answer a template shows.
func (t task) form(shows string) form {
	f := form{Step: t.step, Path: "/" + string(t.step), shows: shows}
	for _, part := range pathPart.FindAllStringSubmatch(t.path, -1) {
		f.Asks = append(f.Asks, part[1])
	}
	for _, name := range t.wants {
		if name == "test" {
			f.Test = true
			continue
		}
		f.Asks = append(f.Asks, name)
	}
	return f
}

// fill returns the task's method, and its path with what was asked in its parts.
func (t task) fill(asked record) (method, path string) {
	method, path, _ = strings.Cut(t.path, " ")
	path = pathPart.ReplaceAllStringFunc(path, func(part string) string {
		return url.PathEscape(asked.text(strings.Trim(part, "{}")))
	})
	return method, path
}

// falsify makes a right answer false.
func (t task) falsify(a Answer) Answer {
	said, ok := a.Body.(record)
	if !ok {
		return notEnded(a)
	}
	return Answer{a.Status, said.with(t.lie)}
}

// question reads what is asked, and refuses what is not whole.
func (t task) question(c *Call) (record, error) {
	asked := record{}
	if c.Request.Method == http.MethodPost {
		if err := c.JSON(&asked); err != nil {
			return nil, err
		}
		if asked == nil {
			return nil, refuse(http.StatusBadRequest, "malformed", "want a JSON object")
		}
	}
	for key, value := range asked {
		if !slices.Contains(t.wants, key) {
			return nil, refuse(http.StatusBadRequest, "malformed", "unknown field %.40q", key)
		}
		if empty(value) {
			return nil, refuse(http.StatusUnprocessableEntity, "incomplete", "nothing in %q", key)
		}
	}
	for _, key := range t.wants {
		if _, ok := asked[key]; !ok {
			return nil, refuse(http.StatusUnprocessableEntity, "incomplete", "want %s", strings.Join(t.wants, ", "))
		}
	}
	if slices.Contains(t.wants, "test") && asked["test"] != true {
		return nil, refuse(http.StatusUnprocessableEntity, "not_a_test", "only what is marked \"test\": true is taken: nothing may be recorded")
	}
	for _, part := range pathPart.FindAllStringSubmatch(t.path, -1) {
		asked[part[1]] = c.Request.PathValue(part[1])
	}
	return asked, nil
}

func empty(value any) bool {
	switch v := value.(type) {
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	default:
		return v == nil
	}
}

// ask asks another system in JSON; a nil question sends no body. What it says is nil if that is nothing.
func (c *Call) ask(method string, to portolan.SystemID, path string, question record) (record, error) {
	q := Question{To: to, Method: method, Path: path, Type: "application/json"}
	if question != nil {
		body, err := json.Marshal(question)
		if err != nil {
			return nil, err
		}
		q.Body = body
	}
	reply, err := c.Ask(q)
	if err != nil || len(reply) == 0 {
		return nil, err
	}
	var said record
	if err := json.Unmarshal(reply, &said); err != nil {
		return nil, refuse(http.StatusBadGateway, "bad_gateway", "%s answered what cannot be read: %v", to, err)
	}
	return said, nil
}

// place puts a thing on the shelf as a test, and returns its id: it ends with the reference that the question gave it, so that
// who asked can take it away without having seen an answer.
func (d desk) place(c *Call, prefix string, asked, thing record) (string, error) {
	reference := asked.text("reference")
	if !referenceForm.MatchString(reference) {
		return "", refuse(http.StatusUnprocessableEntity, "reference", "reference %.40q: want 4 to 40 of A-Z and 0-9", reference)
	}
	id := prefix + reference
	if !d.shelf.put(id, thing, c.Now) {
		return "", refuse(http.StatusServiceUnavailable, "too_many_tests", "no more test entries can be held now")
	}
	return id, nil
}

// withdraw returns a task's work that takes away what the path's part names.
func (d desk) withdraw(part string) func(*Call, record) (record, error) {
	return func(_ *Call, asked record) (record, error) {
		d.shelf.take(asked.text(part))
		return nil, nil
	}
}

package screening

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// lending is a desk that lends things out as a test, and takes them back.
func lending(settings Settings) System {
	d := newDesk(settings)
	return System{ID: "desk", Held: d.shelf.count, Routes: d.tasks("/desk", []task{
		{"lend", "POST things", time.Millisecond, []string{"name", "places", "reference", "test"}, func(c *Call, asked record) (record, error) {
			id, err := d.place(c, "THING", asked, asked)
			return record{"thing": id, "name": asked["name"]}, err
		}, record{"name": "OTHER"}},
		{"give-back", "DELETE things/{thing}", time.Millisecond, nil, d.withdraw("thing"), nil},
	}...)}
}

// asked sends a question to a system as another system does, and returns status and answer.
func asked(s System, method, path, body string) (int, string) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set(headerPass, "pass")
	quick(s).Handler().ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestTask_RefusesWhatIsNotWhole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body   string
		status int
		reason string
	}{
		"not-json":   {`{`, 400, "unexpected EOF"},
		"null":       {`null`, 400, "want a JSON object"},
		"list":       {`[]`, 400, "cannot unmarshal"},
		"unknown":    {`{"name":"a","places":["b"],"reference":"R001","test":true,"more":1}`, 400, "unknown field"},
		"missing":    {`{"name":"a","reference":"R001","test":true}`, 422, "want name, places, reference, test"},
		"blank":      {`{"name":" ","places":["b"],"reference":"R001","test":true}`, 422, "nothing in"},
		"empty-list": {`{"name":"a","places":[],"reference":"R001","test":true}`, 422, "nothing in"},
		"not-a-test": {`{"name":"a","places":["b"],"reference":"R001","test":false}`, 422, "not_a_test"},
		"test-text":  {`{"name":"a","places":["b"],"reference":"R001","test":"true"}`, 422, "not_a_test"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := lending(Settings{})
			if status, answer := asked(s, http.MethodPost, "/desk/things", c.body); status != c.status || !strings.Contains(answer, c.reason) {
				t.Errorf("got %d %s, want %d with %q", status, answer, c.status, c.reason)
			}
			if held := s.Held(time.Now()); held != 0 {
				t.Errorf("%d things are held after a refusal", held)
			}
		})
	}
}

func TestTask_OnlySystemsNeedNoSession(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	quick(lending(Settings{})).Handler().ServeHTTP(w, httptest.NewRequest(http.MethodDelete, "/desk/things/1", nil))
	if w.Code != http.StatusUnauthorized {
		t.Errorf("got %d, want 401", w.Code)
	}
}

func TestTask_WhatIsLentIsHeldUntilItIsBack(t *testing.T) {
	t.Parallel()
	const body = `{"name":"a","places":["b"],"reference":"R001","test":true}`
	s := lending(Settings{Shelf: 1})
	_, answer := asked(s, http.MethodPost, "/desk/things", body)
	id, _, _ := strings.Cut(answer[strings.Index(answer, "THING"):], `"`)
	if held := s.Held(time.Now()); held != 1 {
		t.Fatalf("%d things are held, want 1: %s", held, answer)
	}
	if status, _ := asked(s, http.MethodPost, "/desk/things", body); status != http.StatusServiceUnavailable {
		t.Errorf("beyond the shelf's room: got %d, want 503", status)
	}
	if status, _ := asked(s, http.MethodDelete, "/desk/things/"+id, ""); status != http.StatusNoContent || s.Held(time.Now()) != 0 {
		t.Errorf("given back: got %d, %d held", status, s.Held(time.Now()))
	}
}

func TestShelf_NothingLiesForGood(t *testing.T) {
	t.Parallel()
	s, now := newShelf(Settings{ShelfFor: time.Minute, Shelf: 1}), time.Unix(1000, 0)
	s.put("a", record{"of": "a"}, now)
	if got := s.get("a", now.Add(59*time.Second)); got.text("of") != "a" {
		t.Errorf("within its time: got %v", got)
	}
	if !s.put("b", record{}, now.Add(time.Minute)) || s.get("a", now.Add(time.Minute)) != nil || s.count(now.Add(time.Minute)) != 1 {
		t.Error("what is over keeps its place")
	}
}

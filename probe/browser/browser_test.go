package browser_test

import (
	"fmt"
	escape "html"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/probe"
)

const signOnForm = `<form method="post" action="/sign-on"><label>User <input id="user" name="user" value="somebody else"></label>
<select id="lane" name="lane"><option value="1">Lane 1</option><option value="2">Lane 2</option></select>
<button id="go">Sign on</button></form>`

func signedOn(w http.ResponseWriter, r *http.Request) {
	html(fmt.Sprintf(`<h1 id="hello">Hello %s in lane %s</h1><input id="query" value="Q-17">`,
		escape.EscapeString(r.FormValue("user")), r.FormValue("lane")))(w, r)
}

func TestPerform_UsesPagesAsAUserDoes(t *testing.T) {
	t.Parallel()
	endpoint := serve(t, map[string]http.HandlerFunc{"GET /": html(signOnForm), "POST /sign-on": signedOn})
	s := newStation(t)
	s.options.Values = map[string]string{"mark": `"<x>"`}
	var acts []string
	s.options.Progress = func(_ portolan.StepResult, seen probe.Observation) {
		for _, act := range seen.Acts {
			acts = append(acts, act.Name)
			if act.Took <= 0 {
				t.Errorf("%s took %v", act.Name, act.Took)
			}
		}
	}
	got := s.good(endpoint,
		step(t, "open", `{actions: [{open: "${endpoint}/"}, {wait: "#go", text: Sign}], expect: ['title == "A page"', 'count("option") == 2', 'largest_paint > 0']}`),
		step(t, "sign-on", `
actions: [{fill: "#user", with: "Åsa ${mark}"}, {choose: "#lane", with: Lane 2}, {click: "#go"}, {wait: "#hello"}, {gone: "#go"}]
extract: {query: {value: "#query"}, greeting: {text: h1}}
expect: ['text("#hello") == "Hello Åsa \"<x>\" in lane 2"', 'values["query"] == "Q-17"', 'url endsWith "/sign-on"', 'shown("#hello")', 'not shown("#go")']`),
	)
	if want := "open ${endpoint}/, wait #go, fill #user, choose #lane, click #go, wait #hello, gone #go"; strings.Join(acts, ", ") != want {
		t.Errorf("timed %s, want %s", strings.Join(acts, ", "), want)
	}
	for _, step := range got.Steps {
		for _, phase := range []portolan.Phase{portolan.PhaseRequest, portolan.PhaseWait, portolan.PhaseRead, portolan.PhaseCheck} {
			if took, ok := step.Phases.Get(phase); !ok || took <= 0 {
				t.Errorf("step %s: %v took %v, want it reached", step.Step, phase, took)
			}
		}
		if _, ok := step.Phases.Get(portolan.PhaseDNS); ok {
			t.Errorf("step %s: a name was resolved where there is none", step.Step)
		}
		if step.Bytes == 0 || len(step.Measures) != 1 || step.Measures[0].Measure != portolan.LargestPaint || step.Measures[0].Value <= 0 {
			t.Errorf("step %s: got %d bytes and %+v, want a largest paint", step.Step, step.Bytes, step.Measures)
		}
	}
	if _, ok := got.Steps[0].Phases.Get(portolan.PhaseConnect); !ok {
		t.Error("the first page needed no connection")
	}
}

// pause answers after a while, unless nobody waits any longer.
func pause(d time.Duration, then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
			then(w, r)
		case <-r.Context().Done():
		}
	}
}

// dialogPage says something in dialogs, and shows a button below a cover for a while.
const dialogPage = `<button id="b" onclick="document.querySelector('#said').textContent += confirm('Sure?')">Ask</button><p id="said">Said: </p>
<div id="cover" style="position:fixed; inset:0; background:white"></div>
<script>alert("Welcome"); setTimeout(() => document.querySelector("#cover").remove(), 400)</script>`

const fetchPage = `<button id="b" onclick="fetch('/answer').then(r => r.text()).then(t => document.querySelector('#said').textContent = t)">Ask</button><p id="said"></p>`

func TestPerform_TellsWhereTimeWent(t *testing.T) {
	t.Parallel()
	const slow = 600 * time.Millisecond
	endpoint := serve(t, map[string]http.HandlerFunc{
		"/moved":  pause(slow, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/slow", http.StatusFound) }),
		"/slow":   pause(slow, html(fetchPage)),
		"/answer": pause(slow, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fetched") }),
		"/dialog": html(dialogPage),
	})
	late := step(t, "moved", `{actions: [{open: "${endpoint}/moved"}]}`)
	late.Latency = slow
	got, failures := newStation(t).run(endpoint, late,
		step(t, "fetch", `{actions: [{click: "#b"}, {wait: "#said", text: fetched}]}`),
		step(t, "dialog", `{actions: [{open: "${endpoint}/dialog"}, {click: "#b"}, {wait: "#said", text: "Said: true"}]}`),
	)
	want := portolan.Symptom{Step: "moved", Phase: portolan.PhaseWait, Kind: portolan.KindLate}
	if got.Outcome != portolan.Slow || got.Symptom != want {
		t.Fatalf("got %v %+v (%v), want slow by %+v", got.Outcome, got.Symptom, failures, want)
	}
	for i, least := range []time.Duration{2 * slow, slow} {
		step := got.Steps[i]
		least -= 5 * time.Millisecond // the browser's clock and the server's are not read at once
		if wait, _ := step.Phases.Get(portolan.PhaseWait); wait < least || wait > least+slow/2 || step.Duration < wait {
			t.Errorf("step %s of %v waited %v, want about %v", step.Step, step.Duration, wait, least)
		}
	}
	if d := got.Steps[2].Duration; d < 400*time.Millisecond {
		t.Errorf("a covered button was clicked after %v", d)
	}
	if m := got.Steps[1].Measures; len(m) > 0 {
		t.Errorf("a step that loaded no document has measures %+v", m)
	}
}

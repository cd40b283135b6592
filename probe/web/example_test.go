package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"gopkg.in/yaml.v3"

	"portolan"
	"portolan/probe"
	"portolan/probe/web"
)

// Two steps sign on and query; the second uses what the first was given.
func Example() {
	system := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/session":
			fmt.Fprint(w, `{"token": "t1"}`)
		case r.Header.Get("Authorization") == "Bearer t1":
			fmt.Fprint(w, `{"decision": "admit"}`)
		default:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer system.Close()

	transaction := &probe.Transaction{
		System: "tpac", ID: "primary-inspection", Timeout: 30 * time.Second,
		Values: map[string]string{"endpoint": system.URL, "user": "SYNTHETIC"},
		Steps: []probe.Step{
			{ID: "sign-on", Action: defined(`
url: ${endpoint}/session
json: {user: '${user}'}
extract: {token: {json: $.token}}`)},
			{ID: "query", Dependency: "ident", Action: defined(`
url: ${endpoint}/travelers
query: {document: 'UTO0001'}
headers: {Authorization: 'Bearer ${token}'}
expect: ['json.decision == "refuse"']`)},
		},
	}
	due := portolan.InstantOf(time.Now())
	result, failures := probe.NewRunner(probe.Options{}).Run(context.Background(), transaction, due, 1)
	fmt.Println(result.Outcome, "at", result.Symptom.Step, result.Symptom.Phase, result.Symptom.Kind, result.Symptom.Dependency)
	fmt.Println(failures[1])
	// Output:
	// failed at query check assertion ident
	// check: assertion: expected json.decision == "refuse", with status 200
}

// defined returns the action that a step's part "web" defines.
func defined(source string) probe.Action {
	action, faults := web.Way().Decode(func(into any) error { return yaml.Unmarshal([]byte(source), into) })
	if len(faults) > 0 {
		panic(faults[0].Problem)
	}
	return action
}

package sim

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portolan/sim/screening"
)

func TestTPAC_WholeInspection(t *testing.T) {
	t.Parallel()
	o := start(t, Options{}).at("MIA-1", "tpac").signOn()

	document := o.want(o.readDocument(), http.StatusOK)
	for key, want := range map[string]string{
		"number": "L898902C3", "state": "UTO", "surname": "ERIKSSON", "given": "ANNA MARIA", "birth": "740812", "expiry": "120415",
	} {
		if got := document.get("document", key); got != want {
			t.Errorf("document %s: got %v, want %v", key, got, want)
		}
	}
	if document.get("valid") != true {
		t.Errorf("document: %s", document.body)
	}

	lookup := o.want(o.query(), http.StatusOK)
	if hits, _ := lookup.get("lookouts").([]any); hits == nil || len(hits) != 0 || lookup.get("result") != "clear" {
		t.Errorf("query: %s", lookup.body)
	}
	if match := o.want(o.matchManifest(), http.StatusOK); match.get("match") != true || match.get("flight") != "ZZ9999" || match.get("passenger") == "" {
		t.Errorf("manifest: %s", match.body)
	}
	verified := o.want(o.verify(), http.StatusOK)
	if score, _ := verified.get("score").(float64); verified.get("verified") != true || score < 0.8 || score > 1 {
		t.Errorf("biometrics: %s", verified.body)
	}
	decision := o.want(o.post("/tpac/v1/decisions", `{"query":"`+lookup.get("query").(string)+`","number":"L898902C3","decision":"admit","test":true}`), http.StatusOK)
	if decision.get("decision") != "admit" || decision.get("recorded") != false {
		t.Errorf("decision: %s", decision.body)
	}

	o.want(o.signOff(), http.StatusNoContent)
	o.want(o.readDocument(), http.StatusUnauthorized)
}

func TestTPAC_RefusesWithAReason(t *testing.T) {
	t.Parallel()
	o := start(t, Options{}).at("MIA-1", "tpac").signOn()
	query, _ := o.query().get("query").(string)
	decision := func(query, number, decision, rest string) string {
		return `{"query":"` + query + `","number":"` + number + `","decision":"` + decision + `"` + rest + `}`
	}
	for name, c := range map[string]struct {
		path, body string
		status     int
		reason     string
	}{
		"number-check-digit":   {"documents", strings.Replace(documentBody, "L898902C36", "L898902C37", 1), 422, "check digit of the document number"},
		"birth-check-digit":    {"documents", strings.Replace(documentBody, "7408122F", "7408121F", 1), 422, "check digit"},
		"composite-digit":      {"documents", strings.Replace(documentBody, "<<<10", "<<<11", 1), 422, "check digit of the composite"},
		"other-issuing-state":  {"documents", strings.Replace(documentBody, "P<UTO", "P<USA", 1), 422, "only documents of UTO"},
		"no-zone":              {"documents", `{"mrz":[]}`, 422, "want 3 of 30"},
		"not-json":             {"documents", `{"mrz":`, 400, "unexpected EOF"},
		"unknown-key":          {"documents", `{"mrt":[]}`, 400, "unknown field"},
		"two-values":           {"documents", documentBody + "{}", 400, "more after"},
		"nobody-queried":       {"queries", `{"number":"1"}`, 502, "tecs-platform: it answered 422"},
		"no-flight":            {"manifest-matches", `{"number":"1"}`, 422, "flight"},
		"no-template":          {"biometrics", `{"number":"1","template":"?"}`, 422, "base64"},
		"decision-not-a-test":  {"decisions", decision(query, "L898902C3", "admit", ""), 422, "test"},
		"decision-test-false":  {"decisions", decision(query, "L898902C3", "admit", `,"test":false`), 422, "test"},
		"unknown-decision":     {"decisions", decision(query, "L898902C3", "deport", `,"test":true`), 422, "want admit or refer"},
		"decision-not-queried": {"decisions", decision("none", "L898902C3", "admit", `,"test":true`), 422, "has not queried"},
		"decision-on-another":  {"decisions", decision(query, "SYN000001", "admit", `,"test":true`), 422, "has not queried"},
	} {
		t.Run(name, func(t *testing.T) {
			a := o.post("/tpac/v1/"+c.path, c.body)
			if message, _ := a.get("error", "message").(string); a.status != c.status || !strings.Contains(message, c.reason) {
				t.Errorf("got %d %s, want %d with %q", a.status, a.body, c.status, c.reason)
			}
		})
	}
}

func TestTPAC_FalseTravelersAreTold(t *testing.T) {
	t.Parallel()
	o := start(t, Options{}).at("MIA-1", "tpac").signOn()
	hit := o.want(o.post("/tpac/v1/queries", strings.Replace(queryBody, "ERIKSSON", "LOOKOUT", 1)), http.StatusOK)
	if hit.get("result") != "referral" {
		t.Errorf("traveler on a lookout: %s", hit.body)
	}
	missing := o.want(o.post("/tpac/v1/manifest-matches", `{"number":"L898902C3","flight":"AA1"}`), http.StatusOK)
	if missing.get("match") != false || missing.get("passenger") != "" {
		t.Errorf("flight of a real carrier: %s", missing.body)
	}
	blank := o.want(o.post("/tpac/v1/biometrics", `{"number":"L898902C3","template":"AAAAAAAAAAAAAAAA"}`), http.StatusOK)
	if blank.get("verified") != false {
		t.Errorf("blank template: %s", blank.body)
	}
}

func TestTPAC_SessionsExpireAndAreBounded(t *testing.T) {
	t.Parallel()
	t.Run("unknown", func(t *testing.T) {
		t.Parallel()
		o := start(t, Options{}).at("MIA-1", "tpac")
		o.session = "no-such-session"
		o.want(o.readDocument(), http.StatusUnauthorized)
	})
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		o := start(t, Options{Settings: screening.Settings{SessionFor: time.Nanosecond}}).at("MIA-1", "tpac").signOn()
		o.want(o.readDocument(), http.StatusUnauthorized)
	})
	t.Run("too-many", func(t *testing.T) {
		t.Parallel()
		o := start(t, Options{Settings: screening.Settings{Sessions: 2}}).at("MIA-1", "tpac")
		first := o.signOn().session
		o.signOn()
		o.want(o.trySignOn(), http.StatusServiceUnavailable)
		o.session = first
		o.want(o.signOff(), http.StatusNoContent)
		o.want(o.trySignOn(), http.StatusCreated)
	})
}

// The body is a little too large only: a server closes the connection on a client that goes on sending much more.
func TestTPAC_TooLargeRequestIsRefused(t *testing.T) {
	t.Parallel()
	o := start(t, Options{}).at("MIA-1", "tpac").signOn()
	o.want(o.post("/tpac/v1/documents", `{"mrz":["`+strings.Repeat("<", 256<<10)+`"]}`), http.StatusRequestEntityTooLarge)
}

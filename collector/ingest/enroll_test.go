package ingest_test

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ingest"
	"portolan/collector/registry"
)

func TestEnrolment_Refuses(t *testing.T) {
	t.Parallel()
	c := newCenter(t, false, nil)
	url := c.server.URL + "/enroll/v1/agents"
	token := func(at portolan.Instant) string {
		text, err := c.registry.Authority().NewToken("MIA-1", time.Hour, at)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	spent := token(wallClock())
	post(t, http.DefaultClient, url, "application/json", enrolment(t, "MIA-1", newKey(t), spent))
	fresh := token(wallClock())
	for _, want := range []struct {
		name   string
		body   []byte
		status int
		code   string
	}{
		{"not json", []byte("token=x"), 400, "malformed"},
		{"unknown field", []byte(`{"token":"x","agent":"MIA-1","csr":"","admin":true}`), 400, "malformed"},
		{"two documents", []byte(`{}{}`), 400, "malformed"},
		{"no request", []byte(`{"token":"` + fresh + `","agent":"MIA-1","csr":""}`), 400, "malformed"},
		{"no token", enrolment(t, "MIA-1", newKey(t), ""), 403, "token_invalid"},
		{"false token", enrolment(t, "MIA-1", newKey(t), fresh+"x"), 403, "token_invalid"},
		{"another agent's token", enrolment(t, "MIA-2", newKey(t), fresh), 403, "token_invalid"},
		{"expired token", enrolment(t, "MIA-1", newKey(t), token(wallClock().Add(-2*time.Hour))), 403, "token_expired"},
		{"spent token", enrolment(t, "MIA-1", newKey(t), spent), 403, "token_used"},
		{"too large", make([]byte, 65<<10), 413, "too_large"},
	} {
		status, text := post(t, http.DefaultClient, url, "application/json", want.body)
		var r reply
		if err := json.Unmarshal(text, &r); err != nil || status != want.status || r.Error.Code != want.code {
			t.Errorf("%s: got %d %s, want %d %s", want.name, status, text, want.status, want.code)
		}
	}
	if c.last() != ingest.ResultUnknown {
		t.Errorf("an enrolment was counted as a batch: %v", c.last())
	}
	if len(c.failures) != 0 {
		t.Errorf("failures: %v", c.failures)
	}
}

func TestEnrolment_RenewsTheCertificateThatIsShown(t *testing.T) {
	t.Parallel()
	c := newCenter(t, true, nil)
	a := c.enroll(t, "MIA-1")
	url := c.server.URL + "/enroll/v1/agents"
	key := newKey(t)
	status, text := post(t, a.client, url, "application/json", enrolment(t, "MIA-1", key, ""))
	var issued registry.Issued
	if err := json.Unmarshal(text, &issued); err != nil || status != http.StatusOK {
		t.Fatalf("renew: %d %s", status, text)
	}
	if block, _ := pem.Decode([]byte(issued.Certificate)); block == nil || string(block.Bytes) == string(a.cert) {
		t.Error("got no new certificate")
	}
	if status, _ := post(t, a.client, url, "application/json", enrolment(t, "MIA-2", key, "")); status != http.StatusForbidden {
		t.Errorf("renew for another agent: %d", status)
	}
	if err := c.registry.Revoke(t.Context(), "MIA-1", wallClock()); err != nil {
		t.Fatal(err)
	}
	if status, text := post(t, a.client, url, "application/json", enrolment(t, "MIA-1", key, "")); status != http.StatusForbidden {
		t.Errorf("renew when revoked: %d %s", status, text)
	}
}

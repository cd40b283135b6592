package ingest_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"portolan/evidence"
)

// FuzzIngest posts arbitrary bytes to both paths: every answer is one of the protocol's, and nothing that was not
// sent by an agent is kept.
func FuzzIngest(f *testing.F) {
	c := newCenter(f, false, nil)
	a := c.enroll(f, "MIA-1")
	routes := c.ingest.Routes()
	f.Add(true, a.seal(f, 3, a.key).Bytes)
	f.Add(true, a.seal(f, 1, nil).Bytes)
	f.Add(true, []byte{})
	f.Add(false, []byte(`{"token":"","agent":"","csr":""}`))
	f.Fuzz(func(t *testing.T, batch bool, body []byte) {
		path, kind := "/enroll/v1/agents", "application/json"
		if batch {
			path, kind = "/ingest/v1/batches", "application/vnd.portolan.batch"
		}
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(body))
		request.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, request)
		switch w.Code {
		case 200, 202, 400, 401, 403, 409, 413, 422:
		default:
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
		if w.Code == http.StatusOK && !signedBy(a, body) {
			t.Error("accepted what the agent did not sign")
		}
	})
}

func signedBy(a *agent, body []byte) bool {
	e, err := evidence.Open(body, evidence.Limits{})
	return err == nil && e.VerifySignature(&a.key.PublicKey) == nil
}

package dashboard_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"portolan"
	"portolan/dashboard"
)

func post(h http.Handler, path, site string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://center.example"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", site)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestActs_FormsOfThePortsPage(t *testing.T) {
	t.Parallel()
	f := identDown()
	h := dashboard.Central(f, dashboard.Options{})
	signal := url.Values{"system": {"tpac"}, "state": {"slow"}, "note": {" lanes 4 to 9 "}}
	w := post(h, "/ports/MIA/signals", "same-origin", signal)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/ports/MIA#officers" {
		t.Errorf("signal: got %d to %q", w.Code, w.Header().Get("Location"))
	}
	want := dashboard.Signal{Port: "MIA", System: "tpac", State: portolan.SlowState, Note: "lanes 4 to 9"}
	if len(f.signals) != 1 || f.signals[0] != want {
		t.Errorf("signal: got %+v, want %+v", f.signals, want)
	}
	post(h, "/ports/MIA/mitigation", "same-origin", url.Values{"mode": {"pals"}, "by": {"Director"}, "biometrics": {"stopped"}})
	if len(f.mitigations) != 1 || f.mitigations[0].Mode != "pals" || !f.mitigations[0].WithoutBiometrics {
		t.Errorf("mitigation: got %+v", f.mitigations)
	}
	if w := post(h, "/ports/MIA/signals", "cross-site", signal); w.Code != http.StatusForbidden || len(f.signals) != 1 {
		t.Errorf("from another site: got %d and %d signals", w.Code, len(f.signals))
	}
	if w := post(h, "/ports/MIA/signals", "same-origin", url.Values{"state": {"sideways"}}); w.Code != http.StatusBadRequest {
		t.Errorf("a state that is none: got %d", w.Code)
	}
	f.change(func(f *fixture) { f.err = fmt.Errorf("%w: by: want 1 to 100 letters", dashboard.ErrRefused) })
	if w := post(h, "/ports/MIA/mitigation", "same-origin", nil); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "want 1 to 100 letters") {
		t.Errorf("refused: got %d %s", w.Code, w.Body)
	}
}

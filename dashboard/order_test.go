package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portolan"
	"portolan/dashboard"
)

func TestPages_SayWhatIsProbedByOrder(t *testing.T) {
	t.Parallel()
	orders := portolan.Directives{
		Stops:    []portolan.Stop{{System: "tpac", Since: noon, Reason: "sessions <pile> up"}},
		BackOffs: []portolan.BackOff{{System: "ident", Since: noon, Factor: 5}},
	}
	f := &fixture{
		overview:    &dashboard.Overview{Cut: dashboard.Cut{At: noon}, Systems: []dashboard.System{{ID: "tpac"}}, Orders: orders},
		workstation: &dashboard.Workstation{Now: noon, Agent: "MIA-1", Orders: orders},
	}
	for name, handler := range map[string]http.Handler{
		"central": dashboard.Central(f, dashboard.Options{}), "workstation": dashboard.PortPage(f, dashboard.Options{}),
	} {
		rw := httptest.NewRecorder()
		handler.ServeHTTP(rw, httptest.NewRequest("GET", "/", nil))
		for _, want := range []string{"left alone by an operator: sessions &lt;pile&gt; up", "down nearly everywhere: most agents ask it once in 5 intervals"} {
			if !strings.Contains(rw.Body.String(), want) {
				t.Errorf("%s: the page does not say %q", name, want)
			}
		}
	}
}

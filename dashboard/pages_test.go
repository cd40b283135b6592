package dashboard_test

import (
	"compress/gzip"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/dashboard"
)

var update = flag.Bool("update", false, "write the golden files")

// static is the part of an address that changes with every edit of a static file.
var static = regexp.MustCompile(`/static/[0-9a-f]{12}/`)

func TestPages_Golden(t *testing.T) {
	t.Parallel()
	central := dashboard.Central(identDown(), dashboard.Options{Version: "1.2.3"})
	nothing := dashboard.Central(&fixture{
		reports:  &dashboard.Reports{Cut: dashboard.Cut{At: noon}, Current: "2026-03", Last: "2026-02"},
		overview: &dashboard.Overview{Cut: dashboard.Cut{At: noon}}, record: &dashboard.Record{Cut: dashboard.Cut{At: noon}}, incidents: &dashboard.Incidents{Cut: dashboard.Cut{At: noon}},
	}, dashboard.Options{})
	port := dashboard.PortPage(identDown(), dashboard.Options{Version: "1.2.3"})
	alone := dashboard.PortPage(&fixture{workstation: &dashboard.Workstation{
		Now: noon, Agent: "MIA-1", Port: portolan.Port{Code: "MIA"}, Center: dashboard.Center{ClockAge: -1},
	}}, dashboard.Options{})
	for name, page := range map[string]struct {
		of   http.Handler
		path string
	}{
		"overview":          {central, "/"},
		"overview-filtered": {central, "/?q=sea&show=trouble&still=1"},
		"overview-nothing":  {nothing, "/"},
		"port":              {central, "/ports/MIA"},
		"system":            {central, "/systems/tpac"},
		"record":            {central, "/record"},
		"record-nothing":    {nothing, "/record"},
		"incidents":         {central, "/incidents"},
		"reports":           {central, "/reports"},
		"reports-nothing":   {nothing, "/reports"},
		"incidents-nothing": {nothing, "/incidents"},
		"not-found":         {central, "/ports/ZZZ"},
		"workstation":       {port, "/"},
		"workstation-alone": {alone, "/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := get(t, page.of, page.path).Body.String()
			golden(t, name+".golden.html", static.ReplaceAllString(body, "/static/VERSION/"))
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s\nif the page is meant to read so: go test ./dashboard -run TestPages_Golden -update", path, diff)
	}
}

func get(t *testing.T, h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestCentral_AnswersWithTheRightCode(t *testing.T) {
	t.Parallel()
	h := dashboard.Central(identDown(), dashboard.Options{})
	for path, want := range map[string]int{
		"/": 200, "/ports/MIA": 200, "/ports/ZZZ": 404, "/ports/mia": 404, "/ports/%2e%2e": 404,
		"/systems/tpac": 200, "/systems/nope": 404, "/systems/NOPE!": 404, "/record": 200, "/favicon.ico": 404,
		"/static/x/style.css": 200, "/static/x/..%2fsite.go": 404, "/static/x/absent.css": 404,
	} {
		if got := get(t, h, path).Code; got != want {
			t.Errorf("GET %s: got %d, want %d", path, got, want)
		}
	}
}

func TestCentral_HidesWhyAPageCannotBeDrawn(t *testing.T) {
	t.Parallel()
	var reported error
	h := dashboard.Central(&fixture{err: errors.New("secret path /var/lib")}, dashboard.Options{Report: func(err error) { reported = err }})
	w := get(t, h, "/")
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("got %d %q, want 503 without the reason", w.Code, w.Body)
	}
	if reported == nil || !strings.Contains(reported.Error(), "read overview: secret") {
		t.Errorf("reported %v, want the reason with what was read", reported)
	}
	if !strings.Contains(w.Body.String(), "page.js") {
		t.Error("the page of an error does not try again by itself")
	}
}

func TestPages_EscapeWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	f := identDown()
	const nasty = `<script>alert(1)</script>"'`
	f.change(func(f *fixture) {
		f.overview.Ports[0].Name, f.overview.Ports[0].Office = nasty, nasty
		f.overview.Systems[0].Name = nasty
		f.record.Asides[0].Reason, f.record.Asides[1].Detail = nasty, nasty
		f.workstation.Center.URL, f.workstation.Center.LastError = "javascript:alert(1)", nasty
	})
	for name, body := range map[string]string{
		"central": get(t, dashboard.Central(f, dashboard.Options{}), "/?q="+`%3Cscript%3Ealert(1)%3C/script%3E`).Body.String(),
		"record":  get(t, dashboard.Central(f, dashboard.Options{}), "/record").Body.String(),
		"port":    get(t, dashboard.PortPage(f, dashboard.Options{}), "/").Body.String(),
	} {
		if strings.Contains(body, "<script>alert") || strings.Contains(body, `href="javascript:`) {
			t.Errorf("%s page carries foreign script", name)
		}
	}
}

func TestCentral_PacksAndForbids(t *testing.T) {
	t.Parallel()
	h := dashboard.Central(nation(1, 1), dashboard.Options{})
	plain, packed := get(t, h, "/"), get(t, h, "/", "Accept-Encoding", "gzip, br")
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	size := packed.Body.Len()
	body, err := io.ReadAll(z)
	if err != nil || string(body) != plain.Body.String() {
		t.Fatalf("packed page differs from the plain one: %v", err)
	}
	if limit := 64 << 10; size > limit {
		t.Errorf("477 ports take %d bytes on the wire, want at most %d", size, limit)
	}
	policy := plain.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe-inline") {
		t.Errorf("policy %q, want nothing allowed but the page's own files", policy)
	}
	if strings.Contains(string(body), "style=") || strings.Contains(string(body), "onclick=") {
		t.Error("the page carries inline style or script, which its policy forbids")
	}
}

func TestCentral_AsksLessOftenForLargePages(t *testing.T) {
	t.Parallel()
	for systems, want := range map[int]string{1: `data-refresh="5"`, 20: `data-refresh="20"`} {
		if body := get(t, dashboard.Central(nation(systems, 1), dashboard.Options{}), "/").Body.String(); !strings.Contains(body, want) {
			t.Errorf("%d systems at 477 ports: page does not say %s", systems, want)
		}
	}
}

func TestCentral_FiltersPorts(t *testing.T) {
	t.Parallel()
	f := nation(1, 1)
	f.change(func(f *fixture) { f.overview.Ports[7].Name = "Ümläut Crossing" })
	h := dashboard.Central(f, dashboard.Options{})
	for query, want := range map[string]string{
		"":                       "477 of 477 ports shown",
		"?q=X0007":               "1 of 477 ports shown",
		"?q=crossing+%C3%BCm":    "1 of 477 ports shown",
		"?q=miami+port":          "24 of 477 ports shown",
		"?q=nothing-is-named-so": "0 of 477 ports shown",
	} {
		if body := get(t, h, "/"+query).Body.String(); !strings.Contains(body, want) {
			t.Errorf("%q: page does not say %q", query, want)
		}
	}
	f.change(func(f *fixture) { f.overview.Ports[9].Cells, f.overview.Ports[9].Name = nil, "Quiet Crossing" })
	for query, want := range map[string]string{
		"":         "1 configured port has no agent: never monitored",
		"?q=quiet": `id="ports-never" data-open="true" open`,
		"?q=miami": "24 of 476 ports shown",
		"?q=x0009": "0 of 476 ports shown",
	} {
		if body := get(t, h, "/"+query).Body.String(); !strings.Contains(body, want) {
			t.Errorf("%q with a port that has no agent: page does not say %q", query, want)
		}
	}
	trouble := get(t, h, "/?show=trouble").Body.String()
	if strings.Contains(trouble, `class="up" id="at-`) {
		t.Error("a port that is up is shown among those in trouble")
	}
	if strings.Contains(trouble, "Quiet Crossing") {
		t.Error("a port without an agent is shown among those in trouble")
	}
	if !strings.Contains(trouble, `class="down" id="at-`) {
		t.Error("no port that is down is shown among those in trouble")
	}
}

// With all of the catalogue there is more than fits: what is wrong comes before it, and ports are rows of marks.
func TestPages_WithManySystems(t *testing.T) {
	t.Parallel()
	overview := get(t, dashboard.Central(nation(20, 1), dashboard.Options{}), "/").Body.String()
	if wrong, systems := strings.Index(overview, `id="troubles"`), strings.Index(overview, `id="systems"`); wrong < 0 || wrong > systems {
		t.Errorf("what is wrong stands at %d, the systems at %d", wrong, systems)
	}
	if !strings.Contains(overview, `class="cards matrix dense"`) || strings.Contains(overview, ">today ") {
		t.Error("the cells of twenty systems hold more than their state")
	}
	few := get(t, dashboard.Central(nation(5, 1), dashboard.Options{}), "/").Body.String()
	if strings.Contains(few, "matrix dense") || !strings.Contains(few, ">today ") {
		t.Error("the cells of five systems have no figures")
	}
	f := identDown()
	f.change(func(f *fixture) {
		f.port.Port.Cells = []dashboard.Cell{upCell("alpha"), slowCell(), upCell("beta"), downCell()}
		f.port.Port.Cells[1].System = "gamma"
	})
	port := get(t, dashboard.Central(f, dashboard.Options{}), "/ports/MIA").Body.String()
	last := -1
	for _, system := range []string{"tpac", "gamma", "alpha", "beta"} {
		at := strings.Index(port, `id="at-`+system+`"`)
		if at < last {
			t.Errorf("%s stands before what is worse", system)
		}
		last = at
	}
}

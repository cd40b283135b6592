package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// answering is a collector that knows an old system, a new one at one more port, and one that was never probed.
func answering(t *testing.T) string {
	t.Helper()
	const rest = `"conventional":{"ratio":1},"weight":"time","coverage":0.99`
	figures := map[string]string{
		"tecs-legacy": `{"end_user":{"ratio":0.9912,"low":0.9874,"high":0.9931},` + rest + `}`,
		"tecs-portal": `{"end_user":{"ratio":0.9981,"low":0.9975,"high":0.9984},` + rest + `}`,
		"twin":        `{"end_user":{"ratio":0.9920,"low":0.9900,"high":0.9940},` + rest + `}`,
	}
	latencies := map[string]string{
		"tecs-legacy": `{"count":4310,"p50":1.84,"p95":4.2,"p99":9.75}`,
		"tecs-portal": `{"count":4318,"p50":0.412,"p95":0.98,"p99":2.31}`,
		"twin":        `{"count":1,"p50":1.84,"p95":4.2,"p99":9.75}`,
	}
	ports := map[string]string{"tecs-legacy": `{"port":"MIA"}`, "tecs-portal": `{"port":"SEA"},{"port":"MIA"}`, "twin": `{"port":"MIA"}`}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		q, rows := r.URL.Query(), figures
		if r.URL.Path == "/api/v1/latency" {
			rows = latencies
		}
		if q.Get("group") == "port" {
			rows = ports
		}
		if cut := q.Get("as_of"); cut != "" && cut != "812.44" {
			t.Errorf("asked as of %q, want the cut of the first answer", cut)
		}
		fmt.Fprintf(rw, `{"from":%q,"to":%q,"as_of":"812.44","rows":[%s]}`, q.Get("from"), q.Get("to"), rows[q.Get("system")])
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func comparing(t *testing.T, a, b string) compare {
	t.Helper()
	return compare{asking: asking{Collector: answering(t), Output: "text"}, A: a, B: b, To: "2026-11-01T00:00:00Z", Weight: "time"}
}

// golden compares with a file that -update writes.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "compare", file)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got), if that is meant: go test ./cmd/portolanctl -update\n%s", path, diff)
	}
}

func TestCompare_PrintsAndDrawsBothSides(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := comparing(t, "tecs-legacy", "tecs-portal")
	c.Picture = filepath.Join(t.TempDir(), "old-and-new.svg")
	if err := c.Run(terminal{&out, io.Discard}); err != nil {
		t.Fatal(err)
	}
	golden(t, "text.golden", out.Bytes())
	picture, err := os.ReadFile(c.Picture)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "picture.golden.svg", picture)
	if err := xml.Unmarshal(picture, new(struct{ XMLName xml.Name })); err != nil {
		t.Errorf("the picture is not XML: %v", err)
	}
}

func TestCompare_JSONHoldsTheDifference(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := comparing(t, "tecs-legacy", "tecs-portal")
	c.Output = "json"
	if err := c.Run(terminal{&out, io.Discard}); err != nil {
		t.Fatal(err)
	}
	var got differing
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if d := got.Difference; d.P50 == nil || *d.P50 > -1.42 || *d.P50 < -1.44 || *d.Ratio < 0.006 || !d.Apart || len(got.Notes) != 1 {
		t.Errorf("got %s", out.String())
	}
}

func TestCompare_OverlappingBoundsAreSaid(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := comparing(t, "tecs-legacy", "twin").Run(terminal{&out, io.Discard}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "note: the bounds of the two availabilities overlap") {
		t.Errorf("got\n%s", out.String())
	}
}

func TestCompare_ASideWithoutFiguresIsAProblem(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := comparing(t, "tecs-legacy", "unknown/search")
	c.Picture = filepath.Join(t.TempDir(), "x.html")
	if err := c.Run(terminal{&out, io.Discard}); !errors.Is(err, errProblem) {
		t.Errorf("got %v, want a problem", err)
	}
	if !strings.Contains(out.String(), "note: unknown/search has no figure: nothing of it was probed in the window") || strings.Contains(out.String(), "NaN") {
		t.Errorf("got\n%s", out.String())
	}
	if page, err := os.ReadFile(c.Picture); err != nil || !bytes.HasPrefix(page, []byte("<!doctype html>")) {
		t.Errorf("got %v and %.40s, want a page", err, page)
	}
}

func TestCompare_RefusesWhatIsNoSideAndNoTime(t *testing.T) {
	t.Parallel()
	for _, c := range []compare{{A: "TECS", B: "tecs-portal"}, {A: "tecs-legacy", B: "tecs-portal", To: "yesterday"}} {
		_, err := c.find(time.Now())
		if _, ok := errors.AsType[usageError](err); !ok {
			t.Errorf("%+v: got %v, want wrong use", c, err)
		}
	}
}

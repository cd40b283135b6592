package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The documents of one month, beside a file of reported figures.
func TestGolden(t *testing.T) {
	t.Parallel()
	m := january()
	m.Report(report.Reported{"tpac": 1, "apis": 0.9972})
	m.Revision, m.Changes = 1, []report.Change{{What: "TPAC, end-user", Before: "99.0000 % (98.9000 % to 99.1000 %)", Now: "98.6800 % (98.5600 % to 98.7500 %)"}}
	for name, write := range map[string]func() ([]byte, error){"january.html": m.HTML, "january.csv": m.CSV, "january.txt": m.Text} {
		got, err := write()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		golden := filepath.Join("testdata", strings.Replace(name, ".", ".golden.", 1))
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-golden +got; write it anew: go test ./report -run Golden -update):\n%s", name, diff)
		}
	}
}

// A document is whole in itself: it asks for nothing, and runs nothing.
func TestHTML_NeedsNothingElse(t *testing.T) {
	t.Parallel()
	page, err := january().HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, asks := range []string{"src=", "<link", "url(", "@import", "<script", "http:", "https:"} {
		if bytes.Contains(page, []byte(asks)) {
			t.Errorf("holds %q", asks)
		}
	}
	if !bytes.Contains(page, []byte("&lt;since&gt;")) {
		t.Error("text of an incident stands in it unescaped")
	}
}

// Every figure survives a round trip through JSON, and CSV has as many values on each line.
func TestMonth_AsData(t *testing.T) {
	t.Parallel()
	m := january()
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back report.Month
	if err := json.Unmarshal(body, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, &back); diff != "" {
		t.Errorf("-sent +read:\n%s", diff)
	}
	table, err := m.CSV()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil || len(rows) < 200 || len(rows[0]) != 4 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// A month of which nothing is known is told as such: no figure, and no fault.
func TestMonth_Empty(t *testing.T) {
	t.Parallel()
	m := &report.Month{Month: "2017-01", Zone: "Nowhere/AtAll"}
	for name, write := range map[string]func() ([]byte, error){"html": m.HTML, "csv": m.CSV, "text": m.Text} {
		got, err := write()
		if err != nil || len(got) == 0 || bytes.Contains(got, []byte("NaN")) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func TestSystem_Explain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		reported float64
		says     string
	}{
		{"explained by what is left out", 1, "1.32 points more than users had, beyond the bounds. The conventional way of counting explains all of it."},
		{"within the bounds", 0.9870, "The office reported 98.70 %: within the bounds of what users had."},
		{"explained in part", 0.9950, "The conventional way of counting would explain more"},
		{"less than users had", 0.9500, "3.68 points less than users had"},
	} {
		s := january().Systems[1]
		s.Reported = &c.reported
		if got := s.Explain(); !strings.Contains(got, c.says) {
			t.Errorf("%s: got %q, want %q in it", c.name, got, c.says)
		}
	}
	s := january().Systems[0]
	s.Reported = new(0.9999)
	if got := s.Explain(); !strings.Contains(got, "explains 0.15 of them; 0.09 more lie above even that") {
		t.Errorf("above the conventional: got %q", got)
	}
}

func TestCompare_TellsWhatLateEvidenceChanged(t *testing.T) {
	t.Parallel()
	before, now := january(), january()
	now.AsOf, now.Made = "99999.999", now.Made.AddDate(0, 0, 3)
	if changes := now.Compare(before); len(changes) != 0 {
		t.Errorf("of the same: got %+v", changes)
	}
	now.Systems[1].EndUser.Ratio = new(0.9812)
	now.Systems = now.Systems[:2] // of the third nothing is known any more
	now.Incidents[2].End = new(now.Incidents[2].Start)
	got := now.Compare(before)
	var what []string
	for _, c := range got {
		what = append(what, c.What)
	}
	if want := []string{"TPAC, end-user", "Incident I-44"}; !cmp.Equal(what, want) {
		t.Errorf("got %+v, want changes of %q", got, want)
	}
}

func TestParseReported(t *testing.T) {
	t.Parallel()
	known := []portolan.SystemID{"tpac", "apis"}
	got, err := report.ParseReported("office.csv", []byte("# from the dashboard\nsystem,ratio\ntpac, 99.5%\napis,1\n"), known)
	if err != nil || !cmp.Equal(got, report.Reported{"tpac": 0.995, "apis": 1}) {
		t.Errorf("got %v, %v", got, err)
	}
	for text, want := range map[string]string{
		"tpac,99.5\n":                `office.csv:1:6: "99.5" is no ratio; want a ratio such as 0.995, or a percentage such as 99.5%`,
		"tpac\n":                     "office.csv:1:1: 1 values; want two, a system and a ratio, such as tpac,99.5%",
		"system,ratio\ntpca,1\n":     `office.csv:2:1: system "tpca" is not in the report; want one of apis, tpac`,
		"tpac,1\ntpac,1\n":           `office.csv:2:1: system "tpac" stands here a second time; want each once`,
		"tpac,1\nx,\"\n":             `office.csv:`,
		"":                           "office.csv:1:1: no figure; want lines such as tpac,99.5%",
		"tpac,NaN\napis,-1\n":        "office.csv:1:6: \"NaN\" is no ratio; want a ratio such as 0.995, or a percentage such as 99.5%\noffice.csv:2:6:",
		strings.Repeat("#", 1<<20+1): "office.csv:1:1: 1048577 bytes; want at most 1 MiB",
	} {
		if _, err := report.ParseReported("office.csv", []byte(text), known); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzParseReported(f *testing.F) {
	for _, seed := range []string{"system,ratio\ntpac,99.5%\n", "tpac,0.5\napis,1", "\"tp\nac\",2", "#\n,,,\n", "tpac,1e309%"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := report.ParseReported("f", data, []portolan.SystemID{"tpac", "apis"})
		for id, ratio := range got {
			if err == nil && (ratio < 0 || ratio > 1 || id != "tpac" && id != "apis") {
				t.Errorf("%q: %v", id, ratio)
			}
		}
	})
}

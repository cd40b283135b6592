package strictyaml_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"portolan/internal/strictyaml"
)

const plan = `name: a
steps:
  - step: one
    web:
      url: http://x
      "a.b": 1
  - step: two
`

func TestDocument_FindsPositions(t *testing.T) {
	t.Parallel()
	doc, faults := strictyaml.Decode("p", []byte(plan), new(watch))
	if faults != nil {
		t.Fatal(faults)
	}
	for path, want := range map[string][2]int{
		"":                          {1, 1},
		"name":                      {1, 7},
		"steps":                     {2, 1},
		"steps[0]":                  {3, 5},
		"steps[1].step":             {7, 11},
		"steps[0].web":              {4, 5},
		"steps[0].web.url":          {5, 12},
		`steps[0].web["a.b"]`:       {6, 14},
		"steps[0].web.headers.Host": {4, 5}, // absent: the nearest around it
		"steps[9].step":             {2, 1},
		"steps[x":                   {2, 1},
		"nothing":                   {1, 1},
	} {
		line, column := doc.At(path)
		if got := [2]int{line, column}; got != want {
			t.Errorf("At(%q): got %v, want %v", path, got, want)
		}
	}
	if !doc.Has("steps[1]") || doc.Has("steps[2]") {
		t.Errorf("Has: got %v and %v, want true and false", doc.Has("steps[1]"), doc.Has("steps[2]"))
	}
}

func TestDocument_YieldsEveryText(t *testing.T) {
	t.Parallel()
	doc, _ := strictyaml.Decode("p", []byte(plan), new(watch))
	var got []string
	for path, text := range doc.Texts() {
		got = append(got, path+"="+text)
	}
	want := []string{"name=a", "steps[0].step=one", "steps[0].web.url=http://x", `steps[0].web["a.b"]=1`, "steps[1].step=two"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDocument_ReportsAValueOnce(t *testing.T) {
	t.Parallel()
	doc, _ := strictyaml.Decode("p", []byte("name: a\nevery: soon\n"), new(watch))
	doc.Report("every", "too short", "want more")
	doc.Report("name", "too short", "want more")
	want := "p:1:7: name: too short; want more\n" +
		`p:2:8: every: "soon"; want a duration such as 1m30s, 8h or 30d`
	if got := doc.Faults().Error(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if !doc.Faulty("every") || doc.Faulty("ever") {
		t.Error("Faulty does not tell a value from a longer name")
	}
}

func TestValue_DecodesLater(t *testing.T) {
	t.Parallel()
	var got watch
	doc, faults := strictyaml.Decode("p", []byte("name: a\nlater: {contact: desk, phone: 1}\n"), &got)
	if faults != nil {
		t.Fatal(faults)
	}
	var o owner
	found := got.Later.Decode(&o)
	want := `p:2:24: later.phone: unknown key; want contact`
	if o.Contact != "desk" || found.Error() != want || doc.Faults().Error() != want {
		t.Errorf("got %q and %v, want %q", o.Contact, found, want)
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1m30s": 90 * time.Second, "30d": 720 * time.Hour, "1d12h": 36 * time.Hour, "-1d1h": -25 * time.Hour, "0": 0, "1.5h": 90 * time.Minute,
	} {
		if got, err := strictyaml.ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q): got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "30", "1d-2h", "1d+2h", "999999d", "106751d24h", "1h2d", "1dd", "1.5d"} {
		if got, err := strictyaml.ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q): got %v, want an error", text, got)
		}
	}
}

func TestFormatDuration_IsReadBack(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", time.Minute: "1m", 90 * time.Second: "1m30s", time.Hour: "1h", 10 * time.Hour: "10h", time.Hour + time.Second: "1h0m1s",
		720 * time.Hour: "30d", 25 * time.Hour: "25h", 1500 * time.Millisecond: "1.5s", -48 * time.Hour: "-2d",
	} {
		got := strictyaml.FormatDuration(d)
		if back, err := strictyaml.ParseDuration(got); got != want || back != d || err != nil {
			t.Errorf("FormatDuration(%v): got %q, read back as %v, %v, want %q", d, got, back, err, want)
		}
	}
}

func ExampleDecode() {
	var config struct {
		Interval time.Duration `yaml:"interval"`
		Port     string        `yaml:"port,required"`
	}
	_, faults := strictyaml.Decode("agent.yaml", []byte("intervall: 60s\n"), &config)
	fmt.Println(faults)
	// Output:
	// agent.yaml:1:1: intervall: unknown key; did you mean "interval"?
	// agent.yaml:1:1: port: missing; want text
}

// What a file holds may come back in a problem, breaks of lines too: a fault is one line all the same.
func TestFault_IsOneLine(t *testing.T) {
	t.Parallel()
	f := strictyaml.Fault{File: "a.yaml", Line: 3, Column: 7, Path: "extract.a", Problem: "is no path: $..\n"}
	if got, want := f.Error(), `a.yaml:3:7: extract.a: is no path: $..\n`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

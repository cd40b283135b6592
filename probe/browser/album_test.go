package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAlbum_IsBoundedInNumberAndAge(t *testing.T) {
	t.Parallel()
	folder, now := t.TempDir(), time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for hours := range 6 {
		taken := now.Add(-time.Duration(hours) * time.Hour)
		path := filepath.Join(folder, fmt.Sprintf("%s-desk-ask.png", taken.Format("20060102T150405")))
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, taken, taken); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	left := func(a *Album) []string {
		a.sweep(now)
		pictures, _ := filepath.Glob(filepath.Join(folder, "*.png"))
		return pictures
	}
	if got := left(NewAlbum(folder, 4, time.Hour*24)); len(got) != 4 || filepath.Base(got[0]) != "20261127T090000-desk-ask.png" {
		t.Errorf("four at most: got %q", got)
	}
	if got := left(NewAlbum(folder, 4, 90*time.Minute)); len(got) != 2 {
		t.Errorf("no older than 90 minutes: got %q", got)
	}
	if _, err := os.Stat(filepath.Join(folder, "notes.txt")); err != nil {
		t.Errorf("what is no picture is gone: %v", err)
	}
}

// Whatever comes from portolan-browser, which carries what pages say, gives an observation or an error.
func FuzzDecodeAnswer(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "null", `{"ready":"Chrome/1"}`, `{"error":"no"}`, `{"step":{"took":[1,2],"phases":{"wait":5,"check":-7},"largest_paint":-1,
		"found":{"#a":{"count":1,"text":"x","value":"y"}},"failure":{"phase":"dns","kind":"resolve","message":"m"}}}`,
		`{"step":{"phases":{"never":1}}}`, `{"step":null,"picture":"aGVsbG8="}`, `{"step":{"failure":{"phase":"check","kind":"oops"}}}`,
	} {
		f.Add([]byte(seed))
	}
	a := &action{acts: []act{{name: "open x"}}}
	f.Fuzz(func(t *testing.T, line []byte) {
		answer, err := decodeAnswer(line)
		if err != nil || answer.Step == nil {
			return
		}
		seen := a.observation(answer.Step)
		if len(seen.Acts) > len(a.acts) {
			t.Errorf("got %d acts of %d", len(seen.Acts), len(a.acts))
		}
		_ = factsOf(answer.Step, 0, nil).Text("#a")
	})
}

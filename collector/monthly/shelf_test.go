package monthly

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"portolan/report"
)

// A month is issued once; late evidence that changes a figure issues it again with what is other, and nothing else does.
func TestShelf_IssuesAgainWhatChanged(t *testing.T) {
	t.Parallel()
	s := Shelf{Folder: filepath.Join(t.TempDir(), "reports")}
	month := func(name string, ratio float64) *report.Month {
		m := &report.Month{Month: name, Zone: "UTC", Made: time.Unix(1, 0), Systems: []report.System{{ID: "tpac", Name: "TPAC"}}}
		m.Systems[0].EndUser = report.Bounded{Ratio: &ratio, Low: &ratio, High: &ratio}
		return m
	}
	for _, c := range []struct {
		name     string
		month    *report.Month
		revision int
		new      bool
		changes  int
	}{
		{"first", month("2017-01", 0.99), 0, true, 0},
		{"the same again", month("2017-01", 0.99), 0, false, 0},
		{"late evidence", month("2017-01", 0.98), 1, true, 1},
		{"and the same again", month("2017-01", 0.98), 1, false, 0},
		{"another month", month("2017-02", 1), 0, true, 0},
	} {
		as, isNew, err := s.Issue(c.month)
		if err != nil || as.Revision != c.revision || isNew != c.new {
			t.Fatalf("%s: got revision %d, new %v, %v", c.name, as.Revision, isNew, err)
		}
		read, err := s.read(as)
		if err != nil || read.Revision != c.revision || isNew && len(read.Changes) != c.changes {
			t.Errorf("%s: read %+v, %v", c.name, read, err)
		}
		if _, err := os.Stat(filepath.Join(s.Folder, as.Name("html"))); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	issued, err := s.Issued()
	if err != nil || len(issued) != 3 || issued[0].Month != "2017-02" || issued[1].Revision != 1 {
		t.Errorf("got %+v, %v", issued, err)
	}
	if _, ok := s.Path("../ledger.db"); ok {
		t.Error("a file outside the shelf is served")
	}
}

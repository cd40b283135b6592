package monthly

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"portolan/report"
)

// Shelf is a folder of reports that were issued: of each revision one file as HTML and one as JSON, never changed.
type Shelf struct{ Folder string }

// Issue is a revision of a month's report that was issued.
type Issue struct {
	Month    string // "2017-01"
	Revision int
	Made     time.Time
}

// Name returns the name of the issue's file of a kind, html or json.
func (i Issue) Name(kind string) string {
	return fmt.Sprintf("portolan-%s-r%d.%s", i.Month, i.Revision, kind)
}

// nameForm is that of the files on a shelf.
func nameForm() *regexp.Regexp {
	return regexp.MustCompile(`^portolan-([0-9]{4}-[0-9]{2})-r([0-9]{1,6})\.(html|json)$`)
}

// Path returns where a file of the shelf is; ok is false if no file of a shelf has such a name.
func (s Shelf) Path(name string) (path string, ok bool) {
	return filepath.Join(s.Folder, name), nameForm().MatchString(name)
}

// Issued lists what was issued, the newest month and revision first. A folder that does not exist yet holds nothing.
func (s Shelf) Issued() ([]Issue, error) {
	entries, err := os.ReadDir(s.Folder)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	form := nameForm()
	var issued []Issue
	for _, e := range entries {
		parts := form.FindStringSubmatch(e.Name())
		if parts == nil || parts[3] != "json" { // which is written last
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, fmt.Errorf("list reports: %w", err)
		}
		revision, err := strconv.Atoi(parts[2])
		if err != nil {
			return nil, fmt.Errorf("list reports: %w", err)
		}
		issued = append(issued, Issue{Month: parts[1], Revision: revision, Made: info.ModTime()})
	}
	slices.SortFunc(issued, func(a, b Issue) int {
		return cmp.Or(cmp.Compare(b.Month, a.Month), cmp.Compare(b.Revision, a.Revision))
	})
	return issued, nil
}

// Issue puts a report on the shelf: as its first revision, or as the next one with what it changes. If it changes nothing
// that was issued, new is false and nothing is written.
func (s Shelf) Issue(m *report.Month) (as Issue, new bool, err error) {
	issued, err := s.Issued()
	if err != nil {
		return Issue{}, false, err
	}
	as = Issue{Month: m.Month, Made: m.Made}
	if at := slices.IndexFunc(issued, func(i Issue) bool { return i.Month == m.Month }); at >= 0 {
		before, err := s.read(issued[at])
		if err != nil {
			return Issue{}, false, err
		}
		if m.Changes = m.Compare(before); len(m.Changes) == 0 {
			return issued[at], false, nil
		}
		as.Revision = issued[at].Revision + 1
	}
	m.Revision = as.Revision
	return as, true, s.write(as, m)
}

func (s Shelf) read(i Issue) (*report.Month, error) {
	body, err := os.ReadFile(filepath.Join(s.Folder, i.Name("json")))
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	m := &report.Month{}
	if err := json.Unmarshal(body, m); err != nil {
		return nil, fmt.Errorf("read report %s: %w", i.Name("json"), err)
	}
	return m, nil
}

func (s Shelf) write(i Issue, m *report.Month) error {
	page, err := m.HTML()
	if err != nil {
		return err
	}
	figures, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	if err := os.MkdirAll(s.Folder, 0o755); err != nil {
		return fmt.Errorf("make folder of reports: %w", err)
	}
	for _, file := range []struct {
		kind string
		body []byte
	}{{"html", page}, {"json", append(figures, '\n')}} {
		path := filepath.Join(s.Folder, i.Name(file.kind))
		if err := os.WriteFile(path+".part", file.body, 0o644); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		if err := os.Rename(path+".part", path); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}

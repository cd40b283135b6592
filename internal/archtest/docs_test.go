package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link  = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)
	cited = regexp.MustCompile("`([a-z0-9]+(?:/[A-Za-z0-9_.-]+)+)`")
)

// Prose outlives files that move; this fails when it names one that is gone.
func TestDocs_NameFilesThatAreThere(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	pages, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"docs/*.md", "docs/runbooks/*.md"} {
		more, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, more...)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(m[1], "://") {
				there(t, page, filepath.Join(filepath.Dir(page), m[1]))
			}
		}
		if filepath.Base(page) != "architecture.md" {
			continue
		}
		for _, m := range cited.FindAllStringSubmatch(string(text), -1) {
			there(t, page, filepath.Join(root, m[1]))
		}
	}
}

func there(t *testing.T, page, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("%s names %s, which is not there", page, path)
	}
}

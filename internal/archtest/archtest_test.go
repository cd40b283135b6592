package archtest

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// listed is what these tests need of `go list -json`.
type listed struct {
	ImportPath, Dir           string
	Imports, Deps             []string
	GoFiles, IgnoredGoFiles   []string
	TestGoFiles, XTestGoFiles []string
	Standard                  bool
	Module                    *struct{ Path string }
}

func list(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json"}, args...)...)
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v\n%s", args, err, stderr.String())
	}
	var packages []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// relative returns an import path as the table spells it; ok is false for other modules' packages.
func relative(importPath string) (rel string, ok bool) {
	if importPath == module {
		return "", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

func roomOf(rel string) (room, bool) {
	for _, r := range rooms {
		if r.path == rel {
			return r, true
		}
	}
	for _, r := range rooms {
		if parent, ok := strings.CutSuffix(r.path, "/*"); ok && path.Dir(rel) == parent {
			return r, true
		}
	}
	return room{}, false
}

func (r room) allows(rel string) bool {
	for _, pattern := range r.ours {
		switch {
		case pattern == "...", pattern == rel:
			return true
		case strings.HasSuffix(pattern, "/..."):
			if strings.HasPrefix(rel, strings.TrimSuffix(pattern, "...")) {
				return true
			}
		case strings.HasSuffix(pattern, "/*"):
			if path.Dir(rel) == strings.TrimSuffix(pattern, "/*") {
				return true
			}
		}
	}
	return false
}

func TestRooms_ImportOnlyWhatTheTableAllows(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "./...") {
		rel, _ := relative(p.ImportPath)
		r, known := roomOf(rel)
		if !known {
			t.Errorf("package %q is not in the table of internal/archtest: say what its one job is", rel)
			continue
		}
		for _, imported := range p.Imports {
			checkImport(t, r, rel, imported)
		}
	}
}

func checkImport(t *testing.T, r room, rel, imported string) {
	t.Helper()
	own, isOurs := relative(imported)
	switch {
	case isOurs && strings.HasPrefix(own, "cmd/"):
		t.Errorf("%q imports %q: nothing imports a command", rel, own)
	case isOurs && !r.allows(own):
		t.Errorf("%q imports %q: it %s, and may import of ours only %q", rel, own, r.job, r.ours)
	case !isOurs && strings.Contains(strings.SplitN(imported, "/", 2)[0], "."):
		if !slices.ContainsFunc(r.libs, func(lib string) bool { return strings.HasPrefix(imported, lib) }) {
			t.Errorf("%q imports %q: it %s, and may import of other modules only %q", rel, imported, r.job, r.libs)
		}
	case slices.Contains(pure, rel) && impure[imported] != "":
		t.Errorf("%q imports %q: %s", rel, imported, impure[imported])
	}
}

func TestAgent_StaysSmall(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "./cmd/portolan-agent") {
		for _, dep := range p.Deps {
			for banned, reason := range tooBig {
				if dep == banned || strings.HasPrefix(dep, banned+"/") {
					t.Errorf("portolan-agent links %s: %s", dep, reason)
				}
			}
		}
	}
}

func TestPackages_HaveExactlyOneComment(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "./...") {
		var documented []string
		for _, f := range sources(t, p, parser.PackageClauseOnly|parser.ParseComments) {
			if f.ast.Doc != nil && !strings.HasSuffix(f.path, "_test.go") {
				documented = append(documented, filepath.Base(f.path))
			}
		}
		rel, _ := relative(p.ImportPath)
		switch {
		case len(documented) == 0 && len(p.GoFiles) > 0:
			t.Errorf("package %q has no package comment: a newcomer starts there", rel)
		case len(documented) > 1:
			t.Errorf("package %q has package comments in %v: one says it", rel, documented)
		}
	}
}

func TestSources_KeepTheBans(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "./...") {
		rel, _ := relative(p.ImportPath)
		for _, f := range sources(t, p, parser.SkipObjectResolution) {
			if ast.IsGenerated(f.ast) {
				continue
			}
			if f.lines > longest {
				t.Errorf("%s/%s has %d lines: over %d readers scroll instead of read; split it by behaviour", rel, filepath.Base(f.path), f.lines, longest)
			}
			if strings.HasSuffix(f.path, "_test.go") {
				continue
			}
			checkInit(t, rel, f)
			if slices.Contains(clockless, rel) {
				checkClock(t, rel, f)
			}
		}
	}
}

func checkInit(t *testing.T, rel string, f source) {
	t.Helper()
	for _, decl := range f.ast.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			t.Errorf("%s/%s has an init function: what happens at start-up is said in main, in order", rel, filepath.Base(f.path))
		}
	}
}

func checkClock(t *testing.T, rel string, f source) {
	t.Helper()
	ast.Inspect(f.ast, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "Tick", "NewTimer", "NewTicker", "Sleep"}, sel.Sel.Name) {
			t.Errorf("%s/%s calls time.%s: time is an argument there, so that figures can be recomputed", rel, filepath.Base(f.path), sel.Sel.Name)
		}
		return true
	})
}

type source struct {
	path  string
	ast   *ast.File
	lines int
}

func sources(t *testing.T, p listed, mode parser.Mode) []source {
	t.Helper()
	var out []source
	names := slices.Concat(p.GoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles)
	for _, name := range names {
		file := filepath.Join(p.Dir, name)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, mode|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, source{path: file, ast: parsed, lines: bytes.Count(text, []byte("\n"))})
	}
	return out
}

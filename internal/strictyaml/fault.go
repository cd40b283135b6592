package strictyaml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one mistake in a file.
type Fault struct {
	File         string
	Line, Column int    // from 1
	Path         string // of the value, like steps[2].web.url; empty for the file as a whole
	Problem      string // what is wrong
	Allowed      string // what would be right; empty if the problem says so
}

// Error returns the fault as "file:line:column: path: problem; allowed", one line whatever the file held.
func (f Fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", f.File, f.Line, f.Column)
	if f.Path != "" {
		b.WriteString(f.Path + ": ")
	}
	b.WriteString(f.Problem)
	if f.Allowed != "" {
		b.WriteString("; " + f.Allowed)
	}
	return strings.ReplaceAll(b.String(), "\n", `\n`)
}

// Faults is every mistake found, sorted by file and position.
type Faults []Fault

// Error returns one fault a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns f as an error, nil if there are no faults.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// Sort sorts the faults by file and position, and drops repeated ones.
func (f Faults) Sort() Faults {
	slices.SortFunc(f, func(a, b Fault) int {
		return cmp.Or(
			strings.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			strings.Compare(a.Path, b.Path),
			strings.Compare(a.Problem, b.Problem),
			strings.Compare(a.Allowed, b.Allowed),
		)
	})
	return slices.Compact(f)
}

// Suggest says what is allowed where word is not: the nearest of the known words if one is close, else
// all of them.
func Suggest(word string, known []string) string {
	if near, ok := nearest(word, known); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	switch len(known) {
	case 0:
		return "want nothing here"
	case 1:
		return fmt.Sprintf("want %s", known[0])
	default:
		return "want one of " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
	}
}

// nearest returns the known word that word is most likely a slip for, if any is likely.
func nearest(word string, known []string) (near string, ok bool) {
	best := longestWord
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		if d := distance(word, candidate); d < best {
			near, best = candidate, d
		}
	}
	return near, best <= max(1, min(len(word), len(near))/3)
}

// longestWord bounds the quadratic comparison of words that a file may make as long as it likes.
const longestWord = 64

// distance returns how many letters must be added, dropped or changed to turn a into b.
func distance(a, b string) int {
	if len(a) > longestWord || len(b) > longestWord {
		return longestWord
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

package targets

import (
	"fmt"
	"strings"
)

// DocumentKind is the size of a travel document, which settles the layout of its machine-readable zone.
type DocumentKind uint8

// The kinds of document that ICAO Doc 9303 describes in parts 4 to 6.
const (
	DocumentUnknown DocumentKind = iota
	TD1                          // card: three lines of 30
	TD2                          // larger card: two lines of 36
	TD3                          // passport book: two lines of 44
)

// String returns the kind as definitions spell it.
func (k DocumentKind) String() string {
	switch k {
	case DocumentUnknown:
		return "unknown"
	case TD1:
		return "td1"
	case TD2:
		return "td2"
	case TD3:
		return "td3"
	default:
		return fmt.Sprintf("DocumentKind(%d)", k)
	}
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *DocumentKind) UnmarshalText(b []byte) error {
	for _, known := range []DocumentKind{TD1, TD2, TD3} {
		if known.String() == string(b) {
			*k = known
			return nil
		}
	}
	return fmt.Errorf("document %q: want td1, td2 or td3", b)
}

// Document is what the machine-readable zone of a travel document says. Dates are YYMMDD as printed: the
// zone does not give the century.
type Document struct {
	Kind        DocumentKind
	Type        string // P for a passport; A, C or I and a letter for a card
	State       string // that issued it; UTO in all that Portolan makes
	Surname     string
	Given       string // given names joined by spaces; may be empty
	Number      string
	Nationality string
	Birth       string
	Sex         string // M, F or empty
	Expiry      string
	Optional    string // as printed, without the fillers after it
	Optional2   string // the second field of a TD1 card
}

// CheckDigitError says that a document's contents contradict one of its check digits.
type CheckDigitError struct {
	Field        string // "document number", "composite" ...
	Line, Column int    // of the check digit, from 1
	Got          byte
	Want         byte
}

// Error says where the digit is and what it should be.
func (e *CheckDigitError) Error() string {
	return fmt.Sprintf("check digit of the %s (line %d, position %d): got %q, want %q", e.Field, e.Line, e.Column, e.Got, e.Want)
}

// ReadMRZ reads a machine-readable zone and verifies its form and every check digit. The names have no
// check digit, so scrambled names pass.
func ReadMRZ(lines []string) (Document, error) {
	kind, err := kindOf(lines)
	if err != nil {
		return Document{}, err
	}
	doc, zone := Document{Kind: kind}, zoneOf(lines)
	layout := layoutOf(kind)
	for _, c := range layout.checks {
		if err := zone.verify(c); err != nil {
			return Document{}, err
		}
	}
	for _, f := range layout.fields {
		text := zone.text(f.place)
		if !f.form.MatchString(text) {
			return Document{}, fmt.Errorf("%s (line %d, position %d): got %q, want %s", f.name, f.line, f.from, text, f.want)
		}
		f.set(&doc, text)
	}
	return doc, nil
}

// MRZ returns the document's machine-readable zone. It fails if the document cannot be printed so: ReadMRZ
// reads what MRZ returns as the same document.
func (d Document) MRZ() ([]string, error) {
	if d.Kind < TD1 || d.Kind > TD3 {
		return nil, fmt.Errorf("write document: kind %s", d.Kind)
	}
	layout := layoutOf(d.Kind)
	zone := blankZone(layout)
	for _, f := range layout.fields {
		text := f.get(&d)
		if width := f.to - f.from + 1; len(text) > width {
			return nil, fmt.Errorf("write %s %q: more than %d letters", f.name, text, width)
		}
		copy(zone[f.line-1][f.from-1:], text)
	}
	for _, c := range layout.checks {
		zone[c.line-1][c.column-1] = zone.digit(c)
	}
	lines := zone.lines()
	if read, err := ReadMRZ(lines); err != nil {
		return nil, fmt.Errorf("write document: %w", err)
	} else if read != d {
		return nil, fmt.Errorf("write document: %+v would be read as %+v", d, read)
	}
	return lines, nil
}

func kindOf(lines []string) (DocumentKind, error) {
	for _, kind := range []DocumentKind{TD1, TD2, TD3} {
		if l := layoutOf(kind); len(lines) == l.lines && len(lines[0]) == l.width {
			return kind, checkLetters(lines, l.width)
		}
	}
	return 0, fmt.Errorf("got %d lines: want 3 of 30, 2 of 36 or 2 of 44 letters", len(lines))
}

func checkLetters(lines []string, width int) error {
	for i, line := range lines {
		if len(line) != width {
			return fmt.Errorf("line %d: got %d letters, want %d", i+1, len(line), width)
		}
		for j := range len(line) {
			if _, ok := letterValue(line[j]); !ok {
				return fmt.Errorf("line %d, position %d: got %q, want A to Z, 0 to 9 or <", i+1, j+1, line[j])
			}
		}
	}
	return nil
}

// zone is the lines of a machine-readable zone.
type zone [][]byte

func zoneOf(lines []string) zone {
	z := make(zone, len(lines))
	for i, line := range lines {
		z[i] = []byte(line)
	}
	return z
}

func blankZone(l layout) zone {
	z := make(zone, l.lines)
	for i := range z {
		z[i] = []byte(strings.Repeat("<", l.width))
	}
	return z
}

func (z zone) lines() []string {
	lines := make([]string, len(z))
	for i, line := range z {
		lines[i] = string(line)
	}
	return lines
}

func (z zone) text(p place) string { return string(z[p.line-1][p.from-1 : p.to]) }

func (z zone) verify(c check) error {
	got, want := z[c.line-1][c.column-1], z.digit(c)
	if got == want || c.orFiller && got == '<' && want == '0' && z.blank(c.over) {
		return nil
	}
	return &CheckDigitError{Field: c.name, Line: c.line, Column: c.column, Got: got, Want: want}
}

func (z zone) blank(over []place) bool {
	for _, p := range over {
		if strings.Trim(z.text(p), "<") != "" {
			return false
		}
	}
	return true
}

// digit returns the check digit over places: values times 7, 3, 1 in turn, modulo 10 (Doc 9303 part 3).
func (z zone) digit(c check) byte {
	weights, sum, i := [...]int{7, 3, 1}, 0, 0
	for _, p := range c.over {
		for _, letter := range []byte(z.text(p)) {
			value, _ := letterValue(letter)
			sum += value * weights[i%3]
			i++
		}
	}
	return byte('0' + sum%10)
}

func letterValue(letter byte) (value int, ok bool) {
	switch {
	case letter >= '0' && letter <= '9':
		return int(letter - '0'), true
	case letter >= 'A' && letter <= 'Z':
		return int(letter-'A') + 10, true
	default:
		return 0, letter == '<'
	}
}

package targets

import (
	"regexp"
	"strings"
)

// layout says where the parts of a machine-readable zone stand: ICAO Doc 9303 part 5 (TD1), 6 (TD2), 4 (TD3).
type layout struct {
	lines, width int
	fields       []zoneField
	checks       []check // in the order in which they are computed: the composite covers others
}

// place is a stretch of a line; line and positions count from 1, as Doc 9303 counts.
type place struct{ line, from, to int }

// check is a check digit and what it covers.
type check struct {
	name         string
	line, column int
	over         []place
	orFiller     bool // a filler may stand for 0 where nothing is covered
}

// zoneField is a part of a Document in its zone. The form is that of the text with its fillers.
type zoneField struct {
	name string
	place
	form *regexp.Regexp
	want string
	get  func(*Document) string
	set  func(*Document, string)
}

func layoutOf(kind DocumentKind) layout {
	switch kind {
	case TD1:
		return layoutTD1()
	case TD2:
		return layoutTwoLines(36, cardType)
	default:
		return layoutTwoLines(44, passportType)
	}
}

func layoutTD1() layout {
	return layout{
		lines: 3, width: 30,
		fields: []zoneField{
			typeField(cardType), stateField(), numberField(place{1, 6, 14}),
			optionalField(place{1, 16, 30}), birthField(place{2, 1, 6}), sexField(place{2, 8, 8}),
			expiryField(place{2, 9, 14}), nationalityField(place{2, 16, 18}),
			optional2Field(place{2, 19, 29}), namesField(place{3, 1, 30}),
		},
		checks: []check{
			{name: "document number", line: 1, column: 15, over: []place{{1, 6, 14}}},
			{name: "date of birth", line: 2, column: 7, over: []place{{2, 1, 6}}},
			{name: "date of expiry", line: 2, column: 15, over: []place{{2, 9, 14}}},
			{name: "composite", line: 2, column: 30, over: []place{{1, 6, 30}, {2, 1, 7}, {2, 9, 15}, {2, 19, 29}}},
		},
	}
}

// layoutTwoLines is that of TD2 and TD3, which differ in width, and in TD3's check digit for the optional
// field.
func layoutTwoLines(width int, types *regexp.Regexp) layout {
	optional := place{2, 29, width - 1}
	l := layout{
		lines: 2, width: width,
		checks: []check{
			{name: "document number", line: 2, column: 10, over: []place{{2, 1, 9}}},
			{name: "date of birth", line: 2, column: 20, over: []place{{2, 14, 19}}},
			{name: "date of expiry", line: 2, column: 28, over: []place{{2, 22, 27}}},
		},
	}
	if types == passportType {
		optional.to--
		l.checks = append(l.checks, check{name: "optional data", line: 2, column: 43, over: []place{optional}, orFiller: true})
	}
	l.checks = append(l.checks, check{name: "composite", line: 2, column: width, over: []place{{2, 1, 10}, {2, 14, 20}, {2, 22, width - 1}}})
	l.fields = []zoneField{
		typeField(types), stateField(), namesField(place{1, 6, width}), numberField(place{2, 1, 9}),
		nationalityField(place{2, 11, 13}), birthField(place{2, 14, 19}), sexField(place{2, 21, 21}),
		expiryField(place{2, 22, 27}), optionalField(optional),
	}
	return l
}

// What the fields may hold, fillers included. A birth date may leave out what is not known.
var (
	passportType = regexp.MustCompile(`^P[A-Z<]$`)
	cardType     = regexp.MustCompile(`^[ACI][A-Z0-9<]$`)
	stateForm    = regexp.MustCompile(`^[A-Z]{1,3}<*$`)
	numberForm   = regexp.MustCompile(`^[A-Z0-9][A-Z0-9<]*$`)
	birthForm    = regexp.MustCompile(`^(\d\d|<<)((0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]|<<)|<<<<)$`)
	sexForm      = regexp.MustCompile(`^[MF<]$`)
	expiryForm   = regexp.MustCompile(`^\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$`)
	namesForm    = regexp.MustCompile(`^[A-Z]+(<[A-Z]+)*(<<[A-Z]+(<[A-Z]+)*)?<*$`)
	anyForm      = regexp.MustCompile(`^[A-Z0-9<]*$`)
)

func trimmed(text string) string { return strings.TrimRight(text, "<") }

func typeField(form *regexp.Regexp) zoneField {
	want := "a passport (P)"
	if form == cardType {
		want = "a card (A, C or I)"
	}
	return zoneField{
		"document type", place{1, 1, 2}, form, want,
		func(d *Document) string { return d.Type },
		func(d *Document, s string) { d.Type = trimmed(s) },
	}
}

func stateField() zoneField {
	return zoneField{
		"issuing state", place{1, 3, 5}, stateForm, "one to three letters",
		func(d *Document) string { return d.State },
		func(d *Document, s string) { d.State = trimmed(s) },
	}
}

func nationalityField(at place) zoneField {
	return zoneField{
		"nationality", at, stateForm, "one to three letters",
		func(d *Document) string { return d.Nationality },
		func(d *Document, s string) { d.Nationality = trimmed(s) },
	}
}

func numberField(at place) zoneField {
	return zoneField{
		"document number", at, numberForm, "letters and digits",
		func(d *Document) string { return d.Number },
		func(d *Document, s string) { d.Number = trimmed(s) },
	}
}

func birthField(at place) zoneField {
	return zoneField{
		"date of birth", at, birthForm, "YYMMDD",
		func(d *Document) string { return d.Birth },
		func(d *Document, s string) { d.Birth = s },
	}
}

func sexField(at place) zoneField {
	return zoneField{
		"sex", at, sexForm, "M, F or <",
		func(d *Document) string { return d.Sex },
		func(d *Document, s string) { d.Sex = trimmed(s) },
	}
}

func expiryField(at place) zoneField {
	return zoneField{
		"date of expiry", at, expiryForm, "YYMMDD",
		func(d *Document) string { return d.Expiry },
		func(d *Document, s string) { d.Expiry = s },
	}
}

func optionalField(at place) zoneField {
	return zoneField{
		"optional data", at, anyForm, "letters and digits",
		func(d *Document) string { return d.Optional },
		func(d *Document, s string) { d.Optional = trimmed(s) },
	}
}

func optional2Field(at place) zoneField {
	return zoneField{
		"second optional data", at, anyForm, "letters and digits",
		func(d *Document) string { return d.Optional2 },
		func(d *Document, s string) { d.Optional2 = trimmed(s) },
	}
}

// namesField holds surname and given names: words are parted by one filler, the two by two.
func namesField(at place) zoneField {
	return zoneField{
		"names", at, namesForm, "SURNAME<<GIVEN<NAMES",
		func(d *Document) string {
			if d.Given == "" {
				return strings.ReplaceAll(d.Surname, " ", "<")
			}
			return strings.ReplaceAll(d.Surname+"  "+d.Given, " ", "<")
		},
		func(d *Document, s string) {
			surname, given, _ := strings.Cut(trimmed(s), "<<")
			d.Surname, d.Given = strings.ReplaceAll(surname, "<", " "), strings.ReplaceAll(given, "<", " ")
		},
	}
}

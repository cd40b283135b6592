package targets_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan/targets"
)

// specimens are those of Doc 9303 for the state of Utopia, and one of our own.
var specimens = map[string]struct {
	zone string
	want targets.Document
}{
	"td3": {
		"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
		targets.Document{
			Kind: targets.TD3, Type: "P", State: "UTO", Surname: "ERIKSSON", Given: "ANNA MARIA", Number: "L898902C3",
			Nationality: "UTO", Birth: "740812", Sex: "F", Expiry: "120415", Optional: "ZE184226B",
		},
	},
	"td1": {
		"I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
		targets.Document{
			Kind: targets.TD1, Type: "I", State: "UTO", Surname: "ERIKSSON", Given: "ANNA MARIA", Number: "D23145890",
			Nationality: "UTO", Birth: "740812", Sex: "F", Expiry: "120415",
		},
	},
	"td2": {
		"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6",
		targets.Document{
			Kind: targets.TD2, Type: "I", State: "UTO", Surname: "ERIKSSON", Given: "ANNA MARIA", Number: "D23145890",
			Nationality: "UTO", Birth: "740812", Sex: "F", Expiry: "120415",
		},
	},
	"no-optional-data": {
		"P<UTOSYNTHETIC<<PROBE<ALPHA<<<<<<<<<<<<<<<<<\nSYN0000012UTO8001014<3501014<<<<<<<<<<<<<<<8",
		targets.Document{
			Kind: targets.TD3, Type: "P", State: "UTO", Surname: "SYNTHETIC", Given: "PROBE ALPHA", Number: "SYN000001",
			Nationality: "UTO", Birth: "800101", Expiry: "350101",
		},
	},
}

func TestReadMRZ_ReadsSpecimens(t *testing.T) {
	t.Parallel()
	for name, specimen := range specimens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := targets.ReadMRZ(strings.Split(specimen.zone, "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(specimen.want, got); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDocument_MRZ_WritesSpecimens(t *testing.T) {
	t.Parallel()
	for name, specimen := range specimens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines, err := specimen.want.MRZ()
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(lines, "\n")
			if name == "no-optional-data" { // Doc 9303 allows a filler or 0 for the digit over nothing.
				got = got[:len(got)-2] + "<" + got[len(got)-1:]
			}
			if got != specimen.zone {
				t.Errorf("got\n%s\nwant\n%s", got, specimen.zone)
			}
		})
	}
}

// A check digit exists to catch one wrong digit: every such change in a checked field must be caught.
func TestReadMRZ_CatchesEveryWrongDigit(t *testing.T) {
	t.Parallel()
	for name, specimen := range specimens {
		for i, letter := range []byte(specimen.zone) {
			for other := byte('0'); letter >= '0' && letter <= '9' && other <= '9'; other++ {
				if other == letter {
					continue
				}
				zone := specimen.zone[:i] + string(other) + specimen.zone[i+1:]
				var digit *targets.CheckDigitError
				if _, err := targets.ReadMRZ(strings.Split(zone, "\n")); !errors.As(err, &digit) {
					t.Errorf("%s, letter %d changed from %q to %q: got %v, want a check digit error", name, i, letter, other, err)
				}
			}
		}
	}
}

func TestReadMRZ_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	td3 := specimens["td3"].zone
	for name, test := range map[string]struct{ old, new, want string }{
		"digit":       {"L898902C36", "L898902C35", `check digit of the document number (line 2, position 10): got '5', want '6'`},
		"composite":   {"<<<<<10", "<<<<<11", `check digit of the composite (line 2, position 44): got '1', want '0'`},
		"transposed":  {"L898902C36", "L889902C36", `check digit of the document number (line 2, position 10): got '6', want '2'`},
		"letter":      {"ANNA", "aNNA", `line 1, position 16: got 'a', want A to Z, 0 to 9 or <`},
		"visa":        {"P<UTO", "V<UTO", `document type (line 1, position 1): got "V<", want a passport (P)`},
		"names":       {"ERIKSSON<<ANNA", "ERIKSSON<<<NNA", `names (line 1, position 6): got "ERIKSSON<<<NNA<MARIA<<<<<<<<<<<<<<<<<<<", want SURNAME<<GIVEN<NAMES`},
		"short-line":  {"<<<<<10", "<<<<10", "line 2: got 43 letters, want 44"},
		"third-line":  {"<<<<<10", "<<<<<10\n", "got 3 lines: want 3 of 30, 2 of 36 or 2 of 44 letters"},
		"wide-letter": {"ERIKSSON<", "ERIKSSØN", `line 1, position 12: got 'Ã', want A to Z, 0 to 9 or <`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := targets.ReadMRZ(strings.Split(strings.Replace(td3, test.old, test.new, 1), "\n"))
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// Only the digit over optional data may be a filler; an unknown date of birth has the digit 0.
func TestReadMRZ_TakesFillerForOneDigitOnly(t *testing.T) {
	t.Parallel()
	doc := specimens["td1"].want
	doc.Birth = "<<<<<<"
	lines, err := doc.MRZ()
	if err != nil {
		t.Fatal(err)
	}
	lines[1] = lines[1][:6] + "<" + lines[1][7:]
	var digit *targets.CheckDigitError
	if _, err := targets.ReadMRZ(lines); !errors.As(err, &digit) || digit.Field != "date of birth" {
		t.Errorf("got %v, want a check digit error of the date of birth", err)
	}
}

func TestDocument_MRZ_RefusesWhatItCannotPrint(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*targets.Document){
		"kind":        func(d *targets.Document) { d.Kind = targets.DocumentUnknown },
		"long-name":   func(d *targets.Document) { d.Given = strings.Repeat("A", 40) },
		"lower-case":  func(d *targets.Document) { d.Surname = "eriksson" },
		"empty-date":  func(d *targets.Document) { d.Expiry = "" },
		"two-spaces":  func(d *targets.Document) { d.Given = "ANNA  MARIA" },
		"other-field": func(d *targets.Document) { d.Optional2 = "X" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := specimens["td3"].want
			change(&doc)
			if lines, err := doc.MRZ(); err == nil {
				t.Errorf("got %q, want an error", lines)
			}
		})
	}
}

// FuzzReadMRZ checks that whatever is read can be written, and is then read as the same document.
func FuzzReadMRZ(f *testing.F) {
	for _, specimen := range specimens {
		f.Add(specimen.zone)
	}
	f.Fuzz(func(t *testing.T, zone string) {
		lines := strings.Split(zone, "\n")
		doc, err := targets.ReadMRZ(lines)
		if err != nil {
			return
		}
		written, err := doc.MRZ()
		if err != nil {
			t.Fatalf("write %+v: %v", doc, err)
		}
		if doc.Kind == targets.TD3 && lines[1][42] == '<' {
			written[1] = written[1][:42] + "<" + written[1][43:]
		}
		if diff := cmp.Diff(lines, written); diff != "" {
			t.Errorf("zone (-read +written):\n%s", diff)
		}
	})
}

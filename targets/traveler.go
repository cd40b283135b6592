package targets

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"

	"portolan/internal/nistitl"
)

// SpecimenState is the issuing state of every document that Portolan presents: Utopia, which Doc 9303
// sets aside for specimens, so that no real document can carry it.
const SpecimenState = "UTO"

// Traveler is a synthetic person with a specimen document. None exists; the same seed always gives the
// same one.
type Traveler struct {
	Document Document
	Flight   string // a flight of no airline
	Template []byte // a pattern that stands for fingerprints and is none
	Record   []byte // the same as an ANSI/NIST-ITL file: the traveler's name, and the pattern as the print of one finger
	zone     []string
}

// NewTraveler returns the traveler that seed and the kind of document name. The kind must be TD1, TD2 or
// TD3.
func NewTraveler(seed uint64, kind DocumentKind) Traveler {
	r := rand.New(rand.NewPCG(seed, uint64(kind)))
	t := Traveler{
		Document: Document{
			Kind: kind, Type: "I", State: SpecimenState, Nationality: SpecimenState,
			Surname: pick(r, "SYNTHETIC", "SPECIMEN", "UTOPIAN", "EXAMPLE", "TESTCASE", "MONITOR"),
			Given:   "PROBE " + pick(r, "ALPHA", "BRAVO", "CHARLIE", "DELTA", "ECHO", "FOXTROT", "GOLF", "HOTEL", "INDIA", "JULIETT", "KILO", "LIMA"),
			Number:  fmt.Sprintf("SYN%06d", r.IntN(1_000_000)),
			Birth:   fmt.Sprintf("%02d%02d%02d", 50+r.IntN(50), 1+r.IntN(12), 1+r.IntN(28)),
			Sex:     pick(r, "M", "F", ""),
			// Far enough ahead that no clock has to be read to make a valid document.
			Expiry: fmt.Sprintf("%02d%02d%02d", 40+r.IntN(10), 1+r.IntN(12), 1+r.IntN(28)),
		},
		Flight:   fmt.Sprintf("ZZ%04d", 9000+r.IntN(1000)),
		Template: make([]byte, 64),
	}
	if kind == TD3 {
		t.Document.Type = "P"
	}
	for i := range t.Template {
		t.Template[i] = byte(r.Uint32())
	}
	zone, err := t.Document.MRZ()
	if err != nil {
		panic(err) // every name above fits every layout
	}
	t.zone = zone
	t.Record = t.printRecord(r)
	return t
}

// The print of a traveler is small: 500 ppi, a fifth of an inch a side.
const printSide = 96

// printRecord returns the traveler as a file that asks to compare a print. Nobody took it, so its day is a fixed one.
func (t Traveler) printRecord(r *rand.Rand) []byte {
	file := nistitl.File{
		Type: "TEST", Date: "20260101", Destination: "IDENTTEST", Origin: "SYNMON", Control: t.Document.Number, Domain: "SYNTHETIC",
		Records: []nistitl.Record{
			{Type: 2, ID: 0, Fields: []nistitl.Field{
				nistitl.Text(18, t.Document.Surname+","+t.Document.Given), nistitl.Text(22, "19"+t.Document.Birth),
			}},
			{Type: 4, ID: 1, Image: &nistitl.Image{
				Finger: 2, Width: printSide, Height: printSide, Data: nistitl.Pattern(r, printSide, printSide),
			}},
		},
	}
	data, err := file.Bytes()
	if err != nil {
		panic(err) // names and numbers above hold nothing that the form cannot carry
	}
	return data
}

// MRZ returns the lines of the traveler's machine-readable zone.
func (t Traveler) MRZ() []string { return append([]string(nil), t.zone...) }

// Values returns the traveler as the values that definitions refer to: ${traveler.mrz1},
// ${traveler.surname} and so on. A TD1 document has a third line.
func (t Traveler) Values() map[string]string { return t.valuesAs("traveler") }

// valuesAs returns the traveler's values with names that begin with who.
func (t Traveler) valuesAs(who string) map[string]string {
	values := map[string]string{
		who + ".surname":     t.Document.Surname,
		who + ".given":       t.Document.Given,
		who + ".number":      t.Document.Number,
		who + ".state":       t.Document.State,
		who + ".nationality": t.Document.Nationality,
		who + ".birth":       t.Document.Birth,
		who + ".sex":         t.Document.Sex,
		who + ".expiry":      t.Document.Expiry,
		who + ".flight":      t.Flight,
		who + ".template":    base64.StdEncoding.EncodeToString(t.Template),
		who + ".record":      base64.StdEncoding.EncodeToString(t.Record),
	}
	for i, line := range t.zone {
		values[fmt.Sprintf("%s.mrz%d", who, i+1)] = line
	}
	return values
}

// partyValues returns the values of a traveler and of so many companions on the same flight, of other seeds.
func partyValues(seed uint64, kind DocumentKind, companions int) map[string]string {
	first := NewTraveler(seed, kind)
	values := first.Values()
	for i := 1; i <= companions; i++ {
		companion := NewTraveler(seed+uint64(i)*companionStep, kind)
		companion.Flight = first.Flight
		maps.Copy(values, companion.valuesAs(fmt.Sprintf("companion%d", i)))
	}
	return values
}

// companionStep is odd and large, so that companions are nobody whom another small seed names.
const companionStep = 0x9e3779b97f4a7c15

func pick(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }

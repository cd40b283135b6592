package targets_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portolan/internal/nistitl"
	"portolan/targets"
)

func TestNewTraveler_IsSyntheticForEverySeed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		kind := targets.DocumentKind(rapid.IntRange(1, 3).Draw(t, "kind"))
		traveler := targets.NewTraveler(seed, kind)
		doc, err := targets.ReadMRZ(traveler.MRZ())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(traveler.Document, doc); diff != "" {
			t.Errorf("document (-made +read):\n%s", diff)
		}
		if doc.State != "UTO" || doc.Nationality != "UTO" || !strings.HasPrefix(doc.Number, "SYN") {
			t.Errorf("got state %s, nationality %s, number %s", doc.State, doc.Nationality, doc.Number)
		}
		file, err := nistitl.Parse(traveler.Record)
		if err != nil || file.Control != doc.Number || file.Type != "TEST" || len(file.Records) != 2 || file.Records[1].Image.Finger != 2 {
			t.Errorf("got record %+v, %v", file, err)
		}
		if diff := cmp.Diff(traveler.Values(), targets.NewTraveler(seed, kind).Values()); diff != "" {
			t.Errorf("same seed, other traveler:\n%s", diff)
		}
	})
}

func TestTraveler_Values_NamesEveryLine(t *testing.T) {
	t.Parallel()
	for kind, lines := range map[targets.DocumentKind]int{targets.TD1: 3, targets.TD2: 2, targets.TD3: 2} {
		values := targets.NewTraveler(7, kind).Values()
		for i := 1; i <= 3; i++ {
			if _, got := values[fmt.Sprintf("traveler.mrz%d", i)]; got != (i <= lines) {
				t.Errorf("%v: traveler.mrz%d given: %v", kind, i, got)
			}
		}
	}
}

func TestParse_CompanionsAreOthersOnTheSameFlight(t *testing.T) {
	t.Parallel()
	desk, err := os.ReadFile("testdata/valid/desk.yaml")
	if err != nil {
		t.Fatal(err)
	}
	system, faults := targets.Parse("desk.yaml", []byte(strings.Replace(string(desk), "seed: 1}", "seed: 1, companions: 9}", 1)), options())
	if faults != nil {
		t.Fatal(faults)
	}
	values := system.Transactions[0].Values
	numbers := map[string]bool{values["traveler.number"]: true}
	for i := range 9 {
		who := fmt.Sprintf("companion%d", i+1)
		numbers[values[who+".number"]] = true
		if values[who+".state"] != "UTO" || values[who+".flight"] != values["traveler.flight"] || values[who+".mrz3"] == "" {
			t.Errorf("%s: got state %q, flight %q beside %q", who, values[who+".state"], values[who+".flight"], values["traveler.flight"])
		}
	}
	if len(numbers) != 10 {
		t.Errorf("got %d numbers of 10 travelers", len(numbers))
	}
}

func ExampleReadMRZ() {
	doc, err := targets.ReadMRZ([]string{
		"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
		"L898902C36UTO7408122F1204159ZE184226B<<<<<10",
	})
	fmt.Println(doc.Surname, doc.Number, doc.State, err)
	// Output: ERIKSSON L898902C3 UTO <nil>
}

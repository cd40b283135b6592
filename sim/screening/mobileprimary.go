package screening

import (
	"time"

	"portolan"
)

// mobilePrimary is Mobile Primary: an officer queries a traveler, assigns a class of admission and gives out
// the number of an electronic I-94, away from the booth.
func mobilePrimary(settings Settings) System {
	d := newDesk(settings)
	const base = "/mobile-primary/v1"
	return System{
		ID:    "mobile-primary",
		Title: "Mobile Primary",
		Uses:  []portolan.SystemID{"tecs-platform"},
		Held:  d.shelf.count,
		Routes: d.routes(officers(base), d.tasks(base,
			task{"query", "POST queries", 90 * time.Millisecond, []string{"number", "surname", "given", "birth"},
				passOn("tecs-platform", tecsBase+"/queries"), record{"lookouts": []string{"SYN-FALSE"}, "result": "referral"}},
			task{"class-of-admission", "POST classes-of-admission", 110 * time.Millisecond, []string{"query", "number", "visa", "test"}, classify,
				record{"class": "CP"}},
			task{"i-94", "POST i-94s", 160 * time.Millisecond, []string{"number", "class", "reference", "test"}, giveNumber(d), record{"number": "SYN000000"}},
			task{"cancel-i-94", "DELETE i-94s/{i94}", 90 * time.Millisecond, nil, d.withdraw("i94"), nil},
		)),
	}
}

// classify returns the class that a visa stands for: the same letters, or a visitor's.
func classify(_ *Call, asked record) (record, error) {
	class := asked.text("visa")
	if class == "B1/B2" {
		class = "B2"
	}
	return asked.pick("number").with(record{"class": class, "stay": "P6M"}), nil
}

// giveNumber returns the work of giving out a number that no real I-94 can have: its first three digits are 000.
func giveNumber(d desk) func(*Call, record) (record, error) {
	return func(c *Call, asked record) (record, error) {
		id, err := d.place(c, "000", asked, asked)
		if err != nil {
			return nil, err
		}
		return record{"number": asked["number"], "i94": id, "test": true}, nil
	}
}

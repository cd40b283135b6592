package edifact_test

import (
	"slices"
	"strings"
	"testing"
)

func TestWay_DecodeTellsNeedsAndGives(t *testing.T) {
	t.Parallel()
	act, faults := decode(t, definition)
	if faults != nil {
		t.Fatal(faults)
	}
	if got := strings.Join(act.Gives(), " "); got != "flight landing" {
		t.Errorf("gives %s", got)
	}
	needs := act.Needs()
	for _, want := range []string{"agent", "endpoint", "traveler.flight", "traveler.birth", "companion1.expiry", "companion1.state"} {
		if !slices.Contains(needs, want) {
			t.Errorf("does not need %s: %q", want, needs)
		}
	}
	if len(needs) != 3+2*8 {
		t.Errorf("needs %q", needs)
	}
}

func TestWay_DecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, new, path, problem string }{
		{"no-address", "to: ${endpoint}", "", "to", "is missing"},
		{"other-scheme", "${endpoint}", "ftp://x", "to", `has the scheme "ftp"`},
		{"relative-address", "${endpoint}", "/apis", "to", "is not an address"},
		{"user-in-address", "${endpoint}", "http://a:b@x", "to", "holds a user"},
		{"line-without-port", "${endpoint}", "tcp://apis.example", "to", "is not a host and a port"},
		{"line-with-path", "${endpoint}", "tcp://apis.example:1/lists", "to", "is not a host and a port"},
		{"broken-reference", "${endpoint}", "${endpoint", "to", "holds a ${"},
		{"sender", "sender: SYNMON", "sender: syn+mon", "sender", `is "syn+mon"`},
		{"no-recipient", "recipient: USCBPTEST", "", "recipient", `is ""`},
		{"list-of", "of: passengers", "of: cargo", "list.of", `is "cargo"`},
		{"no-flight", "flight: ${traveler.flight}", "", "list.flight", "is missing"},
		{"airport", "airport: LHR", "airport: London", "list.departure.airport", `is "London"`},
		{"long-ago", "in: -1h", "in: -31d", "list.departure.in", "is -744h"},
		{"lands-before-it-leaves", "in: 8h", "in: -1h", "list.arrival.in", "is not after the departure"},
		{"nobody", "persons:", "persons: []\n  others:", "", ""},
		{"who", "who: traveler", "who: a b", "list.persons[0].who", `is "a b"`},
		{"status", "status: 1Z", "status: no", "list.persons[1].status", `is "no"`},
		{"age", "max_age: 15m", "max_age: -15m", "max_age", "is below zero"},
		{"place", "DTM+232", "DTM", "extract.landing", `is "DTM"`},
		{"name-of-value", "{landing:", "{lan ding:", "extract.lan ding", "cannot name a value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			source := strings.Replace(definition, c.old, c.new, 1)
			if source == definition {
				t.Fatalf("%q is not in the definition", c.old)
			}
			act, faults := decode(t, source)
			if c.problem == "" { // the decoder has told
				if act != nil || faults != nil {
					t.Errorf("got %v %+v", act, faults)
				}
				return
			}
			if act != nil || len(faults) != 1 || faults[0].Path != c.path || !strings.Contains(faults[0].Problem, c.problem) || faults[0].Allowed == "" {
				t.Errorf("got %v %+v, want one fault at %s that %s", act, faults, c.path, c.problem)
			}
		})
	}
}

func TestWay_DecodeRefusesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	if _, faults := decode(t, "{list: {of: x}}"); len(faults) != 9 {
		t.Errorf("got %d faults: %+v", len(faults), faults)
	}
}

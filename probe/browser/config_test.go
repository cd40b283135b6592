package browser_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"portolan/probe/browser"
)

func TestWay_TellsEveryFault(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ source, want string }{
		"nothing":         {`{}`, "actions are 0"},
		"two-at-once":     {`{actions: [{click: a, wait: b}]}`, "actions[0] does 2 things"},
		"none":            {`{actions: [{text: a}]}`, "actions[0] does 0 things"},
		"relative":        {`{actions: [{open: /tpac}]}`, "actions[0].open is not an absolute address"},
		"file":            {`{actions: [{open: "file:///etc/passwd"}]}`, "actions[0].open is not an absolute address"},
		"user":            {`{actions: [{open: "http://a:b@c/"}]}`, "actions[0].open holds a user"},
		"secret-address":  {`{actions: [{open: "${endpoint}/${secret:x}"}]}`, "actions[0].open holds a secret"},
		"secret-wait":     {`{actions: [{wait: a, text: "${secret:x}"}]}`, "actions[0].text holds a secret"},
		"secret-expected": {`{actions: [{wait: a}], expect: ['values["secret:x"] == "y"']}`, "expect[0] speaks of a secret"},
		"reference":       {`{actions: [{fill: a, with: "${"}]}`, "actions[0].with holds a ${ that begins no reference"},
		"blank":           {`{actions: [{click: " "}]}`, "actions[0].click is no selector"},
		"with":            {`{actions: [{click: a, with: b}]}`, "actions[0].with goes with fill and choose"},
		"no-option":       {`{actions: [{choose: a}]}`, "actions[0].with is missing"},
		"text":            {`{actions: [{fill: a, text: b}]}`, "actions[0].text goes with wait"},
		"source":          {`{actions: [{wait: a}], extract: {v: {}}}`, "extract.v has not one source"},
		"name":            {`{actions: [{wait: a}], extract: {"v v": {text: a}}}`, "extract.v v cannot name a value"},
		"expectation":     {`{actions: [{wait: a}], expect: ['text("#a")']}`, "expect[0] is no expectation"},
		"computed":        {`{actions: [{wait: a}], expect: ['text(url) == "x"']}`, "expect[0] computes a selector"},
		"unknown":         {`{actions: [{wait: a}], expect: ['status == 200']}`, "expect[0] is no expectation"},
		"mask":            {`{actions: [{wait: a}], mask: [b]}`, "mask masks no screenshot"},
		"mask-blank":      {`{actions: [{wait: a}], screenshot: true, mask: [""]}`, "mask[0] is no selector"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			action, faults := browser.Way().Decode(func(into any) error { return yaml.Unmarshal([]byte(c.source), into) })
			if action != nil || len(faults) != 1 {
				t.Fatalf("got %v and faults %+v, want one fault", action, faults)
			}
			if got := faults[0].Path + " " + faults[0].Problem; !strings.HasPrefix(got, c.want) || faults[0].Allowed == "" {
				t.Errorf("got %s; %s, want %s", got, faults[0].Allowed, c.want)
			}
		})
	}
}

func TestWay_TellsWhatAStepNeedsAndGives(t *testing.T) {
	t.Parallel()
	s := step(t, "a", `
actions: [{open: "${endpoint}/${port}"}, {fill: "#${x}", with: "${secret:login}"}, {wait: a, text: "${number}"}]
extract: {query: {text: "#q"}}
expect: ['values["query"] != values["traveler.surname"]']`)
	if diff := cmp.Diff([]string{"endpoint", "number", "port", "secret:login", "traveler.surname"}, s.Action.Needs()); diff != "" {
		t.Errorf("needs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"query"}, s.Action.Gives()); diff != "" {
		t.Errorf("gives (-want +got):\n%s", diff)
	}
	if browser.Way().LeastInterval < 1 {
		t.Error("a browser transaction may run at any interval")
	}
}

package tn3270_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan/probe/tn3270"
)

func TestWay_FaultsSayWhereWhatAndWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"{}":                            ": neither connects nor presses a key",
		"{connect: nowhere}":            "connect: is no address of a terminal's host",
		"{connect: 'http://host:23'}":   "connect: is no address of a terminal's host",
		"{connect: 'telnet://u@host'}":  "connect: is no address of a terminal's host",
		"{connect: '${'}":               "connect: holds a ${ that begins no reference",
		"{connect: 'h:23', press: PF3}": "connect: goes with a key or text",
		"{connect: 'h:23', type: [{after: a, text: b}]}":                 "connect: goes with a key or text",
		"{connect: 'h:23', terminal: VT100}":                             `terminal: is "VT100"`,
		"{connect: 'h:23', closes: true}":                                "closes: goes with a screen that is waited for",
		"{press: PF3, closes: true, wait: {text: a}}":                    "closes: goes with a screen that is waited for",
		"{press: PF3, terminal: IBM-3278-2}":                             ": says how to connect, and does not",
		"{press: PF25}":                                                  `press: is "PF25"`,
		"{type: [{after: a, text: b}]}":                                  ": neither connects nor presses a key press: is missing",
		"{press: ENTER, type: [{text: b}]}":                              "type[0]: says not where, or twice",
		"{press: ENTER, type: [{after: a, row: 1, column: 1, text: b}]}": "type[0]: says not where, or twice",
		"{press: ENTER, type: [{row: 1, text: b}]}":                      "type[0]: names half a place",
		"{press: ENTER, type: [{row: 44, column: 133, text: b}]}":        "type[0].row: is 44 type[0].column: is 133",
		"{press: ENTER, wait: {row: 1}}":                                 "wait: looks for nothing, or for two things",
		"{press: ENTER, wait: {column: 1, text: a}}":                     "wait.column: goes with a row and a text",
		"{press: ENTER, wait: {row: 1, column: 1, pattern: a}}":          "wait.column: goes with a row and a text",
		"{press: ENTER, expect: [{pattern: '('}]}":                       "expect[0].pattern: is not a regular expression: error parsing regexp: missing closing ): `(`",
		"{press: ENTER, expect: [{text: '${'}]}":                         "expect[0].text: holds a ${ that begins no reference",
		"{press: ENTER, expect: [{text: '${secret:a}'}]}":                "expect[0].text: holds a secret",
		"{press: ENTER, errors: [{text: a, kind: wrong}]}":               `errors[0].kind: is "wrong"`,
		"{press: ENTER, capture: {'1': {row: 1, column: 1, length: 1}}}": "capture.1: cannot name a value",
		"{press: ENTER, capture: {a: {row: 1, column: 1}}}":              "capture.a: says not where, or twice",
		"{press: ENTER, capture: {a: {row: 1, length: 1, pattern: b}}}":  "capture.a: says not where, or twice",
		"{press: ENTER, capture: {a: {pattern: '('}}}":                   "capture.a.pattern: is not a regular expression: error parsing regexp: missing closing ): `(`",
		"{press: ENTER, capture: {a: {row: -1, column: 1, length: 1}}}":  "capture.a.row: is -1 capture.a: says not where, or twice",
	} {
		action, faults := decode(t, source)
		var told []string
		for _, f := range faults {
			told = append(told, f.Path+": "+f.Problem)
			if f.Allowed == "" {
				t.Errorf("%s: %s says not what is allowed", source, f.Path)
			}
		}
		if got := strings.Join(told, " "); got != want || action != nil {
			t.Errorf("%s\ngot  %s\nwant %s", source, got, want)
		}
	}
}

func TestWay_NeedsAndGives(t *testing.T) {
	t.Parallel()
	action, faults := decode(t, "{type: [{after: '${a}', text: '${b}${secret:a-b}'}], press: enter, wait: {text: '${c}'}, errors: [{text: '${d}'}], expect: [{text: '${e} ${a}'}], capture: {f: {pattern: x}}}")
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d", "e", "secret:a-b"}, action.Needs()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"f"}, action.Gives()); diff != "" {
		t.Error(diff)
	}
}

func TestWay_Name(t *testing.T) {
	t.Parallel()
	if got := tn3270.Way().Name; got != "tn3270" {
		t.Errorf("got %q", got)
	}
}

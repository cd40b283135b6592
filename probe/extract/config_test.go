package extract_test

import (
	"slices"
	"strings"
	"testing"
)

func TestWay_FaultsSayWhereWhatAndWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"{}":                                                    ": names neither a file nor a program, or both",
		"{file: /a, program: /b}":                               ": names neither a file nor a program, or both",
		"{file: a.txt}":                                         "file: is no absolute path",
		"{file: 'file://host/a'}":                               "file: is no absolute path",
		"{file: '${'}":                                          "file: holds a ${ that begins no reference",
		"{program: '${endpoint}/a', limit: 1B}":                 ": says of a file what it does not name",
		"{file: /a, args: [b]}":                                 ": says of a program what it does not name",
		"{file: /a, limit: 1TB}":                                `limit: is "1TB"`,
		"{file: /a, limit: 65GiB}":                              "limit: is 65GiB",
		"{program: /a, memory: 1MiB}":                           "memory: is 1MiB",
		"{file: /a, sha256: abc}":                               "sha256: is no SHA-256",
		"{file: /a, sha256: '${s}', checksum: /b}":              "checksum: stands beside sha256",
		"{file: /a, max_age: 1h}":                               "max_age: cannot be judged",
		"{file: /a, made: {}}":                                  "made.pattern: is missing",
		"{file: /a, made: {pattern: 'x'}}":                      "made.pattern: has no group",
		"{file: /a, made: {pattern: '(x)', layout: '2006-99'}}": "made.layout: does not spell a day",
		"{file: /a, rows: '('}":                                 "rows: is not a regular expression: error parsing regexp: missing closing ): `(`",
		"{file: /a, find: {expect: b}}":                         "find.line: is empty",
		"{program: /a, args: ['${secret:pin}']}":                "args[0]: holds a secret",
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
	for _, source := range []string{`{file: 'C:\PALS\extract.txt'}`, "{file: 'file:///C:/PALS/extract.txt'}", "{file: '${endpoint.laptop}/extract.txt'}"} {
		if _, faults := decode(t, source); len(faults) > 0 {
			t.Errorf("%s: %+v", source, faults)
		}
	}
}

func TestWay_Needs(t *testing.T) {
	t.Parallel()
	for source, want := range map[string][]string{
		"{file: '${a}/x', sha256: '${b}', find: {line: '${c}', expect: '${d}'}}": {"a", "b", "c", "d"},
		"{file: '${a}/x', checksum: '${b}/y'}":                                   {"a", "b"},
		"{program: '${a}/x', args: ['${c}', y], ready: '${b}'}":                  {"a", "b", "c"},
	} {
		action, faults := decode(t, source)
		if len(faults) > 0 {
			t.Fatalf("%s: %+v", source, faults)
		}
		if got := action.Needs(); !slices.Equal(got, want) || action.Gives() != nil {
			t.Errorf("%s: needs %q, want %q", source, got, want)
		}
	}
}

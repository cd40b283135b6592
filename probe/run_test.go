package probe_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan"
	"portolan/probe"
)

// inRun calls f in the one step of a run with these options and values.
func inRun(t *testing.T, o probe.Options, values map[string]string, f func(ctx context.Context, run *probe.Run)) {
	t.Helper()
	tr := transaction(probe.Step{ID: "a", Action: action{perform: func(ctx context.Context, run *probe.Run) probe.Observation {
		f(ctx, run)
		return probe.Observation{}
	}}})
	tr.Values = values
	if got, failures := probe.NewRunner(o).Run(t.Context(), tr, 0, 1); got.Outcome != portolan.Good {
		t.Fatal(failures[0])
	}
}

func TestRun_HasANumberOfItsOwn(t *testing.T) {
	t.Parallel()
	var numbers []string
	note := func(_ context.Context, run *probe.Run) {
		number, _ := run.Value(probe.RunValue)
		if trace := run.Trace(); !strings.HasPrefix(trace, "00-"+strings.ToLower(number)) || len(number) != 12 {
			t.Errorf("got number %q of trace %s, want its first twelve digits", number, trace)
		}
		numbers = append(numbers, number)
	}
	values := map[string]string{probe.RunValue: "given"} // nobody gives it
	for range 2 {
		inRun(t, probe.Options{Values: values}, values, note)
	}
	for range 2 {
		inRun(t, probe.Options{Rand: bytes.NewReader(bytes.Repeat([]byte{7}, 24))}, nil, note)
	}
	if numbers[0] == numbers[1] || numbers[2] != numbers[3] {
		t.Errorf("got %q, want two that differ, and two of the same seed", numbers)
	}
}

func TestRun_ValuesOfTheAgentOverrideThoseOfTheTransaction(t *testing.T) {
	t.Parallel()
	options := probe.Options{Values: map[string]string{"endpoint": "http://relay", "port": "MIA"}}
	values := map[string]string{"endpoint": "http://tpac", "user": "SYN"}
	inRun(t, options, values, func(_ context.Context, run *probe.Run) {
		run.Set("token", "t1")
		number, _ := run.Value(probe.RunValue)
		want := map[string]string{"endpoint": "http://relay", "port": "MIA", "user": "SYN", "token": "t1", "run": number}
		if diff := cmp.Diff(want, run.Values()); diff != "" {
			t.Error(diff)
		}
		got, err := run.Expand("${endpoint}/${user}?t=${token}&literal=$${user}")
		if want := "http://relay/SYN?t=t1&literal=${user}"; got != want || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	})
	if len(values) != 2 {
		t.Errorf("the run changed its transaction's values: %v", values)
	}
}

func TestRun_ReferenceToAnUnknownValueIsAnError(t *testing.T) {
	t.Parallel()
	inRun(t, probe.Options{}, nil, func(_ context.Context, run *probe.Run) {
		_, err := run.Expand("${nobody}")
		if unknown, ok := errors.AsType[*probe.UnknownValueError](err); !ok || unknown.Name != "nobody" {
			t.Errorf("got %v", err)
		}
		if _, err := run.Expand("${"); err == nil {
			t.Error("unclosed reference: no error")
		}
	})
}

func TestRun_TraceIsOfTheRunAndTheSpanOfTheRequest(t *testing.T) {
	t.Parallel()
	seed := bytes.Repeat([]byte{0xff}, 24)
	inRun(t, probe.Options{Rand: bytes.NewReader(seed)}, nil, func(_ context.Context, run *probe.Run) {
		const want = "00-ffffffffffffffffffffffffffffffff-0000000000000001-01"
		if got := run.Trace(); got != want {
			t.Errorf("got %s, want %s: no span is zero", got, want)
		}
		if a, b := run.Trace(), run.Trace(); a == b {
			t.Errorf("two requests share the span %s", a)
		}
	})
	var drained io.Reader = bytes.NewReader(nil)
	inRun(t, probe.Options{Rand: drained}, nil, func(_ context.Context, run *probe.Run) {
		if got := run.Trace(); !regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`).MatchString(got) {
			t.Errorf("got %q without a source of ids", got)
		}
	})
}

type sessionKey struct{}

// session is a way's state in a run; it counts how often it was closed.
type session struct{ closed int }

func (s *session) Close() error { s.closed++; return nil }

func TestRun_SessionIsSharedWithinARunAndClosedAtItsEnd(t *testing.T) {
	t.Parallel()
	var made []*session
	visit := action{perform: func(_ context.Context, run *probe.Run) probe.Observation {
		run.Session(sessionKey{}, func() any {
			made = append(made, &session{})
			return made[len(made)-1]
		})
		return probe.Observation{}
	}}
	tr := transaction(probe.Step{ID: "a", Action: visit}, probe.Step{ID: "b", Action: visit})
	for range 2 {
		run(t, tr)
	}
	if len(made) != 2 || made[0].closed != 1 || made[1].closed != 1 {
		t.Errorf("got %d sessions, want one for each of two runs, each closed once", len(made))
	}
}

func TestTemplate_NamesAreSortedAndUnique(t *testing.T) {
	t.Parallel()
	template, err := probe.ParseTemplate("${b}${a.mrz1}-${b} $${c} $x {d}")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.mrz1", "b"}, template.Names()); diff != "" {
		t.Error(diff)
	}
}

func TestParseTemplate_RefusesWhatIsNoReference(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"${", "${}", "${a", "${a b}", "${1a}", "${a..b}", "a ${b} ${-}"} {
		if _, err := probe.ParseTemplate(text); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

func FuzzParseTemplate(f *testing.F) {
	for _, seed := range []string{"", "a", "${a}", "$${a}", "$$${a}", "${a}${b.c}", "${", "$${", "é${x}\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		template, err := probe.ParseTemplate(text)
		if err != nil {
			return
		}
		for _, name := range template.Names() {
			if !probe.ValidName(name) {
				t.Errorf("%q refers to %q", text, name)
			}
		}
		if _, err := template.Expand(func(string, string) (string, error) { return "", nil }); err != nil {
			t.Errorf("%q does not expand: %v", text, err)
		}
	})
}

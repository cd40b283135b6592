package probe_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"portolan"
	"portolan/probe"
)

const marked = `Mk7"&ö<x>-marked/secret+Zq`

// vault returns a look-up that knows one secret.
func vault(value string) func(string) (string, error) {
	return func(name string) (string, error) {
		if name != "tpac-login" {
			return "", errors.New("nobody knows it")
		}
		return value, nil
	}
}

// echoing is a step that needs the secret and fails with what say makes of it.
func echoing(say func(secret string) error) probe.Step {
	return probe.Step{ID: "sign-on", Action: action{
		needs: []string{"secret:tpac-login"},
		perform: func(_ context.Context, run *probe.Run) probe.Observation {
			secret, _ := run.Value("secret:tpac-login")
			return probe.Observation{Failure: &probe.Failure{Phase: portolan.PhaseCheck, Kind: portolan.KindAssertion, Err: say(secret)}}
		},
	}}
}

func TestRun_SecretIsGivenToItsStepAndStandsInNoList(t *testing.T) {
	t.Parallel()
	var got string
	var listed map[string]string
	step := probe.Step{ID: "sign-on", Action: action{
		needs: []string{"secret:tpac-login"},
		perform: func(_ context.Context, run *probe.Run) probe.Observation {
			got, _ = run.Expand("user:${secret:tpac-login}")
			listed = run.Values()
			return probe.Observation{}
		},
	}}
	runner := probe.NewRunner(probe.Options{Secrets: vault(marked)})
	if result, failures := runner.Run(t.Context(), transaction(step), 0, 1); result.Outcome != portolan.Good {
		t.Fatal(failures)
	}
	if got != "user:"+marked {
		t.Errorf("got %q", got)
	}
	for name, value := range listed {
		if strings.Contains(name+value, marked) || strings.HasPrefix(name, "secret") {
			t.Errorf("the values hold the secret as %q", name)
		}
	}
}

func TestRunner_EchoOfASecretIsCovered(t *testing.T) {
	t.Parallel()
	basic := func(user string) string { return base64.StdEncoding.EncodeToString([]byte(user + ":" + marked)) }
	for name, echo := range map[string]struct {
		text  string
		clear int // how much of it is not the secret
	}{
		"plain": {marked, 0}, "upper": {strings.ToUpper(marked), 0}, "query": {url.QueryEscape(marked), 0},
		"path": {url.PathEscape(marked), 0}, "html": {html.EscapeString(marked), 0}, "hex": {hex.EncodeToString([]byte(marked)), 0},
		"quoted": {fmt.Sprintf("%q", marked), 1}, "cut": {marked[:12], 0}, "cut-front": {marked[9:], 0},
		"basic-8": {basic("officer"), 12}, "basic-9": {basic("officer1"), 12}, "basic-10": {basic("officer12"), 15},
		"long": {strings.Repeat(".", 4<<10-60) + marked, 4<<10 - 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := errors.New("<" + echo.text + ">")
			runner := probe.NewRunner(probe.Options{Secrets: vault(marked)})
			_, failures := runner.Run(t.Context(), transaction(echoing(func(string) error { return fmt.Errorf("answer: %w", inner) })), 0, 1)
			text := failures[0].Error()
			if !strings.HasPrefix(text, "check: assertion: answer: <") || !strings.Contains(text, "[secret]") {
				t.Errorf("got %q, want what is no secret, and [secret]", text)
			}
			for i := echo.clear; i+8 < len(echo.text); i++ {
				if piece := echo.text[i : i+8]; strings.Contains(text, piece) {
					t.Errorf("got %q, which holds %q", text, piece)
				}
			}
			if errors.Is(failures[0], inner) {
				t.Error("the failure still wraps the error that holds the secret")
			}
		})
	}
}

func TestRunner_WithoutItsSecretATransactionIsNotRun(t *testing.T) {
	t.Parallel()
	ran := false
	step := echoing(func(string) error { ran = true; return nil })
	for name, look := range map[string]func(string) (string, error){
		"no-store": nil,
		"unknown":  func(string) (string, error) { return "", errors.New("nobody knows it") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runner := probe.NewRunner(probe.Options{Secrets: look})
			if _, err := runner.Prepare(t.Context(), transaction(step)); err == nil || !strings.Contains(err.Error(), `secret "tpac-login"`) {
				t.Errorf("Prepare = %v, want which secret is missing", err)
			}
			if got, _ := runner.Run(t.Context(), transaction(step), 0, 1); got.Outcome != portolan.OutcomeUnknown || len(got.Steps) != 0 || ran {
				t.Errorf("Run = %s with %d steps, want no outcome", got.Outcome, len(got.Steps))
			}
		})
	}
}

func TestRunner_PanicOfAPreparationDoesNotTellTheSecret(t *testing.T) {
	t.Parallel()
	step := probe.Step{ID: "a", Action: preparing{action{needs: []string{"secret:tpac-login"}}, func(_ context.Context, r *probe.Run) error {
		secret, _ := r.Value("secret:tpac-login")
		panic("browser said " + secret)
	}}}
	_, err := probe.NewRunner(probe.Options{Secrets: vault(marked)}).Prepare(t.Context(), transaction(step))
	if err == nil || strings.Contains(err.Error(), marked[:8]) || !strings.Contains(err.Error(), "browser said [secret]") {
		t.Errorf("got %v", err)
	}
}

func TestSecretName(t *testing.T) {
	t.Parallel()
	for reference, want := range map[string]string{
		"secret:tpac-login": "tpac-login", "secret:a1": "a1", "tpac-login": "", "secret:": "", "secret:Tpac": "",
		"secret:a_b": "", "secret:a/../b": "", "secret:" + strings.Repeat("a", 65): "",
	} {
		if got, ok := probe.SecretName(reference); ok != (want != "") || ok && got != want {
			t.Errorf("SecretName(%q) = %q, %t; want %q", reference, got, ok, want)
		}
	}
	if _, err := probe.ParseTemplate("${secret:No}"); err == nil {
		t.Error("a template takes a reference to no secret")
	}
}

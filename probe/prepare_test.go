package probe_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portolan"
	"portolan/probe"
)

// preparing is an action that takes a while to make ready.
type preparing struct {
	action
	prepare func(context.Context, *probe.Run) error
}

var _ probe.Preparer = preparing{}

func (p preparing) Prepare(ctx context.Context, run *probe.Run) error { return p.prepare(ctx, run) }

func TestRunner_PreparingIsNoPartOfTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		slow := preparing{takes(portolan.PhaseWait, time.Second), func(_ context.Context, r *probe.Run) error {
			<-time.After(5 * time.Second)
			r.Set("ready", r.Tool("key").(string))
			return nil
		}}
		seen := action{perform: func(_ context.Context, r *probe.Run) probe.Observation {
			if value, _ := r.Value("ready"); value != "tool" {
				t.Errorf("the run was given %q, want what was prepared", value)
			}
			return probe.Observation{}
		}}
		runner := probe.NewRunner(probe.Options{Tools: map[any]any{"key": "tool"}})
		got, _ := runner.Run(t.Context(), transaction(probe.Step{ID: "a", Action: slow}, probe.Step{ID: "b", Action: seen}), 42, 1)
		if start := portolan.InstantOf(begun.Add(5 * time.Second)); got.Start != start || got.Duration != time.Second || got.Outcome != portolan.Good {
			t.Errorf("got start %v, duration %s and %s, want %v, 1s and good", got.Start, got.Duration, got.Outcome, start)
		}
	})
}

func TestRunner_WhatCannotBePreparedHasNoResult(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(context.Context, *probe.Run) error{
		"error": func(context.Context, *probe.Run) error { return errors.New("no browser") },
		"panic": func(context.Context, *probe.Run) error { panic("no browser") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var closed closer
			sitting := preparing{action{}, func(_ context.Context, r *probe.Run) error {
				r.Session("key", func() any { return &closed })
				return nil
			}}
			tr := transaction(probe.Step{ID: "a", Action: sitting}, probe.Step{ID: "b", Action: preparing{fails(0, 0), prepare}})
			runner := probe.NewRunner(probe.Options{})
			if _, err := runner.Prepare(t.Context(), tr); err == nil || !strings.Contains(err.Error(), `prepare step "b"`) || !strings.Contains(err.Error(), "no browser") {
				t.Errorf("Prepare = %v, want the step and why", err)
			}
			if !closed {
				t.Error("what was prepared before is still open")
			}
			if got, _ := run(t, tr); got.Outcome != portolan.OutcomeUnknown || len(got.Steps) != 0 {
				t.Errorf("Run = %s with %d steps, want no outcome", got.Outcome, len(got.Steps))
			}
		})
	}
}

// closer notes that it was closed.
type closer bool

func (c *closer) Close() error { *c = true; return nil }

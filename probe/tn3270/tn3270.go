// Package tn3270 is the way of talking to a mainframe as a 3270 terminal does: it shows screens, types into their
// fields, presses a key that sends, waits for the screen that answers, and reads it.
//
// The first step of a transaction connects and waits for the first screen; the steps after it each press one key.
// All steps of a run share the connection and the screen; nothing is shared between runs. A step waits until the
// host unlocks the keyboard with the screen that the definition awaits, or with one that tells of an error. Screens
// are checked, never kept.
//
// It speaks TN3270 (RFC 1576) with or without TLS; docs/decisions/0073 says what it leaves out.
package tn3270

import (
	"context"
	"errors"
	"fmt"

	"portolan"
	"portolan/internal/datastream"
	"portolan/probe"
)

// Way returns the way of talking as a 3270 terminal, for the key "tn3270" under a step.
func Way() probe.Way {
	return probe.Way{Name: "tn3270", Decode: func(decode func(into any) error) (probe.Action, []probe.Fault) {
		var d definition
		if err := decode(&d); err != nil {
			return nil, nil
		}
		a, faults := compile(&d)
		if len(faults) > 0 {
			return nil, faults
		}
		return a, nil
	}}
}

// action is one exchange with the host, ready to be filled with a run's values.
type action struct {
	connect  *connection // nil for a step on the connection of an earlier one
	typed    []entry
	press    datastream.AID
	closes   bool // the host ends the connection
	wait     *look
	errors   []trouble
	expects  []look
	captures []capture
	needs    []string
	gives    []string
}

var _ probe.Action = (*action)(nil)

// entry is what is typed into a field.
type entry struct {
	after       probe.Template // into the first field behind this text
	row, column int            // or here
	text        probe.Template
}

// Needs implements probe.Action.
func (a *action) Needs() []string { return a.needs }

// Gives implements probe.Action.
func (a *action) Gives() []string { return a.gives }

// Perform implements probe.Action.
func (a *action) Perform(ctx context.Context, run *probe.Run) probe.Observation {
	x := exchange{action: a, run: run, session: sessionOf(run), watch: probe.StartStopwatch()}
	before := x.session.received()
	failure := x.perform(ctx)
	return probe.Observation{
		Phases:  x.watch.Stop(),
		Bytes:   x.session.received() - before,
		Failure: failure,
	}
}

// exchange is one performance of an action.
type exchange struct {
	action  *action
	run     *probe.Run
	session *session
	watch   *probe.Stopwatch
	writes  int // of the host to the screen before the key was pressed
}

func (x *exchange) perform(ctx context.Context) *probe.Failure {
	looks, err := x.fill()
	if err != nil {
		return &probe.Failure{Kind: portolan.KindMonitor, Err: err}
	}
	if x.action.connect != nil {
		err = x.session.open(ctx, x.action.connect, x.run, x.watch)
	} else {
		x.watch.Enter(portolan.PhaseRequest)
		err = x.submit(ctx)
	}
	if err != nil {
		return x.failure(ctx, err)
	}
	x.watch.Enter(portolan.PhaseWait)
	if err := x.await(ctx, looks); err != nil {
		return x.failure(ctx, err)
	}
	x.watch.Enter(portolan.PhaseCheck)
	return x.check(looks)
}

// submit types what is to be typed and presses the key.
func (x *exchange) submit(ctx context.Context) error {
	s := x.session
	if s.stream == nil {
		return errNotConnected
	}
	if s.screen.Locked() { // a clean-up after a step that was not answered: hanging up must do
		return &falseScreen{errors.New("the keyboard is locked: the host has not answered yet")}
	}
	for _, e := range x.action.typed {
		if err := x.enter(e); err != nil {
			return &falseScreen{err}
		}
	}
	defer s.until(ctx)()
	x.writes = s.screen.Writes()
	return s.stream.Write(s.screen.Press(x.action.press))
}

// enter types one entry.
func (x *exchange) enter(e entry) error {
	text, err := x.run.Fill(e.text, nil)
	if err != nil {
		return err
	}
	row, column := e.row, e.column
	if row == 0 {
		after, err := x.run.Fill(e.after, nil)
		if err != nil {
			return err
		}
		labelRow, labelColumn, there := x.session.screen.Find(0, after)
		if there {
			row, column, there = x.session.screen.FieldAfter(labelRow, labelColumn)
		}
		if !there {
			return fmt.Errorf("type after %q: the screen has no such field", after)
		}
	}
	return x.session.screen.Type(row, column, text)
}

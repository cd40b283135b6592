// Package extract is the way of talking to a system that is on the workstation itself: an extract of its data in a
// file, and the program that looks things up in it, as the last backup of a port is without a network.
//
// A step either reads a file, or runs a program. Of the file it checks that it is whole (its rows, its checksum), how
// old its data are, and that a line is in it; of the program that it starts, says what it should, and ends when it
// is told to. Both are bounded: the file in size, the program in time, memory and what it prints. Nothing is written,
// and nothing that was read is kept.
//
// The operating system stands for the network here: a file that is not there fails in the phase "request" as status,
// one that ends early in "read" as closed.
package extract

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"portolan"
	"portolan/probe"
)

// Way returns the way of talking to a file or a program, for the key "extract" under a step.
func Way() probe.Way {
	return probe.Way{Name: "extract", Offline: true, Decode: func(decode func(into any) error) (probe.Action, []probe.Fault) {
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

// action is a file to read or a program to run.
type action struct {
	file    *file
	program *program
	needs   []string
}

var _ probe.Action = (*action)(nil)

// Needs implements probe.Action.
func (a *action) Needs() []string { return a.needs }

// Gives implements probe.Action.
func (a *action) Gives() []string { return nil }

// Perform implements probe.Action.
func (a *action) Perform(ctx context.Context, run *probe.Run) probe.Observation {
	if a.file != nil {
		return a.file.perform(ctx, run)
	}
	return a.program.perform(ctx, run)
}

// monitorFault is what the agent itself got wrong, before the step began.
func monitorFault(err error) *probe.Failure {
	return &probe.Failure{Kind: portolan.KindMonitor, Err: err}
}

// pathOf returns the absolute path that a text spells: a path, or a file URL.
func pathOf(text string) (string, error) {
	path := text
	if strings.HasPrefix(text, "file:") {
		u, err := url.Parse(text)
		if err != nil || u.Host != "" {
			return "", fmt.Errorf("path %q: want an absolute path, or file:///", text)
		}
		path = u.Path
		if runtime.GOOS == "windows" { // file:///C:/PALS is /C:/PALS to package url
			path = strings.TrimPrefix(path, "/")
		}
	}
	path = filepath.FromSlash(path)
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("path %q: want an absolute path, or file:///", text)
	}
	return path, nil
}

// fillPath returns the path that a template spells in a run.
func fillPath(t probe.Template, run *probe.Run) (string, error) {
	text, err := run.Fill(t, nil)
	if err != nil {
		return "", err
	}
	return pathOf(text)
}

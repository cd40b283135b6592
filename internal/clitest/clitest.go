// Package clitest holds the words that the commands' test scripts share, beside those of testscript itself.
package clitest

import (
	"errors"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Command is a word of the scripts' language.
type Command = func(ts *testscript.TestScript, neg bool, args []string)

// Exits is the word "exits code program [args...]": the program must end with that exit code.
func Exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("got exit code %d, want %d", got, want)
	}
}

// Shows is the word "shows pattern program [args...]": it runs the program until its output matches, for what the collector
// folds a moment after it was noted.
func Shows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: shows pattern program [args...]")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	await(ts, args[0], func() bool {
		ts.Check(ts.Exec(args[1], args[2:]...))
		return pattern.MatchString(ts.ReadFile("stdout"))
	})
}

// Answers is the word "answers url": it waits until the address answers with success.
func Answers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: answers url")
	}
	await(ts, args[0], func() bool { return succeeds(args[0]) })
}

// await returns once ok does, and fails the script if that takes too long.
func await(ts *testscript.TestScript, what string, ok func() bool) {
	const patience = 20 * time.Second
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-again.C:
		case <-deadline.C:
			ts.Fatalf("%s: not within %s", what, patience)
		}
	}
}

func succeeds(url string) bool {
	response, err := http.Get(url)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

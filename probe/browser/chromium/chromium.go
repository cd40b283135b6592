// Package chromium drives one Chromium or Edge for one run of a browser transaction. It is what portolan-browser does:
// it reads orders, carries them out as a user would, and answers each (package browser tells the form of both). It
// judges nothing but whether the page could be used; what the page says is the agent's to check.
//
// The browser is told what to do over a pipe, so that no port is open; it dies with this process. Whoever started this
// process bounds its time and memory: a browser that hangs can keep nobody here from noticing.
package chromium

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"portolan/probe/browser"
)

// Serve carries out the orders that it reads from in, one after the other, and answers each on out. It returns when in
// ends, which also cuts short what is being done, or with the error that ends it before.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	orders, failed := make(chan browser.Order), make(chan error, 1)
	go func() {
		failed <- read(ctx, in, orders)
		quit()
	}()
	s := &server{}
	defer s.close()
	answers := json.NewEncoder(out)
	for {
		select {
		case order := <-orders:
			if err := answers.Encode(s.carryOut(ctx, order)); err != nil {
				return fmt.Errorf("write answer: %w", err)
			}
		case <-ctx.Done():
			return <-failed
		}
	}
}

// read hands on the orders of in until it ends.
func read(ctx context.Context, in io.Reader, orders chan<- browser.Order) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, browser.MaxOrder)
	for lines.Scan() {
		var order browser.Order
		if err := json.Unmarshal(lines.Bytes(), &order); err != nil {
			return fmt.Errorf("read order: %w", err)
		}
		select {
		case orders <- order:
		case <-ctx.Done():
			return nil
		}
	}
	return lines.Err()
}

// server is what Serve keeps from order to order.
type server struct{ page *page }

func (s *server) close() {
	if s.page != nil {
		s.page.close()
	}
}

var (
	errTwice  = errors.New("the browser was started already")
	errBefore = errors.New("the browser was not started")
	errEmpty  = errors.New("the order is empty")
)

func (s *server) carryOut(ctx context.Context, order browser.Order) browser.Answer {
	var answer browser.Answer
	var err error
	switch {
	case order.Start != nil && s.page != nil:
		err = errTwice
	case order.Start != nil:
		s.page, answer.Ready, err = start(ctx, *order.Start)
	case s.page == nil:
		err = errBefore
	case order.Step != nil:
		answer.Step, err = s.step(*order.Step)
	case order.Picture != nil:
		answer.Picture, err = s.page.picture(*order.Picture)
	default:
		err = errEmpty
	}
	if err != nil {
		return browser.Answer{Error: err.Error()}
	}
	return answer
}

func (s *server) step(task browser.Task) (*browser.Seen, error) {
	ctx, cancel := context.WithTimeout(s.page.ctx, task.Within)
	defer cancel()
	seen := s.page.perform(ctx, task)
	// A step that was out of time may be the page's fault or the browser's: only the browser can tell.
	if ctx.Err() != nil {
		return seen, s.page.alive(aliveWithin)
	}
	return seen, nil
}

// aliveWithin is how long a browser may take to say that it is there.
const aliveWithin = 400 * time.Millisecond

// Package web is the way of talking to a system by HTTP: forms, JSON, XML and SOAP, with the cookies,
// redirects, proxies and certificates that a browser on the same workstation would meet.
//
// Each run is a new user. Steps of one run share cookies and connections; nothing is shared between runs,
// so every run pays for its own name look-up, connection and TLS handshake, as an officer does who signs
// on. A request is sent once: what net/http would quietly send again shows as the failure that it is.
//
// Requests are HTTP/1.1 (docs/decisions/0010). Answers are bounded, measured and checked, never kept.
package web

import (
	"context"
	"net/http"

	"portolan"
	"portolan/probe"
)

// Way returns the way of talking by HTTP, for the key "web" under a step.
func Way() probe.Way {
	return probe.Way{Name: "web", Decode: func(decode func(into any) error) (probe.Action, []probe.Fault) {
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

// action is one request, ready to be filled with a run's values, and what its answer must be.
type action struct {
	request   request
	link      link
	redirects int   // how many are followed
	limit     int64 // the most bytes of an answer's body, as received and as decoded
	extracts  []extract
	expects   []expectation
	faults    bool // a SOAP fault in the answer is a failure
	needs     []string
	gives     []string
}

var _ probe.Action = (*action)(nil)

// Needs implements probe.Action.
func (a *action) Needs() []string { return a.needs }

// Gives implements probe.Action.
func (a *action) Gives() []string { return a.gives }

// Perform implements probe.Action.
func (a *action) Perform(ctx context.Context, run *probe.Run) probe.Observation {
	x := exchange{action: a, run: run, session: sessionOf(run), watch: probe.StartStopwatch()}
	var seen probe.Observation
	response, failure := x.send(ctx)
	if failure == nil {
		var got *answer
		got, failure = x.receive(ctx, response)
		seen.Bytes = got.received
		if failure == nil {
			x.watch.Enter(portolan.PhaseCheck)
			failure = x.judge(got)
			seen.Measures = x.digest(got, failure)
		}
	}
	seen.Phases, seen.Failure = x.watch.Stop(), failure
	return seen
}

// digest tells a wrong answer from others without keeping it: agents that were shown the same page have the same digest.
func (x *exchange) digest(got *answer, failure *probe.Failure) []portolan.Measurement {
	if failure == nil {
		return nil
	}
	digest, ok := x.run.Digest(got.body)
	if !ok {
		return nil
	}
	return []portolan.Measurement{{Measure: portolan.BodyDigest, Value: digest}}
}

// exchange is one performance of an action.
type exchange struct {
	action  *action
	run     *probe.Run
	session *session
	watch   *probe.Stopwatch
	proxied bool // the connection at hand leads through a proxy
}

// send sends the request, follows its redirects and returns the last answer's head.
func (x *exchange) send(ctx context.Context) (*http.Response, *probe.Failure) {
	request, err := x.action.request.fill(x.run, x.session.base)
	if err != nil {
		return nil, &probe.Failure{Kind: portolan.KindMonitor, Err: err}
	}
	client := &http.Client{Transport: once{x}, Jar: x.session.jar, CheckRedirect: x.action.follow}
	response, err := client.Do(request.WithContext(x.trace(ctx)))
	if err != nil {
		return nil, x.networkFailure(ctx, err)
	}
	x.session.base = response.Request.URL
	return response, nil
}

package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"portolan"
	"portolan/probe"
)

// judge extracts the values, hands them to the run, and says what is wrong with the answer; nil if nothing is.
// A status that tells of an error explains everything else that is wrong.
func (x *exchange) judge(a *answer) *probe.Failure {
	seconds := x.watch.Elapsed().Seconds()
	notExtracted := x.extract(a)
	notMet := x.expect(a, seconds)
	switch {
	case notMet != nil && a.status >= http.StatusBadRequest:
		return checkFailure(kindOfStatus(a.status), notMet)
	case errors.Is(notMet, errSOAPFault):
		return checkFailure(portolan.KindStatus, notMet)
	case notExtracted != nil:
		return checkFailure(kindOfForm(notExtracted, portolan.KindExtract), notExtracted)
	case notMet != nil:
		return checkFailure(kindOfForm(notMet, portolan.KindAssertion), notMet)
	default:
		return nil
	}
}

func checkFailure(kind portolan.ErrorKind, err error) *probe.Failure {
	return &probe.Failure{Phase: portolan.PhaseCheck, Kind: kind, Err: err}
}

// kindOfStatus returns the kind of a failure that an HTTP status of 400 and above tells.
func kindOfStatus(status int) portolan.ErrorKind {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return portolan.KindCredential
	case http.StatusProxyAuthRequired:
		return portolan.KindProxy
	default:
		return portolan.KindStatus
	}
}

// kindOfForm returns KindProtocol if the body is not of the form that was asked for, else usual.
func kindOfForm(err error, usual portolan.ErrorKind) portolan.ErrorKind {
	if _, ok := errors.AsType[*formError](err); ok {
		return portolan.KindProtocol
	}
	return usual
}

// extract sets every value that the answer holds and returns the first error. What is there is set even when
// something is wrong: a clean-up may need it.
func (x *exchange) extract(a *answer) error {
	var first error
	for _, e := range x.action.extracts {
		value, err := e.from(a)
		if err == nil {
			x.run.Set(e.name, value)
			continue
		}
		if first == nil {
			first = fmt.Errorf("extract %q: %w", e.name, err)
		}
	}
	return first
}

var errSOAPFault = errors.New("the answer is a SOAP fault")

// expect returns the first expectation that the answer does not meet.
func (x *exchange) expect(a *answer, seconds float64) error {
	if x.action.faults && a.soapFault() {
		return errSOAPFault
	}
	f := facts{
		Status: a.status, Headers: joined(a.headers), Body: string(a.body), Bytes: a.received,
		Seconds: seconds, Values: x.run.Values(), XPath: a.text,
	}
	for _, e := range x.action.expects {
		if err := e.check(a, f); err != nil {
			return err
		}
	}
	return nil
}

// text is xpath for expectations: what is not there is the empty text.
func (a *answer) text(path string) (string, error) {
	found, err := a.xpath(path)
	if errors.Is(err, errNotThere) {
		return "", nil
	}
	return found, err
}

// joined returns headers by their names in lower case.
func joined(headers http.Header) map[string]string {
	all := map[string]string{}
	for name, values := range headers {
		all[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return all
}

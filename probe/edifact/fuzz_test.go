package edifact_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"

	"portolan"
	"portolan/internal/interchange"
	"portolan/probe"
)

// reference stands in the seeds for the reference of the list that is sent.
const reference = "OURREFERENCE"

// Whatever a system says, the step ends in a symptom that is not the monitor's fault, and its phases add up.
func FuzzWay_AnyAnswerIsASymptom(f *testing.F) {
	for _, seed := range []string{
		"", "UN", "UNA:+.? '", "UNB+UNOA:4+A+B+261122:1200+1'UNZ+0+1'", "HTTP/1.1 200 OK\r\n\r\n",
		"UNB+UNOA:4+A+B+261122:1200+1'UNH+1+CUSRES'BGM+962'RFF+TN:" + reference + "'DTM+9:20990101000000:204'DTM+232:1'RFF+AF:1'ERP+2'RFF+ABO:SYN00000000000001'ERC+0Z'UNT+10+1'UNZ+1+1'",
		"UNB+UNOA:4+A+B+261122:1200+1'UNH+1+CONTRL'UCI+" + reference + "+A+B+4'UNT+3+1'UNZ+1+1'",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		tr := transaction(t, "tcp://apis.test:1", definition)
		got, failures := probe.NewRunner(probe.Options{Dial: says(said)}).Run(t.Context(), tr, 0, 1)
		if got.Outcome == portolan.Failed && (got.Symptom.Kind == portolan.KindMonitor || got.Symptom.Kind == portolan.KindTimeout) {
			t.Errorf("got %+v: %v", got.Symptom, failures)
		}
		if s := got.Steps[0]; s.Phases.Sum()+s.Remainder() != s.Duration {
			t.Errorf("%v and %v do not make %v", s.Phases, s.Remainder(), s.Duration)
		}
	})
}

// says returns the dialer of a system that reads a list, says the same to everybody and closes.
func says(said []byte) probe.DialContext {
	return func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			data, err := interchange.NewReader(theirs).Next()
			if err != nil {
				return
			}
			if i, err := interchange.Parse(data); err == nil {
				said = bytes.ReplaceAll(said, []byte(reference), []byte(qualified(i, "RFF", "TN")))
			}
			_, _ = io.Copy(theirs, bytes.NewReader(said))
		}()
		return ours, nil
	}
}

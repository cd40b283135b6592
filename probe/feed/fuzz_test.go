package feed_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"portolan"
	"portolan/probe"
)

// Whatever a feed sends, the step ends in a symptom that is not the monitor's fault, and its phases add up.
func FuzzFeed_AnyBytesAreASymptom(f *testing.F) {
	for _, seed := range []string{
		"", "\n\n", "{}\n", "null\n", "[]\n", `{"sensor":"A","time":"2026-11-01T00:00:00Z"}` + "\n",
		`{"now":"2026-11-01T00:00:00Z"}` + "\n" + `{"sensor":"A","time":"0001-01-01T00:00:00Z"}` + "\n",
		`{"sensor":"A","time":"9999-12-31T23:59:59Z"}` + "\n", `{"sensor":"","time":""}` + "\n", `{"error":{}}` + "\n",
		`{"sensor":"A","time":"2026-11-01T00:00:00Z"` + "\r\n", `{"now":"9999-12-31T23:59:59.999999999-23:59","sensor":"\ud800","time":null}` + "\n",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x02{}", "HTTP/1.1 503 No\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		for _, url := range []string{"tcp://feed.test:80", "ws://feed.test:80"} {
			dial := func(context.Context, string, string) (net.Conn, error) { return says(answer), nil }
			tr := transaction(t, "{url: '"+url+"', "+picture+"}")
			got, failures := probe.NewRunner(probe.Options{Dial: dial}).Run(t.Context(), tr, 0, 1)
			if got.Symptom.Kind == portolan.KindMonitor || got.Symptom.Kind == portolan.KindTimeout {
				t.Errorf("got %+v: %v", got.Symptom, failures)
			}
			s := got.Steps[0]
			if s.Phases.Sum()+s.Remainder() != s.Duration {
				t.Errorf("%v and %v do not make %v", s.Phases, s.Remainder(), s.Duration)
			}
			for _, m := range s.Measures {
				if m.Value < 0 {
					t.Errorf("measure %v is %d", m.Measure, m.Value)
				}
			}
		}
	})
}

// says returns a connection on which the peer says something and closes, once it was told something.
func says(answer []byte) net.Conn {
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		_ = far.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = far.Read(make([]byte, 4096))
		go func() { _, _ = io.Copy(io.Discard, far) }()
		_, _ = far.Write(answer)
	}()
	return near
}

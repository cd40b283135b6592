package tn3270_test

import (
	"io"
	"net"
	"testing"

	"portolan"
)

// Whatever a host sends, the step ends in a symptom that is not the monitor's fault, and its phases add up.
func FuzzWay_AnyHostIsASymptom(f *testing.F) {
	for _, seed := range []string{
		"", "SSH-2.0\r\n", "\xFF\xFD\x18\xFF\xFA\x18\x01\xFF\xF0\xFF\xFD\x19\xFF\xFB\x19\xFF\xFD\x00\xFF\xFB\x00\xF5\xC3\x11\x40\x40\x1D\x60\xE2\xFF\xEF",
		"\xFF\xFD\x28\xFF\xEF", "\xF5\xC3\xFF\xEF\xF3\x00\x05\x01\xFF\x02\xFF\xEF", "\xF1\xC3\x1D\x40\xFF\xEF\xFF\xEF\x99\xFF\xEF",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, says []byte) {
		if len(says) > 4096 {
			return
		}
		network := listens(t, func(c net.Conn) {
			go io.Copy(io.Discard, c)
			c.Write(says)
		})
		got, failures := run(t, network, "{connect: '${endpoint.tn3270}'}", "{press: ENTER, closes: true}")
		if got.Symptom.Kind == portolan.KindMonitor || got.Symptom.Kind == portolan.KindTimeout {
			t.Errorf("got %+v: %v", got.Symptom, failures)
		}
		for _, s := range got.Steps {
			if s.Phases.Sum()+s.Remainder() != s.Duration {
				t.Errorf("%v and %v do not make %v", s.Phases, s.Remainder(), s.Duration)
			}
		}
	})
}

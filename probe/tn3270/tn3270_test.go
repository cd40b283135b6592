package tn3270_test

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"portolan"
	"portolan/internal/datastream"
	"portolan/probe"
)

const connect = "{connect: '${endpoint.tn3270}', wait: {row: 1, text: SIGN ON}}"

func TestWay_WholeConversation(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 3)
	network := converses(t, func(h *host) {
		h.show("SIGN ON")
		heard <- h.hear()
		h.show("MENU", "TERMINAL T0042")
		heard <- h.hear()
		h.show("GOODBYE")
		h.conn.Close()
		heard <- "end"
	})
	got, failures := run(t, network, connect,
		"{type: [{after: '==>', text: '${user}'}], press: ENTER, wait: {row: 1, column: 2, text: MENU}, capture: {terminal: {row: 2, column: 11, length: 8}, same: {pattern: 'TERMINAL (\\w+)'}}, expect: [{row: 2, text: T00}, {text: ERROR, absent: true}]}",
		"{type: [{row: 20, column: 7, text: 'END ${terminal} ${same}'}], press: PF3, closes: true, expect: [{text: GOODBYE}]}",
	)
	if got.Outcome != portolan.Good {
		t.Fatalf("got %v %+v: %v", got.Outcome, got.Symptom, failures)
	}
	for _, want := range []string{"ENTER MIA-1", "PF3 END T0042 T0042", "end"} {
		if said := <-heard; said != want {
			t.Errorf("the host heard %q, want %q", said, want)
		}
	}
	for i, want := range []string{"connect wait read check", "request wait read check", "request wait read check"} {
		if got.Steps[i].Bytes < 30 {
			t.Errorf("step %d: %d bytes", i, got.Steps[i].Bytes)
		}
		if phases := reached(got.Steps[i]); phases != want {
			t.Errorf("step %d reached %q, want %q", i, phases, want)
		}
	}
}

func TestWay_FailuresAreSymptoms(t *testing.T) {
	t.Parallel()
	const query = "{type: [{after: '==>', text: Q}], press: ENTER, wait: {row: 1, text: HITS}, errors: [{text: TECS0900}, {row: 2, pattern: 'NOT AUTH\\w+', kind: credential}], expect: [{row: 3, column: 2, text: SYN1}], capture: {id: {row: 4, column: 2, length: 4}}}"
	for _, c := range []struct {
		name  string
		talk  func(h *host)
		step  portolan.StepID
		phase portolan.Phase
		kind  portolan.ErrorKind
	}{
		{"other-first-screen", func(h *host) { h.show("SERVICE NOT AVAILABLE"); h.hear() }, "a", portolan.PhaseRead, portolan.KindAssertion},
		{"no-first-screen", func(h *host) { h.hear() }, "a", portolan.PhaseRead, portolan.KindTimeout},
		{"hangs-up-at-once", func(*host) {}, "a", portolan.PhaseRead, portolan.KindClosed},
		{"no-field", func(h *host) {
			h.record(string(datastream.NewPanel().Put(1, 2, datastream.LookText, "SIGN ON").Record()))
			h.hear()
		}, "b", portolan.PhaseRequest, portolan.KindAssertion},
		{"no-answer", func(h *host) { h.show("SIGN ON"); h.hear(); h.hear() }, "b", portolan.PhaseWait, portolan.KindTimeout},
		{"half-an-answer", func(h *host) { h.show("SIGN ON"); h.hear(); h.conn.Write([]byte("\xF5\xC3")); h.hear() }, "b", portolan.PhaseRead, portolan.KindTimeout},
		{"keyboard-stays-locked", func(h *host) { h.show("SIGN ON"); h.hear(); h.record("\xF5\x40"); h.hear() }, "b", portolan.PhaseRead, portolan.KindTimeout},
		{"hangs-up", func(h *host) { h.show("SIGN ON"); h.hear() }, "b", portolan.PhaseWait, portolan.KindClosed},
		{"error-screen", func(h *host) { h.show("SIGN ON"); h.hear(); h.show("SIGN ON", "TECS0900 DATABASE"); h.hear() }, "b", portolan.PhaseCheck, portolan.KindStatus},
		{"refused-user", func(h *host) { h.show("SIGN ON"); h.hear(); h.show("SIGN ON", "NOT AUTHORIZED"); h.hear() }, "b", portolan.PhaseCheck, portolan.KindCredential},
		{"other-screen", func(h *host) { h.show("SIGN ON"); h.hear(); h.show("MENU"); h.hear() }, "b", portolan.PhaseRead, portolan.KindAssertion},
		{"other-hit", func(h *host) { h.show("SIGN ON"); h.hear(); h.show("HITS", "", "SYN2"); h.hear() }, "b", portolan.PhaseCheck, portolan.KindAssertion},
		{"nothing-to-capture", func(h *host) { h.show("SIGN ON"); h.hear(); h.show("HITS", "", "SYN1"); h.hear() }, "b", portolan.PhaseCheck, portolan.KindExtract},
		{"no-3270", func(h *host) { h.show("SIGN ON"); h.hear(); h.record("\x99"); h.hear() }, "b", portolan.PhaseRead, portolan.KindProtocol},
		{"endless-record", func(h *host) { h.show("SIGN ON"); h.hear(); h.conn.Write(make([]byte, 1<<17)) }, "b", portolan.PhaseRead, portolan.KindTooLarge},
		{"does-not-hang-up", func(h *host) {
			h.show("SIGN ON")
			h.hear()
			h.show("HITS", "", "SYN1", "0001")
			h.hear()
			h.show("BYE")
			h.hear()
		}, "c", portolan.PhaseRead, portolan.KindAssertion},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := converses(t, c.talk)
				got, failures := run(t, network, connect, query, "{press: PF3, closes: true}")
				wantSymptom(t, got, failures, c.step, c.phase, c.kind)
				if c.kind == portolan.KindAssertion && got.Duration > 10*time.Second {
					t.Errorf("it took %v to see that the screen is another one", got.Duration)
				}
			})
		})
	}
}

// A host may write its answer in pieces, and unlock the keyboard with the first.
func TestWay_WaitsForTheAwaitedScreen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := converses(t, func(h *host) {
			h.show("ONE MOMENT")
			<-time.After(time.Second)
			h.record("\xF1\xC3") // unlocks again, and shows nothing new
			<-time.After(time.Second)
			h.show("SIGN ON")
			h.hear()
		})
		got, failures := run(t, network, connect)
		if got.Outcome != portolan.Good || got.Duration < 2*time.Second {
			t.Errorf("got %v %+v after %v: %v", got.Outcome, got.Symptom, got.Duration, failures)
		}
	})
}

func TestWay_NetworkFailuresAreSymptoms(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		got, failures := run(t, listens(t, func(net.Conn) {}), "{connect: 'other.test:23'}")
		if got.Symptom.Kind == portolan.KindNone || got.Symptom.Kind == portolan.KindMonitor {
			t.Errorf("got %+v: %v", got.Symptom, failures)
		}
	})
	t.Run("silent-port", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ended := make(chan struct{})
			network := listens(t, func(c net.Conn) { <-ended })
			got, failures := run(t, network, connect)
			close(ended)
			wantSymptom(t, got, failures, "a", portolan.PhaseWait, portolan.KindTimeout)
		})
	})
	t.Run("web-server", func(t *testing.T) {
		t.Parallel()
		network := listens(t, func(c net.Conn) { c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) })
		got, failures := run(t, network, connect)
		wantSymptom(t, got, failures, "a", portolan.PhaseRead, portolan.KindClosed)
	})
	t.Run("not-connected", func(t *testing.T) {
		t.Parallel()
		got, failures := run(t, listens(t, func(net.Conn) {}), "{press: ENTER}")
		wantSymptom(t, got, failures, "a", portolan.PhaseRequest, portolan.KindClosed)
	})
	t.Run("no-address", func(t *testing.T) {
		t.Parallel()
		tr := transaction(t, connect)
		tr.Values["endpoint.tn3270"] = "http://mainframe.test"
		got, failures := probe.NewRunner(probe.Options{}).Run(t.Context(), tr, 0, 1)
		wantSymptom(t, got, failures, "a", portolan.PhaseNone, portolan.KindMonitor)
	})
}

func TestWay_CleanUpSignsOffAfterAFailure(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 2)
	network := converses(t, func(h *host) {
		h.show("SIGN ON")
		h.hear()
		h.show("MENU", "TECS0900")
		heard <- h.hear()
		h.conn.Close()
	})
	tr := transaction(t, connect, "{press: ENTER, errors: [{text: TECS0900}]}", "{press: PF3, closes: true}")
	tr.Steps[2].Always = true
	got, failures := probe.NewRunner(probe.Options{Dial: network.DialContext}).Run(t.Context(), tr, 0, 1)
	wantSymptom(t, got, failures, "b", portolan.PhaseCheck, portolan.KindStatus)
	if said := <-heard; said != "PF3" || len(got.Steps) != 3 || got.Steps[2].Outcome != portolan.Good {
		t.Errorf("the host heard %q: %+v", said, got.Steps)
	}
}

// A terminal whose host has not answered cannot sign off: it hangs up, and does not wait once more.
func TestWay_CleanUpDoesNotPressALockedKeyboard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		heard := make(chan string, 1)
		network := converses(t, func(h *host) {
			h.show("SIGN ON")
			h.hear()
			heard <- h.hear()
		})
		tr := transaction(t, connect, "{press: ENTER}", "{press: PF3, closes: true}")
		tr.Steps[2].Always = true
		got, failures := probe.NewRunner(probe.Options{Dial: network.DialContext}).Run(t.Context(), tr, 0, 1)
		wantSymptom(t, got, failures, "b", portolan.PhaseWait, portolan.KindTimeout)
		if said := <-heard; said != "nothing" || got.Duration != tr.Timeout {
			t.Errorf("the host heard %q, the run took %v", said, got.Duration)
		}
	})
}

// What the screen showed before the key was pressed is no answer to it.
func TestWay_OldErrorIsNoAnswer(t *testing.T) {
	t.Parallel()
	network := converses(t, func(h *host) {
		h.show("SIGN ON", "TECS0900 LAST NIGHT")
		h.hear()
		h.show("MENU")
		h.hear()
	})
	got, failures := run(t, network, connect, "{press: ENTER, errors: [{text: TECS0900}], expect: [{text: MENU}]}")
	if got.Outcome != portolan.Good {
		t.Errorf("got %v %+v: %v", got.Outcome, got.Symptom, failures)
	}
}

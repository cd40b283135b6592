package chromium

import (
	"cmp"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/chromedp/cdproto/network"

	"portolan"
)

// phases is how long each phase took that was reached.
type phases map[portolan.Phase]time.Duration

// measured returns the phases of the step's documents, of every redirect too, or, if it loaded none, of the longest of the
// page's own requests, as that is what its user waited for; with them what came over the network.
func (t *traffic) measured(now time.Time) (phases, int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	took := phases{}
	for _, x := range t.countingLocked(now) {
		x.addTo(took, now)
	}
	return took, t.bytes
}

// countingLocked returns the exchanges that the step's phases are those of.
func (t *traffic) countingLocked(now time.Time) []*exchange {
	documents := slices.DeleteFunc(slices.Clone(t.exchanges), func(x *exchange) bool { return !x.document })
	if len(documents) > 0 || len(t.exchanges) == 0 {
		return documents
	}
	return []*exchange{slices.MaxFunc(t.exchanges, func(a, b *exchange) int {
		return cmp.Compare(a.length(now), b.length(now))
	})}
}

// whereabouts returns the phase that the step is in: that of the oldest request which it waits for, an earlier step's too,
// else PhaseCheck, as nothing more is to come that it could wait for.
func (t *traffic) whereabouts() portolan.Phase {
	t.mu.Lock()
	defer t.mu.Unlock()
	oldest := t.document
	for _, x := range t.open {
		if t.document == nil && (oldest == nil || x.began.Before(oldest.began)) {
			oldest = x
		}
	}
	if oldest == nil {
		return portolan.PhaseCheck
	}
	return oldest.phase()
}

// phase returns how far an exchange has come. Before the request is on its way, the browser does not tell.
func (x *exchange) phase() portolan.Phase {
	switch {
	case x.answered != nil:
		return portolan.PhaseRead
	case !x.wrote.IsZero():
		return portolan.PhaseWait
	default:
		return portolan.PhaseConnect
	}
}

// length returns how long an exchange took, or has taken so far.
func (x *exchange) length(now time.Time) time.Duration {
	if x.end == 0 || x.answered == nil || x.answered.Timing == nil {
		return now.Sub(x.began)
	}
	return seconds(float64(x.end) - x.answered.Timing.RequestTime)
}

// addTo adds the exchange's phases to took.
func (x *exchange) addTo(took phases, now time.Time) {
	if x.answered != nil && x.answered.Timing != nil {
		x.addTiming(took, x.answered.Timing)
		return
	}
	if x.end != 0 && x.failed == "" {
		return // from a cache, or made by the page itself
	}
	wrote := now
	if !x.wrote.IsZero() {
		wrote = x.wrote
		took.add(portolan.PhaseWait, now.Sub(wrote))
	}
	took.add(portolan.PhaseConnect, wrote.Sub(x.began))
}

// addTiming adds what the browser measured. A part that was not passed has the time -1.
func (x *exchange) addTiming(took phases, t *network.ResourceTiming) {
	if t.DNSStart >= 0 && !literal(x.answered.URL) {
		took.add(portolan.PhaseDNS, milliseconds(t.DNSEnd-t.DNSStart))
	}
	if t.ConnectStart >= 0 {
		connected := t.ConnectEnd
		if t.SslStart >= 0 {
			connected = t.SslStart
			took.add(portolan.PhaseTLS, milliseconds(t.SslEnd-t.SslStart))
		}
		took.add(portolan.PhaseConnect, milliseconds(connected-t.ConnectStart))
	}
	took.add(portolan.PhaseRequest, milliseconds(t.SendEnd-t.SendStart))
	took.add(portolan.PhaseWait, milliseconds(t.ReceiveHeadersEnd-t.SendEnd))
	if x.end != 0 {
		took.add(portolan.PhaseRead, seconds(float64(x.end)-t.RequestTime)-milliseconds(t.ReceiveHeadersEnd))
	}
}

func (p phases) add(phase portolan.Phase, d time.Duration) { p[phase] += max(0, d) }

// literal reports whether an address names its host by number, so that no name is resolved.
func literal(address string) bool {
	u, err := url.Parse(address)
	return err == nil && net.ParseIP(u.Hostname()) != nil
}

func milliseconds(ms float64) time.Duration { return seconds(ms / 1000) }

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Microsecond)
}

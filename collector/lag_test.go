package collector

import (
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

func TestLag_CountsFromTheOldestLinkThatIsNotFolded(t *testing.T) {
	t.Parallel()
	start := portolan.Instant(1_000_000_000)
	link := func(position int64, after time.Duration) ledger.Link {
		return ledger.Link{Position: ledger.Position(position), ReceivedAt: start.Add(after)}
	}
	l := lag{since: start}
	want := func(when string, want time.Duration) {
		t.Helper()
		if got := l.behind(); got != want {
			t.Errorf("%s: got %v, want %v", when, got, want)
		}
	}
	want("nothing accepted", 0)
	l.accepted(link(5, time.Minute))
	want("the first after a quiet minute", 0)
	l.accepted(link(7, 63*time.Second))
	l.accepted(link(6, 62*time.Second))
	want("three waiting", 3*time.Second)
	l.folded(link(5, time.Minute))
	l.folded(link(6, 62*time.Second))
	want("one waiting", time.Second)
	l.folded(link(7, 63*time.Second))
	want("all folded", 0)
	l.accepted(link(9, time.Hour))
	want("the first after a quiet hour", 0)
	l.folded(link(9, time.Hour))
	l.accepted(link(9, time.Hour))
	want("told of late", 0)
}

func TestLag_OfACollectorThatIsCatchingUpCountsFromItsStart(t *testing.T) {
	t.Parallel()
	l := lag{since: 0, newest: 0}
	l.accepted(ledger.Link{Position: 100, ReceivedAt: portolan.Instant(0).Add(time.Second)})
	l.accepted(ledger.Link{Position: 101, ReceivedAt: portolan.Instant(0).Add(9 * time.Second)})
	if got := l.behind(); got != 8*time.Second {
		t.Errorf("got %v, want the 8 s since the first one that waits", got)
	}
}

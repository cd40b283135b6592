package e2e

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"
)

// stopsWithin is what a service manager is told to wait before it kills.
const stopsWithin = 5 * time.Second

// A collector that is told to stop answers what is in flight, cuts off who sends half a request and no more, and is gone
// in time; what was not answered comes again.
func TestCollector_StopsInTimeAndLosesNothing(t *testing.T) {
	t.Parallel()
	w := newCenter(t)
	w.startCollector()
	couriers := []*courier{newCourier(t, w, "MIA-1"), newCourier(t, w, "SEA-1"), newCourier(t, w, "IAD-1")}
	for _, c := range couriers {
		c.start(w.listen)
	}
	stops := rounds(3)
	for range stops {
		stalled, err := net.Dial("tcp", w.listen)
		if err != nil {
			t.Fatal(err)
		}
		defer stalled.Close()
		fmt.Fprint(stalled, "POST /ingest/v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: application/vnd.portolan.batch\r\nContent-Length: 1000\r\n\r\nhalf")
		for range 20 {
			for _, c := range couriers {
				c.record(5)
			}
			if err := w.ready(); err != nil {
				t.Fatal(err)
			}
		}
		begun := time.Now()
		w.collector.end(syscall.SIGTERM)
		if took := time.Since(begun); took > stopsWithin {
			t.Errorf("it took %s to stop, want at most %s", took, stopsWithin)
		}
		if code := w.collector.cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("stopped with exit code %d, want 0", code)
		}
		w.startCollector()
	}
	for _, c := range couriers {
		c.deliver(time.Minute)
	}
	w.checkCouriers(stops, couriers...)
}

package watch

import (
	"encoding/json"
	"testing"
	"time"

	"portolan"
	"portolan/collector/projection"
	"portolan/evidence"
	"portolan/incident"
)

// A system's issue-free share leaves out the time of the incidents that hit its users, at the ports that are asked for.
func TestIssues_CountWhatHitTheGroup(t *testing.T) {
	t.Parallel()
	day := portolan.InstantOf(time.Date(2017, time.March, 27, 0, 0, 0, 0, time.UTC))
	at := func(hours float64) portolan.Instant { return day.Add(time.Duration(hours * float64(time.Hour))) }
	ports, err := json.Marshal([]portolan.Port{{Code: "MIA", Kind: portolan.Air, Office: "Miami"}, {Code: "SEA", Kind: portolan.Air, Office: "Seattle"}})
	if err != nil {
		t.Fatal(err)
	}
	entries := []evidence.Entry{{Number: 1, At: day, Kind: evidence.EntryPorts, Body: ports}}
	for alive := day; alive <= at(12); alive = alive.Add(time.Minute) { // and then again from 18 hours on
		entries = append(entries, evidence.Entry{Number: uint64(len(entries) + 1), At: alive, Kind: evidence.EntryCollectorAlive})
	}
	entries = append(entries, evidence.Entry{Number: uint64(len(entries) + 1), At: at(18), Kind: evidence.EntryCollectorStart})
	facts, err := (&projection.Facts{}).With(entries)
	if err != nil {
		t.Fatal(err)
	}
	one := func(cause incident.Cause, from, to float64, systems []portolan.SystemID, ports ...portolan.PortCode) incident.Incident {
		return incident.Incident{Cause: cause, Start: at(from), End: at(to), Systems: systems, Ports: ports}
	}
	both := []portolan.SystemID{"ident", "tpac"}
	merged := one(incident.Service, 0, 12, both, "MIA", "SEA")
	merged.MergedInto = 1
	open := one(incident.Service, 18, 0, []portolan.SystemID{"tpac"}, "SEA")
	open.End = 0
	issues := NewIssues([]incident.Incident{
		one(incident.Dependency, 1, 4, both, "MIA", "SEA"), one(incident.PortNetwork, 3, 6, both, "SEA"),
		one(incident.Monitor, 0, 12, both, "MIA", "SEA"), merged, open,
	}, facts, at(18)+portolan.Instant(time.Minute/time.Microsecond))

	whole := portolan.Span{From: day, To: at(18)}
	for _, c := range []struct {
		name         string
		query        projection.Query
		group        projection.Key
		window       portolan.Span
		began        int
		sum, union   float64 // hours
		low, of, top string  // percent
	}{
		{name: "a system anywhere", group: projection.Key{System: "tpac"}, window: whole, began: 2, sum: 6, union: 5, low: "38.9", of: "58.3", top: "72.2"},
		{name: "a system at a port", group: projection.Key{System: "tpac", Port: "MIA"}, window: whole, began: 1, sum: 3, union: 3, low: "50.0", of: "75.0", top: "83.3"},
		{name: "an office", group: projection.Key{Office: "Miami"}, window: whole, began: 1, sum: 3, union: 3, low: "50.0", of: "75.0", top: "83.3"},
		{name: "asked for one office", query: projection.Query{Offices: []string{"Miami"}}, window: whole, began: 1, sum: 3, union: 3, low: "50.0", of: "75.0", top: "83.3"},
		{name: "of one system", query: projection.Query{Systems: []portolan.SystemID{"ident"}}, window: whole, began: 2, sum: 6, union: 5, low: "38.9", of: "58.3", top: "72.2"},
		{name: "one that had none", group: projection.Key{System: "apis"}, window: whole, low: "66.7", of: "100.0", top: "100.0"},
		{name: "open while it is asked", group: projection.Key{System: "tpac"}, window: portolan.Span{From: at(18), To: at(18) + 60_000_000}, began: 1, sum: 1. / 60, union: 1. / 60, low: "0.0", of: "0.0", top: "0.0"},
		{name: "nobody watched", group: projection.Key{System: "tpac"}, window: portolan.Span{From: at(13), To: at(14)}, low: "none", of: "none", top: "none"},
		{name: "a transaction", group: projection.Key{System: "tpac", Transaction: "primary"}, window: whole, low: "none", of: "none", top: "none"},
	} {
		got := issues.Of(&c.query, &c.group, c.window)
		f := got.Free
		if f.Low.Percent(1) != c.low || f.Ratio.Percent(1) != c.of || f.High.Percent(1) != c.top || (f.Why == "") != f.Ratio.Exists() {
			t.Errorf("%s: got %s to %s to %s %q, want %s to %s to %s", c.name, f.Low.Percent(1), f.Ratio.Percent(1), f.High.Percent(1), f.Why, c.low, c.of, c.top)
		}
		if got.Began != c.began || got.Sum.Seconds() != c.sum*3600 || got.Union.Seconds() != c.union*3600 {
			t.Errorf("%s: got %d, %v s and %v s, want %d, %v h and %v h", c.name, got.Began, got.Sum.Seconds(), got.Union.Seconds(), c.began, c.sum, c.union)
		}
	}
}

package ledgertest

import (
	"errors"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

func hoursByFilter(t *testing.T, l ledger.Ledger) {
	row := func(agent portolan.AgentID, system portolan.SystemID, hours int) ledger.HourRow {
		return ledger.HourRow{
			Series: portolan.Series{Agent: agent, System: system, Transaction: "primary"},
			Hour:   Start.Add(time.Duration(hours) * time.Hour), Body: []byte{byte(hours)}, Revision: uint32(hours),
			ChangedAt: Start, Provisional: hours == 1,
		}
	}
	mia0, mia1, mia2 := row("MIA-1", "tpac", 0), row("MIA-1", "tpac", 1), row("MIA-1", "ident", 1)
	other, sea := row("MIA-2", "tpac", 1), row("SEA-1", "tpac", 1)
	update(t, l, func(tx ledger.Tx) error {
		former := mia1
		former.Body, former.Revision = []byte("former"), 9
		return errors.Join(tx.PutHours(former, sea, other, mia2), tx.PutHours(mia0, mia1))
	})
	span := portolan.Span{From: Start, To: Start.Add(2 * time.Hour)}
	for _, c := range []struct {
		name   string
		filter ledger.HourFilter
		want   []ledger.HourRow
	}{
		{"all", ledger.HourFilter{}, []ledger.HourRow{mia2, mia0, mia1, other, sea}},
		{"first hour", ledger.HourFilter{Span: portolan.Span{From: Start, To: Start.Add(time.Hour)}}, []ledger.HourRow{mia0}},
		{"agents", ledger.HourFilter{Agents: []portolan.AgentID{"MIA-2", "SEA-1"}}, []ledger.HourRow{other, sea}},
		{"port", ledger.HourFilter{Ports: []portolan.PortCode{"MIA"}}, []ledger.HourRow{mia2, mia0, mia1, other}},
		{"system at port", ledger.HourFilter{Ports: []portolan.PortCode{"MIA"}, Systems: []portolan.SystemID{"ident"}}, []ledger.HourRow{mia2}},
		{"transaction", ledger.HourFilter{Transactions: []portolan.TransactionID{"secondary"}}, nil},
	} {
		if c.filter.Span == (portolan.Span{}) {
			c.filter.Span = span
		}
		look(t, l, func(v ledger.View) error {
			got, err := v.Hours(c.filter)
			equal(t, c.name, got, c.want)
			return err
		})
	}
	look(t, l, func(v ledger.View) error {
		got, ok, err := v.Hour(mia1.Series, mia1.Hour)
		equal(t, "hour", got, mia1)
		_, there, err2 := v.Hour(mia1.Series, Start.Add(9*time.Hour))
		if !ok || there {
			t.Errorf("got %v and %v, want the hour that was put only", ok, there)
		}
		return errors.Join(err, err2)
	})
}

func sketchesByFilter(t *testing.T, l ledger.Ledger) {
	port := ledger.Sketch{Key: ledger.SketchKey{Port: "MIA", System: "tpac", Transaction: "primary", Hour: Start}, Body: []byte{1}}
	other := ledger.Sketch{Key: ledger.SketchKey{Port: "SEA", System: "ident", Transaction: "primary", Hour: Start}, Body: []byte{2}}
	step := ledger.Sketch{Key: ledger.SketchKey{System: "tpac", Transaction: "primary", Step: "sign-on", Hour: Start}, Body: []byte{3}}
	later := step
	later.Key.Hour = Start.Add(time.Hour)
	update(t, l, func(tx ledger.Tx) error {
		former := port
		former.Body = []byte("former")
		if err := errors.Join(tx.PutSketches(former, other, later, step), tx.PutSketches(port)); err != nil {
			return err
		}
		got, err := tx.SketchAt(port.Key)
		equal(t, "sketch", got, port.Body)
		none, err2 := tx.SketchAt(ledger.SketchKey{Hour: Start})
		equal(t, "no sketch", none, []byte(nil))
		return errors.Join(err, err2)
	})
	hour := portolan.Span{From: Start, To: Start.Add(time.Hour)}
	both := portolan.Span{From: Start, To: Start.Add(2 * time.Hour)}
	for _, c := range []struct {
		name   string
		filter ledger.SketchFilter
		want   []ledger.Sketch
	}{
		{"ports", ledger.SketchFilter{Span: both}, []ledger.Sketch{port, other}},
		{"one port", ledger.SketchFilter{Span: both, Ports: []portolan.PortCode{"MIA"}}, []ledger.Sketch{port}},
		{"one system", ledger.SketchFilter{Span: both, Systems: []portolan.SystemID{"ident"}}, []ledger.Sketch{other}},
		{"steps", ledger.SketchFilter{Span: both, Steps: true}, []ledger.Sketch{step, later}},
		{"steps of an hour", ledger.SketchFilter{Span: hour, Steps: true}, []ledger.Sketch{step}},
	} {
		look(t, l, func(v ledger.View) error {
			got, err := v.Sketches(c.filter)
			equal(t, c.name, got, c.want)
			return err
		})
	}
}

package ledgertest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

func rollupsByFilter(t *testing.T, l ledger.Ledger) {
	rollup := func(port portolan.PortCode, unit, part string, hours int) ledger.Rollup {
		start := Start.Add(time.Duration(hours) * time.Hour)
		return ledger.Rollup{Key: ledger.RollupKey{Port: port, Unit: unit, Part: part, Start: start}, Body: []byte{byte(hours)}}
	}
	nation, day, dayAll := rollup("", "day", "system", 1), rollup("MIA", "day", "system", 1), rollup("MIA", "day", "all", 1)
	next, month, sea := rollup("MIA", "day", "system", 25), rollup("MIA", "month", "system", 1), rollup("SEA", "day", "system", 1)
	all := []ledger.Rollup{nation, dayAll, day, next, month, sea}
	update(t, l, func(tx ledger.Tx) error {
		former := day
		former.Body = []byte("former")
		return errors.Join(tx.PutRollups(month, sea, former, next), tx.PutRollups(day, dayAll, nation), tx.PutRollups(), tx.DropRollups())
	})
	whole := portolan.Span{From: Start, To: Start.Add(48 * time.Hour)}
	for _, c := range []struct {
		name   string
		filter ledger.RollupFilter
		want   []ledger.Rollup
	}{
		{"all", ledger.RollupFilter{Span: whole}, all},
		{"first hours", ledger.RollupFilter{Span: portolan.Span{From: Start, To: Start.Add(time.Hour)}}, nil},
		{"first day", ledger.RollupFilter{Span: portolan.Span{From: next.Key.Start, To: whole.To}}, []ledger.Rollup{next}},
		{"a port", ledger.RollupFilter{Span: whole, Ports: []portolan.PortCode{"SEA"}}, []ledger.Rollup{sea}},
		{"the nation", ledger.RollupFilter{Span: whole, Ports: []portolan.PortCode{""}}, []ledger.Rollup{nation}},
		{"unit and part", ledger.RollupFilter{Span: whole, Unit: "day", Part: "system", Ports: []portolan.PortCode{"MIA", "SEA"}}, []ledger.Rollup{day, next, sea}},
		{"no such port", ledger.RollupFilter{Span: whole, Ports: []portolan.PortCode{"IAD"}}, nil},
	} {
		look(t, l, func(v ledger.View) error {
			got, err := v.Rollups(c.filter)
			equal(t, c.name, got, c.want)
			return err
		})
	}
	dropRollups(t, l, whole, all)
}

// dropRollups drops some and checks that the others are left.
func dropRollups(t *testing.T, l ledger.Ledger, whole portolan.Span, all []ledger.Rollup) {
	first := portolan.Span{From: Start, To: Start.Add(2 * time.Hour)}
	update(t, l, func(tx ledger.Tx) error {
		return tx.DropRollups(ledger.RollupFilter{Ports: []portolan.PortCode{"MIA", ""}, Unit: "day", Span: first},
			ledger.RollupFilter{Ports: []portolan.PortCode{"SEA"}, Part: "system", Span: whole})
	})
	want := slices.DeleteFunc(slices.Clone(all), func(r ledger.Rollup) bool {
		return r.Key.Unit == "day" && first.Contains(r.Key.Start)
	})
	look(t, l, func(v ledger.View) error {
		got, err := v.Rollups(ledger.RollupFilter{Span: whole})
		equal(t, "what is left", got, want)
		return err
	})
}

func seriesByFilter(t *testing.T, l ledger.Ledger) {
	one, two := ledger.SeriesState{Series: seriesOf("MIA-1", "primary"), LastStart: Start, State: []byte{1}},
		ledger.SeriesState{Series: seriesOf("MIA-1", "secondary"), LastStart: Start, State: []byte{2}}
	other, sea := ledger.SeriesState{Series: seriesOf("MIA-2", "primary"), State: []byte{3}},
		ledger.SeriesState{Series: seriesOf("SEA-1", "primary"), State: []byte{4}}
	update(t, l, func(tx ledger.Tx) error { return tx.PutSeries(sea, two, other, one) })
	for _, c := range []struct {
		name   string
		filter ledger.HourFilter
		want   []ledger.SeriesState
	}{
		{"all", ledger.HourFilter{}, []ledger.SeriesState{one, two, other, sea}},
		{"agents", ledger.HourFilter{Agents: []portolan.AgentID{"MIA-2", "SEA-1"}}, []ledger.SeriesState{other, sea}},
		{"port", ledger.HourFilter{Ports: []portolan.PortCode{"MIA"}}, []ledger.SeriesState{one, two, other}},
		{"transaction at ports", ledger.HourFilter{Ports: []portolan.PortCode{"MIA", "SEA"}, Transactions: []portolan.TransactionID{"primary"}},
			[]ledger.SeriesState{one, other, sea}},
		{"no such system", ledger.HourFilter{Systems: []portolan.SystemID{"ident"}}, nil},
	} {
		look(t, l, func(v ledger.View) error {
			got, err := v.SeriesOf(c.filter)
			equal(t, c.name, got, c.want)
			return err
		})
	}
}

package projection_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/monthly"
	"portolan/collector/projection"
	"portolan/incident"
	"portolan/probe"
	"portolan/targets"
)

// BenchmarkReport gathers and draws the report of a whole month of 477 ports with 20 systems and two transactions each: with 99 incidents
// in 13 months, and with ten changes in the month besides.
func BenchmarkReport(b *testing.B) {
	for _, c := range []struct {
		name    string
		changes int
	}{{"month", 0}, {"month-with-10-changes", 10}} {
		b.Run(c.name, func(b *testing.B) {
			p, l := projection.ReportFleet(b, c.changes)
			putIncidents(b, l)
			source := monthly.Source{Ledger: l, Projection: p, Catalogue: reportCatalogue()}
			asked := monthly.Asked{Month: projection.ReportMonth, Zone: time.UTC, Now: projection.ReportNow()}
			for b.Loop() {
				m, err := monthly.Make(b.Context(), source, asked)
				if err != nil || len(m.Systems) != 20 || len(m.Ports) != 477 || len(m.Latencies) != 40 || len(m.Effects) != c.changes || m.Systems[0].Days[30].Ratio == nil {
					b.Fatalf("%d systems, %d ports, %d latencies, %v", len(m.Systems), len(m.Ports), len(m.Latencies), err)
				}
				if _, err := m.HTML(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms")
		})
	}
}

// reportCatalogue has the systems that the fleet probes; each asks the one before it in one of its steps.
func reportCatalogue() *targets.Catalogue {
	c := &targets.Catalogue{}
	for n := range 20 {
		s := &targets.System{ID: portolan.SystemID(fmt.Sprintf("system-%d", n)), Name: fmt.Sprintf("System %d", n)}
		for _, id := range []portolan.TransactionID{"primary", "secondary"} {
			t := &probe.Transaction{ID: id}
			for step := range 5 {
				t.Steps = append(t.Steps, probe.Step{ID: portolan.StepID(fmt.Sprintf("step-%d", step))})
			}
			t.Steps[3].Dependency = portolan.SystemID(fmt.Sprintf("system-%d", (n+19)%20))
			s.Transactions = append(s.Transactions, t)
		}
		c.Systems = append(c.Systems, s)
	}
	return c
}

// putIncidents keeps 99 incidents of the 13 months.
func putIncidents(b *testing.B, l ledger.Ledger) {
	b.Helper()
	var records []ledger.IncidentRecord
	for n := range 99 {
		start := portolan.InstantOf(time.Date(2025, time.February, 2+4*n, n%24, 0, 0, 0, time.UTC))
		i := incident.Incident{
			ID: incident.ID(n + 1), Revision: 1, Systems: []portolan.SystemID{portolan.SystemID(fmt.Sprintf("system-%d", n%20))}, Cause: incident.Service, Why: "drawn",
			Start: start, End: start.Add(168 * time.Minute), Known: start.Add(time.Minute), Ports: []portolan.PortCode{"X0001"},
		}
		body, err := json.Marshal(struct {
			incident.Incident
			Start portolan.Instant `json:"start"`
			End   portolan.Instant `json:"end"`
			Known portolan.Instant `json:"known"`
		}{i, i.Start, i.End, i.Known})
		if err != nil {
			b.Fatal(err)
		}
		records = append(records, ledger.IncidentRecord{
			Incident: uint64(i.ID), Revision: 1, At: i.Known, Span: portolan.Span{From: i.Start, To: i.End}, Body: body,
		})
	}
	if err := l.Update(b.Context(), func(tx ledger.Tx) error { return tx.AppendIncidents(records...) }); err != nil {
		b.Fatal(err)
	}
}

package projection

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/ledger/sqlite"
	"portolan/evidence"
	"portolan/schedule"
)

// BenchmarkProjection_Fold folds two hours of a hundred agents with five series each, a batch a minute.
func BenchmarkProjection_Fold(b *testing.B) {
	const agents, minutes = 100, 120
	l, err := sqlite.Open(context.Background(), sqlite.Options{Path: filepath.Join(b.TempDir(), "ledger.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	transactions := []portolan.TransactionID{"one", "two", "three", "four", "five"}
	fleet := make([]*fake, agents)
	for i := range fleet {
		fleet[i] = &fake{ledger: l, plan: planOf(transactions...)}
		fleet[i].chain = ledger.Chain{Agent: portolan.AgentID(fmt.Sprintf("MIA-%d", i)), Stream: portolan.Stream{byte(i), 1}}
	}
	for m := range minutes {
		for _, f := range fleet {
			at := day.Add(time.Duration(m) * time.Minute)
			for i, transaction := range transactions {
				f.run(transaction, at.Add(time.Duration(i)*time.Second), portolan.Good)
			}
			if err := f.append(portolan.Live, at.Add(10*time.Second), f.made[len(f.made)-len(transactions):]...); err != nil {
				b.Fatal(err)
			}
		}
	}
	p, err := New(context.Background(), Options{Ledger: l})
	if err != nil {
		b.Fatal(err)
	}
	results := 0
	for b.Loop() {
		if err := p.Rebuild(context.Background()); err != nil {
			b.Fatal(err)
		}
		results += agents * minutes * len(transactions)
	}
	b.ReportMetric(float64(results)/b.Elapsed().Seconds(), "results/s")
}

// BenchmarkProjection_TakeIn folds what was decoded already, in memory: 100 agents x 15 series, without steps and with five; live
// batches of a minute (15 results) and batches of a backlog (600).
func BenchmarkProjection_TakeIn(b *testing.B) {
	for _, c := range []struct{ size, steps int }{{15, 0}, {15, 5}, {600, 0}, {600, 5}} {
		b.Run(fmt.Sprintf("batch-%d-steps-%d", c.size, c.steps), func(b *testing.B) { benchmarkTakeIn(b, c.size/15, c.steps) })
	}
}

func benchmarkTakeIn(b *testing.B, together, steps int) {
	const agents, series = 100, 15
	minutes := max(4, together)
	plan := takeInPlan(series, steps)
	var links []*opened
	for minute := 0; minute < minutes; minute += together {
		for agent := range agents {
			link := takeInLink(plan, agent, ledger.Position(len(links)+1), minute)
			for more := 1; more < together; more++ {
				next := takeInLink(plan, agent, link.Position, minute+more)
				link.batch.Records = append(link.batch.Records, next.batch.Records...)
				link.ReceivedAt, link.batch.SentAt = next.ReceivedAt, next.batch.SentAt
			}
			link.Number = uint64(minute/together + 1)
			links = append(links, link)
		}
	}
	f := newFolder(nil, bare{}, &Facts{})
	results := 0
	for b.Loop() {
		for _, o := range links {
			a, err := f.agent(o.Chain.Agent)
			if err != nil {
				b.Fatal(err)
			}
			if err := f.foldOpened(context.Background(), a, o); err != nil {
				b.Fatal(err)
			}
			if err := f.passed(a, o.Position, nil); err != nil {
				b.Fatal(err)
			}
		}
		results += agents * minutes * series
		f.stored()
		b.StopTimer()
		for _, o := range links {
			takeInLater(o, ledger.Position(len(links)), minutes, minutes*series)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(results)/b.Elapsed().Seconds(), "results/s")
}

// takeInLater makes a link the one that comes some minutes and positions later.
func takeInLater(o *opened, positions ledger.Position, minutes, results int) {
	d := time.Duration(minutes) * time.Minute
	o.Position += positions
	o.Number += uint64(positions)
	o.ReceivedAt, o.batch.SentAt = o.ReceivedAt.Add(d), o.batch.SentAt.Add(d)
	for _, record := range o.batch.Records {
		r := record.Result
		r.Seq += portolan.Seq(results)
		r.Due, r.Start = r.Due.Add(d), r.Start.Add(d)
	}
}

func takeInPlan(series, steps int) *portolan.Plan {
	plan := &portolan.Plan{Port: "MIA"}
	for n := range series {
		s := portolan.PlannedSeries{
			System: portolan.SystemID(fmt.Sprintf("system-%d", n%5)), Transaction: portolan.TransactionID(fmt.Sprintf("work-%d", n)),
			Share: 1, Interval: time.Minute, Latency: 5 * time.Second, Timeout: 30 * time.Second,
		}
		for step := range steps {
			s.Steps = append(s.Steps, portolan.PlannedStep{Step: portolan.StepID(fmt.Sprintf("step-%d", step))})
		}
		plan.Series = append(plan.Series, s)
	}
	return plan
}

// takeInLink is an agent's batch of a minute, each series run at its due time.
func takeInLink(plan *portolan.Plan, agent int, position ledger.Position, minute int) *opened {
	id := portolan.AgentID(fmt.Sprintf("MIA-%d", agent))
	from := day.Add(time.Duration(minute) * time.Minute)
	o := &opened{
		Link: ledger.Link{
			Position: position, Chain: ledger.Chain{Agent: id, Stream: portolan.Stream{byte(agent), 1}}, Number: uint64(minute + 1),
			Lane: portolan.Live, ReceivedAt: from.Add(70 * time.Second), Status: ledger.Accepted,
		},
		batch: &evidence.Batch{
			Agent: id, Plan: evidence.HashPlan(plan), PlanBody: plan, SentAt: from.Add(70 * time.Second), Lane: portolan.Live,
			Clock: evidence.Clock{Age: -1},
		},
	}
	for n, planned := range plan.Series {
		times, err := schedule.New(id, planned)
		if err != nil {
			panic(err)
		}
		due := times.Next(from - 1)
		r := &portolan.Result{
			Seq: portolan.Seq(minute*len(plan.Series) + n + 1), System: planned.System, Transaction: planned.Transaction,
			Due: due, Start: due + 1500, Duration: time.Duration(900+n*37+minute%97) * time.Millisecond, Attempt: 1, Outcome: portolan.Good,
		}
		for i, step := range planned.Steps {
			r.Steps = append(r.Steps, portolan.StepResult{Step: step.Step, Duration: time.Duration(100+i*31+minute%89) * time.Millisecond, Outcome: portolan.Good})
		}
		o.batch.Records = append(o.batch.Records, evidence.Record{Result: r})
	}
	return o
}

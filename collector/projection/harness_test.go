package projection

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
	"portolan/collector/ledger/sqlite"
	"portolan/evidence"
)

// day is when the tests' evidence begins.
var day = portolan.InstantOf(time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC))

// fake is an agent that makes evidence without running anything.
type fake struct {
	t      *testing.T
	ledger ledger.Ledger
	chain  ledger.Chain
	plan   portolan.Plan
	number uint64
	last   evidence.Hash
	seq    portolan.Seq
	// made holds every record of the stream, in order.
	made []evidence.Record
	// open is in every batch.
	open []evidence.OpenRun
}

func openLedger(t *testing.T) ledger.Ledger {
	t.Helper()
	l, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "ledger.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func planOf(transactions ...portolan.TransactionID) portolan.Plan {
	plan := portolan.Plan{Port: "MIA"}
	for _, id := range transactions {
		plan.Series = append(plan.Series, portolan.PlannedSeries{
			System: "tpac", Transaction: id, Share: 1, Interval: time.Minute,
			Latency: 5 * time.Second, Timeout: 30 * time.Second,
			Steps: []portolan.PlannedStep{{Step: "sign-on"}, {Step: "match", Dependency: "ident"}},
		})
	}
	return plan
}

func newFake(t *testing.T, l ledger.Ledger, agent portolan.AgentID, plan portolan.Plan) *fake {
	f := &fake{t: t, ledger: l, plan: plan}
	f.chain = ledger.Chain{Agent: agent, Stream: portolan.Stream{1, byte(len(agent)), agent[len(agent)-1]}}
	f.plan.Port = agent.Port()
	return f
}

func (f *fake) series(transaction portolan.TransactionID) portolan.Series {
	return portolan.Series{Agent: f.chain.Agent, System: "tpac", Transaction: transaction}
}

// run makes the record of a run.
func (f *fake) run(transaction portolan.TransactionID, start portolan.Instant, outcome portolan.Outcome) {
	r := &portolan.Result{
		System: "tpac", Transaction: transaction, Due: start, Start: start, Duration: 2 * time.Second, Attempt: 1, Outcome: outcome,
		Steps: []portolan.StepResult{{Step: "sign-on", Duration: time.Second, Outcome: portolan.Good}},
	}
	switch outcome {
	case portolan.Slow:
		r.Duration = 9 * time.Second
		r.Symptom = portolan.Symptom{Step: "sign-on", Phase: portolan.PhaseWait, Kind: portolan.KindLate}
	case portolan.Failed:
		r.Symptom = portolan.Symptom{Step: "match", Phase: portolan.PhaseWait, Kind: portolan.KindTimeout, Dependency: "ident"}
		r.Steps = append(r.Steps, portolan.StepResult{Step: "match", Offset: time.Second, Duration: time.Second, Outcome: portolan.Failed})
	case portolan.Good, portolan.OutcomeUnknown:
	}
	f.record(evidence.Record{Result: r})
}

func (f *fake) record(r evidence.Record) {
	f.seq++
	f.made = append(f.made, r.WithSeq(f.seq))
}

// minutes makes a run each minute; outcomes are drawn, worse ones in stretches.
func (f *fake) minutes(rng *rand.Rand, transaction portolan.TransactionID, span portolan.Span) {
	outcome := portolan.Good
	for at := span.From; at < span.To; at = at.Add(time.Minute) {
		if rng.IntN(7) == 0 {
			outcome = portolan.Outcome(1 + rng.IntN(3))
		}
		f.run(transaction, at, outcome)
	}
}

// send puts records into the ledger as one batch.
func (f *fake) send(lane portolan.Lane, received portolan.Instant, records ...evidence.Record) {
	f.t.Helper()
	if err := f.append(lane, received, records...); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fake) append(lane portolan.Lane, received portolan.Instant, records ...evidence.Record) error {
	records = slices.Clone(records)
	slices.SortFunc(records, func(a, b evidence.Record) int { return int(a.Seq()) - int(b.Seq()) })
	f.number++
	batch := evidence.Batch{
		Agent: f.chain.Agent, Stream: f.chain.Stream, Number: f.number, Previous: f.last, Lane: lane, SentAt: received,
		Plan: evidence.HashPlan(&f.plan), PlanBody: &f.plan, CarriesPlan: true, Records: records, Open: f.open,
	}
	sealed, err := evidence.Seal(batch, nil)
	if err != nil {
		return err
	}
	receipt, err := f.ledger.Append(context.Background(), ledger.Offer{
		Chain: f.chain, Number: f.number, Hash: sealed.Hash, Previous: f.last, ReceivedAt: received, Lane: lane,
		Bytes: sealed.Bytes, Status: ledger.Accepted,
		Content: ledger.Content{
			Plan: batch.Plan, PlanBody: &f.plan, Records: uint64(len(records)), SentAt: received, Span: spanOf(records),
		},
	})
	if err == nil && receipt.Verdict != ledger.Stored {
		err = fmt.Errorf("batch %d is %s", f.number, receipt.Verdict)
	}
	f.last = sealed.Hash
	return err
}

// spanOf covers what the records tell of, as ingest notes it.
func spanOf(records []evidence.Record) portolan.Span {
	span := portolan.Span{From: availability.Forever}
	for _, r := range records {
		span.From = min(span.From, r.At())
		span.To = max(span.To, r.At()+1)
		if r.Result != nil {
			span.To = max(span.To, r.Result.End()+1)
		}
	}
	return span
}

// sendShuffled sends everything made in batches of random records, some of them twice, at random later times.
func (f *fake) sendShuffled(rng *rand.Rand, size int) {
	f.t.Helper()
	order := rng.Perm(len(f.made))
	received := day
	for len(order) > 0 {
		n := min(len(order), 1+rng.IntN(size))
		var records []evidence.Record
		newest := portolan.Instant(0)
		for _, i := range order[:n] {
			records = append(records, f.made[i])
			newest = max(newest, f.made[i].At())
		}
		if twice := f.made[rng.IntN(len(f.made))]; rng.IntN(3) == 0 && !slices.ContainsFunc(records, func(r evidence.Record) bool { return r.Seq() == twice.Seq() }) {
			records = append(records, twice)
			newest = max(newest, twice.At())
		}
		order = order[n:]
		received = max(received, newest).Add(time.Duration(1+rng.IntN(600)) * time.Second)
		f.send(portolan.Backlog, received, records...)
	}
}

// oracle folds everything made for one series at once, with availability alone.
func (f *fake) oracle(name portolan.Series, window portolan.Span) []availability.Segment {
	var events availability.Events
	for _, r := range f.made {
		switch {
		case r.Result != nil && r.Result.Transaction == name.Transaction:
			run, first := availability.NewRun(r.Result, availability.Origin{Stream: f.chain.Stream, Start: r.Result.Start, Interval: time.Minute})
			if first {
				events.Runs = append(events.Runs, run)
			}
		case r.Gap != nil:
			events.Stops = append(events.Stops, availability.Gap(r.Gap.Span))
		case r.Farewell != nil:
			events.Stops = append(events.Stops, availability.Farewell(r.Farewell.At))
		}
	}
	segments, _ := availability.Fold(availability.Timeline{}, events, window)
	return segments
}

func newProjection(t *testing.T, l ledger.Ledger) *Projection {
	t.Helper()
	p, err := New(t.Context(), Options{Ledger: l})
	if err != nil {
		t.Fatal(err)
	}
	catchUp(t, p)
	return p
}

func catchUp(t *testing.T, p *Projection) {
	t.Helper()
	if _, err := p.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// dump is everything that the projection stored, in bytes.
type dump struct {
	Rows     []ledger.HourRow
	States   []ledger.SeriesState
	Sketches []ledger.Sketch
}

func dumpOf(t *testing.T, l ledger.Ledger) dump {
	t.Helper()
	var d dump
	err := l.View(context.Background(), func(v ledger.View) (err error) {
		all := portolan.Span{From: 0, To: availability.Forever}
		if d.Rows, err = v.Hours(ledger.HourFilter{Span: all}); err != nil {
			return err
		}
		if d.States, err = v.AllSeries(""); err != nil {
			return err
		}
		d.Sketches, err = v.Sketches(ledger.SketchFilter{Span: all})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// segmentsOf returns what the projection has of a series in a window.
func segmentsOf(t *testing.T, p *Projection, name portolan.Series, window portolan.Span) []availability.Segment {
	t.Helper()
	var all []availability.Segment
	err := p.at(t.Context(), nil, window.To, func(k *known) error {
		read, err := k.read(ledger.HourFilter{Span: wholeHours(window)})
		if err != nil || read.byPort[name.Agent.Port()] == nil {
			return err
		}
		for part := range availability.Hours(window) {
			for _, h := range read.byPort[name.Agent.Port()].byHour[part.From.Hour()] {
				if h.name != name {
					continue
				}
				for _, s := range h.segments {
					all = availability.AppendSegment(all, s)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return availability.Clip(all, window)
}

// histories returns how many histories a test draws: so many, and twelve in the long run.
func histories(few uint64) uint64 {
	if os.Getenv("PORTOLAN_SOAK") != "" {
		return 12
	}
	return few
}

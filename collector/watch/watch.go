// Package watch watches what the collector folds for incidents, and keeps their history.
//
// Only the leader of the collectors watches: it hands news to a detector of package incident, and writes what that finds
// into the ledger's log of incidents, in transactions that fail once another leads. Start reading at Watch.Advance, which
// the collector calls about every second. What every collector may ask (List, History) is read from the log.
//
// The package decides nothing about incidents: it translates batches, journal and agents' states into what the detector
// takes.
package watch

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/evidence"
	"portolan/incident"
)

// Options says what a watch needs.
type Options struct {
	Ledger ledger.Projection
	// Agents returns every agent as it is at an instant.
	Agents func(now portolan.Instant) []projection.AgentNow
	// Facts returns what the journal says.
	Facts func() *projection.Facts
	// Surroundings returns the ports, and who answers for each system.
	Surroundings func() ([]portolan.Port, incident.Systems)
	// SendInterval returns how often agents send.
	SendInterval func() time.Duration
	// Told is called with what happened, once it is in the log.
	Told func([]incident.Event)
}

// Watch is the center's watch for incidents. Its methods are safe for concurrent use.
type Watch struct {
	options Options

	mu       sync.Mutex
	detector *incident.Detector // nil while another collector leads
	epoch    uint64
	plans    map[portolan.AgentID]*portolan.Plan // as the detector knows them
	looked   portolan.Instant                    // when agents were looked at last
	journal  uint64                              // the newest entry that the detector knows
	ports    []portolan.Port
	pending  []incident.Event // that are not in the log yet
}

// New returns a watch that does not lead.
func New(o Options) *Watch { return &Watch{options: o} }

// newsSendings is for how many sendings of an agent after its end a result may open an incident. A batch that was news when it
// was made may come much later, byte for byte as it was sent first.
const newsSendings = 3

// lookEvery is how often agents are looked at for silence and new plans.
const lookEvery = 5 * time.Second

// keepKnown is how long after its end an incident is restored, so that late evidence can correct it.
const keepKnown = time.Hour

// Follow makes the watch rest: another collector leads.
func (w *Watch) Follow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.detector, w.pending = nil, nil
}

// Lead begins to watch as the leader of a term: it goes on with the incidents in the log.
func (w *Watch) Lead(ctx context.Context, epoch uint64, now portolan.Instant) error {
	var known []incident.Incident
	var last incident.ID
	err := w.options.Ledger.View(ctx, func(v ledger.View) error {
		newest, err := v.Incidents(ledger.IncidentFilter{Limit: 1})
		if err != nil {
			return err
		}
		if len(newest) > 0 {
			last = incident.ID(newest[0].Incident)
		}
		records, err := v.Incidents(ledger.IncidentFilter{Span: portolan.Span{From: now.Add(-keepKnown), To: now.Add(keepKnown)}})
		if err != nil {
			return err
		}
		known, err = decodeAll(records)
		return err
	})
	if err != nil {
		return fmt.Errorf("read incidents: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, systems := w.options.Surroundings()
	w.detector, w.epoch, w.plans, w.pending = incident.New(incident.Options{Systems: systems, SendInterval: w.options.SendInterval()}), epoch, map[portolan.AgentID]*portolan.Plan{}, nil
	w.journal, w.ports, w.looked = 0, nil, 0
	if err := w.look(now); err != nil {
		return err
	}
	w.ports = nil
	if err := w.look(now); err != nil {
		return err
	}
	w.detector.Restore(known, last, now)
	return nil
}

// News takes in what a folded link brought.
func (w *Watch) News(n *projection.News) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.detector == nil {
		return
	}
	agent := n.Link.Chain.Agent
	if w.plans[agent] == nil {
		w.looked = 0 // look before the next second is over
	}
	w.detector.Heard(agent)
	for _, r := range n.Results {
		if r.Attempt == 1 {
			w.result(n, r)
		}
	}
	for i := range n.Batch.Records {
		w.standing(agent, n, &n.Batch.Records[i])
	}
	if n.Link.Lane == portolan.Live {
		for i := range n.Batch.Open {
			w.notice(agent, n, &n.Batch.Open[i])
		}
	}
}

func (w *Watch) result(n *projection.News, r *portolan.Result) {
	o := incident.Observation{
		Series: portolan.Series{Agent: n.Link.Chain.Agent, System: r.System, Transaction: r.Transaction},
		Start:  eventTime(n, r.Start), Duration: r.Duration, Outcome: r.Outcome, Symptom: r.Symptom, Heard: n.Link.ReceivedAt,
	}
	if n.Link.Lane == portolan.Live && o.Heard.Sub(o.Start.Add(o.Duration)) <= newsSendings*w.options.SendInterval() {
		w.detector.Observe(&o)
	} else {
		w.detector.Late(&o)
	}
}

func (w *Watch) notice(agent portolan.AgentID, n *projection.News, open *evidence.OpenRun) {
	series := portolan.Series{Agent: agent, System: open.System, Transaction: open.Transaction}
	planned := projection.PlannedOf(w.plans[agent], series)
	step := projection.StepOf(&planned, open.Step)
	start := eventTime(n, open.Start)
	w.detector.Observe(&incident.Observation{
		Series: series, Start: start, Duration: n.Link.ReceivedAt.Sub(start), Outcome: portolan.Slow, Open: true, Heard: n.Link.ReceivedAt,
		Symptom: portolan.Symptom{Step: step.Step, Kind: portolan.KindLate, Dependency: step.Dependency},
	})
}

// standing takes in what an agent says of itself.
func (w *Watch) standing(agent portolan.AgentID, n *projection.News, r *evidence.Record) {
	switch {
	case r.Farewell != nil:
		w.detector.Left(agent)
	case r.Gap != nil && r.Gap.Reason != portolan.GapClock:
		w.detector.Stopped(agent, portolan.Span{From: eventTime(n, r.Gap.Span.From), To: eventTime(n, r.Gap.Span.To)})
	}
}

func eventTime(n *projection.News, recorded portolan.Instant) portolan.Instant {
	return availability.EventTime(recorded, n.Batch.Clock.Offset, n.Batch.Clock.Uncertainty)
}

// Advance lets time pass and writes what happened into the log. It does nothing while another collector leads. If it
// fails with ledger.ErrDeposed, another leads by now; after any other error it tries to write again the next time.
func (w *Watch) Advance(ctx context.Context, now portolan.Instant) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.detector == nil {
		return nil
	}
	if now >= w.looked.Add(lookEvery) {
		if err := w.look(now); err != nil {
			return err
		}
	}
	w.declared()
	w.pending = append(w.pending, w.detector.Advance(now)...)
	if len(w.pending) == 0 {
		return nil
	}
	if err := w.write(ctx); err != nil {
		return fmt.Errorf("write incidents: %w", err)
	}
	if w.options.Told != nil {
		w.options.Told(w.pending)
	}
	w.pending = nil
	return nil
}

func (w *Watch) write(ctx context.Context) error {
	records := make([]ledger.IncidentRecord, 0, len(w.pending))
	for i := range w.pending {
		r, err := encode(&w.pending[i], w.epoch)
		if err != nil {
			return err
		}
		records = append(records, r)
	}
	return w.options.Ledger.Update(ctx, func(tx ledger.Tx) error {
		if err := tx.Fence(w.epoch); err != nil {
			return err
		}
		return tx.AppendIncidents(records...)
	})
}

// look tells the detector of ports, plans and silence.
func (w *Watch) look(now portolan.Instant) error {
	w.looked = now
	ports, _ := w.options.Surroundings()
	if w.ports == nil || !samePorts(ports, w.ports) {
		for _, p := range ports {
			if err := w.detector.SetPort(p); err != nil {
				return err
			}
		}
		w.ports = ports
	}
	agents := w.options.Agents(now)
	for i := range agents {
		a := &agents[i]
		if a.Plan != nil && w.plans[a.Agent] != a.Plan {
			w.plans[a.Agent] = a.Plan
			w.detector.Assign(a.Agent, a.Plan)
		}
		switch {
		case a.Stopped:
			w.detector.Left(a.Agent)
		case a.Silent:
			w.detector.Silent(a.Agent, a.HeardAt)
		default:
			w.detector.Heard(a.Agent)
		}
	}
	return nil
}

// samePorts reports whether two lists are one: a reload replaces the list as a whole.
func samePorts(a, b []portolan.Port) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// changedLately is how long ago a change may have been made that is weighed as a cause.
const changedLately = 2 * 24 * time.Hour

// declared tells the detector what people declared since it was looked at last.
func (w *Watch) declared() {
	facts := w.options.Facts()
	if facts.Number == w.journal && w.detector.HasNotes() {
		return
	}
	for _, a := range facts.Acknowledgements {
		if a.Number > w.journal {
			w.detector.Acknowledge(incident.ID(a.Incident), a.By)
		}
	}
	for _, s := range facts.Signals {
		if s.Number > w.journal {
			w.detector.Signal(incident.Signal{Port: s.Port, System: s.System, State: s.State, At: portolan.InstantOf(s.Made)})
		}
	}
	w.journal = facts.Number
	w.detector.SetNotes(notesOf(facts))
}

func notesOf(facts *projection.Facts) []incident.Note {
	notes := []incident.Note{}
	cancelled := map[uint64]bool{}
	for _, m := range facts.Maintenance {
		cancelled[m.Cancels] = true
	}
	for _, m := range facts.Maintenance {
		if m.Cancels == 0 && !cancelled[m.ID] {
			notes = append(notes, incident.Note{System: m.System, Port: m.Port, Span: span(m.From, m.To), Text: m.Title, Planned: true})
		}
	}
	for _, a := range facts.Annotations {
		if portolan.InstantOf(a.From) > facts.At.Add(-changedLately) {
			notes = append(notes, incident.Note{System: a.System, Port: a.Port, Span: span(a.From, a.To), Text: a.Text})
		}
	}
	slices.SortStableFunc(notes, func(a, b incident.Note) int { return int(max(-1, min(1, a.Span.From-b.Span.From))) })
	return notes
}

func span(from, to time.Time) portolan.Span {
	return portolan.Span{From: portolan.InstantOf(from), To: portolan.InstantOf(to)}
}

package fleet

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"portolan"
	"portolan/evidence"
	"portolan/sim"
	"portolan/sim/replay"
	"portolan/sim/truth"
)

// PlayOptions says what is played of a scenario, and to whom.
type PlayOptions struct {
	Scenario *sim.Scenario
	World    *truth.World // the scenario's
	// SendEvery is the time between an agent's sendings, in the scenario's time; 15 s if zero.
	SendEvery time.Duration
	// QuietEvery is the same while nothing is wrong anywhere; SendEvery if zero.
	QuietEvery time.Duration
	// Collector is the collector's address, https://HOST:PORT. It must live in the scenario's time.
	Collector string
	Roots     *x509.CertPool
	Token     func(portolan.AgentID) (string, error)
	// Progress is told about once a second how far it is; nil for nobody.
	Progress func(Played)
}

// Played says what was played so far.
type Played struct {
	Seconds float64   `json:"seconds"`
	Until   time.Time `json:"until"` // in the scenario's time
	Agents  int       `json:"agents"`
	Results uint64    `json:"results_acknowledged"`
	Batches uint64    `json:"batches_acknowledged"`
}

// How a scenario is played.
const (
	// window is how much of the scenario's time is sent before anybody goes on: agents send in an order that is right within it.
	window = 5 * time.Second
	// after is how long agents go on after the end, so that what they ran is sent and the last holds are confirmed.
	after = 10 * time.Minute
	// patience is how long a collector may not answer.
	patience = 2 * time.Minute
)

// player is an agent of a scenario with its connection.
type player struct {
	*sender
	agent *replay.Agent
}

// Play plays a scenario as fast as the collector takes it, in the order of its time: what was sent before is acknowledged
// before what was sent later begins.
func Play(ctx context.Context, o PlayOptions) (Played, error) {
	p := &play{o: o, begun: time.Now()}
	agents, err := replay.New(o.World, replay.Options{Seed: o.Scenario.Seed, SendEvery: o.SendEvery, QuietEvery: o.QuietEvery})
	if err != nil {
		return Played{}, err
	}
	if err := p.enroll(ctx, agents); err != nil {
		return Played{}, err
	}
	defer p.close()
	notes, err := notesOf(o.Scenario)
	if err != nil {
		return Played{}, err
	}
	end := o.World.Span.To.Add(after)
	for at := o.World.Span.From; at < end && err == nil; {
		at = at.Add(window)
		if err = p.window(ctx, at); err == nil {
			notes, err = p.declare(ctx, notes, at)
		}
		p.tell(at)
	}
	return p.so(end), err
}

type play struct {
	o       PlayOptions
	begun   time.Time
	told    time.Time
	players []*player

	mu     sync.Mutex // guards what follows
	played Played
}

func (p *play) enroll(ctx context.Context, agents []*replay.Agent) error {
	for _, a := range agents {
		s, err := enroll(ctx, enrolment{
			agent: a.Station().Agent, plan: &a.Station().Plan, collector: p.o.Collector, roots: p.o.Roots, token: p.o.Token,
		})
		if err != nil {
			return fmt.Errorf("enroll %s: %w", a.Station().Agent, err)
		}
		p.players = append(p.players, &player{s, a})
	}
	return nil
}

func (p *play) close() {
	for _, player := range p.players {
		player.wire.close()
	}
}

// window sends what all agents send before an instant.
func (p *play) window(ctx context.Context, until portolan.Instant) error {
	errs := make([]error, len(p.players))
	var group sync.WaitGroup
	for i, player := range p.players {
		deliveries := player.agent.Until(until)
		if len(deliveries) == 0 {
			continue
		}
		group.Go(func() {
			for _, d := range deliveries {
				if errs[i] = player.deliver(ctx, d); errs[i] != nil {
					return
				}
				p.count(len(d.Records))
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func (p *play) count(results int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.played.Batches++
	p.played.Results += uint64(results)
}

// tell tells about once a second how far it is.
func (p *play) tell(at portolan.Instant) {
	if now := time.Now(); p.o.Progress != nil && now.Sub(p.told) >= time.Second {
		p.told = now
		p.o.Progress(p.so(at))
	}
}

func (p *play) so(at portolan.Instant) Played {
	p.mu.Lock()
	defer p.mu.Unlock()
	played := p.played
	played.Seconds, played.Until, played.Agents = time.Since(p.begun).Seconds(), at.Time(), len(p.players)
	return played
}

// deliver seals a delivery and sends it until it is acknowledged.
func (p *player) deliver(ctx context.Context, d replay.Delivery) error {
	b := &p.next
	b.Lane, b.SentAt, b.Records, b.Open, b.Backlog = d.Lane, d.At, d.Records, d.Open, d.Backlog
	sealed, err := p.seal(d.At.Time())
	if err != nil {
		return err
	}
	begun := time.Now()
	for retry := firstRetry; ; retry = min(2*retry, longestRetry) {
		answer, err := p.wire.post(ctx, "/ingest/v1/batches", evidence.MediaType, d.Lane, sealed.Bytes)
		if err == nil {
			if err = p.acknowledges(answer, sealed); err == nil {
				return nil
			}
			if !answer.later() {
				return err
			}
		}
		if ctx.Err() != nil || time.Since(begun) > patience {
			return fmt.Errorf("deliver batch %d of %s: %w", b.Number, b.Agent, err)
		}
		pause(ctx, retry)
	}
}

// note is something that people declare, and when.
type note struct {
	at   portolan.Instant
	path string
	body []byte
}

// declarer is who declares what a scenario has declared.
const declarer = "scenario"

// notesOf returns what is declared, in order: planned work at the beginning, changes when they are made.
func notesOf(s *sim.Scenario) (notes []note, err error) {
	begin := portolan.InstantOf(s.Start)
	add := func(at portolan.Instant, path string, body map[string]any) {
		encoded, encoding := json.Marshal(body)
		notes, err = append(notes, note{at, path, encoded}), errors.Join(err, encoding)
	}
	for i, m := range s.Maintenance {
		if m.Where.System == "" || m.Where.Dependency+m.Where.System != m.Where.System || m.Where.Step != "" || m.Where.Office != "" ||
			m.Where.Kind != portolan.PortKindUnknown || m.Where.Agent != "" {
			return nil, fmt.Errorf("scenario %s: maintenance[%d].where: want a system, and a port or none: that is what can be declared", s.Name, i)
		}
		from := s.Start.Add(m.At)
		body := map[string]any{"system": m.Where.System, "from": from, "to": from.Add(m.For), "title": "planned work", "by": declarer}
		if m.Where.Port != "" {
			body["port"] = m.Where.Port
		}
		add(begin, "/api/v1/maintenance", body)
	}
	for _, c := range s.Changes {
		at := s.Start.Add(c.At)
		add(portolan.InstantOf(at), "/api/v1/annotations", map[string]any{"system": c.System, "from": at, "text": c.Text, "by": declarer})
	}
	return notes, err
}

// declare declares what is due, and returns what is left.
func (p *play) declare(ctx context.Context, notes []note, until portolan.Instant) (left []note, err error) {
	for _, n := range notes {
		if n.at >= until {
			left = append(left, n)
			continue
		}
		answer, err := p.players[0].wire.post(ctx, n.path, "application/json", portolan.Live, n.body)
		if err == nil && answer.status != http.StatusCreated {
			err = fmt.Errorf("answered %d %s", answer.status, answer.body)
		}
		if err != nil {
			return nil, fmt.Errorf("declare %s: %w", n.body, err)
		}
	}
	return left, nil
}

package incident

import (
	"cmp"
	"container/heap"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"portolan"
)

// world is a fleet in which drawn faults happen. It says what each agent would see, and when the center would hear of it.
// It knows nothing of the detector.
type world struct {
	rand   *rand.Rand
	ports  []portolan.Port
	agents []*drawnAgent
	runs   []*drawnSeries // by phase
	faults []*drawnFault
	length time.Duration
	begin  time.Duration // what came before is not played

	now    time.Duration
	active []*drawnFault
	queue  deliveries
	order  uint64
	watch  func(*Observation) // sees what is observed, if set
}

type drawnAgent struct {
	id     portolan.AgentID
	port   *portolan.Port
	send   time.Duration // phase of its sendings
	heard  time.Duration
	silent bool
	series []*drawnSeries
	spool  []Observation // while it is cut off
	slept  time.Duration // since when it sleeps, zero if it is awake
}

type drawnSeries struct {
	agent   *drawnAgent
	planned portolan.PlannedSeries
	phase   time.Duration
	bad     bool
	busy    time.Duration // until its run ends
	usual   time.Duration
}

// drawnFault is the truth.
type drawnFault struct {
	name      string
	where     func(*drawnAgent) bool
	scope     Scope
	system    portolan.SystemID // empty: all systems
	dep       portolan.SystemID
	effect    string
	ratio     float64
	from, to  time.Duration
	cause     Cause
	faint     bool
	note      *Note
	firstWord time.Duration // when the first message about it was heard
}

// component is what a detector should blame.
func (f *drawnFault) component() portolan.SystemID {
	if f.dep != "" {
		return f.dep
	}
	return f.system
}

const (
	sendEvery = 15 * time.Second
	objective = 8 * time.Second
	hangs     = 45 * time.Second
	noise     = 0.003
	transit   = 80 * time.Millisecond
)

var drawnKinds = []portolan.PortKind{portolan.Air, portolan.Air, portolan.Air, portolan.Land, portolan.Sea}

type drawnSystem struct {
	id    portolan.SystemID
	kinds []portolan.PortKind // nil: all
	steps []portolan.PlannedStep
}

var drawnSystems = []drawnSystem{
	{"tpac", []portolan.PortKind{portolan.Air, portolan.Sea}, []portolan.PlannedStep{{Step: "sign-on"}, {Step: "query", Dependency: "tecs-platform"}, {Step: "apis-match", Dependency: "apis"}, {Step: "ident-match", Dependency: "ident"}, {Step: "decide"}}},
	{"tecs-portal", nil, []portolan.PlannedStep{{Step: "sign-on"}, {Step: "lookup", Dependency: "tecs-platform"}, {Step: "record"}}},
	{"ident", nil, []portolan.PlannedStep{{Step: "verify"}}},
	{"ats-qq", nil, []portolan.PlannedStep{{Step: "sign-on"}, {Step: "query"}}},
	{"global-entry", []portolan.PortKind{portolan.Air}, []portolan.PlannedStep{{Step: "document"}, {Step: "query", Dependency: "tecs-platform"}, {Step: "prints", Dependency: "ident"}}},
	{"e3-biometrics", []portolan.PortKind{portolan.Land}, []portolan.PlannedStep{{Step: "capture"}, {Step: "search", Dependency: "ident"}, {Step: "store", Dependency: "eid"}}},
	{"apis", []portolan.PortKind{portolan.Air}, []portolan.PlannedStep{{Step: "manifest"}}},
}

var epoch = portolan.InstantOf(time.Date(2017, 1, 2, 0, 0, 0, 0, time.UTC))

func newWorld(seed uint64, ports int, length time.Duration) *world {
	w := &world{rand: rand.New(rand.NewPCG(seed, 17)), length: length}
	for n := range ports {
		volumes := portolan.Volumes{}
		for day := range volumes {
			for hour := range volumes[day] {
				volumes[day][hour] = uint32(20 + 80*math.Abs(math.Sin(float64(hour)/24*math.Pi)))
			}
		}
		w.ports = append(w.ports, portolan.Port{
			Code: portolan.PortCode(fmt.Sprintf("X%03d", n)), Kind: drawnKinds[n%len(drawnKinds)], Office: fmt.Sprintf("office-%d", n%20), Zone: "UTC", Volumes: &volumes,
		})
	}
	for n := range w.ports {
		for k := range 2 {
			w.addAgent(&w.ports[n], k)
		}
	}
	slices.SortFunc(w.runs, func(a, b *drawnSeries) int { return int(a.phase - b.phase) })
	return w
}

func (w *world) addAgent(p *portolan.Port, k int) {
	a := &drawnAgent{id: portolan.AgentID(fmt.Sprintf("%s-%d", p.Code, k+1)), port: p, send: w.within(sendEvery)}
	for _, system := range drawnSystems {
		if system.kinds != nil && !slices.Contains(system.kinds, p.Kind) {
			continue
		}
		s := &drawnSeries{agent: a, phase: w.within(time.Minute), usual: time.Duration(float64(time.Second) * (0.8 + w.rand.Float64()))}
		s.planned = portolan.PlannedSeries{System: system.id, Transaction: "work", Interval: time.Minute, Latency: objective, Timeout: hangs, Steps: system.steps}
		a.series = append(a.series, s)
		w.runs = append(w.runs, s)
	}
	w.agents = append(w.agents, a)
}

func (w *world) within(d time.Duration) time.Duration {
	return time.Duration(w.rand.Int64N(int64(d))).Truncate(time.Microsecond)
}

// tell makes a detector know the fleet.
func (w *world) tell(d *Detector) {
	for _, p := range w.ports {
		if err := d.SetPort(p); err != nil {
			panic(err)
		}
	}
	for _, a := range w.agents {
		plan := portolan.Plan{Port: a.port.Code}
		for _, s := range a.series {
			plan.Series = append(plan.Series, s.planned)
		}
		d.Assign(a.id, &plan)
	}
	var notes []Note
	for _, f := range w.faults {
		if f.note != nil {
			notes = append(notes, *f.note)
		}
	}
	d.SetNotes(notes)
}

func instant(at time.Duration) portolan.Instant { return epoch.Add(at) }

// delivery is one message to the center.
type delivery struct {
	at    time.Duration
	order uint64
	agent *drawnAgent
	obs   Observation
	late  bool
	slept portolan.Span // when the agent did not run, if that is what it says
}

type deliveries []*delivery

func (q deliveries) Len() int { return len(q) }
func (q deliveries) Less(i, j int) bool {
	return q[i].at < q[j].at || (q[i].at == q[j].at && q[i].order < q[j].order)
}
func (q deliveries) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *deliveries) Push(x any)   { *q = append(*q, x.(*delivery)) }
func (q *deliveries) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// play runs the world and hands each event of the detector on.
func (w *world) play(d *Detector, tell func([]Event)) (results int) {
	w.tell(d)
	faults := slices.Clone(w.faults)
	slices.SortFunc(faults, func(a, b *drawnFault) int { return int(a.start() - b.start()) })
	advanced := time.Duration(0)
	for minute := w.begin; minute < w.length; minute += time.Minute {
		for _, s := range w.runs {
			w.now = minute + s.phase
			for len(faults) > 0 && faults[0].start() <= w.now {
				w.active = append(w.active, faults[0])
				faults = faults[1:]
			}
			if len(w.active) > 0 {
				w.active = slices.DeleteFunc(w.active, func(f *drawnFault) bool { return f.to <= w.now })
			}
			w.deliver(d)
			if w.now-advanced >= time.Second {
				advanced = w.now
				w.checkSilence(d)
				tell(d.Advance(instant(w.now)))
			}
			w.run(s)
			results++
		}
	}
	tell(d.Advance(instant(w.length + time.Hour)))
	return results
}

func (w *world) deliver(d *Detector) {
	for len(w.queue) > 0 && w.queue[0].at <= w.now {
		m := heap.Pop(&w.queue).(*delivery)
		m.obs.Heard = instant(m.at)
		m.agent.heard = m.at
		if m.agent.silent {
			m.agent.silent = false
			d.Heard(m.agent.id)
		}
		switch {
		case m.slept.To != 0:
			d.Stopped(m.agent.id, m.slept)
		case m.late:
			d.Late(&m.obs)
		default:
			if w.watch != nil {
				w.watch(&m.obs)
			}
			d.Observe(&m.obs)
		}
	}
}

func (w *world) checkSilence(d *Detector) {
	for _, a := range w.agents {
		if !a.silent && w.now > w.begin+time.Minute && w.now-a.heard > 3*sendEvery+5*time.Second {
			a.silent = true
			d.Silent(a.id, instant(a.heard))
		}
	}
}

func (w *world) asleep(a *drawnAgent) bool { return w.hitBy(a, "asleep") != nil }

func (w *world) hitBy(a *drawnAgent, effect string) *drawnFault {
	for _, f := range w.active {
		if f.effect == effect && f.where(a) {
			return f
		}
	}
	return nil
}

// run plays one run of a series and queues what the agent says of it.
func (w *world) run(s *drawnSeries) {
	if w.asleep(s.agent) {
		s.agent.slept = cmp.Or(s.agent.slept, w.now)
		return
	}
	if s.agent.slept != 0 {
		w.push(&delivery{at: w.now + transit, agent: s.agent, slept: portolan.Span{From: instant(s.agent.slept), To: instant(w.now)}})
		s.agent.slept = 0
	}
	if w.now < s.busy {
		return
	}
	o := Observation{Series: portolan.Series{Agent: s.agent.id, System: s.planned.System, Transaction: "work"}, Start: instant(w.now), Outcome: portolan.Good}
	o.Duration = time.Duration(float64(s.usual) * math.Exp(0.15*w.rand.NormFloat64()))
	cut := w.hitBy(s.agent, "partition")
	culprit := w.suffer(s, &o)
	if culprit == nil && w.rand.Float64() < noise {
		w.disturb(s, &o)
	}
	s.busy = w.now + o.Duration
	if cut != nil {
		s.agent.spool = append(s.agent.spool, o)
		return
	}
	w.unspool(s.agent)
	changed := (o.Outcome != portolan.Good) != s.bad
	s.bad = o.Outcome != portolan.Good
	if o.Duration > objective {
		notice := o
		notice.Open, notice.Outcome, notice.Duration = true, portolan.Slow, objective
		notice.Symptom = portolan.Symptom{Step: o.Symptom.Step, Dependency: o.Symptom.Dependency, Kind: portolan.KindLate}
		w.send(s.agent, notice, w.now+objective+transit, false, culprit)
	}
	at := w.now + o.Duration + transit
	if !changed {
		at = w.nextSend(s.agent, w.now+o.Duration) + transit
	}
	w.send(s.agent, o, at, false, culprit)
}

func (w *world) nextSend(a *drawnAgent, at time.Duration) time.Duration {
	return (at-a.send+sendEvery-1)/sendEvery*sendEvery + a.send
}

func (w *world) unspool(a *drawnAgent) {
	for _, o := range a.spool {
		late := instant(w.now).Sub(o.Start.Add(o.Duration)) > 3*sendEvery
		w.send(a, o, w.now+time.Second, late, nil)
	}
	a.spool = nil
}

func (w *world) send(a *drawnAgent, o Observation, at time.Duration, late bool, culprit *drawnFault) {
	if culprit != nil && (culprit.firstWord == 0 || at < culprit.firstWord) && o.Outcome != portolan.Good {
		culprit.firstWord = at
	}
	w.push(&delivery{at: at, agent: a, obs: o, late: late})
}

func (w *world) push(m *delivery) {
	w.order++
	m.order = w.order
	heap.Push(&w.queue, m)
}

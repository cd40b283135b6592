// Package truth says what a scenario's users had: what becomes of a transaction started at a time, and so how available
// each system was at each port, and which incidents there were.
//
// Start at New, which sets a scenario's faults upon a catalogue and ports. A Series' Run is the one description of what a
// fault does to a transaction (run.go): whoever plays the scenario draws from it, and the truth is its expectation
// (expected.go), added up in figures.go; issues.go tells the faults as incidents. The package knows nothing of how results
// are stored, or availability computed from them: the truth must not depend on what is held against it.
package truth

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"portolan"
	"portolan/probe"
	"portolan/sim"
	"portolan/sim/fault"
	"portolan/sim/screening"
	"portolan/targets"
)

// World is a fleet, and what goes wrong with it when. It does not change.
type World struct {
	Span     portolan.Span
	Ports    []portolan.Port // where agents are
	Stations []*Station
	scenario *sim.Scenario
	trouble  []portolan.Span            // when something is wrong somewhere, and a while around it
	relied   map[portolan.SystemID]bool // systems that a step of another one exercises
}

// Station is one agent with what it runs.
type Station struct {
	fault.Origin
	Plan   portolan.Plan
	Series []*Series // in the order of the plan
	// Off is when the workstation is off, Cut when nothing from it reaches the center: what cuts it off from all systems does
	// that, too.
	Off, Cut []portolan.Span
}

// Series is one transaction of one agent.
type Series struct {
	Name    portolan.Series
	Planned portolan.PlannedSeries
	steps   []step
	faults  []acting
	edges   []portolan.Instant // when faults that act on it begin and end
	timeout time.Duration
	offline bool // it needs no network
}

// step is a step with how long it usually takes: itself, and the system that it exercises besides.
type step struct {
	probe.Step
	own, other time.Duration
}

// New sets a scenario's faults upon the catalogue and the known ports. The error tells what cannot be played.
func New(s *sim.Scenario, catalogue *targets.Catalogue, known []portolan.Port) (*World, error) {
	chosen, err := s.Fleet.Choose(known)
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	begin := portolan.InstantOf(s.Start)
	w := &World{
		Span: portolan.Span{From: begin, To: begin.Add(s.Length)}, Ports: chosen, scenario: s, relied: map[portolan.SystemID]bool{},
	}
	systems := catalogue.Systems
	if len(s.Fleet.Systems) > 0 {
		systems = slices.DeleteFunc(slices.Clone(systems), func(t *targets.System) bool { return !slices.Contains(s.Fleet.Systems, t.ID) })
	}
	if len(systems) < len(s.Fleet.Systems) {
		return nil, fmt.Errorf("scenario %s: fleet.systems: the catalogue does not have them all: %q", s.Name, s.Fleet.Systems)
	}
	if err := playable(s.Faults); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	usual := usualTimes()
	for _, origin := range s.Fleet.Stations(chosen) {
		w.Stations = append(w.Stations, w.station(origin, &targets.Catalogue{Systems: systems}, usual))
	}
	for i := range s.Faults {
		if s.Faults[i].Effect == fault.Asleep {
			continue
		}
		span := w.spanOf(&s.Faults[i])
		w.trouble = append(w.trouble, portolan.Span{From: span.From.Add(-soon), To: span.To.Add(lately)})
	}
	return w, w.everyFaultActs()
}

// Around a fault it is not quiet: before it begins, and until everybody has seen that it is over.
const (
	soon   = 5 * time.Minute
	lately = 15 * time.Minute
)

// Quiet reports whether nothing is wrong anywhere about t.
func (w *World) Quiet(t portolan.Instant) bool { return holding(w.trouble, t).Empty() }

// playable tells the faults that a fleet without real processes cannot have.
func playable(faults []fault.Fault) error {
	var errs []error
	for i, f := range faults {
		if f.Effect == fault.Stale || f.Effect == fault.Clock {
			errs = append(errs, fmt.Errorf("faults[%d].effect: %s cannot be played by a fleet: want any other effect", i, f.Effect))
		}
	}
	return errors.Join(errs...)
}

func (w *World) station(origin fault.Origin, catalogue *targets.Catalogue, usual times) *Station {
	station := &Station{Origin: origin, Plan: catalogue.Plan(portolan.Port{Code: origin.Port, Kind: origin.Kind}, "", w.scenario.Fleet.Interval)}
	for _, planned := range station.Plan.Series {
		t := catalogue.System(planned.System).Transaction(planned.Transaction)
		station.Series = append(station.Series, w.series(origin, planned, t, usual))
	}
	for i := range w.scenario.Faults {
		switch f := &w.scenario.Faults[i]; {
		case !f.Where.From(origin):
		case f.Effect == fault.Asleep:
			station.Off = append(station.Off, w.spanOf(f))
		case cutsOff(f):
			station.Cut = append(station.Cut, w.spanOf(f))
		}
	}
	return station
}

func (w *World) series(origin fault.Origin, planned portolan.PlannedSeries, t *probe.Transaction, usual times) *Series {
	s := &Series{
		Name:    portolan.Series{Agent: origin.Agent, System: planned.System, Transaction: planned.Transaction},
		Planned: planned, timeout: cmp.Or(t.Timeout, probe.DefaultTimeout), offline: t.Offline,
	}
	for _, def := range t.Steps {
		s.steps = append(s.steps, step{Step: def, own: usual.of(t.System, def.ID), other: usual.of(def.Dependency, "")})
		w.relied[def.Dependency] = w.relied[def.Dependency] || def.Dependency != ""
	}
	for i := range w.scenario.Faults {
		w.expose(s, &w.scenario.Faults[i], origin)
	}
	slices.Sort(s.edges)
	return s
}

// center is how faults name what agents send to.
const center = "collector"

// cutsOff reports whether a fault lets nothing through to the center.
func cutsOff(f *fault.Fault) bool {
	stops := f.Effect == fault.Partition || f.Effect == fault.Outage || f.Effect == fault.Hang
	return stops && (f.Where.System == "" || f.Where.System == center) && f.Where.Dependency == "" && f.Where.Step == ""
}

// Asleep returns from when to when the workstation is off that is off at t; empty if it is on.
func (s *Station) Asleep(t portolan.Instant) portolan.Span { return holding(s.Off, t) }

// CutOff reports whether nothing from the workstation reaches the center at t.
func (s *Station) CutOff(t portolan.Instant) bool { return !holding(s.Cut, t).Empty() }

// holding returns the span that holds t and ends last, empty if none does.
func holding(spans []portolan.Span, t portolan.Instant) (found portolan.Span) {
	for _, span := range spans {
		if span.Contains(t) && span.To > found.To {
			found = span
		}
	}
	return found
}

// spanOf returns when a fault acts; one without an end does to the end of the scenario.
func (w *World) spanOf(f *fault.Fault) portolan.Span {
	span := portolan.Span{From: w.Span.From.Add(f.At), To: w.Span.To}
	if f.For > 0 {
		span.To = span.From.Add(f.For)
	}
	return span
}

// everyFaultActs tells the faults that hit nobody: a scenario in which they are is not what its author meant.
func (w *World) everyFaultActs() error {
	var errs []error
	for i := range w.scenario.Faults {
		f := &w.scenario.Faults[i]
		if f.Effect != fault.Asleep && f.Where.System != center && len(w.hit(f)) == 0 {
			errs = append(errs, fmt.Errorf("scenario %s: faults[%d].where: hits no step of any agent", w.scenario.Name, i))
		}
	}
	return errors.Join(errs...)
}

// hit returns the series on which a fault acts.
func (w *World) hit(f *fault.Fault) (all []*Series) {
	for _, station := range w.Stations {
		for _, s := range station.Series {
			if slices.ContainsFunc(s.faults, func(a acting) bool { return a.fault == f }) {
				all = append(all, s)
			}
		}
	}
	return all
}

// place is a step of a system, or the system as others ask it, without a step.
type place struct {
	system portolan.SystemID
	step   portolan.StepID
}

type times map[place]time.Duration

// usually is how long a step takes that the simulated systems do not tell of: pages, conversations, folders.
const usually = 100 * time.Millisecond

func (t times) of(system portolan.SystemID, id portolan.StepID) time.Duration {
	switch d, known := t[place{system, id}]; {
	case system == "":
		return 0
	case known:
		return d
	default:
		return usually
	}
}

// usualTimes returns the medians of the simulated systems. Asked by another, a system takes its longest.
func usualTimes() times {
	usual := times{}
	for _, s := range screening.All(screening.Settings{}) {
		for _, r := range s.Routes {
			for _, at := range []place{{s.ID, r.Step}, {s.ID, ""}} {
				usual[at] = max(usual[at], r.Median)
			}
		}
	}
	return usual
}

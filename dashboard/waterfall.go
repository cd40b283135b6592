package dashboard

import (
	"strings"
	"time"

	"portolan"
)

const waterfallWidth = 1000

// waterfall is a run's steps and their phases over time.
type waterfall struct {
	Rows      []waterfallRow
	Objective int    // where the run's objective lies, in the drawing's units; 0 for none
	Scale     string // what the drawing's width stands for
}

// waterfallRow is one step.
type waterfallRow struct {
	Step       portolan.StepID
	Title      string
	Dependency string
	Offset     string
	Took       string
	Outcome    outcomeView
	Bars       []bar
	Phases     []phaseView
	Lacks      string // what the workstation could not measure
	Unreached  bool   // the run ended before this step
}

// phaseView is one phase's time in words.
type phaseView struct{ Name, Took string }

// outcomeView is an outcome's shape and word; it borrows the states' shapes.
type outcomeView struct {
	State portolan.State
	Word  string
}

func viewOutcome(o portolan.Outcome) outcomeView {
	switch o {
	case portolan.Good:
		return outcomeView{portolan.Up, "Good"}
	case portolan.Slow:
		return outcomeView{portolan.SlowState, "Slow"}
	case portolan.Failed:
		return outcomeView{portolan.Down, "Failed"}
	default:
		return outcomeView{portolan.Unmonitored, "Unknown"}
	}
}

// drawWaterfall lays a run out in the order of its definition: steps that it did not reach are named too, and
// those that the definition no longer has come last.
func drawWaterfall(r Run, t Transaction) waterfall {
	whole := max(r.Duration, t.Latency, time.Millisecond)
	for _, s := range r.Steps {
		whole = max(whole, s.Offset+s.Duration)
	}
	w := waterfall{Scale: long(whole)}
	if t.Latency > 0 {
		w.Objective = scale(t.Latency, whole, waterfallWidth)
	}
	begun := map[portolan.StepID]portolan.StepResult{}
	for _, s := range r.Steps {
		begun[s.Step] = s
	}
	for _, def := range t.Steps {
		if s, ok := begun[def.ID]; ok {
			w.Rows = append(w.Rows, viewStep(s, def, whole))
			delete(begun, def.ID)
			continue
		}
		w.Rows = append(w.Rows, waterfallRow{Step: def.ID, Title: def.Title, Dependency: dependency(def), Unreached: true})
	}
	for _, s := range r.Steps {
		if _, undefined := begun[s.Step]; undefined {
			w.Rows = append(w.Rows, viewStep(s, Step{ID: s.Step}, whole))
		}
	}
	return w
}

func dependency(s Step) string {
	if s.Dependency == "" {
		return ""
	}
	return short(s.Dependency)
}

func viewStep(s portolan.StepResult, def Step, whole time.Duration) waterfallRow {
	row := waterfallRow{
		Step: s.Step, Title: def.Title, Dependency: dependency(def),
		Offset: long(s.Offset), Took: long(s.Duration), Outcome: viewOutcome(s.Outcome),
	}
	at := s.Offset
	lay := func(name string, d time.Duration) {
		if d <= 0 {
			return
		}
		row.Phases = append(row.Phases, phaseView{name, long(d)})
		from, to := scale(at, whole, waterfallWidth), scale(at+d, whole, waterfallWidth)
		row.Bars = append(row.Bars, bar{X: min(from, waterfallWidth-2), Width: max(2, to-from), Height: 16, Class: "phase-" + name})
		at += d
	}
	for p := portolan.PhaseDNS; p <= portolan.PhaseCheck; p++ {
		if d, reached := s.Phases.Get(p); reached {
			lay(p.String(), d)
		}
	}
	lay("remainder", s.Remainder())
	for _, m := range s.Measures {
		if m.Measure == portolan.NotMeasured {
			row.Lacks = portolan.Unmeasured(m.Value).String()
		}
	}
	return row
}

// legend names the phases in the order in which a step passes them.
func legend() []string {
	var names []string
	for p := portolan.PhaseDNS; p <= portolan.PhaseCheck; p++ {
		names = append(names, p.String())
	}
	return append(names, "remainder")
}

// Text is the waterfall row's phases in one line.
func (r waterfallRow) Text() string {
	parts := make([]string, len(r.Phases))
	for i, p := range r.Phases {
		parts[i] = p.Name + " " + p.Took
	}
	return strings.Join(parts, ", ")
}

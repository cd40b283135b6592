package waterfall

import (
	"strings"
	"time"

	"portolan"
)

// mark is how a phase looks in a bar.
type mark struct {
	phase  portolan.Phase
	letter byte
	word   string
}

func marks() []mark {
	return []mark{
		{portolan.PhaseDNS, 'd', "dns"},
		{portolan.PhaseConnect, 'c', "connect"},
		{portolan.PhaseTLS, 't', "tls"},
		{portolan.PhaseRequest, 'q', "request"},
		{portolan.PhaseWait, 'w', "wait"},
		{portolan.PhaseRead, 'r', "read"},
		{portolan.PhaseCheck, 'k', "check"},
		{portolan.PhaseNone, '.', "other"},
	}
}

// bars draws a step on the run's time line.
func (d *drawing) bars(step portolan.StepResult) string {
	from, to := d.column(step.Offset), d.column(step.Offset+step.Duration)
	from = min(from, d.bar-1)
	to = min(max(to, from+1), d.bar)
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", from))
	for column := from; column < to; {
		m := markAt(step, column-from, to-from)
		end := column + 1
		for end < to && markAt(step, end-from, to-from) == m {
			end++
		}
		b.WriteString(d.paint.phase(m.phase, strings.Repeat(string(m.letter), end-column)))
		column = end
	}
	return b.String()
}

// column returns the bar's column for a time since the run's start.
func (d *drawing) column(at time.Duration) int {
	whole := max(d.run.Result.Duration, 1)
	return int(int64(at) * int64(d.bar) / int64(whole))
}

// markAt returns what lies in the middle of one of a step's cells. Phases follow each other in their
// order; what none accounts for comes last.
func markAt(step portolan.StepResult, cell, cells int) mark {
	middle := time.Duration(int64(step.Duration) * int64(2*cell+1) / int64(2*cells))
	all := marks()
	var end time.Duration
	for _, m := range all {
		took, reached := step.Phases.Get(m.phase)
		end += took
		if reached && middle < end {
			return m
		}
	}
	return all[len(all)-1]
}

// painter colors text if it is true.
type painter bool

func (p painter) sgr(code, text string) string {
	if !p || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p painter) faint(text string) string { return p.sgr("2", text) }

func (p painter) bold(text string) string { return p.sgr("1", text) }

func (p painter) outcome(o portolan.Outcome, text string) string {
	switch o {
	case portolan.Good:
		return p.sgr("1;32", text)
	case portolan.Slow:
		return p.sgr("1;33", text)
	case portolan.Failed:
		return p.sgr("1;31", text)
	default:
		return p.bold(text)
	}
}

func (p painter) phase(phase portolan.Phase, text string) string {
	switch phase {
	case portolan.PhaseDNS:
		return p.sgr("36", text)
	case portolan.PhaseConnect:
		return p.sgr("34", text)
	case portolan.PhaseTLS:
		return p.sgr("35", text)
	case portolan.PhaseRequest:
		return p.sgr("32", text)
	case portolan.PhaseWait:
		return p.sgr("33", text)
	case portolan.PhaseRead:
		return p.sgr("94", text)
	case portolan.PhaseCheck:
		return p.sgr("95", text)
	case portolan.PhaseNone:
		return p.faint(text)
	default:
		return text
	}
}

package waterfall

import (
	"fmt"
	"strings"
	"unicode"

	"portolan"
)

// verdict says what the run came to and, unless it was good, where to look.
func (d *drawing) verdict() {
	r := d.run.Result
	d.printf("%s\n", d.paint.outcome(r.Outcome, d.sentence()))
	if r.Outcome == portolan.Good || r.Outcome == portolan.OutcomeUnknown {
		return
	}
	d.line("step", d.where(r.Symptom))
	if r.Symptom.Phase != portolan.PhaseNone {
		d.line("phase", fmt.Sprintf("%s: %s", r.Symptom.Phase, meaning(r.Symptom.Phase)))
	}
	d.line("kind", fmt.Sprintf("%s: %s", r.Symptom.Kind, Explain(r.Symptom.Kind)))
	d.line("hint", Hint(r.Symptom))
	for _, step := range d.run.Steps {
		switch {
		case step.Failure == nil:
		case step.ID == r.Symptom.Step:
			d.line("error", errorText(step.Failure))
		default:
			d.line("also", fmt.Sprintf("step %s failed in phase %s, kind %s: %s", step.ID, step.Failure.Phase, step.Failure.Kind, errorText(step.Failure)))
		}
	}
}

func (d *drawing) line(label, text string) { d.printf("  %-6s %s\n", label, text) }

func (d *drawing) sentence() string {
	r := d.run.Result
	switch r.Outcome {
	case portolan.Good:
		return fmt.Sprintf("GOOD: right answers in %s, within the objective of %s.", took(r.Duration), d.run.Latency)
	case portolan.Slow:
		if d.run.Latency > 0 && r.Duration <= d.run.Latency {
			return fmt.Sprintf("SLOW: right answers in %s, but a step took longer than its own objective.", took(r.Duration))
		}
		return fmt.Sprintf("SLOW: right answers, but in %s; the objective is %s.", took(r.Duration), d.run.Latency)
	case portolan.Failed:
		return fmt.Sprintf("FAILED after %s (objective %s, time-out %s).", took(r.Duration), d.run.Latency, d.run.Timeout)
	default:
		return fmt.Sprintf("INTERRUPTED after %s: there is no result.", took(r.Duration))
	}
}

func (d *drawing) where(s portolan.Symptom) string {
	if s.Step == "" {
		return "none in particular: the steps together took too long"
	}
	text := string(s.Step)
	for _, step := range d.run.Steps {
		if step.ID == s.Step && step.Title != "" {
			text += " (" + clean(step.Title) + ")"
		}
	}
	if s.Dependency != "" {
		text += fmt.Sprintf(", which exercises %s", s.Dependency)
	}
	return text
}

func errorText(f *Failure) string {
	if f.Err == nil {
		return "not given"
	}
	return clean(f.Err.Error())
}

// longest is how much of a text from outside is shown.
const longest = 600

// clean makes a text fit for a terminal: one line, nothing that controls it.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case !unicode.IsPrint(r):
			return '?'
		default:
			return r
		}
	}, text)
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + " ..."
	}
	return text
}

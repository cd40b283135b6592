// Package waterfall draws one run as text: its steps under each other, each step's phases along a common
// time line, and below what the run came to, in plain words.
//
// The bars are letters, one for each phase, so that they can be read without colors and copied into a
// ticket. What came from a peer is cleaned of control characters first: an answer must not be able to
// drive the reader's terminal.
package waterfall

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"portolan"
)

// Run is one run of a transaction, and what its definition says about it.
type Run struct {
	Title    string
	Endpoint string
	Latency  time.Duration // the objective; zero for none
	Timeout  time.Duration
	Steps    []Step // all of the definition's, begun or not
	Result   portolan.Result
}

// Step is one step of the definition.
type Step struct {
	ID         portolan.StepID
	Title      string
	Dependency portolan.SystemID
	Failure    *Failure // nil if the step was right or not begun
	Acts       []Act    // how long its parts took, if it has several
	Remarks    []string // what a person should know of its measures
}

// Act is one part of a step.
type Act struct {
	Name string
	Took time.Duration
}

// Failure is how a step went wrong.
type Failure struct {
	Phase portolan.Phase
	Kind  portolan.ErrorKind
	Err   error // for the person who runs it; may be nil
}

// Style is how a run is drawn. The zero Style is 80 columns without colors.
type Style struct {
	Width int  // columns of the terminal
	Color bool // whether the terminal shows colors
}

const (
	defaultWidth = 80
	minBar       = 12
	maxBar       = 200
	tookWidth    = 9
	noteWidth    = 7 // " failed" after a bar
)

// Write draws the run.
func Write(w io.Writer, r Run, style Style) error {
	d := newDrawing(r, style)
	d.header()
	for _, step := range r.Steps {
		d.step(step)
	}
	d.legend()
	d.verdict()
	_, err := w.Write(d.out.Bytes())
	return err
}

type drawing struct {
	run   Run
	paint painter
	width int // columns in all
	names int // columns of the names
	bar   int // columns of the bars
	out   bytes.Buffer
}

func newDrawing(r Run, style Style) *drawing {
	d := &drawing{run: r, paint: painter(style.Color)}
	for _, step := range r.Steps {
		d.names = max(d.names, len(step.ID))
	}
	d.width = style.Width
	if d.width <= 0 {
		d.width = defaultWidth
	}
	d.bar = min(max(d.width-d.names-tookWidth-4-noteWidth, minBar), maxBar)
	return d
}

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(&d.out, format, args...) }

func (d *drawing) header() {
	r := d.run.Result
	d.printf("%s / %s: %s\n", r.System, r.Transaction, clean(d.run.Title))
	d.printf("Endpoint %s, started %s UTC\n\n", clean(d.run.Endpoint), r.Start.Time().Format(time.DateTime))
	end := took(r.Duration)
	d.printf("%-*s  %*s  0%*s\n", d.names, "", tookWidth, "took", d.bar-1, end)
}

// step draws one step: its name, how long it took, its bar; then its phases in words.
func (d *drawing) step(step Step) {
	result, begun := d.result(step.ID)
	if !begun {
		d.printf("%-*s  %*s  %s\n", d.names, step.ID, tookWidth, "-", d.paint.faint("not reached"))
		return
	}
	d.printf("%-*s  %*s  %s\n", d.names, step.ID, tookWidth, took(result.Duration), d.bars(result)+d.note(result.Outcome))
	d.phrases(result)
	d.measures(result)
	for _, act := range step.Acts {
		d.printf("%s\n", d.paint.faint(fmt.Sprintf("  %*s  %s", d.names+tookWidth, took(act.Took), clean(act.Name))))
	}
	for _, remark := range step.Remarks {
		d.printf("%s\n", d.paint.faint("  "+clean(remark)))
	}
}

// note marks a bar that is not good.
func (d *drawing) note(o portolan.Outcome) string {
	switch o {
	case portolan.Failed, portolan.Slow:
		return " " + d.paint.outcome(o, o.String())
	case portolan.Good, portolan.OutcomeUnknown:
		return ""
	default:
		return ""
	}
}

func (d *drawing) result(id portolan.StepID) (portolan.StepResult, bool) {
	for _, r := range d.run.Result.Steps {
		if r.Step == id {
			return r, true
		}
	}
	return portolan.StepResult{}, false
}

// phrases lists the reached phases in words, on as many lines as they need. A phase that was not reached
// is absent, not zero (design 3.13).
func (d *drawing) phrases(r portolan.StepResult) {
	var words []string
	for _, m := range marks() {
		if took := phrase(r, m); took != "" {
			words = append(words, took)
		}
	}
	d.wrapped(words)
}

// wrapped lists words on as many lines as they need.
func (d *drawing) wrapped(words []string) {
	line := ""
	for _, word := range words {
		switch {
		case line == "":
			line = "  " + word
		case len(line)+len(", ")+len(word) >= d.width:
			d.printf("%s\n", d.paint.faint(line+","))
			line = "  " + word
		default:
			line += ", " + word
		}
	}
	d.printf("%s\n", d.paint.faint(line))
}

// phrase says how long a phase took; nothing if it was not reached. The remainder is said if it is any, or
// if it is all.
func phrase(r portolan.StepResult, m mark) string {
	d, reached := r.Phases.Get(m.phase)
	if m.phase == portolan.PhaseNone {
		d = r.Remainder()
		reached = d > 0 || d == r.Duration
	}
	if !reached {
		return ""
	}
	return m.word + " " + took(d)
}

func (d *drawing) legend() {
	d.printf("\n")
	for _, m := range marks() {
		d.printf("%s %s  ", d.paint.phase(m.phase, string(m.letter)), m.word)
	}
	d.out.Truncate(d.out.Len() - 2)
	d.printf("\n\n")
}

// took spells a duration with three digits and a unit.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d us", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	default:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
}

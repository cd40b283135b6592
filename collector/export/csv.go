package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"portolan"
	"portolan/collector/results"
)

// csvFiles writes a line for each result to one file, and one for each step to another: agent, stream and seq tell which
// steps belong to which result.
type csvFiles struct {
	results, steps *csv.Writer
	begun          bool
}

func newCSV(results, steps io.Writer) *csvFiles {
	return &csvFiles{results: csv.NewWriter(results), steps: csv.NewWriter(steps)}
}

// Columns, named as those of the API.
func resultColumns() []string {
	return strings.Split("agent port stream seq system transaction revision due start event_time duration_seconds attempt outcome "+
		"symptom_step symptom_phase symptom_kind symptom_dependency lane received_at", " ")
}

func stepColumns() []string {
	names := strings.Split("agent stream seq event_time index step offset_seconds duration_seconds outcome bytes", " ")
	for _, p := range phases() {
		names = append(names, p.String()+"_seconds")
	}
	return append(names, "remainder_seconds", "measures")
}

func (c *csvFiles) head() error {
	if c.begun {
		return nil
	}
	c.begun = true
	if err := c.results.Write(resultColumns()); err != nil {
		return err
	}
	return c.steps.Write(stepColumns())
}

func (c *csvFiles) write(r *results.Row) error {
	if err := c.head(); err != nil {
		return err
	}
	symptom := make([]string, 4)
	if s := r.Symptom; s != nil {
		symptom = []string{string(s.Step), s.Phase.String(), s.Kind.String(), string(s.Dependency)}
	}
	line := []string{
		string(r.Agent), string(r.Port), r.Stream, fmt.Sprint(uint64(r.Seq)), string(r.System), string(r.Transaction), r.Revision,
		moment(r.Due), moment(r.Start), moment(r.EventTime), seconds(r.DurationSeconds), fmt.Sprint(r.Attempt), r.Outcome.String(),
	}
	line = append(append(line, symptom...), r.Lane.String(), moment(r.ReceivedAt))
	if err := c.results.Write(line); err != nil {
		return err
	}
	for i := range r.Steps {
		if err := c.steps.Write(stepLine(r, i)); err != nil {
			return err
		}
	}
	return nil
}

func stepLine(r *results.Row, index int) []string {
	s := &r.Steps[index]
	line := []string{
		string(r.Agent), r.Stream, fmt.Sprint(uint64(r.Seq)), moment(r.EventTime), fmt.Sprint(index + 1), string(s.Step),
		seconds(s.OffsetSeconds), seconds(s.DurationSeconds), s.Outcome.String(), fmt.Sprint(s.Bytes),
	}
	for _, p := range phases() {
		text := ""
		if took, reached := s.Phases[p.String()]; reached {
			text = seconds(took)
		}
		line = append(line, text)
	}
	var measures []string
	for _, m := range s.Measures {
		measures = append(measures, fmt.Sprintf("%s=%d", m.Measure, m.Value))
	}
	return append(line, seconds(s.RemainderSeconds), strings.Join(measures, " "))
}

func (c *csvFiles) end() error {
	if err := c.head(); err != nil {
		return err
	}
	c.results.Flush()
	c.steps.Flush()
	if err := c.results.Error(); err != nil {
		return err
	}
	return c.steps.Error()
}

// phases returns those that a column stands for, in their order.
func phases() []portolan.Phase {
	var all []portolan.Phase
	for p := portolan.PhaseDNS; int(p) < portolan.Phases; p++ {
		all = append(all, p)
	}
	return all
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

func seconds(s float64) string { return strconv.FormatFloat(s, 'f', -1, 64) }

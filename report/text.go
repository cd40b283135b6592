package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Text returns the report in short, for a terminal.
func (m *Month) Text() ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "Availability at ports of entry, %s (%s)\nSynthetic measurement; %s; as of %s\n\n", m.title(), m.Zone, m.Standing(), m.AsOf)
	for _, sentence := range m.headline() {
		fmt.Fprintln(&out, sentence)
	}
	w := tabwriter.NewWriter(&out, 0, 4, 2, ' ', 0)
	table := func(head string) { fmt.Fprintf(w, "\n%s\n", strings.ReplaceAll(head, " ", "\t")) }
	table("SYSTEM OBJECTIVE END-USER LOW-TO-HIGH OBJECTIVE-WAS CONVENTIONAL REPORTED ISSUE-FREE COVERAGE")
	for i := range m.Systems {
		s := &m.Systems[i]
		fmt.Fprintln(w, strings.Join([]string{
			string(s.ID), percent(&s.Objective), percent(s.EndUser.Ratio), bounds(s.EndUser), s.Verdict(), percent(s.Conventional.Ratio),
			percent(s.Reported), percent(s.IssueFree.Ratio), percent(s.Coverage),
		}, "\t"))
	}
	table("MONTH ISSUES CARRIED HOURS-EACH-COUNTED HOURS-TOGETHER OF-THE-MONTH")
	for i := range m.Months {
		t := &m.Months[i]
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\n", t.Month, t.Began, t.Carried, hours(t.SumSeconds), hours(t.UnionSeconds), t.share())
	}
	table("OWNER INCIDENTS HOURS-EACH-COUNTED HOURS-TOGETHER TRAVELERS")
	for _, o := range m.Owners {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", o.Owner, o.Issues, hours(o.SumSeconds), hours(o.UnionSeconds), whole(o.Travelers))
	}
	table("FROM-START-TO INCIDENTS HALF-WITHIN NINE-OF-TEN-WITHIN LONGEST")
	for _, r := range m.Response.parts() {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", r.name, r.Count, lasting(r.Median), lasting(r.P90), lasting(r.Most))
	}
	if len(m.Effects) > 0 {
		table("CHANGE MEASURE BEFORE AFTER DIFFERENCE LOW-TO-HIGH STANDS-OUT")
	}
	for i := range m.Effects {
		m.textEffect(w, &m.Effects[i])
	}
	if err := w.Flush(); err != nil {
		return nil, fmt.Errorf("write table: %w", err)
	}
	fmt.Fprintln(&out)
	for i := range m.Systems {
		fmt.Fprintln(&out, m.Systems[i].Explain())
	}
	fmt.Fprintf(&out, "\nRecompute: %s\n", m.Commands().Verify)
	return out.Bytes(), nil
}

// textEffect writes what followed a change.
func (m *Month) textEffect(w io.Writer, e *Effect) {
	change := fmt.Sprintf("%s, %s", e.Note.where(), m.at(e.Note.From))
	rows, others := e.telling(measuresShown)
	for i := range rows {
		r := &rows[i]
		fmt.Fprintln(w, strings.Join([]string{change, r.What(), r.value(r.Before), r.value(r.After), r.change(r.Difference), r.between(), cmp.Or(m.stands(r), r.Why, "nothing")}, "\t"))
	}
	switch {
	case e.From == nil:
		fmt.Fprintf(w, "%s\tno whole hour has passed since\n", change)
	case others > 0:
		fmt.Fprintf(w, "%s\t%s more\n", change, plural(others, "measure"))
	}
}

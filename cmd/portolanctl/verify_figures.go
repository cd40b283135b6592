package main

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"portolan"
	"portolan/collector/projection"
)

// figuresAsked says which published figures verify makes anew.
type figuresAsked struct {
	From   string   `help:"Also make figures anew: start of their window, RFC 3339 with a zone." placeholder:"TIME"`
	To     string   `help:"End of their window." placeholder:"TIME"`
	Zone   string   `help:"Zone in which days and months begin." default:"UTC" placeholder:"ZONE"`
	Group  []string `help:"What to have a figure for, as for the command availability." default:"system" placeholder:"system,port"`
	Weight string   `help:"What an hour of a series counts for: time, port or traveler; as by default, if not given." placeholder:"WEIGHT"`
}

// asked reports whether any figure is to be made anew.
func (a figuresAsked) asked() bool { return a.From != "" || a.To != "" }

// query returns the question, for the projection and for a collector.
func (a figuresAsked) query(asOf projection.Cut) (q projection.Query, asked url.Values, err error) {
	asked = url.Values{"as_of": {asOf.String()}, "from": {a.From}, "to": {a.To}, "zone": {a.Zone}, "group": a.Group}
	with(asked, "weight", a.Weight)
	from, err := time.Parse(time.RFC3339, a.From)
	if err != nil {
		return q, nil, usageError{fmt.Errorf("--from: %w", err)}
	}
	to, err := time.Parse(time.RFC3339, a.To)
	if err != nil {
		return q, nil, usageError{fmt.Errorf("--to: %w", err)}
	}
	q.Window = portolan.Span{From: portolan.InstantOf(from), To: portolan.InstantOf(to)}
	if q.Zone, err = time.LoadLocation(a.Zone); err != nil {
		return q, nil, usageError{fmt.Errorf("--zone: %w", err)}
	}
	for _, name := range a.Group {
		dimension, err := projection.ParseDimension(name)
		if err != nil {
			return q, nil, usageError{err}
		}
		q.Group = append(q.Group, dimension)
	}
	if a.Weight != "" {
		if err := q.Weight.UnmarshalText([]byte(a.Weight)); err != nil {
			return q, nil, usageError{fmt.Errorf("--weight: %w", err)}
		}
	}
	return q, asked, nil
}

// published is a figure as it is published: its numbers, and what it was weighted by.
type published struct {
	name    string
	numbers []string
	port    portolan.PortCode // empty if it is of several
	from    portolan.Instant
}

// held says which figures rest on evidence that was removed.
type held struct {
	until  portolan.Instant    // those that begin earlier
	silent []portolan.PortCode // and those of agents at these ports that were not heard since
}

func heldOf(made *projection.Recomputed) held {
	h := held{until: made.HeldUntil()}
	for _, agent := range made.Silent() {
		h.silent = append(h.silent, agent.Port())
	}
	return h
}

// without returns those of some figures that rest on evidence which is there.
func (h held) without(some []published) []published {
	return slices.DeleteFunc(slices.Clone(some), h.holds)
}

func (h held) holds(p published) bool {
	return p.from < h.until || len(h.silent) > 0 && (p.port == "" || slices.Contains(h.silent, p.port))
}

// ofTotal returns a figure as it is published.
func ofTotal(t *projection.Total) published {
	p := published{name: fmt.Sprintf("%s %s %s %s %s %s %s from %s", t.Key.System, t.Key.Transaction, t.Key.Port, t.Key.Office, portKind(t.Key.Kind), t.Key.Agent, t.Key.Class, t.Window.From.Time().Format(time.RFC3339Nano)),
		port: t.Key.Port, from: t.Window.From}
	f := &t.Figure
	type ratio interface {
		Exists() bool
		Float64() float64
	}
	for _, r := range []ratio{f.EndUser.Ratio, f.EndUser.Low, f.EndUser.High, f.Conventional.Ratio, f.Coverage} {
		number := "none"
		if r.Exists() {
			number = fmt.Sprint(r.Float64())
		}
		p.numbers = append(p.numbers, number)
	}
	p.numbers = append(p.numbers, fmt.Sprint(f.Up.Seconds()), t.Weight.String())
	return p
}

func portKind(k portolan.PortKind) string {
	if k == 0 {
		return ""
	}
	return k.String()
}

// ofRow returns a figure as a collector answered it.
func ofRow(r *figureRow) published {
	p := published{name: fmt.Sprintf("%s %s %s %s %s %s %s from %s", r.System, r.Transaction, r.Port, r.Office, r.Kind, r.Agent, r.Class, r.From), port: portolan.PortCode(r.Port)}
	if from, err := time.Parse(time.RFC3339Nano, r.From); err == nil {
		p.from = portolan.InstantOf(from)
	}
	for _, n := range []*float64{r.EndUser.Ratio, r.EndUser.Low, r.EndUser.High, r.Conventional.Ratio, r.Coverage} {
		number := "none"
		if n != nil {
			number = fmt.Sprint(*n)
		}
		p.numbers = append(p.numbers, number)
	}
	p.numbers = append(p.numbers, fmt.Sprint(r.UpSeconds), r.Weight)
	return p
}

// compareFigures holds published figures against those made anew, each in turn.
func (f *verified) compareFigures(was, anew []published) {
	for _, p := range was {
		at := slices.IndexFunc(anew, func(o published) bool { return o.name == p.name })
		switch {
		case at < 0:
			f.Faults = append(f.Faults, fmt.Sprintf("figure of %s is published, and the evidence gives none", p.name))
			continue
		case !slices.Equal(anew[at].numbers, p.numbers):
			f.Faults = append(f.Faults, fmt.Sprintf("figure of %s: published %v, the evidence gives %v", p.name, p.numbers, anew[at].numbers))
		}
		anew = slices.Delete(anew, at, at+1)
	}
	for _, p := range anew {
		f.Faults = append(f.Faults, fmt.Sprintf("figure of %s is not published", p.name))
	}
}

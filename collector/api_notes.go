package collector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"portolan"
	"portolan/collector/projection"
	"portolan/evidence"
)

type annotationsAnswer struct {
	Rows []projection.Annotation `json:"rows"`
}

type maintenanceAnswer struct {
	Rows []projection.Maintenance `json:"rows"`
}

// Bounds of what people declare.
const (
	maxRemark      = 2000 // letters
	maxMaintenance = 31 * 24 * time.Hour
)

// span reads an optional window; without one everything is selected.
func (p *params) span(now portolan.Instant) portolan.Span {
	if !p.values.Has("from") && !p.values.Has("to") {
		return portolan.Span{From: 0, To: portolan.InstantOf(now.Time().AddDate(100, 0, 0))}
	}
	return p.window(now)
}

func overlaps(s portolan.Span, from, to time.Time) bool {
	return portolan.InstantOf(from) < s.To && portolan.InstantOf(to) >= s.From
}

func (c *collector) serveAnnotations(r *call) (any, error) {
	span := r.params.span(r.now)
	if err := r.params.err(); err != nil {
		return nil, err
	}
	out := annotationsAnswer{Rows: []projection.Annotation{}}
	for _, a := range c.projection.Facts().Annotations {
		if overlaps(span, a.From, a.To) {
			out.Rows = append(out.Rows, a)
		}
	}
	return out, nil
}

func (c *collector) serveMaintenance(r *call) (any, error) {
	span, systems := r.params.span(r.now), r.params.systems()
	if err := r.params.err(); err != nil {
		return nil, err
	}
	out := maintenanceAnswer{Rows: []projection.Maintenance{}}
	for _, m := range c.projection.Facts().Maintenance {
		if overlaps(span, m.From, m.To) && wanted(systems, m.System) {
			out.Rows = append(out.Rows, m)
		}
	}
	return out, nil
}

// decodeBody decodes a posted JSON body strictly.
func decodeBody(r *call, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(r.body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		_, err = decoder.Token()
		if err == io.EOF {
			return nil
		}
		err = fmt.Errorf("more than one value")
	}
	return &apiError{Status: http.StatusBadRequest, Code: "bad_request", Message: "body: " + err.Error(), Field: "body"}
}

func (c *collector) addAnnotation(r *call) (any, error) {
	var a projection.Annotation
	if err := decodeBody(r, &a); err != nil {
		return nil, err
	}
	f := &r.params.faults
	if a.From.IsZero() {
		a.From = r.now.Time()
	}
	if a.To.IsZero() {
		a.To = a.From
	}
	c.checkScope(f, a.System, a.Port)
	checkLetters(f, "text", a.Text, maxRemark)
	checkLetters(f, "by", a.By, maxText)
	if a.To.Before(a.From) {
		f.add("to", "want a time not before %q", "from")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	a.ID, a.Made = 0, time.Time{} // the journal says both
	entry, err := c.noted(r.Context(), evidence.EntryAnnotation, string(a.System), r.now, a)
	a.ID, a.Made = entry.Number, entry.At.Time()
	return a, err
}

// addMaintenance declares planned work, or cancels what was declared. Work counts as planned only from when it was
// declared on.
func (c *collector) addMaintenance(r *call) (any, error) {
	var m projection.Maintenance
	if err := decodeBody(r, &m); err != nil {
		return nil, err
	}
	f := &r.params.faults
	checkLetters(f, "by", m.By, maxText)
	if m.Cancels != 0 {
		c.fillCancelled(f, &m)
	} else {
		c.checkMaintenance(f, &m)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	m.ID, m.Declared = 0, time.Time{}
	entry, err := c.noted(r.Context(), evidence.EntryMaintenance, string(m.System), r.now, m)
	m.ID, m.Declared = entry.Number, entry.At.Time()
	return m, err
}

func (c *collector) checkMaintenance(f *faults, m *projection.Maintenance) {
	if m.System == "" {
		f.add("system", "want the system that is worked on")
	}
	c.checkScope(f, m.System, m.Port)
	checkLetters(f, "title", m.Title, maxRemark)
	switch {
	case m.From.IsZero() || m.To.IsZero() || !m.From.Before(m.To):
		f.add("from", "want a time before %q", "to")
	case m.To.Sub(m.From) > maxMaintenance:
		f.add("to", "want at most 31 days")
	}
}

// fillCancelled makes a cancellation tell what it cancels.
func (c *collector) fillCancelled(f *faults, m *projection.Maintenance) {
	for _, declared := range c.projection.Facts().Maintenance {
		if declared.ID == m.Cancels && declared.Cancels == 0 {
			m.System, m.Port, m.From, m.To, m.Title = declared.System, declared.Port, declared.From, declared.To, declared.Title
			return
		}
	}
	f.add("cancels", "%d is no declared maintenance", m.Cancels)
}

func (c *collector) checkScope(f *faults, system portolan.SystemID, port portolan.PortCode) {
	around := c.around.Load()
	if system != "" && !around.catalogue.Names(system) {
		f.add("system", "%q is not in the catalogue", system)
	}
	if port == "" {
		return
	}
	for _, p := range around.ports {
		if p.Code == port {
			return
		}
	}
	f.add("port", "%q is not among the ports", port)
}

func checkLetters(f *faults, field, text string, most int) {
	if n := utf8.RuneCountInString(text); n < 1 || n > most {
		f.add(field, "want 1 to %d letters", most)
	}
}

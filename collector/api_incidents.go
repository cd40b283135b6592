package collector

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/evidence"
	"portolan/incident"
)

// incidentRow is an incident as the API tells it.
type incidentRow struct {
	ID string `json:"id"`
	incident.Incident
	Start           time.Time         `json:"start"`
	End             *time.Time        `json:"end"` // null while it is open
	Known           time.Time         `json:"known"`
	DurationSeconds float64           `json:"duration_seconds"` // until now, while it is open
	Symptom         *portolan.Symptom `json:"symptom"`
	MergedInto      string            `json:"merged_into,omitempty"`
}

type incidentsAnswer struct {
	Rows []incidentRow `json:"rows"`
}

type incidentEvent struct {
	At       time.Time       `json:"at"`
	Change   incident.Change `json:"change"`
	Incident incidentRow     `json:"incident"`
}

type incidentHistory struct {
	Events []incidentEvent `json:"events"`
}

func incidentOf(i *incident.Incident, now portolan.Instant) incidentRow {
	row := incidentRow{
		ID: i.ID.String(), Incident: *i, Start: i.Start.Time(), End: timeOf(i.End), Known: i.Known.Time(),
		DurationSeconds: i.Span(now).Duration().Seconds(), Symptom: symptomOf(i.Symptom),
	}
	if i.MergedInto != 0 {
		row.MergedInto = i.MergedInto.String()
	}
	return row
}

func incidentEventOf(e *incident.Event) incidentEvent {
	return incidentEvent{At: e.At.Time(), Change: e.Change, Incident: incidentOf(&e.Incident, e.At)}
}

// mostIncidents bounds an answer.
const mostIncidents = 1000

func (c *collector) serveIncidents(r *call) (any, error) {
	p := r.params
	filter := ledger.IncidentFilter{Span: p.span(r.now), Open: p.flag("open"), Limit: int(p.number("limit", 100, 1, mostIncidents))}
	ports, systems := p.ports(), p.systems()
	if err := p.err(); err != nil {
		return nil, err
	}
	all, err := c.watch.List(r.Context(), filter)
	if err != nil {
		return nil, err
	}
	out := incidentsAnswer{Rows: []incidentRow{}}
	for i := range all {
		concerns := func(id portolan.SystemID) bool { return wanted(systems, id) }
		at := func(code portolan.PortCode) bool { return wanted(ports, code) }
		if slices.ContainsFunc(all[i].Systems, concerns) && slices.ContainsFunc(all[i].Ports, at) && all[i].MergedInto == 0 {
			out.Rows = append(out.Rows, incidentOf(&all[i], r.now))
		}
	}
	return out, nil
}

// incidentNumber reads the incident that the path names.
func incidentNumber(r *call) (incident.ID, error) {
	digits, _ := strings.CutPrefix(r.PathValue("id"), "I-")
	id, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || id == 0 {
		return 0, &apiError{Status: http.StatusBadRequest, Code: "bad_request", Message: fmt.Sprintf("id: want an incident such as I-17, not %.20q", r.PathValue("id")), Field: "id"}
	}
	return incident.ID(id), nil
}

func (c *collector) serveIncident(r *call) (any, error) {
	id, err := incidentNumber(r)
	if err == nil {
		err = r.params.err()
	}
	if err != nil {
		return nil, err
	}
	events, err := c.watch.History(r.Context(), id)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, &apiError{Status: http.StatusNotFound, Code: "not_found", Message: fmt.Sprintf("there is no incident %s", id), Field: "id"}
	}
	out := incidentHistory{}
	for i := range events {
		out.Events = append(out.Events, incidentEventOf(&events[i]))
	}
	return out, nil
}

// acknowledge notes that a person takes an incident on. The journal keeps it; whichever collector leads puts it into the
// incident's history.
func (c *collector) acknowledge(r *call) (any, error) {
	id, err := incidentNumber(r)
	if err != nil {
		return nil, err
	}
	var posted struct {
		By string `json:"by"`
	}
	if err := decodeBody(r, &posted); err != nil {
		return nil, err
	}
	f := &r.params.faults
	checkLetters(f, "by", posted.By, maxText)
	if err := f.err(); err != nil {
		return nil, err
	}
	events, err := c.watch.History(r.Context(), id)
	switch {
	case err != nil:
		return nil, err
	case len(events) == 0:
		return nil, &apiError{Status: http.StatusNotFound, Code: "not_found", Message: fmt.Sprintf("there is no incident %s", id), Field: "id"}
	}
	a := projection.Acknowledgement{Incident: uint64(id), By: posted.By}
	entry, err := c.noted(r.Context(), evidence.EntryAcknowledgement, id.String(), r.now, a)
	a.Number, a.Made = entry.Number, entry.At.Time()
	return a, err
}

package watch

import (
	"context"
	"encoding/json"
	"fmt"

	"portolan"
	"portolan/collector/ledger"
	"portolan/incident"
)

// stored is an incident as the log keeps it. Instants are microseconds.
type stored struct {
	incident.Incident
	Change incident.Change  `json:"change"`
	Start  portolan.Instant `json:"start"`
	End    portolan.Instant `json:"end"`
	Known  portolan.Instant `json:"known"`
}

func encode(e *incident.Event, epoch uint64) (ledger.IncidentRecord, error) {
	i := &e.Incident
	body, err := json.Marshal(stored{*i, e.Change, i.Start, i.End, i.Known})
	return ledger.IncidentRecord{
		Incident: uint64(i.ID), Revision: i.Revision, At: e.At, Epoch: epoch, Span: portolan.Span{From: i.Start, To: i.End}, Body: body,
	}, err
}

func decode(r *ledger.IncidentRecord) (incident.Event, error) {
	var s stored
	if err := json.Unmarshal(r.Body, &s); err != nil {
		return incident.Event{}, fmt.Errorf("read incident %d, revision %d: %w", r.Incident, r.Revision, err)
	}
	s.Incident.Start, s.Incident.End, s.Incident.Known = s.Start, s.End, s.Known
	return incident.Event{At: r.At, Change: s.Change, Incident: s.Incident}, nil
}

func decodeAll(records []ledger.IncidentRecord) ([]incident.Incident, error) {
	all := make([]incident.Incident, 0, len(records))
	for i := range records {
		e, err := decode(&records[i])
		if err != nil {
			return nil, err
		}
		all = append(all, e.Incident)
	}
	return all, nil
}

// List returns the incidents that f selects as they are now, oldest first.
func (w *Watch) List(ctx context.Context, f ledger.IncidentFilter) ([]incident.Incident, error) {
	return List(ctx, w.options.Ledger, f)
}

// List returns the incidents of a ledger that f selects, oldest first.
func List(ctx context.Context, l ledger.Projection, f ledger.IncidentFilter) (all []incident.Incident, err error) {
	err = l.View(ctx, func(v ledger.View) error {
		records, err := v.Incidents(f)
		if err == nil {
			all, err = decodeAll(records)
		}
		return err
	})
	return all, err
}

// History returns what became of an incident, in order; nothing if there is no such incident.
func (w *Watch) History(ctx context.Context, id incident.ID) (events []incident.Event, err error) {
	err = w.options.Ledger.View(ctx, func(v ledger.View) error {
		records, err := v.Incidents(ledger.IncidentFilter{Incident: uint64(id)})
		if err != nil {
			return err
		}
		for i := range records {
			e, err := decode(&records[i])
			if err != nil {
				return err
			}
			events = append(events, e)
		}
		return nil
	})
	return events, err
}

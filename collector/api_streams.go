package collector

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"portolan"
	"portolan/collector/projection"
	"portolan/incident"
)

// resultsEvent is what listeners are told of a batch.
type resultsEvent struct {
	Agent      portolan.AgentID  `json:"agent"`
	Port       portolan.PortCode `json:"port"`
	Lane       portolan.Lane     `json:"lane"`
	ReceivedAt time.Time         `json:"received_at"`
	Results    []eventResult     `json:"results"`
}

type eventResult struct {
	System          portolan.SystemID      `json:"system"`
	Transaction     portolan.TransactionID `json:"transaction"`
	Start           time.Time              `json:"start"` // by the agent's clock
	DurationSeconds float64                `json:"duration_seconds"`
	Outcome         portolan.Outcome       `json:"outcome"`
	Symptom         *portolan.Symptom      `json:"symptom"`
}

// keepAlive is how often a quiet stream says that it is there; proxies close those that do not.
const keepAlive = 15 * time.Second

// streamEvents tells of every batch as it is folded, as server-sent events.
func (c *collector) streamEvents(w http.ResponseWriter, r *call) error {
	ports := r.params.ports()
	if err := r.params.err(); err != nil {
		return err
	}
	l, ok := c.events.listen()
	if !ok {
		return &apiError{Status: http.StatusServiceUnavailable, Code: "overload", Message: "too many listeners, or the collector stops"}
	}
	defer c.events.leave(l)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	control := http.NewResponseController(w)
	quiet := time.NewTicker(keepAlive)
	defer quiet.Stop()
	fmt.Fprint(w, ": listening\n\n")
	for {
		if err := control.Flush(); err != nil {
			return nil // the reader is gone
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-quiet.C:
			fmt.Fprint(w, ": alive\n\n")
		case n, open := <-l.news:
			if !open {
				return nil
			}
			if missed := c.events.takeMissed(l); missed > 0 {
				fmt.Fprintf(w, "event: missed\ndata: {\"batches\":%d}\n\n", missed)
			}
			switch {
			case n.incident != nil && (len(ports) == 0 || slices.ContainsFunc(n.incident.Incident.Ports, func(p portolan.PortCode) bool { return wanted(ports, p) })):
				writeIncident(w, n.incident)
			case n.link != nil && wanted(ports, n.link.Link.Chain.Agent.Port()):
				writeEvent(w, n.link)
			}
		}
	}
}

func writeEvent(w http.ResponseWriter, n *projection.News) {
	e := resultsEvent{
		Agent: n.Link.Chain.Agent, Port: n.Link.Chain.Agent.Port(), Lane: n.Link.Lane,
		ReceivedAt: n.Link.ReceivedAt.Time(), Results: []eventResult{},
	}
	for i := range n.Results {
		r := n.Results[i]
		e.Results = append(e.Results, eventResult{
			System: r.System, Transaction: r.Transaction, Start: r.Start.Time(), DurationSeconds: r.Duration.Seconds(),
			Outcome: r.Outcome, Symptom: symptomOf(r.Symptom),
		})
	}
	data, err := json.Marshal(e)
	if err != nil {
		return // nothing in an event can fail to encode
	}
	fmt.Fprintf(w, "event: results\nid: %d\ndata: %s\n\n", int64(n.Link.Position), data)
}

func writeIncident(w http.ResponseWriter, e *incident.Event) {
	data, err := json.Marshal(incidentEventOf(e))
	if err != nil {
		return // nothing in an event can fail to encode
	}
	fmt.Fprintf(w, "event: incident\ndata: %s\n\n", data)
}

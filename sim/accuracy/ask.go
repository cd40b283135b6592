package accuracy

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"portolan/sim/truth"
)

// Ask gets what a collector says of a world's time. Get answers a GET of its API.
func Ask(w *truth.World, get func(path string, query url.Values) ([]byte, error)) (said Said, err error) {
	window := url.Values{"from": {w.Span.From.Time().Format(time.RFC3339)}, "to": {w.Span.To.Time().Format(time.RFC3339)}}
	ask := func(path string, more url.Values, into any) error {
		for key, values := range window {
			more[key] = values
		}
		body, err := get(path, more)
		if err == nil {
			err = json.Unmarshal(body, into)
		}
		if err != nil {
			return fmt.Errorf("ask for %s: %w", path, err)
		}
		return nil
	}
	for _, group := range []string{"system,month", "system,port,month"} {
		var answer struct{ Rows []Row }
		query := url.Values{"group": {group}, "weight": {"time"}, "zone": {"UTC"}}
		if err := ask("/api/v1/availability", query, &answer); err != nil {
			return said, err
		}
		said.Rows = append(said.Rows, answer.Rows...)
	}
	var answer struct{ Rows []Incident }
	if err := ask("/api/v1/incidents", url.Values{"limit": {"1000"}}, &answer); err != nil {
		return said, err
	}
	said.Incidents = answer.Rows
	return said, nil
}

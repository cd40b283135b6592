package collector

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/collector/projection"
)

// endpoint is one path of the API. Exactly one of answer and stream is set.
type endpoint struct {
	method, path string
	params       []string // the query parameters that it takes; any other is refused
	answer       func(*call) (any, error)
	stream       func(http.ResponseWriter, *call) error
}

// call is one request with the time it arrived, the only reading of the clock that it is judged by.
type call struct {
	*http.Request
	now    portolan.Instant
	params *params
	body   []byte // of a POST
}

// How large a posted body may be, and how long it may take to arrive.
const (
	maxBody  = 64 << 10
	bodyTime = 10 * time.Second
)

// readBody reads a posted body before the call takes one of the few places at the ledger, so that a client which
// sends nothing keeps nobody waiting.
func (r *call) readBody(w http.ResponseWriter) error {
	// A server without deadlines, as in tests, has no slow clients either.
	_ = http.NewResponseController(w).SetReadDeadline(r.now.Time().Add(bodyTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return &apiError{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Message: fmt.Sprintf("body: over %d bytes", maxBody), Field: "body"}
	case err != nil:
		return &apiError{Status: http.StatusRequestTimeout, Code: "timeout", Message: "body: it did not arrive whole in time", Field: "body"}
	}
	r.body = body
	return nil
}

// endpoints lists the API. docs/openapi.yaml describes it, and a test holds the two together.
func (c *collector) endpoints() []endpoint {
	filters := []string{"system", "transaction", "port", "office", "kind"}
	window := []string{"from", "to", "zone", "as_of"}
	return []endpoint{
		{method: "GET", path: "/api/v1/availability", params: slices.Concat(window, filters, []string{"weight", "group", "agent"}), answer: c.serveAvailability},
		{method: "GET", path: "/api/v1/windowed", params: slices.Concat(window, filters, []string{"weight", "agent"}), answer: c.serveWindowed},
		{method: "GET", path: "/api/v1/latency", params: slices.Concat(window, filters, []string{"group", "steps"}), answer: c.serveLatency},
		{method: "GET", path: "/api/v1/report", params: []string{"month", "zone", "as_of"}, answer: c.serveReport},
		{method: "GET", path: "/api/v1/state", params: []string{"port", "system"}, answer: c.serveState},
		{method: "GET", path: "/api/v1/results", params: []string{"port", "system", "transaction", "agent", "from", "to", "limit", "cursor"}, answer: c.serveResults},
		{method: "GET", path: "/api/v1/agents", params: []string{"port"}, answer: c.serveAgents},
		{method: "GET", path: "/api/v1/systems", answer: c.serveSystems},
		{method: "GET", path: "/api/v1/ports", answer: c.servePorts},
		{method: "GET", path: "/api/v1/annotations", params: []string{"from", "to"}, answer: c.serveAnnotations},
		{method: "POST", path: "/api/v1/annotations", answer: c.addAnnotation},
		{method: "GET", path: "/api/v1/annotations/{id}/effect", params: []string{"zone", "as_of"}, answer: c.serveEffect},
		{method: "GET", path: "/api/v1/maintenance", params: []string{"from", "to", "system"}, answer: c.serveMaintenance},
		{method: "POST", path: "/api/v1/maintenance", answer: c.addMaintenance},
		{method: "GET", path: "/api/v1/asides", params: []string{"agent", "id", "limit"}, answer: c.serveAsides},
		{method: "GET", path: "/api/v1/probing", params: []string{"from", "to", "system"}, answer: c.serveProbing},
		{method: "POST", path: "/api/v1/probing", answer: c.addProbing},
		{method: "GET", path: "/api/v1/incidents", params: []string{"from", "to", "open", "port", "system", "limit"}, answer: c.serveIncidents},
		{method: "GET", path: "/api/v1/incidents/{id}", answer: c.serveIncident},
		{method: "POST", path: "/api/v1/incidents/{id}/ack", answer: c.acknowledge},
		{method: "GET", path: "/api/v1/mitigation", params: []string{"port"}, answer: c.serveMitigation},
		{method: "POST", path: "/api/v1/mitigation", answer: c.addMitigation},
		{method: "GET", path: "/api/v1/signals", params: []string{"from", "to", "port"}, answer: c.serveSignals},
		{method: "POST", path: "/api/v1/signals", answer: c.addSignal},
		{method: "GET", path: "/api/v1/export", params: []string{"from", "to", "as_of", "port", "system", "transaction", "agent"}, stream: c.streamExport},
		{method: "GET", path: "/api/v1/evidence", params: []string{"as_of", "after", "journal_after", "agent"}, stream: c.streamEvidence},
		{method: "GET", path: "/api/v1/events", params: []string{"port"}, stream: c.streamEvents},
	}
}

// api returns the handler of every path under /api/.
func (c *collector) api() http.Handler {
	mux := http.NewServeMux()
	for _, e := range c.endpoints() {
		mux.HandleFunc(e.method+" "+e.path, func(w http.ResponseWriter, r *http.Request) { c.serveEndpoint(&e, w, r) })
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		c.writeError(w, &apiError{Status: http.StatusNotFound, Code: "not_found", Message: "there is no " + r.Method + " " + r.URL.Path})
	})
	return mux
}

func (c *collector) serveEndpoint(e *endpoint, w http.ResponseWriter, r *http.Request) {
	call := &call{Request: r, now: c.now(), params: newParams(r, e.params)}
	if e.method == http.MethodPost {
		if err := call.readBody(w); err != nil {
			c.writeError(w, err)
			return
		}
	}
	if e.stream != nil {
		if err := e.stream(w, call); err != nil {
			c.writeError(w, err)
		}
		return
	}
	answer, err := c.answerBounded(e, call)
	if err != nil {
		c.writeError(w, err)
		return
	}
	status := http.StatusOK
	if e.method == http.MethodPost {
		status = http.StatusCreated
	}
	writeJSON(w, status, answer)
}

// answersAtOnce bounds how many questions are worked on at the same time.
const answersAtOnce = 16

// answerBounded answers unless too many others are being answered: a question about a long time may read much.
func (c *collector) answerBounded(e *endpoint, r *call) (any, error) {
	select {
	case c.answering <- struct{}{}:
		defer func() { <-c.answering }()
		return e.answer(r)
	default:
		return nil, &apiError{
			Status: http.StatusServiceUnavailable, Code: "overload", Message: "too many questions at once; ask again in a moment",
		}
	}
}

func writeJSON(w http.ResponseWriter, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, "answer cannot be encoded", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(append(body, '\n')) // the reader may be gone; there is nobody to tell
}

// apiError is what the caller is told. Anything else that goes wrong is the collector's own affair.
type apiError struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Field   string `json:"field,omitempty"` // the parameters at fault, joined by commas
}

func (e *apiError) Error() string { return e.Message }

// writeError answers an error, and hides what the caller cannot help.
func (c *collector) writeError(w http.ResponseWriter, err error) {
	told, ok := errors.AsType[*apiError](err)
	switch {
	case ok:
	case errors.Is(err, projection.ErrAhead):
		told = &apiError{Status: http.StatusBadRequest, Code: "bad_request", Message: projection.ErrAhead.Error(), Field: "as_of"}
	case errors.Is(err, projection.ErrRemoved):
		told = &apiError{Status: http.StatusBadRequest, Code: "removed", Message: projection.ErrRemoved.Error(), Field: "as_of"}
	default:
		c.log.Error("request could not be answered", zap.Error(err))
		told = &apiError{Status: http.StatusInternalServerError, Code: "internal", Message: "the collector could not answer; its log says why"}
	}
	writeJSON(w, told.Status, map[string]*apiError{"error": told})
}

// faults collects what is wrong with a request, to be told all at once.
type faults struct {
	fields, messages []string
}

func (f *faults) add(field, format string, args ...any) {
	if !slices.Contains(f.fields, field) {
		f.fields = append(f.fields, field)
	}
	f.messages = append(f.messages, field+": "+fmt.Sprintf(format, args...))
}

func (f *faults) err() error {
	if len(f.messages) == 0 {
		return nil
	}
	return &apiError{
		Status: http.StatusBadRequest, Code: "bad_request",
		Message: strings.Join(f.messages, "; "), Field: strings.Join(f.fields, ","),
	}
}

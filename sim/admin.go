package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"portolan/internal/strictyaml"
	"portolan/sim/fault"
)

// mostAdmin is the size of the largest list of faults, in bytes.
const mostAdmin = strictyaml.MaxBytes

// adminError is an answer of the admin interface that is not what was asked for.
type adminError struct {
	status  int
	code    string
	details []detail // one or more
}

type detail struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (e *adminError) Error() string { return e.code + ": " + e.details[0].Message }

func (s *Simulator) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, welcome)
		_ = s.printTable(w)
	})
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "healthy\n") })
	mux.HandleFunc("GET /admin/v1/systems", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, http.StatusOK, s.addresses(time.Now())) })
	mux.HandleFunc("GET /admin/v1/faults", func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, http.StatusOK, s.board.List(time.Now()))
	})
	mux.HandleFunc("PUT /admin/v1/faults", s.putFaults)
	mux.HandleFunc("DELETE /admin/v1/faults", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.put(time.Now(), nil); err != nil {
			answerError(w, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

const welcome = `Portolan's simulator: screening systems with faults on a timetable. All that it knows is synthetic.

GET, PUT, DELETE /admin/v1/faults   what goes wrong now and later: a JSON list, as in scenario files
GET /admin/v1/systems               systems, steps, dependencies, addresses
GET /-/healthy

`

func (s *Simulator) putFaults(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostAdmin))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		err = &adminError{http.StatusRequestEntityTooLarge, "too_large", []detail{{"", fmt.Sprintf("want at most %d bytes", mostAdmin)}}}
	}
	var faults []fault.Fault
	if err == nil {
		faults, err = parseFaults(body)
	}
	now := time.Now()
	if err == nil {
		err = s.put(now, faults)
	}
	if err != nil {
		answerError(w, err)
		return
	}
	answerJSON(w, http.StatusOK, s.board.List(now))
}

// put brings a list of faults into force from now if all of them can be had here.
func (s *Simulator) put(now time.Time, faults []fault.Fault) error {
	var details []detail
	for i, f := range faults {
		for _, p := range s.problems(f) {
			details = append(details, detail{fmt.Sprintf("[%d].%s", i, p.field), p.message})
		}
	}
	if len(details) > 0 {
		return &adminError{http.StatusUnprocessableEntity, "impossible", details}
	}
	if err := s.board.Put(now, faults); err != nil {
		return &adminError{http.StatusUnprocessableEntity, "impossible", []detail{{"", err.Error()}}}
	}
	return nil
}

// parseFaults reads a JSON list of faults as strictly as a scenario file: JSON is YAML, so that one reader
// and one check serve both.
func parseFaults(body []byte) ([]fault.Fault, error) {
	var line bytes.Buffer
	if err := json.Compact(&line, body); err != nil {
		return nil, &adminError{http.StatusBadRequest, "malformed", []detail{{"", "want a JSON list of faults: " + err.Error()}}}
	}
	var faults []fault.Fault
	doc, _ := strictyaml.Decode("body", line.Bytes(), &faults)
	for i, f := range faults {
		f.Check(doc, fmt.Sprintf("[%d]", i))
	}
	if len(faults) > mostFaults {
		doc.Report("", fmt.Sprintf("%d faults", len(faults)), fmt.Sprintf("want at most %d", mostFaults))
	}
	var details []detail
	for _, found := range doc.Faults() {
		message := found.Problem
		if found.Allowed != "" {
			message += "; " + found.Allowed
		}
		details = append(details, detail{found.Path, message})
	}
	if len(details) > 0 {
		return nil, &adminError{http.StatusBadRequest, "malformed", details}
	}
	return faults, nil
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// answerError answers with the first thing that is wrong, and lists them all.
func answerError(w http.ResponseWriter, err error) {
	var known *adminError
	if !errors.As(err, &known) {
		known = &adminError{http.StatusBadRequest, "malformed", []detail{{"", "the request broke off"}}}
	}
	first := known.details[0]
	answerJSON(w, known.status, map[string]any{"error": map[string]any{
		"code": known.code, "message": first.Message, "field": first.Field, "faults": known.details,
	}})
}

package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"strconv"
	"time"

	"portolan"
	"portolan/evidence"
)

// answer is what a client gets.
type answer struct {
	status int
	body   any
	// result is what is counted; ResultUnknown for enrolments, which are journaled instead.
	result Result
	retry  time.Duration // for Retry-After; zero for none
	err    error         // the collector's own; never told to the client
}

// acknowledgement says that a batch is durable.
type acknowledgement struct {
	Number     uint64           `json:"number"`
	Hash       string           `json:"hash"`
	ReceivedAt portolan.Instant `json:"received_at"` // µs; with replied_at, what agents measure their clocks by
	RepliedAt  portolan.Instant `json:"replied_at"`
	Duplicate  bool             `json:"duplicate"`
	SetAside   string           `json:"set_aside,omitempty"`
	// Config is another one whenever agents are to ask GET /config/v1/agent.
	Config string `json:"config,omitempty"`
}

// refusal says why not.
type refusal struct {
	Error  problem `json:"error"`
	Number uint64  `json:"number,omitempty"`
}

type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func refuse(status int, result Result, message string) answer {
	return answer{status: status, result: result, body: refusal{Error: problem{Code: result.String(), Message: message}}}
}

// of adds the number of the batch that is refused.
func (a answer) of(number uint64) answer {
	if r, ok := a.body.(refusal); ok {
		r.Number = number
		a.body = r
	}
	return a
}

// coded replaces the code that the result gives.
func (a answer) coded(code string) answer {
	if r, ok := a.body.(refusal); ok {
		r.Error.Code = code
		a.body = r
	}
	return a
}

func failed(err error) answer {
	a := refuse(http.StatusInternalServerError, Error, "the collector could not keep it; send it again")
	a.err, a.retry = err, time.Second
	return a
}

func (i *Ingest) overload() answer {
	a := refuse(http.StatusServiceUnavailable, Overload, "too many requests at once; send it again")
	a.retry = i.o.RetryAfter
	return a
}

func (i *Ingest) write(w http.ResponseWriter, a answer) {
	if a.result != ResultUnknown {
		i.o.Counted(a.result)
	}
	if a.err != nil {
		i.o.Failed(a.err)
	}
	if ack, ok := a.body.(acknowledgement); ok {
		ack.RepliedAt, ack.Config = portolan.InstantOf(time.Now()), i.o.Config()
		a.body = ack
	}
	text, err := json.Marshal(a.body)
	if err != nil {
		i.o.Failed(fmt.Errorf("encode answer: %w", err))
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if a.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(a.retry.Seconds()))))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(append(text, '\n')) // a client that is gone asks again
}

// enrolmentType is the content type of a request to enroll.
const enrolmentType = "application/json"

// maxEnrolment bounds a token and a certificate request.
const maxEnrolment = 64 << 10

// read returns the body, or why it is not taken. Refusals count as batches on the batches' path only.
func (i *Ingest) read(w http.ResponseWriter, r *http.Request) ([]byte, *answer) {
	want, limit, malformed, large := evidence.MediaType, i.o.Limits.Content, Malformed, TooLarge
	if r.URL.Path != batchesPath {
		want, limit, malformed, large = enrolmentType, maxEnrolment, ResultUnknown, ResultUnknown
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != want || r.Header.Get("Content-Encoding") != "" {
		a := refuse(http.StatusUnsupportedMediaType, malformed, fmt.Sprintf("want Content-Type %s and no Content-Encoding", want)).coded(Malformed.String())
		return nil, &a
	}
	// Not every ResponseWriter has deadlines; a server that does not must bound its reading by itself.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(i.o.ReadTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(limit)))
	if err == nil {
		return body, nil
	}
	a := refuse(http.StatusRequestTimeout, malformed, "the body did not arrive whole").coded("timeout")
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		a = refuse(http.StatusRequestEntityTooLarge, large, (&evidence.LimitError{What: "bytes", Limit: limit}).Error()).coded(TooLarge.String())
	}
	return nil, &a
}

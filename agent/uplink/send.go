package uplink

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"portolan"
	"portolan/evidence"
)

const (
	path = "/ingest/v1/batches"
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 64 << 10
)

// The room of a backlog batch, in spooled bytes, is steered so that sending it takes about aim, well below the
// two seconds that live records may have to wait for it.
const (
	firstRoom = 16 << 10
	minRoom   = 1 << 10
	aim       = 1200 * time.Millisecond
)

// answer is what the collector says.
type answer struct {
	Number     uint64           `json:"number"`
	Hash       string           `json:"hash"`
	ReceivedAt portolan.Instant `json:"received_at"`
	RepliedAt  portolan.Instant `json:"replied_at"`
	Config     string           `json:"config"` // the tag of the collector's directives
	Error      struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// AttemptError says that an attempt to deliver a batch failed and will be repeated.
type AttemptError struct {
	Status     int           // of the answer; zero if there was none
	Code       string        // the collector's, if it gave one
	Reason     string        // the collector's, if it gave one
	RetryAfter time.Duration // how long it asked to wait; zero if it did not
	Err        error         // why there was no answer, or none that could be read
}

// Error implements error.
func (e *AttemptError) Error() string {
	switch {
	case e.Status == 0:
		return fmt.Sprintf("send batch: %v", e.Err)
	case e.Err != nil:
		return fmt.Sprintf("send batch: answer %d: %v", e.Status, e.Err)
	default:
		return fmt.Sprintf("send batch: answer %d: %s", e.Status, e.Reason)
	}
}

// Unwrap returns why there was no answer.
func (e *AttemptError) Unwrap() error { return e.Err }

// send delivers the batch in the air once. Without an error the flight is over.
func (u *Uplink) send(ctx context.Context) error {
	sent := time.Now()
	a, err := u.post(ctx, sent)
	if isUnsigned(err) && !u.air.batch.Signed {
		if err = u.signHenceforth(); err == nil {
			a, err = u.post(ctx, sent)
		}
	}
	answered := time.Now()
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return u.refused(a)
	case isTooLargeOnTheWay(err) && u.most > minRoom:
		u.most = max(minRoom, u.most/4)
		a.Error.Code, a.Error.Message = tooLargeOnTheWay, err.Error()
		return u.refused(a)
	case err != nil:
		if ctx.Err() == nil {
			u.steer(aim * 4) // what does not get through is too large, perhaps
		}
		return err
	}
	u.steer(answered.Sub(sent))
	if u.air.lane == portolan.Backlog {
		u.givenUp = 0
	}
	u.mu.Lock()
	u.clock.compare(exchange{sent: sent, answered: answered, received: a.ReceivedAt, replied: a.RepliedAt})
	u.status.LastAck = portolan.InstantOf(answered)
	u.mu.Unlock()
	u.o.Confirmed(a.Config)
	if !u.air.carries.IsZero() {
		u.known[u.air.carries] = true
	}
	return u.land(false)
}

// land ends the flight.
func (u *Uplink) land(resend bool) error {
	u.air, u.attempts, u.again, u.noRoom = nil, 0, resend, false
	u.mu.Lock()
	u.status.LastError = ""
	u.mu.Unlock()
	return u.o.Spool.Settle(resend)
}

// refused ends a flight that the collector will never accept. The records of one that lacked a plan are sent
// again with it, and so are those that never reached the collector.
func (u *Uplink) refused(a answer) error {
	// A copy of this agent, or of its disk, sent another batch with this number: it goes on with the stream.
	forked := a.Error.Code == fork
	resend := forked || a.Error.Code == tooLargeOnTheWay || a.Error.Code == overload
	if a.Error.Code == unknownPlan && u.air.carries.IsZero() {
		resend = true
		clear(u.known)
	}
	stub := Stub{Number: u.air.number, Hash: u.air.batch.Hash, Code: a.Error.Code, Reason: a.Error.Message, Resend: resend}
	u.mu.Lock()
	u.status.Refused++
	if len(u.status.Stubs) == maxStubs {
		u.status.Stubs = append(u.status.Stubs[:0], u.status.Stubs[1:]...)
	}
	u.status.Stubs = append(u.status.Stubs, stub)
	u.mu.Unlock()
	u.o.Refused(stub)
	err := u.land(resend)
	if forked && err == nil {
		err = u.o.Spool.LeaveStream()
		clear(u.known)
	}
	u.mu.Lock()
	u.status.LastError = fmt.Sprintf("batch %d was refused: %s: %s", stub.Number, stub.Code, stub.Reason)
	u.mu.Unlock()
	return err
}

// post makes one attempt. Its error is a refusal or an AttemptError.
func (u *Uplink) post(ctx context.Context, now time.Time) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(u.o.URL, "/")+path, bytes.NewReader(u.air.batch.Bytes))
	if err != nil {
		return answer{}, &AttemptError{Err: err}
	}
	request.Header.Set("Content-Type", evidence.MediaType)
	request.Header.Set("User-Agent", "portolan-agent")
	if u.air.late(now) {
		request.Header.Set(evidence.LaneHeader, portolan.Backlog.String())
	}
	response, err := u.o.Client.Do(request)
	if err != nil {
		return answer{}, &AttemptError{Err: err}
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return answer{}, &AttemptError{Status: response.StatusCode, Err: err}
	}
	return u.judge(response, body, now)
}

// refusal says that the collector refused the batch for good.
type refusal struct{ code string }

// Error implements error.
func (r *refusal) Error() string { return "refused: " + r.code }

// judge tells an acknowledgement from a refusal, and both from answers that others gave: a proxy, a portal
// that wants a password, a collector that has trouble.
func (u *Uplink) judge(response *http.Response, body []byte, now time.Time) (answer, error) {
	var a answer
	attempt := &AttemptError{Status: response.StatusCode, RetryAfter: retryAfter(response.Header, now)}
	if err := json.Unmarshal(body, &a); err != nil {
		attempt.Err = fmt.Errorf("read answer: %w", err)
		return answer{}, attempt
	}
	switch response.StatusCode {
	case http.StatusOK, http.StatusAccepted:
		if a.Number == u.air.number && a.Hash == u.air.batch.Hash.String() {
			return a, nil
		}
		attempt.Err = errors.New("it acknowledges another batch")
		return answer{}, attempt
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		if isFinal(a.Error.Code) && (a.Number == 0 || a.Number == u.air.number) {
			return a, &refusal{code: a.Error.Code}
		}
	}
	attempt.Code, attempt.Reason = a.Error.Code, strings.TrimSpace(a.Error.Code+" "+a.Error.Message)
	return answer{}, attempt
}

// fork is the refusal of a batch whose number was used by another one.
const fork = "fork"

// unknownPlan is the refusal of a batch whose plan the collector does not have.
const unknownPlan = "unknown_plan"

// tooLargeOnTheWay is the reason for giving up a batch that a proxy, not the collector, does not let pass: the
// collector never sees it, and its records are sent again in smaller ones.
const tooLargeOnTheWay = "too_large_on_the_way"

func isTooLargeOnTheWay(err error) bool {
	var attempt *AttemptError
	return errors.As(err, &attempt) && attempt.Status == http.StatusRequestEntityTooLarge
}

// unsigned is the code of a collector to which the client certificate did not come through: TLS ends before it, at
// a proxy.
const unsigned = "unsigned"

func isUnsigned(err error) bool {
	var attempt *AttemptError
	return errors.As(err, &attempt) && attempt.Status == http.StatusUnauthorized && attempt.Code == unsigned
}

// signHenceforth signs the batch in the air, whose content and hash stay as they are, and every later one.
func (u *Uplink) signHenceforth() error {
	signed, err := u.air.batch.Sign(u.o.Signer)
	if err != nil {
		return fmt.Errorf("sign batch: %w", err)
	}
	u.o.SignEvery, u.air.batch = 0, signed
	return nil
}

// isFinal reports whether a code is one by which the collector refuses a batch for good.
func isFinal(code string) bool {
	switch code {
	case "malformed", fork, "broken_chain", unknownPlan, "too_large", "bad_signature":
		return true
	default:
		return false
	}
}

// retryAfter returns how long the answer asks to wait, told in seconds or as a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return min(max(time.Duration(seconds), 0)*time.Second, maxRetryAfter)
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	// Where the answer tells its sender's time, the agent's own clock, which may be wrong, does not matter.
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(until.Sub(now), 0), maxRetryAfter)
}

// steer fits the room of backlog batches to how long this one took.
func (u *Uplink) steer(took time.Duration) {
	if u.air.room == 0 {
		return
	}
	room := time.Duration(u.air.room) * aim / max(took, aim/2)
	u.room = min(max(int(room), minRoom), u.most)
}

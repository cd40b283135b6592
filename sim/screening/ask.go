package screening

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"syscall"
	"time"

	"portolan"
	"portolan/sim/fault"
)

// Headers that systems send each other. Only a request with this process's pass is believed.
const (
	headerPass   = "X-Sim-Pass"
	headerOrigin = "X-Sim-Origin"
	headerWrong  = "X-Sim-Wrong"
)

// Question is a request that one system makes of another.
type Question struct {
	To     portolan.SystemID
	Method string
	Path   string // with its query, if any
	Type   string // media type of the body
	Body   []byte
}

// Ask asks another system over the network and returns the body of its answer. That it cannot be had, does
// not answer in time or answers with an error is a *Refusal: 502 or 504, as the originals answer.
func (e *errand) Ask(q Question) ([]byte, error) {
	ctx, cancel := context.WithTimeout(e.Context(), e.server.options.Upstream)
	defer cancel()
	trouble, err := e.server.troubles.calling(ctx, e, q.To)
	if err != nil {
		return nil, e.badGateway(q, err)
	}
	begun := time.Now()
	body, err := e.send(ctx, q, trouble.wrong)
	if err == nil && trouble.factor > 1 {
		err = pause(ctx, extra(time.Since(begun), trouble.factor))
	}
	if err != nil {
		return nil, e.badGateway(q, err)
	}
	return body, nil
}

// AskJSON asks another system in JSON and decodes its answer.
func (e *errand) AskJSON(to portolan.SystemID, path string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return fmt.Errorf("ask %s: %w", to, err)
	}
	q := Question{To: to, Method: http.MethodPost, Path: path, Type: "application/json", Body: body}
	reply, err := e.Ask(q)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(reply, answer); err != nil {
		return refuse(http.StatusBadGateway, "bad_gateway", "%s answered what cannot be read: %v", to, err)
	}
	return nil
}

func (e *errand) send(ctx context.Context, q Question, wrong bool) ([]byte, error) {
	address, ok := e.server.options.Addresses(q.To)
	if !ok {
		return nil, fmt.Errorf("%s is not running", q.To)
	}
	req, err := http.NewRequestWithContext(ctx, q.Method, "http://"+address+q.Path, bytes.NewReader(q.Body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", cmp.Or(q.Type, "application/octet-stream"))
	req.Header.Set(headerPass, e.server.options.Pass)
	req.Header.Set(headerOrigin, string(e.Origin.Agent))
	if wrong {
		req.Header.Set(headerWrong, "1")
	}
	if e.trace != "" {
		req.Header.Set("Traceparent", e.trace)
	}
	resp, err := e.server.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostBody))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("it answered %d", resp.StatusCode)
	}
	return body, nil
}

// badGateway words what went wrong with a question as the caller's own answer.
func (e *errand) badGateway(q Question, err error) error {
	switch {
	case e.Context().Err() != nil:
		return e.Context().Err()
	case errors.Is(err, context.DeadlineExceeded) || os.IsTimeout(err):
		return refuse(http.StatusGatewayTimeout, "gateway_timeout", "%s gave no answer within %s", q.To, e.server.options.Upstream)
	case errors.Is(err, syscall.ECONNREFUSED):
		return refuse(http.StatusBadGateway, "bad_gateway", "%s: connection refused", q.To)
	default:
		return refuse(http.StatusBadGateway, "bad_gateway", "%s: %v", q.To, plain(err))
	}
}

// plain leaves out the address, which says nothing to the caller.
func plain(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// pause waits, unless ctx is done first.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// extra returns how much longer something takes that took d before a factor.
func extra(d time.Duration, factor float64) time.Duration {
	return time.Duration(float64(d) * (factor - 1))
}

// originOf is what a caller says about itself in headers, if it has this process's pass.
func (s *Server) originOf(r *http.Request) (origin fault.Origin, direct, wrong bool) {
	if r.Header.Get(headerPass) == s.options.Pass {
		return s.options.Origin(portolan.AgentID(r.Header.Get(headerOrigin))), false, r.Header.Get(headerWrong) != ""
	}
	origin, _ = s.options.Connection(r.RemoteAddr)
	return origin, true, false
}

package screening

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"portolan"
	"portolan/sim/fault"
)

// Call is one request to a system while it is served.
type Call struct {
	Request *http.Request
	// Now is when the request came.
	Now time.Time
	// Origin is for whom the request is made, handed on by the systems that call others.
	Origin fault.Origin

	server  *Server
	step    portolan.StepID
	direct  bool // from a user's own client, not from another system
	wrong   bool // the calling system was told that the answer must be false
	body    []byte
	bodyErr error
}

// Refusal is an answer that a system gives on purpose instead of the one that was asked for.
type Refusal struct {
	Status  int
	Code    string
	Message string
}

// Error implements error.
func (r *Refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.Status, r.Code, r.Message) }

// refuse returns a refusal with a message in the manner of fmt.Sprintf.
func refuse(status int, code, format string, args ...any) error {
	return &Refusal{status, code, fmt.Sprintf(format, args...)}
}

// Context is done when the caller no longer waits.
func (c *Call) Context() context.Context { return c.Request.Context() }

// mostBody is the size of the largest request and of the largest answer of another system, in bytes.
const mostBody = 256 << 10

// Body returns the request's body.
func (c *Call) Body() ([]byte, error) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(c.bodyErr, &tooLarge):
		return nil, refuse(http.StatusRequestEntityTooLarge, "too_large", "want at most %d bytes", mostBody)
	case c.bodyErr != nil:
		return nil, refuse(http.StatusBadRequest, "malformed", "the request broke off")
	}
	return c.body, nil
}

// readBody reads the body before anything else is done: only then does net/http notice that the caller has
// gone, and a request that hangs must end with its caller.
func (c *Call) readBody() {
	c.body, c.bodyErr = io.ReadAll(http.MaxBytesReader(nil, c.Request.Body, mostBody))
}

// JSON decodes the request's body strictly.
func (c *Call) JSON(into any) error {
	body, err := c.Body()
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return refuse(http.StatusBadRequest, "malformed", "%v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return refuse(http.StatusBadRequest, "malformed", "more after the JSON value")
	}
	return nil
}

// Draw returns the next random source for a purpose of this step and origin.
func (c *Call) Draw(purpose string) *rand.Rand {
	return c.server.draw(c.step, c.Origin, purpose)
}

// NewID draws an identifier.
func (c *Call) NewID(purpose string) string {
	r := c.Draw(purpose)
	var id [16]byte
	for i := range id {
		id[i] = byte(r.Uint32())
	}
	return hex.EncodeToString(id[:])
}

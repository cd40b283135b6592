package screening

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Call is one request to a system while it is served.
type Call struct {
	errand
	Request *http.Request

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

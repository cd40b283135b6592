package evidence

import (
	"errors"
	"fmt"
)

// ErrUnsigned says that a signature was asked for where there is none.
var ErrUnsigned = errors.New("unsigned")

// ErrBadSignature says that a signature does not fit its content and key.
var ErrBadSignature = errors.New("signature does not fit")

// FormatError says that bytes are not what they should be, or that a value cannot be put into bytes.
type FormatError struct {
	What    string // the part at fault: "header", "result", "plan"
	Problem string
}

// Error implements error.
func (e *FormatError) Error() string { return e.What + ": " + e.Problem }

// LimitError says that something is larger than the reader accepts.
type LimitError struct {
	What  string // what there is too much of: "bytes of content", "records"
	Limit int
}

// Error implements error.
func (e *LimitError) Error() string { return fmt.Sprintf("more than %d %s", e.Limit, e.What) }

// VersionError says that the bytes are of a format version that this program does not know; a newer one may.
type VersionError struct{ Version uint64 }

// Error implements error.
func (e *VersionError) Error() string { return fmt.Sprintf("unknown format version %d", e.Version) }

// UnknownPlanError says that a batch refers to a plan that it does not carry and the reader does not know.
type UnknownPlanError struct{ Plan PlanHash }

// Error implements error.
func (e *UnknownPlanError) Error() string { return "unknown plan " + e.Plan.String() }

func malformed(what, format string, args ...any) error {
	return &FormatError{What: what, Problem: fmt.Sprintf(format, args...)}
}

// SignError says that the signer could not sign.
type SignError struct{ Err error }

// Error implements error.
func (e *SignError) Error() string { return fmt.Sprintf("sign: %v", e.Err) }

// Unwrap returns the signer's error.
func (e *SignError) Unwrap() error { return e.Err }

package interchange

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Errors of a Reader besides those of what it reads from.
var (
	// ErrTooLarge says that an interchange did not end within MaxBytes.
	ErrTooLarge = errors.New("the interchange is over its limit")
	// ErrForm says that what came is no interchange.
	ErrForm = errors.New("not an interchange")
)

// Reader finds interchanges in a stream: they end by themselves.
type Reader struct {
	r    *bufio.Reader
	read int64
}

// NewReader returns a reader of the interchanges in r.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReader(r)} }

// Wait waits for the first byte of the next interchange, and passes over line breaks before it.
func (r *Reader) Wait() error {
	for {
		next, err := r.r.Peek(1)
		if err != nil || !isBreak(next[0]) {
			return err
		}
		_, _ = r.r.Discard(1) // it was there a moment ago
	}
}

// Next returns the bytes of the next interchange, for Parse. It is io.EOF if there is none, and
// io.ErrUnexpectedEOF if there is but a part of one.
func (r *Reader) Next() ([]byte, error) {
	if err := r.Wait(); err != nil {
		return nil, err
	}
	data, err := r.next()
	r.read += int64(len(data))
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return data, err
}

// Read returns how many bytes of interchanges were read, of broken ones too.
func (r *Reader) Read() int64 { return r.read }

func (r *Reader) next() ([]byte, error) {
	data, err := r.take(nil, len(adviceTag))
	if err != nil {
		return data, err
	}
	s := standard()
	switch string(data) {
	case adviceTag:
		if data, err = r.take(data, adviceLength-len(adviceTag)); err != nil {
			return data, err
		}
		if s, err = adviceOf(data); err != nil {
			return data, fmt.Errorf("%w: %w", ErrForm, err)
		}
	case "UNB":
	default:
		return data, fmt.Errorf("%w: it begins with %q: want UNA or UNB", ErrForm, data)
	}
	return r.toTrailer(data, s)
}

// take appends the next n bytes.
func (r *Reader) take(to []byte, n int) ([]byte, error) {
	for range n {
		c, err := r.r.ReadByte()
		if err != nil {
			return to, err
		}
		to = append(to, c)
	}
	return to, nil
}

// toTrailer appends segments up to the one that ends the interchange.
func (r *Reader) toTrailer(to []byte, s syntax) ([]byte, error) {
	begin, released := len(to), false
	for len(to) < MaxBytes {
		c, err := r.r.ReadByte()
		if err != nil {
			return to, err
		}
		to = append(to, c)
		switch {
		case released:
			released = false
		case c == s.release:
			released = true
		case c == s.terminator:
			if isTrailer(to[begin:]) {
				return to, nil
			}
			begin = len(to)
		case isBreak(c) && begin == len(to)-1:
			begin = len(to)
		}
	}
	return to, ErrTooLarge
}

// isTrailer reports whether a segment, as written, is UNZ.
func isTrailer(segment []byte) bool {
	return len(segment) > 3 && string(segment[:3]) == "UNZ"
}

package fleet

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"portolan"
	"portolan/evidence"
)

// wire is an agent's one connection to the collector. It speaks HTTP by itself: a client of net/http has two goroutines
// a connection, and would take as much of a machine as the collector that it measures.
type wire struct {
	dialer tls.Dialer
	host   string
	conn   *tls.Conn // nil while there is no connection
	in     *bufio.Reader
	out    *bufio.Writer
}

// How long things may take, and how much is read.
const (
	dialTime   = 15 * time.Second
	answerTime = time.Minute
	maxAnswer  = 64 << 10
	bufferSize = 2 << 10
)

// answer is what the collector says.
type answer struct {
	status int
	retry  time.Duration
	body   []byte
}

// post delivers a body and returns the answer. After an error there is no connection, and nobody knows whether the body
// arrived.
func (w *wire) post(ctx context.Context, path, kind string, lane portolan.Lane, body []byte) (answer, error) {
	a, err := w.exchange(ctx, path, kind, lane, body)
	if err != nil {
		w.close()
	}
	return a, err
}

func (w *wire) exchange(ctx context.Context, path, kind string, lane portolan.Lane, body []byte) (answer, error) {
	if err := w.open(ctx); err != nil {
		return answer{}, err
	}
	conn := w.conn
	if err := conn.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return answer{}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	fmt.Fprintf(w.out, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n", path, w.host, kind, len(body))
	if lane == portolan.Backlog {
		fmt.Fprintf(w.out, "%s: %s\r\n", evidence.LaneHeader, portolan.Backlog)
	}
	fmt.Fprint(w.out, "\r\n")
	w.out.Write(body) // an error stays until the flush
	if err := w.out.Flush(); err != nil {
		return answer{}, err
	}
	return w.read()
}

func (w *wire) read() (answer, error) {
	response, err := http.ReadResponse(w.in, nil)
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return answer{}, err
	}
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	if response.Close {
		w.close()
	}
	return answer{status: response.StatusCode, retry: time.Duration(seconds) * time.Second, body: body}, nil
}

func (w *wire) open(ctx context.Context) error {
	if w.conn != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, err := w.dialer.DialContext(ctx, "tcp", w.host)
	if err != nil {
		return err
	}
	w.conn, w.in, w.out = conn.(*tls.Conn), bufio.NewReaderSize(conn, bufferSize), bufio.NewWriterSize(conn, bufferSize)
	return nil
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close() // there is nothing more to say on it
		w.conn = nil
	}
}

// said is what an answer's body says, acknowledgement or refusal.
type said struct {
	Number uint64 `json:"number"`
	Hash   string `json:"hash"`
	Error  struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func (a answer) said() (s said) {
	_ = json.Unmarshal(a.body, &s) // what says nothing acknowledges nothing
	return s
}

package extract

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"time"

	"portolan"
	"portolan/probe"
)

// file is an extract to read.
type file struct {
	path    probe.Template
	limit   int64
	sum     *probe.Template // the checksum; nil for none
	sumFile *probe.Template // the path of a file that begins with it; nil for none
	made    *regexp.Regexp  // nil where nobody asks
	layout  string
	maxAge  time.Duration  // zero for no limit
	rows    *regexp.Regexp // nil where nobody asks
	find    *find
}

// find is a line that must be there.
type find struct {
	line, expect probe.Template
}

// longestLine bounds what is held of a line: of a longer one only its beginning counts.
const longestLine = 64 << 10

// contents is what a reading of the file gave.
type contents struct {
	size   int64
	sum    string
	header string
	rows   int64 // lines after the first
	ended  bool  // the last line is whole
	found  string
	has    bool // a line begins as it should; found is how it goes on
}

func (f *file) perform(ctx context.Context, run *probe.Run) probe.Observation {
	watch := probe.StartStopwatch()
	var seen probe.Observation
	wanted, failure := f.fill(run)
	if failure == nil {
		var got contents
		got, failure = f.read(ctx, wanted, watch)
		seen.Bytes = got.size
		if failure == nil {
			watch.Enter(portolan.PhaseCheck)
			seen.Measures, failure = f.judge(got, wanted)
		}
	}
	seen.Phases, seen.Failure = watch.Stop(), failure
	return seen
}

// wanted is what the step asks for, with the run's values in it.
type wanted struct {
	path         string
	sum, sumPath string
	line, expect string
}

func (f *file) fill(run *probe.Run) (w wanted, failure *probe.Failure) {
	var errs [5]error
	w.path, errs[0] = fillPath(f.path, run)
	if f.sum != nil {
		w.sum, errs[1] = run.Fill(*f.sum, nil)
	}
	if f.sumFile != nil {
		w.sumPath, errs[2] = fillPath(*f.sumFile, run)
	}
	if f.find != nil {
		w.line, errs[3] = run.Fill(f.find.line, nil)
		w.expect, errs[4] = run.Fill(f.find.expect, nil)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return w, monitorFault(err)
	}
	return w, nil
}

// read reads the file once, from one end to the other.
func (f *file) read(ctx context.Context, w wanted, watch *probe.Stopwatch) (contents, *probe.Failure) {
	watch.Enter(portolan.PhaseRequest)
	opened, failure := open(w.path)
	if failure != nil {
		return contents{}, failure
	}
	defer opened.Close()
	watch.Enter(portolan.PhaseRead)
	hashed := sha256.New()
	got, err := scan(&bounded{ctx, io.TeeReader(opened, hashed), f.limit}, w.line)
	got.sum = hex.EncodeToString(hashed.Sum(nil))
	switch {
	case ctx.Err() != nil:
		return got, &probe.Failure{Phase: portolan.PhaseRead, Kind: portolan.KindTimeout, Err: ctx.Err()}
	case errors.Is(err, errTooLarge):
		return got, &probe.Failure{Phase: portolan.PhaseRead, Kind: portolan.KindTooLarge, Err: err}
	case err != nil:
		return got, &probe.Failure{Phase: portolan.PhaseRead, Kind: portolan.KindClosed, Err: err}
	default:
		return got, nil
	}
}

// open opens a regular file: a pipe or a device would keep the step waiting.
func open(path string) (*os.File, *probe.Failure) {
	fail := func(kind portolan.ErrorKind, err error) (*os.File, *probe.Failure) {
		return nil, &probe.Failure{Phase: portolan.PhaseRequest, Kind: kind, Err: err}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(portolan.KindStatus, err)
	case err != nil:
		return fail(portolan.KindMonitor, err)
	case !info.Mode().IsRegular():
		return fail(portolan.KindProtocol, fmt.Errorf("%s is not a file", path))
	}
	opened, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(portolan.KindStatus, err)
	case err != nil: // the agent may not read what officers may, or lacks descriptors
		return fail(portolan.KindMonitor, err)
	}
	return opened, nil
}

var errTooLarge = errors.New("the file is over its limit")

// bounded reads until its limit is passed or its time is over.
type bounded struct {
	ctx  context.Context
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// scan goes through the lines of a file.
func scan(r io.Reader, begins string) (got contents, err error) {
	lines := bufio.NewReaderSize(r, longestLine)
	for n := 0; ; n++ {
		line, size, err := readLine(lines)
		got.size += size
		switch {
		case err != nil && err != io.EOF:
			return got, err
		case size == 0:
			return got, nil
		case n == 0:
			got.header = string(line)
		default:
			got.rows++
			got.look(line, begins)
		}
		got.ended = err == nil
	}
}

// readLine returns a line without its end, or its beginning if it is long, and how long it is with its end. The
// line is the reader's own, until it reads on. The error is io.EOF for a line that does not end.
func readLine(r *bufio.Reader) (line []byte, size int64, err error) {
	line, err = r.ReadSlice('\n')
	size = int64(len(line))
	if err != bufio.ErrBufferFull {
		return bytes.TrimRight(line, "\r\n"), size, err
	}
	line = bytes.Clone(line)
	for err == bufio.ErrBufferFull {
		var more []byte
		more, err = r.ReadSlice('\n')
		size += int64(len(more))
	}
	return line, size, err
}

// look notes how the first line goes on that begins as it should.
func (c *contents) look(line []byte, begins string) {
	if begins == "" || c.has || !bytes.HasPrefix(line, []byte(begins)) {
		return
	}
	c.has, c.found = true, string(line[len(begins):])
}

// judge says what is wrong with the file; what explains most comes first.
func (f *file) judge(got contents, w wanted) ([]portolan.Measurement, *probe.Failure) {
	if failure := f.whole(got, w); failure != nil {
		return nil, failure
	}
	measures, failure := f.age(got)
	if failure != nil {
		return measures, failure
	}
	if f.find != nil && (!got.has || got.found != w.expect) {
		return measures, fail(portolan.KindAssertion, "the line that begins %q is not there, or goes on otherwise", w.line)
	}
	return measures, nil
}

func fail(kind portolan.ErrorKind, format string, args ...any) *probe.Failure {
	return &probe.Failure{Phase: portolan.PhaseCheck, Kind: kind, Err: fmt.Errorf(format, args...)}
}

// whole checks that nothing of the file is missing or other than it was made.
func (f *file) whole(got contents, w wanted) *probe.Failure {
	if f.rows != nil {
		promised := group(f.rows, got.header)
		if promised == "" {
			return fail(portolan.KindProtocol, "the first line does not say how many follow")
		}
		if promised != fmt.Sprint(got.rows) || !got.ended {
			failure := fail(portolan.KindClosed, "%s lines are promised, %d are there", promised, got.rows)
			failure.Phase = portolan.PhaseRead
			return failure
		}
	}
	sum := w.sum
	if w.sumPath != "" {
		var failure *probe.Failure
		if sum, failure = readSum(w.sumPath); failure != nil {
			return failure
		}
	}
	if sum != "" && !strings.EqualFold(sum, got.sum) {
		return fail(portolan.KindAssertion, "the checksum is %s, and should be %.64s", got.sum, sum)
	}
	return nil
}

// group returns the first group of a match; empty for none.
func group(pattern *regexp.Regexp, text string) string {
	found := pattern.FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	return found[1]
}

// readSum returns the checksum that a file begins with.
func readSum(path string) (string, *probe.Failure) {
	opened, failure := open(path)
	if failure != nil {
		failure.Phase = portolan.PhaseCheck
		return "", failure
	}
	defer opened.Close()
	begin := make([]byte, hex.EncodedLen(sha256.Size))
	if _, err := io.ReadFull(opened, begin); err != nil || !sumForm.Match(begin) {
		return "", fail(portolan.KindProtocol, "%s does not begin with a SHA-256", path)
	}
	return string(begin), nil
}

// maxAhead is how far the clock that made an extract may be ahead of the workstation's.
const maxAhead = 24 * time.Hour

// age measures how old the data are, and judges it.
func (f *file) age(got contents) ([]portolan.Measurement, *probe.Failure) {
	if f.made == nil {
		return nil, nil
	}
	made, err := time.Parse(f.layout, group(f.made, got.header))
	if err != nil {
		return nil, fail(portolan.KindProtocol, "the first line does not say when the data were made: %w", err)
	}
	age := time.Since(made)
	if age < -maxAhead {
		return nil, fail(portolan.KindAssertion, "the data were made at %s, which is yet to come", made)
	}
	measures := []portolan.Measurement{{Measure: portolan.DataAge, Value: max(0, age.Microseconds())}}
	if f.maxAge > 0 && age > f.maxAge {
		return measures, fail(portolan.KindStale, "the data are %s old, and may be %s", age.Round(time.Hour), f.maxAge)
	}
	return measures, nil
}

package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"time"

	"portolan/internal/procgroup"
	"portolan/probe"
)

// Times within which things must happen that no step has a time-out for.
const (
	// startWithin is how long portolan-browser and its browser may take until they can be used.
	startWithin = 30 * time.Second
	// answerGrace is how long after a step's time is up the answer is waited for. It is below the time after which
	// package probe gives an action up.
	answerGrace = time.Second
	// A picture may take as long as is left of the step's time, within these bounds: it may begin after that is up.
	leastPicture, mostPicture = 700 * time.Millisecond, 3 * time.Second
	// pictureGrace is how long after that its answer is waited for.
	pictureGrace = 200 * time.Millisecond
)

// session is the browser of one run.
type session struct {
	workstation Workstation
	started     bool
	folder      string // what browser and driver write; removed at the end
	group       *procgroup.Group
	orders      io.WriteCloser
	answers     chan Answer   // closed when the driver has ended
	ended       chan struct{} // closed by close
	watching    sync.WaitGroup
	complaints  tail

	mu    sync.Mutex // guards everything that follows
	cause error      // why the driver was killed; nil if it was not
}

// sessionKey is the key of the session in a run.
type sessionKey struct{}

func sessionOf(run *probe.Run) *session {
	return run.Session(sessionKey{}, func() any { return newSession(workstationOf(run)) }).(*session)
}

func newSession(w Workstation) *session {
	return &session{workstation: w.withDefaults(), answers: make(chan Answer), ended: make(chan struct{})}
}

// start starts driver and browser, unless that was done.
func (s *session) start(ctx context.Context, run *probe.Run) error {
	if s.started {
		return nil
	}
	s.started = true
	if s.workstation.Album != nil {
		s.workstation.Album.sweep(time.Now())
	}
	program, err := s.workstation.program()
	if err != nil {
		return err
	}
	if s.folder, err = os.MkdirTemp(s.workstation.Folder, "portolan-browser-"); err != nil {
		return fmt.Errorf("make a folder for the browser: %w", err)
	}
	if err := s.launch(program); err != nil {
		return err
	}
	proxy, err := proxyOf(run)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	answer, err := s.tell(ctx, Order{Start: &Start{Browser: s.workstation.Browser, Profile: s.folder, Proxy: proxy}})
	if err == nil && answer.Ready == "" {
		err = fmt.Errorf("start the browser: %s is not portolan-browser", program)
	}
	return err
}

// proxyOf returns the URL of the proxy that the run's system is reached through; empty for none.
func proxyOf(run *probe.Run) (string, error) {
	endpoint, _ := run.Value("endpoint")
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", fmt.Errorf("read endpoint: %w", err)
	}
	proxy, err := run.Proxy(u)
	if err != nil || proxy == nil {
		return "", err
	}
	return proxy.String(), nil
}

// launch starts the driver in a group of its own, and those who watch it.
func (s *session) launch(program string) error {
	cmd := exec.Command(program)
	cmd.Stderr, cmd.Env = &s.complaints, withoutSecrets(os.Environ())
	var err error
	if s.orders, err = cmd.StdinPipe(); err != nil {
		return fmt.Errorf("start portolan-browser: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start portolan-browser: %w", err)
	}
	if s.group, err = procgroup.Start(cmd, s.workstation.MaxMemory); err != nil {
		return fmt.Errorf("start portolan-browser: %w", err)
	}
	s.watching.Go(func() {
		defer close(s.answers)
		s.read(out)
		_ = cmd.Wait() // how it ended says less than what it complained of
	})
	s.watching.Go(s.watchMemory)
	return nil
}

// read hands on the driver's answers until it ends.
func (s *session) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, MaxAnswer)
	for lines.Scan() {
		answer, err := decodeAnswer(lines.Bytes())
		if err != nil {
			s.kill(err)
			return
		}
		select {
		case s.answers <- answer:
		case <-s.ended:
			return
		}
	}
	if err := lines.Err(); err != nil {
		s.kill(fmt.Errorf("read answer of portolan-browser: %w", err))
	}
}

// decodeAnswer reads one answer. What is in it came from a page: it is bounded, and never trusted to be of a form.
func decodeAnswer(line []byte) (Answer, error) {
	var answer Answer
	if err := json.Unmarshal(line, &answer); err != nil {
		return Answer{}, fmt.Errorf("read answer of portolan-browser: %w", err)
	}
	return answer, nil
}

// memoryEvery is the time between two looks at the memory that driver and browser use.
const memoryEvery = 500 * time.Millisecond

// watchMemory ends driver and browser when they use more memory than they may.
func (s *session) watchMemory() {
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.ended:
			return
		case <-tick.C:
			if used := s.group.Memory(); used > s.workstation.MaxMemory {
				s.kill(fmt.Errorf("the browser used %d MiB of memory, more than the %d MiB that it may", used>>20, s.workstation.MaxMemory>>20))
				return
			}
		}
	}
}

var (
	errHangs   = errors.New("the browser hung and was killed")
	errStopped = errors.New("the browser was killed, for the run was given up")
)

// tell has an order carried out and returns the answer. An error is the workstation's fault, or ctx's end; after it
// the browser is gone.
func (s *session) tell(ctx context.Context, order Order) (Answer, error) {
	if s.group == nil {
		return Answer{}, errors.New("the browser was not started")
	}
	line, err := json.Marshal(order)
	if err != nil {
		return Answer{}, fmt.Errorf("write order: %w", err)
	}
	if len(line) >= MaxOrder {
		return Answer{}, fmt.Errorf("write order: it has %d bytes, more than %d", len(line), MaxOrder)
	}
	// A driver that does not read must not hold up this run; when it is killed the write ends.
	go func() { _, _ = s.orders.Write(append(line, '\n')) }()
	answer, ok := s.await(ctx, order.Picture == nil)
	if !ok {
		return Answer{}, s.why()
	}
	if answer.Error != "" {
		s.kill(errors.New(answer.Error))
		return Answer{}, s.why()
	}
	return answer, nil
}

// await returns the next answer; ok is false if there will be none. Who still owes an answer is of no more use.
func (s *session) await(ctx context.Context, grace bool) (answer Answer, ok bool) {
	select {
	case answer, ok = <-s.answers:
		return answer, ok
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		s.kill(errStopped)
		return Answer{}, false
	}
	if grace {
		timer := time.NewTimer(answerGrace)
		defer timer.Stop()
		select {
		case answer, ok = <-s.answers:
			return answer, ok
		case <-timer.C:
		}
	}
	s.kill(errHangs)
	return Answer{}, false
}

// kill ends driver and browser; the first cause is kept.
func (s *session) kill(cause error) {
	s.mu.Lock()
	if s.cause == nil {
		s.cause = cause
	}
	s.mu.Unlock()
	s.group.Kill()
}

// why returns why there is no answer.
func (s *session) why() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return s.cause
	}
	if said := s.complaints.String(); said != "" {
		return fmt.Errorf("portolan-browser ended: %s", said)
	}
	return errors.New("portolan-browser ended")
}

// illustrate takes a picture of the page, if pictures are kept here, and says in err where it is.
func (s *session) illustrate(ctx context.Context, run *probe.Run, mask []string, err error) error {
	if s.workstation.Album == nil {
		return err
	}
	within := leastPicture
	if deadline, ok := ctx.Deadline(); ok {
		within = min(max(within, time.Until(deadline)), mostPicture)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within+pictureGrace)
	defer cancel()
	answer, failed := s.tell(ctx, Order{Picture: &Picture{Mask: mask, Within: within}})
	if failed != nil {
		return fmt.Errorf("%w; no picture: %w", err, failed)
	}
	path, failed := s.workstation.Album.keep(run, answer.Picture, time.Now())
	if failed != nil {
		return fmt.Errorf("%w; no picture: %w", err, failed)
	}
	return fmt.Errorf("%w; picture in %s", err, path)
}

// Close ends driver and browser, waits until all their processes are gone, and removes what they wrote.
func (s *session) Close() error {
	close(s.ended)
	var err error
	if s.group != nil {
		if err = s.group.End(); err != nil {
			err = fmt.Errorf("end portolan-browser: %w", err)
		}
		s.watching.Wait()
		err = errors.Join(err, s.orders.Close(), s.group.Close())
	}
	if s.folder != "" {
		err = errors.Join(err, removeFolder(s.folder))
	}
	return err
}

// removeFolder removes a folder that a process on Windows may hold a moment longer.
func removeFolder(path string) error {
	for try := 0; ; try++ {
		err := os.RemoveAll(path)
		if err == nil || try == 20 {
			return err
		}
		<-time.After(50 * time.Millisecond)
	}
}

// tail is the end of what somebody wrote.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// mostTail is how much a tail keeps, in bytes.
const mostTail = 2 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-mostTail):]
	return len(p), nil
}

// String returns what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

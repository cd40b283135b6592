package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"sync"
	"time"

	"portolan"
	"portolan/internal/procgroup"
	"portolan/probe"
)

// program is a program to run. It is started as it is, by no shell.
type program struct {
	path   probe.Template
	args   []probe.Template
	ready  probe.Template
	memory int64
}

const (
	// maxOutput is how much of what a program prints is looked at; the rest is read over.
	maxOutput = 64 << 10
	// endTime is how long a killed program may take until it is gone, output of its children included.
	endTime = time.Second
)

func (p *program) perform(ctx context.Context, run *probe.Run) probe.Observation {
	watch := probe.StartStopwatch()
	out := &output{watch: watch, arrived: make(chan struct{})}
	failure := p.run(ctx, run, out)
	return probe.Observation{Phases: watch.Stop(), Bytes: out.size(), Failure: failure}
}

func (p *program) run(ctx context.Context, run *probe.Run, out *output) *probe.Failure {
	cmd, ready, err := p.command(run)
	if err != nil {
		return monitorFault(err)
	}
	out.wanted = []byte(ready)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = out, out, endTime
	out.watch.Enter(portolan.PhaseRequest)
	if err := limitMemory(cmd, p.memory); err != nil {
		return startFailure(err)
	}
	group, err := procgroup.Start(cmd, p.memory)
	if err != nil {
		return startFailure(err)
	}
	defer group.Close()
	out.watch.Advance(portolan.PhaseRequest, portolan.PhaseWait)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err = <-ended:
		group.Kill() // what it started and left behind
		out.watch.Enter(portolan.PhaseCheck)
		return p.judge(err, ready, out)
	case <-out.arrived:
		group.Kill()
		<-ended
		out.watch.Enter(portolan.PhaseCheck)
		return nil
	case <-ctx.Done():
		group.Kill()
		<-ended
		return &probe.Failure{Phase: out.watch.Phase(), Kind: portolan.KindTimeout, Err: ctx.Err()}
	}
}

func (p *program) command(run *probe.Run) (cmd *exec.Cmd, ready string, err error) {
	path, err := fillPath(p.path, run)
	if err != nil {
		return nil, "", err
	}
	if ready, err = run.Fill(p.ready, nil); err != nil {
		return nil, "", err
	}
	cmd = exec.Command(path)
	for _, arg := range p.args {
		text, err := run.Fill(arg, nil)
		if err != nil {
			return nil, "", err
		}
		cmd.Args = append(cmd.Args, text)
	}
	return cmd, ready, nil
}

// startFailure tells a program that is not there from a workstation that cannot start it.
func startFailure(err error) *probe.Failure {
	kind := portolan.KindMonitor
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		kind = portolan.KindStatus
	}
	return &probe.Failure{Phase: portolan.PhaseRequest, Kind: kind, Err: err}
}

// judge says what is wrong with a program that ended by itself.
func (p *program) judge(err error, ready string, out *output) *probe.Failure {
	if ready != "" && out.shows() {
		return nil
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return fail(portolan.KindStatus, "the program ended with %s, and printed %q", exit, out)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return fail(portolan.KindClosed, "the program ended: %w", err)
	case ready != "":
		return fail(portolan.KindAssertion, "the program ended, and did not print %q but %q", ready, out)
	default:
		return nil
	}
}

// output is what a program prints, as far as it is looked at.
type output struct {
	watch   *probe.Stopwatch
	wanted  []byte
	arrived chan struct{} // closed when what is wanted was printed

	mu    sync.Mutex // guards everything that follows
	text  bytes.Buffer
	total int64
	done  bool
}

var _ io.Writer = (*output)(nil)

// Write implements io.Writer. It never fails: a program that prints more than is looked at shall not hang.
func (o *output) Write(b []byte) (int, error) {
	o.watch.Advance(portolan.PhaseRequest, portolan.PhaseRead)
	o.watch.Advance(portolan.PhaseWait, portolan.PhaseRead)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.total += int64(len(b))
	o.text.Write(b[:min(len(b), maxOutput-o.text.Len())])
	if !o.done && len(o.wanted) > 0 && bytes.Contains(o.text.Bytes(), o.wanted) {
		o.done = true
		close(o.arrived)
	}
	return len(b), nil
}

func (o *output) size() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.total
}

func (o *output) shows() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.done
}

// String returns what was printed, for a person.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return fmt.Sprintf("%.200s", o.text.Bytes())
}

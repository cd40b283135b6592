//go:build unix

package extract

import (
	"os/exec"
	"syscall"
)

// bounds is a running program with all that it starts, in a process group of its own. On each system it can be
// started, killed and closed.
type bounds struct{ group int }

// start starts the program, which may have so many bytes of memory, where the system can bound it.
func start(cmd *exec.Cmd, memory int64) (*bounds, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := limitMemory(cmd, memory); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &bounds{cmd.Process.Pid}, nil
}

// kill kills the program and what it started.
func (b *bounds) kill() { _ = syscall.Kill(-b.group, syscall.SIGKILL) }

func (b *bounds) close() {}

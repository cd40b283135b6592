//go:build unix

package browser

import (
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// group is a process and all that it starts, in a process group of their own. On each system it can be started, killed
// and ended, and tells how much memory it uses; end waits until none of its processes is left.
type group struct{ id int }

// startGroup starts cmd as the first of a group. The bound on memory is kept by whoever asks for memory.
func startGroup(cmd *exec.Cmd, _ int64) (*group, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &group{cmd.Process.Pid}, nil
}

// kill kills every process of the group.
func (g *group) kill() { _ = syscall.Kill(-g.id, syscall.SIGKILL) }

// endWithin is how long killed processes may take until they are gone.
const endWithin = 2 * time.Second

// end kills the group and waits until it is gone. The first process is waited for by whoever reads its output.
func (g *group) end() error {
	for begun := time.Now(); ; {
		g.kill()
		switch {
		case !g.left():
			return nil
		case time.Since(begun) > endWithin:
			return fmt.Errorf("end portolan-browser: processes of group %d are still there", g.id)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func (g *group) close() error { return nil }

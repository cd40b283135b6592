//go:build unix

package procgroup

import (
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// Group is a process and all that it starts, in a process group of their own. On each system it can be started, killed
// and ended, and tells how much memory it uses; End waits until none of its processes is left.
type Group struct{ id int }

// Start starts cmd as the first of a group. The bound on memory is kept by whoever asks for memory.
func Start(cmd *exec.Cmd, _ int64) (*Group, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &Group{cmd.Process.Pid}, nil
}

// Kill kills every process of the group.
func (g *Group) Kill() { _ = syscall.Kill(-g.id, syscall.SIGKILL) }

// endWithin is how long killed processes may take until they are gone.
const endWithin = 2 * time.Second

// End kills the group and waits until it is gone. The first process is waited for by whoever reads its output.
func (g *Group) End() error {
	for begun := time.Now(); ; {
		g.Kill()
		switch {
		case !g.left():
			return nil
		case time.Since(begun) > endWithin:
			return fmt.Errorf("end process group: processes of group %d are still there", g.id)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// Close lets go of the group; there is nothing to let go of here.
func (g *Group) Close() error { return nil }

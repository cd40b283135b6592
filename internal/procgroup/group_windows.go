package procgroup

import (
	"fmt"
	"os/exec"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Group is a process and all that it starts, in a job object of their own. On each system it can be started, killed
// and ended, and tells how much memory it uses; End waits until none of its processes is left.
type Group struct{ job windows.Handle }

// Start starts cmd as the first of a group, which may commit so many bytes. When the handle of the job is closed,
// which it is when the agent ends for whatever reason, the system ends its processes.
func Start(cmd *exec.Cmd, maxMemory int64) (*Group, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, fmt.Errorf("make job object: %w", err)
	}
	g := &Group{job}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{JobMemoryLimit: uintptr(maxMemory)}
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_JOB_MEMORY
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		_ = g.Close()
		return nil, fmt.Errorf("bound job object: %w", err)
	}
	if err := cmd.Start(); err != nil {
		_ = g.Close()
		return nil, err
	}
	// It starts nothing before it is told to, so nothing escapes the job.
	if err := g.take(uint32(cmd.Process.Pid)); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = g.Close()
		return nil, err
	}
	return g, nil
}

// take takes a process into the job.
func (g *Group) take(pid uint32) error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, pid)
	if err != nil {
		return fmt.Errorf("open process %d: %w", pid, err)
	}
	defer windows.CloseHandle(process)
	if err := windows.AssignProcessToJobObject(g.job, process); err != nil {
		return fmt.Errorf("take process %d into job object: %w", pid, err)
	}
	return nil
}

// Kill kills every process of the group.
func (g *Group) Kill() { _ = windows.TerminateJobObject(g.job, 1) }

// accounting is JOBOBJECT_BASIC_ACCOUNTING_INFORMATION of winnt.h.
type accounting struct {
	_         [4]int64
	_         [2]uint32
	processes uint32 // that are active
	_         uint32
}

// basicAccounting is JobObjectBasicAccountingInformation of JOBOBJECTINFOCLASS.
const basicAccounting = 1

// endWithin is how long killed processes may take until they are gone.
const endWithin = 2 * time.Second

// End kills the group and waits until it is gone.
func (g *Group) End() error {
	for begun := time.Now(); ; {
		g.Kill()
		var a accounting
		err := windows.QueryInformationJobObject(g.job, basicAccounting, uintptr(unsafe.Pointer(&a)), uint32(unsafe.Sizeof(a)), nil)
		switch {
		case err != nil:
			return fmt.Errorf("end process group: %w", err)
		case a.processes == 0:
			return nil
		case time.Since(begun) > endWithin:
			return fmt.Errorf("end process group: %d processes are still there", a.processes)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// Close lets go of the job object, which ends what is left in it.
func (g *Group) Close() error { return windows.CloseHandle(g.job) }

// Memory returns 0: the system keeps the bound.
func (g *Group) Memory() int64 { return 0 }

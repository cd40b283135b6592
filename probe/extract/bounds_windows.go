package extract

import (
	"fmt"
	"os/exec"
	"unsafe"

	"golang.org/x/sys/windows"
)

// bounds is a running program with all that it starts, in a job object of its own. On each system it can be
// started, killed and closed.
type bounds struct{ job windows.Handle }

// start starts the program, which may commit so many bytes of memory. The system ends it when the job is closed, which
// it is when the agent ends for whatever reason.
func start(cmd *exec.Cmd, memory int64) (*bounds, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, fmt.Errorf("make job object: %w", err)
	}
	b := &bounds{job}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{JobMemoryLimit: uintptr(memory)}
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_JOB_MEMORY
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.close()
		return nil, err
	}
	if err := b.take(uint32(cmd.Process.Pid)); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		b.close()
		return nil, err
	}
	return b, nil
}

// take takes a process into the job.
func (b *bounds) take(pid uint32) error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, pid)
	if err != nil {
		return fmt.Errorf("open process %d: %w", pid, err)
	}
	defer windows.CloseHandle(process)
	return windows.AssignProcessToJobObject(b.job, process)
}

// kill kills the program and what it started.
func (b *bounds) kill() { _ = windows.TerminateJobObject(b.job, 1) }

func (b *bounds) close() { _ = windows.CloseHandle(b.job) }

package extract

import (
	"os"
	"os/exec"
	"strconv"

	"golang.org/x/sys/unix"
)

// limitMemory makes a program that is about to begin one that has a bound on the memory it has for itself, its children each
// the same. What it only reserves does not count. The bound is set by a shell which then becomes the program: a bound that is
// set from outside, once the program runs, comes too late for children that it starts at once.
func limitMemory(cmd *exec.Cmd, memory int64) error {
	if cmd.Err != nil {
		return cmd.Err
	}
	if err := unix.Access(cmd.Path, unix.X_OK); err != nil {
		return &os.PathError{Op: "start", Path: cmd.Path, Err: err}
	}
	limit := "ulimit -d " + strconv.FormatInt(memory/1024, 10) + `; exec "$0" "$@"`
	cmd.Args = append([]string{"sh", "-c", limit, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	return nil
}

package pgtest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// serverUser returns as whom the server runs: the user postgres where the tests are root, else nobody but themselves.
func serverUser() (uid, gid int, other bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	u, err := user.Lookup("postgres") // made by Debian's package
	if err != nil {
		return 0, 0, false
	}
	uid, _ = strconv.Atoi(u.Uid)
	gid, _ = strconv.Atoi(u.Gid)
	return uid, gid, true
}

// asServer has a program run as the server's user, and end with the test process.
func asServer(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
	if uid, gid, other := serverUser(); other {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
}

// give gives folders to the server's user.
func give(folders ...string) error {
	uid, gid, other := serverUser()
	if !other {
		return nil
	}
	for _, folder := range folders {
		if err := os.Chown(folder, uid, gid); err != nil {
			return err
		}
	}
	return nil
}

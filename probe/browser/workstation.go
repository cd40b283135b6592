package browser

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"portolan/probe"
)

// Workstation says what browser transactions have at hand here. It is a tool of probe.Options, under WorkstationKey. The
// zero Workstation is valid.
type Workstation struct {
	// Program is the path of portolan-browser; empty for the one beside this program or, if there is none, on the
	// search path.
	Program string
	// Browser is the path of a Chromium or Edge; empty for one that is installed.
	Browser string
	// Folder is where browsers write while they run; empty for the system's folder for temporary files.
	Folder string
	// MaxMemory is how much memory portolan-browser and the browser may use together, in bytes; zero for
	// DefaultMaxMemory. On Linux what processes have for themselves counts, and is looked at twice a second; on Windows
	// the system bounds what they commit; elsewhere there is no bound.
	MaxMemory int64
	// Album keeps pictures of failures; nil keeps none.
	Album *Album
}

// DefaultMaxMemory is how much memory a browser may use where nothing else is said: a page with few pictures takes a
// fifth of it.
const DefaultMaxMemory = 1 << 30

// WorkstationKey is the key of a Workstation among the tools of probe.Options.
type WorkstationKey struct{}

func workstationOf(run *probe.Run) Workstation {
	w, _ := run.Tool(WorkstationKey{}).(Workstation)
	return w
}

func (w Workstation) withDefaults() Workstation {
	w.MaxMemory = cmp.Or(w.MaxMemory, DefaultMaxMemory)
	return w
}

// program returns the path of portolan-browser.
func (w Workstation) program() (string, error) {
	if w.Program != "" {
		return w.Program, nil
	}
	name := "portolan-browser"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if own, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(own), name)
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("find %s: it is neither beside this program nor on the search path: install it, or run no browser transactions here", name)
	}
	return path, nil
}

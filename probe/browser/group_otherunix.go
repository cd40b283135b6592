//go:build unix && !linux

package browser

import (
	"errors"
	"syscall"
)

// left reports whether a process of the group is left.
func (g *group) left() bool { return !errors.Is(syscall.Kill(-g.id, 0), syscall.ESRCH) }

// memory returns 0: nobody keeps the bound on these systems.
func (g *group) memory() int64 { return 0 }

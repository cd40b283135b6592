package netpath

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	"portolan"
)

// Memory remembers the path that each target was last reached by. It is kept by whoever runs transactions again
// and again, and is safe for concurrent use.
type Memory struct {
	mu   sync.Mutex // guards everything that follows
	last map[string]path
}

// NewMemory returns an empty memory.
func NewMemory() *Memory { return &Memory{last: map[string]path{}} }

// MemoryKey is the key of a *Memory among a runner's tools. Without one, changes of the path are not measured.
type MemoryKey struct{}

// mostPaths bounds the memory: beyond it, it begins anew.
const mostPaths = 10_000

// swap notes the path to a target, and returns the one before; ok is false if there is none.
func (m *Memory) swap(target string, now path) (before path, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.last) >= mostPaths {
		clear(m.last)
	}
	before, ok = m.last[target]
	m.last[target] = now
	return before, ok
}

// path is how a target is reached, as far as can be seen from here.
type path struct {
	addresses []string // that the name stands for, sorted; empty for a literal address
	local     string   // the address that the workstation uses
	hops      []string // the routers; empty where one does not answer
}

// errNoTrace says that routers cannot be found here.
var errNoTrace = errors.New("this system does not tell everybody of packets that died on the way")

// comparePath measures whether the path is another one than in the last run.
func (m *measurement) comparePath(ctx context.Context, target string, conn net.Conn) {
	now := path{addresses: m.addresses, local: hostOf(conn.LocalAddr())}
	hops, err := traceroute(ctx, conn.RemoteAddr())
	if err != nil {
		m.lack(portolan.NoRouters, "%v", err)
	} else {
		now.hops = hops
		m.remark("path: %s", now)
	}
	memory, _ := m.run.Tool(MemoryKey{}).(*Memory)
	if memory == nil {
		m.remark("whether the path changed is not measured: this run stands alone")
		return
	}
	before, ok := memory.swap(target, now)
	switch {
	case !ok:
		m.remark("whether the path changed is not measured: this is the first run")
	case now.differs(before):
		m.measured(portolan.PathChange, 1)
		m.remark("the path was: %s", before)
	default:
		m.measured(portolan.PathChange, 0)
	}
}

func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}

// String returns the path in words.
func (p path) String() string {
	hops := slices.Clone(p.hops)
	for i, hop := range hops {
		if hop == "" {
			hops[i] = "?"
		}
	}
	text := "from " + p.local + " by " + strings.Join(hops, ", ")
	if len(p.addresses) > 0 {
		text += fmt.Sprintf("; the name stands for %s", strings.Join(p.addresses, ", "))
	}
	return text
}

// differs reports whether two paths are surely different: a router that did not answer, or a trace that could not be
// made, tells nothing.
func (p path) differs(o path) bool {
	if !slices.Equal(p.addresses, o.addresses) || p.local != o.local {
		return true
	}
	for i := range min(len(p.hops), len(o.hops)) {
		if p.hops[i] != o.hops[i] && p.hops[i] != "" && o.hops[i] != "" {
			return true
		}
	}
	return false
}

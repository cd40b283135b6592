package procgroup

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// Memory returns how much memory the group's processes have for themselves, in bytes. A process that ends meanwhile
// counts nothing.
func (g *Group) Memory() int64 {
	var pages int64
	for _, folder := range g.processes() {
		pages += ownPages(filepath.Join(folder, "statm"))
	}
	return pages * int64(os.Getpagesize())
}

// left reports whether a process of the group is left.
func (g *Group) left() bool { return len(g.processes()) > 0 }

// processes returns the folders in /proc of the group's processes. One that has ended and that nobody waited for is none:
// where the first process of a container waits for nobody, it stays for good.
func (g *Group) processes() []string {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	var folders []string
	for _, stat := range stats {
		if inGroup(stat, g.id) {
			folders = append(folders, filepath.Dir(stat))
		}
	}
	return folders
}

// inGroup reports whether a stat file (proc(5)) is that of a live process of the group.
func inGroup(stat string, id int) bool {
	text, err := os.ReadFile(stat)
	if err != nil {
		return false
	}
	// The name of the program, in parentheses, may hold anything. After it come state, parent and group.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 3 {
		return false
	}
	ended := bytes.ContainsAny(fields[0], "ZX")
	return string(fields[2]) == strconv.Itoa(id) && !ended
}

// ownPages returns how many pages a process has that no other shares: resident less shared, of statm (proc(5)).
func ownPages(statm string) int64 {
	text, err := os.ReadFile(statm)
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 3 {
		return 0
	}
	resident, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	shared, _ := strconv.ParseInt(string(fields[2]), 10, 64)
	return max(0, resident-shared)
}

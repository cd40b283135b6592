package extract

import "golang.org/x/sys/unix"

// limitMemory bounds the memory that a program which has just begun has for itself, its children each the same. What it
// only reserves does not count.
func limitMemory(pid int, memory int64) {
	bound := unix.Rlimit{Cur: uint64(memory), Max: uint64(memory)}
	_ = unix.Prlimit(pid, unix.RLIMIT_DATA, &bound, nil) // it may have ended already
}

//go:build unix && !linux

package extract

// limitMemory does nothing: these systems have no bound for a process that runs.
func limitMemory(int, int64) {}

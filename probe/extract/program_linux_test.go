package extract_test

import (
	"testing"
	"time"

	"portolan"
)

// tail keeps all of a line that does not end in memory.
func TestProgram_MemoryIsBounded(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, "pals", "#!/bin/sh\nhead -c 200000000 /dev/zero | tail -n 1 | wc -c | grep 200000000\n")
	for memory, kind := range map[string]portolan.ErrorKind{"32MiB": portolan.KindStatus, "1GiB": portolan.KindNone} {
		got, failures := run(t, folder, `{program: "${endpoint.laptop}/pals", memory: `+memory+`}`, 30*time.Second)
		phase := portolan.PhaseCheck
		if kind == portolan.KindNone {
			phase = portolan.PhaseNone
		}
		wantSymptom(t, got, failures, phase, kind)
	}
}

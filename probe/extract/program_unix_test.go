//go:build unix

package extract_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"portolan"
)

// The program is a script here: one that starts others, prints, hangs.
func TestProgram_IsJudged(t *testing.T) {
	t.Parallel()
	const start = `{program: "${endpoint.laptop}/pals", args: [look-up, "${traveler.number}"], ready: "${traveler.number} CLEAR"}`
	for _, c := range []struct {
		name, script, step string
		timeout            time.Duration
		phase              portolan.Phase
		kind               portolan.ErrorKind
	}{
		{name: "says-and-ends", script: `echo "$2 CLEAR"`},
		{name: "says-and-stays", script: `echo "$2 CLEAR"; sleep 600`},
		{name: "says-and-fails", script: `echo "$2 CLEAR"; exit 3`},
		{name: "says-in-two-pieces", script: `printf "$2 CL"; sleep 0.05; echo EAR; sleep 600`},
		{name: "arguments-are-no-code", script: `[ "$2" = '$(echo SYN1)' ] && echo fine`, step: `{program: "${endpoint.laptop}/pals", args: [look-up, "$(echo SYN1)"], ready: fine}`},
		{name: "ends-well", script: `exit 0`, step: `{program: "${endpoint.laptop}/pals"}`},
		{name: "ends-badly", script: `exit 3`, step: `{program: "${endpoint.laptop}/pals"}`, phase: portolan.PhaseCheck, kind: portolan.KindStatus},
		{name: "fails", script: `echo NO EXTRACT; exit 1`, phase: portolan.PhaseCheck, kind: portolan.KindStatus},
		{name: "says-something-else", script: `echo "$2 REFER"`, phase: portolan.PhaseCheck, kind: portolan.KindAssertion},
		{name: "hangs", script: `sleep 600`, timeout: 300 * time.Millisecond, phase: portolan.PhaseWait, kind: portolan.KindTimeout},
		{name: "hangs-in-the-middle", script: `echo starting; sleep 600`, timeout: 300 * time.Millisecond, phase: portolan.PhaseRead, kind: portolan.KindTimeout},
		{name: "prints-for-ever", script: `while :; do echo loading; done`, timeout: 300 * time.Millisecond, phase: portolan.PhaseRead, kind: portolan.KindTimeout},
		{name: "is-killed", script: `kill -9 $$`, phase: portolan.PhaseCheck, kind: portolan.KindStatus},
		{name: "missing", step: `{program: "${endpoint.laptop}/none"}`, phase: portolan.PhaseRequest, kind: portolan.KindStatus},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			write(t, folder, "pals", "#!/bin/sh\n"+c.script+"\n")
			if c.step == "" {
				c.step = start
			}
			if c.timeout == 0 {
				c.timeout = 20 * time.Second
			}
			got, failures := run(t, folder, c.step, c.timeout)
			wantSymptom(t, got, failures, c.phase, c.kind)
			if got.Duration > 10*time.Second {
				t.Errorf("it took %v", got.Duration)
			}
		})
	}
}

func TestProgram_LeavesNothingBehind(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, "pals", "#!/bin/sh\nsleep 600 & echo $! >"+folder+"/child\necho READY\nsleep 600\n")
	got, failures := run(t, folder, `{program: "${endpoint.laptop}/pals", ready: READY}`, 20*time.Second)
	wantSymptom(t, got, failures, portolan.PhaseNone, portolan.KindNone)
	text, err := os.ReadFile(filepath.Join(folder, "child"))
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); syscall.Kill(child, 0) == nil && !zombie(child); {
		if time.Since(begun) > 5*time.Second {
			t.Fatalf("process %d that the program started is still there", child)
		}
	}
}

// zombie reports whether a process has ended and nobody waited for it yet.
func zombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(stat), ") Z ")
}

package extract_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portolan"
)

const readExtract = `{file: "${endpoint.laptop}/extract.txt", checksum: "${endpoint.laptop}/extract.sum", limit: 1KiB,
	made: {pattern: 'made=(\S+)', layout: "2006-01-02"}, max_age: 1008h, rows: 'rows=(\d+)', find: {line: "${traveler.number}|", expect: PROBE|CLEAR}}`

func TestFile_IsJudged(t *testing.T) {
	t.Parallel()
	now := time.Now()
	right := extractText(now)
	long := strings.Replace(right, "OTHER", strings.Repeat("x", 100_000), 1)
	for _, c := range []struct {
		name, step, text, sum string // the step readExtract, the sum the text's own
		phase                 portolan.Phase
		kind                  portolan.ErrorKind
	}{
		{name: "right", text: right},
		{name: "right-in-upper-case", text: right, sum: strings.ToUpper(sumOf(right)) + "  extract.txt\n"},
		{name: "right-by-value", text: right, step: `{file: "${endpoint.laptop}/extract.txt", sha256: "${sum}"}`},
		{name: "lines-of-windows", text: strings.ReplaceAll(right, "\n", "\r\n")},
		{name: "line-longer-than-is-held", text: long, step: strings.Replace(readExtract, "1KiB", "1MiB", 1)},
		{name: "six-weeks-old", text: extractText(now.Add(-41 * 24 * time.Hour))},
		{name: "stale", text: extractText(now.Add(-43 * 24 * time.Hour)), phase: portolan.PhaseCheck, kind: portolan.KindStale},
		{name: "from-the-future", text: extractText(now.Add(72 * time.Hour)), phase: portolan.PhaseCheck, kind: portolan.KindAssertion},
		{name: "truncated", text: right[:len(right)-20], phase: portolan.PhaseRead, kind: portolan.KindClosed},
		{name: "without-its-last-byte", text: right[:len(right)-1], phase: portolan.PhaseRead, kind: portolan.KindClosed},
		{name: "empty", text: "\n", phase: portolan.PhaseCheck, kind: portolan.KindProtocol},
		{name: "no-date", text: strings.Replace(right, "made=2", "made=x", 1), phase: portolan.PhaseCheck, kind: portolan.KindProtocol},
		{name: "wrong-checksum", text: right, sum: sumOf("other"), phase: portolan.PhaseCheck, kind: portolan.KindAssertion},
		{name: "no-checksum", text: right, sum: "none", phase: portolan.PhaseCheck, kind: portolan.KindProtocol},
		{name: "other-value", text: right + "x\n", step: `{file: "${endpoint.laptop}/extract.txt", sha256: "${sum}"}`, phase: portolan.PhaseCheck, kind: portolan.KindAssertion},
		{name: "traveler-missing", text: strings.Replace(right, "SYN1|", "SYN9|", 1), phase: portolan.PhaseCheck, kind: portolan.KindAssertion},
		{name: "traveler-referred", text: strings.Replace(right, "PROBE|CLEAR", "PROBE|REFER", 1), phase: portolan.PhaseCheck, kind: portolan.KindAssertion},
		{name: "too-large", text: long, phase: portolan.PhaseRead, kind: portolan.KindTooLarge},
		{name: "missing", text: right, step: strings.ReplaceAll(readExtract, "extract.txt", "none.txt"), phase: portolan.PhaseRequest, kind: portolan.KindStatus},
		{name: "missing-checksum", text: right, step: strings.ReplaceAll(readExtract, "extract.sum", "none"), phase: portolan.PhaseCheck, kind: portolan.KindStatus},
		{name: "a-folder", text: right, step: `{file: "${endpoint.laptop}"}`, phase: portolan.PhaseRequest, kind: portolan.KindProtocol},
		{name: "relative", text: right, step: `{file: "${traveler.number}"}`, phase: portolan.PhaseNone, kind: portolan.KindMonitor},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			write(t, folder, "extract.txt", c.text)
			if c.sum == "" {
				c.sum = sumOf(c.text)
			}
			write(t, folder, "extract.sum", c.sum)
			if c.step == "" {
				c.step = readExtract
			}
			got, failures := run(t, folder, c.step, time.Minute)
			wantSymptom(t, got, failures, c.phase, c.kind)
		})
	}
}

func TestFile_MeasuresTheAge(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text := extractText(time.Now().Add(-50 * 24 * time.Hour))
	write(t, folder, "extract.txt", text)
	write(t, folder, "extract.sum", sumOf(text))
	got, failures := run(t, folder, readExtract, time.Minute)
	wantSymptom(t, got, failures, portolan.PhaseCheck, portolan.KindStale)
	step := got.Steps[0]
	if len(step.Measures) != 1 || step.Measures[0].Measure != portolan.DataAge {
		t.Fatalf("got %+v, want the age", step.Measures)
	}
	if days := time.Duration(step.Measures[0].Value) * time.Microsecond / (24 * time.Hour); days != 50 && days != 51 {
		t.Errorf("%d days old, want 50", days)
	}
	if step.Bytes != int64(len(text)) {
		t.Errorf("%d bytes, want %d", step.Bytes, len(text))
	}
}

func TestFile_EndsWithItsTime(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	large, err := os.Create(filepath.Join(folder, "extract.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if err := large.Truncate(32 << 30); err != nil { // a hole: nothing is written
		t.Fatal(err)
	}
	large.Close()
	got, failures := run(t, folder, `{file: "${endpoint.laptop}/extract.txt", limit: 64GiB}`, 50*time.Millisecond)
	wantSymptom(t, got, failures, portolan.PhaseRead, portolan.KindTimeout)
}

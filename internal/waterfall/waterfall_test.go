package waterfall_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/internal/waterfall"
)

var update = flag.Bool("update", false, "write the golden files")

func phases(pairs map[portolan.Phase]time.Duration) portolan.PhaseTimes {
	var t portolan.PhaseTimes
	for p, d := range pairs {
		t.Add(p, d)
	}
	return t
}

// inspection is a run of four steps, of which all went well.
func inspection() waterfall.Run {
	const ms = time.Millisecond
	return waterfall.Run{
		Title: "Admit one traveler", Endpoint: "http://127.0.0.1:8091", Latency: 8 * time.Second, Timeout: 45 * time.Second,
		Steps: []waterfall.Step{
			{ID: "sign-on", Title: "Officer signs on"},
			{ID: "verify", Title: "Verify biometrics", Dependency: "ident"},
			{ID: "decision", Title: "Decide"},
			{ID: "sign-off", Title: "Officer signs off"},
		},
		Result: portolan.Result{
			System: "tpac", Transaction: "primary-inspection", Start: portolan.InstantOf(time.Date(2026, 11, 20, 14, 3, 5, 0, time.UTC)),
			Duration: 1520 * ms, Outcome: portolan.Good,
			Steps: []portolan.StepResult{
				{Step: "sign-on", Duration: 400 * ms, Outcome: portolan.Good, Phases: phases(map[portolan.Phase]time.Duration{
					portolan.PhaseDNS: 40 * ms, portolan.PhaseConnect: 60 * ms, portolan.PhaseTLS: 100 * ms, portolan.PhaseRequest: 300 * time.Microsecond,
					portolan.PhaseWait: 150 * ms, portolan.PhaseRead: 5 * ms, portolan.PhaseCheck: 200 * time.Microsecond,
				})},
				{Step: "verify", Offset: 400 * ms, Duration: 900 * ms, Outcome: portolan.Good, Phases: phases(map[portolan.Phase]time.Duration{portolan.PhaseWait: 850 * ms, portolan.PhaseRead: 50 * ms})},
				{Step: "decision", Offset: 1300 * ms, Duration: 215 * ms, Outcome: portolan.Good, Phases: phases(map[portolan.Phase]time.Duration{portolan.PhaseWait: 215 * ms})},
				{Step: "sign-off", Offset: 1515 * ms, Duration: 5 * ms, Outcome: portolan.Good, Phases: phases(map[portolan.Phase]time.Duration{portolan.PhaseWait: 5 * ms})},
			},
		},
	}
}

func failed() waterfall.Run {
	r := inspection()
	r.Result.Outcome = portolan.Failed
	r.Result.Symptom = portolan.Symptom{Step: "verify", Phase: portolan.PhaseWait, Kind: portolan.KindStatus, Dependency: "ident"}
	r.Result.Steps[1].Outcome, r.Result.Steps[3].Outcome = portolan.Failed, portolan.Failed
	r.Result.Steps = append(r.Result.Steps[:2], r.Result.Steps[3])
	r.Steps[1].Failure = &waterfall.Failure{Phase: portolan.PhaseWait, Kind: portolan.KindStatus, Err: errors.New("503 Service Unavailable:\n\x1b[2J ident is away")}
	r.Steps[3].Failure = &waterfall.Failure{Phase: portolan.PhaseConnect, Kind: portolan.KindRefused}
	return r
}

func slow() waterfall.Run {
	r := inspection()
	r.Latency = time.Second
	r.Result.Outcome = portolan.Slow
	r.Result.Steps[1].Outcome = portolan.Slow
	r.Result.Symptom = portolan.Symptom{Step: "verify", Phase: portolan.PhaseWait, Kind: portolan.KindLate, Dependency: "ident"}
	return r
}

// measured is a run whose first step measured all that a step can.
func measured() waterfall.Run {
	r := inspection()
	for i, value := range []int64{1_250_000, 31_000, 15_000, 250_000, 214_000, 1_900_000, 7_200_000_000, 985_000, 48_000, 1} {
		m := portolan.Measurement{Measure: portolan.LargestPaint + portolan.Measure(i), Value: value}
		r.Result.Steps[0].Measures = append(r.Result.Steps[0].Measures, m)
	}
	r.Steps[0].Remarks = []string{"path: from 10.0.0.2 by 10.0.0.1,\x1b[2J 10.0.1.9"}
	return r
}

func TestWrite_DrawsRuns(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		run   waterfall.Run
		style waterfall.Style
	}{
		"good":       {inspection(), waterfall.Style{}},
		"measured":   {measured(), waterfall.Style{}},
		"good-wide":  {inspection(), waterfall.Style{Width: 120}},
		"good-tight": {inspection(), waterfall.Style{Width: 20}},
		"good-color": {inspection(), waterfall.Style{Color: true}},
		"slow":       {slow(), waterfall.Style{}},
		"failed":     {failed(), waterfall.Style{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			if err := waterfall.Write(&got, test.run, test.style); err != nil {
				t.Fatal(err)
			}
			compareGolden(t, filepath.Join("testdata", name+".txt"), got.String())
		})
	}
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%swant:\n%sif this is intended: go test ./internal/waterfall -update", got, want)
	}
}

// Nothing that a peer says may reach the terminal as a command.
func TestWrite_CleansWhatCameFromOutside(t *testing.T) {
	t.Parallel()
	r := failed()
	r.Steps[1].Failure.Err = errors.New(strings.Repeat("\x1b]0;owned\a\u202e", 1000))
	var got bytes.Buffer
	if err := waterfall.Write(&got, r, waterfall.Style{}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(got.String(), "\x1b\a\u202e") || got.Len() > 5000 {
		t.Errorf("got %d bytes: %q", got.Len(), got.String())
	}
}

func TestHint_KnowsEveryKindAndPhase(t *testing.T) {
	t.Parallel()
	for kind := portolan.KindNone; kind <= portolan.KindMonitor; kind++ {
		for phase := portolan.PhaseNone; int(phase) < portolan.Phases; phase++ {
			if got := waterfall.Hint(portolan.Symptom{Kind: kind, Phase: phase}); got == "" || strings.HasPrefix(got, "no hint") {
				t.Errorf("kind %s in phase %s: got %q", kind, phase, got)
			}
		}
		if got := waterfall.Explain(kind); got == kind.String() {
			t.Errorf("kind %s is not explained", kind)
		}
	}
}

func TestStyleOf_FileHasNoColors(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := waterfall.StyleOf(f); got != (waterfall.Style{}) {
		t.Errorf("got %+v, want the zero style", got)
	}
}

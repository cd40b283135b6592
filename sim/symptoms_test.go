package sim

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/sim/fault"
)

// symptomCase is a line of testdata/symptoms.txt.
type symptomCase struct {
	line        int
	transaction portolan.TransactionID
	effect      fault.Effect
	where       []string // key=value
	outcome     portolan.Outcome
	symptom     portolan.Symptom
}

// symptomCases reads the table, by system.
func symptomCases(t *testing.T) map[portolan.SystemID][]symptomCase {
	t.Helper()
	text, err := os.ReadFile("testdata/symptoms.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[portolan.SystemID][]symptomCase{}
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		system, c, err := parseSymptom(line)
		if err != nil {
			t.Fatalf("testdata/symptoms.txt:%d: %v", i+1, err)
		}
		c.line = i + 1
		cases[system] = append(cases[system], c)
	}
	return cases
}

// parseSymptom reads a line: SYSTEM TRANSACTION: EFFECT KEY=VALUE... -> OUTCOME [STEP PHASE KIND [of DEPENDENCY]].
func parseSymptom(line string) (system portolan.SystemID, c symptomCase, err error) {
	done, seen, arrow := strings.Cut(line, " -> ")
	what, broken, colon := strings.Cut(done, ": ")
	run, fault, want := strings.Fields(what), strings.Fields(broken), strings.Fields(seen)
	if !arrow || !colon || len(run) != 2 || len(fault) < 2 || len(want) != 1 && len(want) != 4 && len(want) != 6 {
		return "", c, fmt.Errorf("%q is no case", line)
	}
	c.transaction, c.where = portolan.TransactionID(run[1]), fault[1:]
	if err := c.effect.UnmarshalText([]byte(fault[0])); err != nil {
		return "", c, err
	}
	if err := c.outcome.UnmarshalText([]byte(want[0])); err != nil || len(want) == 1 {
		return portolan.SystemID(run[0]), c, err
	}
	c.symptom.Step = portolan.StepID(want[1])
	if err := c.symptom.Phase.UnmarshalText([]byte(want[2])); err != nil {
		return "", c, err
	}
	if len(want) == 6 {
		c.symptom.Dependency = portolan.SystemID(want[5])
	}
	return portolan.SystemID(run[0]), c, c.symptom.Kind.UnmarshalText([]byte(want[3]))
}

// faults spells the fault as the admin interface takes it.
func (c symptomCase) faults() string {
	var where []string
	for _, condition := range c.where {
		key, value, _ := strings.Cut(condition, "=")
		where = append(where, fmt.Sprintf("%q:%q", key, value))
	}
	measure := ""
	switch c.effect {
	case fault.Slow:
		measure = `,"factor":300` // of 50 µs or more, by the scale of these tests
	case fault.Error:
		measure = `,"ratio":1`
	default:
	}
	return fmt.Sprintf(`[{"where":{%s},"effect":%q%s}]`, strings.Join(where, ","), c.effect, measure)
}

// latency is the objective under which the case's fault makes a run slow, and nothing else does.
func (c symptomCase) latency() time.Duration {
	if c.outcome == portolan.Slow {
		return 15 * time.Millisecond
	}
	return 0
}

// timeout is short where the run must hang.
func (c symptomCase) timeout() time.Duration {
	if c.symptom.Kind == portolan.KindTimeout {
		return short
	}
	return 0
}

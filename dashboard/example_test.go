package dashboard_test

import (
	"fmt"
	"strings"
	"time"

	"portolan"
	"portolan/dashboard"
)

func ExampleSay() {
	symptom := dashboard.Symptom{
		Symptom: portolan.Symptom{Step: "biometric-verification", Phase: portolan.PhaseWait, Kind: portolan.KindTimeout, Dependency: "ident"},
		Took:    30 * time.Second,
	}
	// Numbers and units are joined by no-break spaces.
	fmt.Println(strings.ReplaceAll(dashboard.Say("tpac", symptom), "\u00a0", " "))
	// Output: IDENT did not answer: biometric-verification waited 30 s
}

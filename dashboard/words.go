package dashboard

import (
	"fmt"
	"math"
	"strings"
	"time"

	"portolan"
)

// Say puts what agents saw at a system into one plain sentence, without a full stop.
func Say(system portolan.SystemID, s Symptom) string {
	who := short(system)
	if s.Dependency != "" {
		who = short(s.Dependency)
	}
	return happened(who, s) + where(s)
}

// happened says what went wrong with whom.
func happened(who string, s Symptom) string {
	switch s.Kind {
	case portolan.KindNone:
		return who + " is well"
	case portolan.KindLate:
		return who + " was slow"
	case portolan.KindTimeout:
		return hung(who, s.Phase)
	case portolan.KindResolve:
		return "The name of " + who + " could not be resolved"
	case portolan.KindRoute:
		return "No network route to " + who
	case portolan.KindProxy:
		return "The proxy did not pass the request on to " + who
	case portolan.KindRefused:
		return who + " refused the connection"
	case portolan.KindReset:
		return who + " broke the connection off"
	case portolan.KindClosed:
		return who + " closed the connection before its answer was whole"
	case portolan.KindCertificate:
		return "The certificate of " + who + " was not accepted"
	case portolan.KindHandshake:
		return "The secure handshake with " + who + " failed"
	case portolan.KindProtocol:
		return who + " gave an answer that is not of the protocol's form"
	case portolan.KindStatus:
		return who + " answered with an error"
	case portolan.KindCredential:
		return who + " refused the synthetic user's sign-on"
	case portolan.KindTooLarge:
		return who + " gave an answer that is too large"
	case portolan.KindExtract:
		return "The answer of " + who + " lacked a value that the next step needs"
	case portolan.KindAssertion:
		return who + " gave a wrong answer"
	case portolan.KindStale:
		return who + " gave data that is too old"
	case portolan.KindMonitor:
		return "The agent itself failed, not " + who
	default:
		return who + " failed (" + s.Kind.String() + ")"
	}
}

// hung says where a run that was cut at its time-out had stopped.
func hung(who string, p portolan.Phase) string {
	switch p {
	case portolan.PhaseDNS:
		return "The name of " + who + " was not resolved in time"
	case portolan.PhaseConnect:
		return who + " could not be reached"
	case portolan.PhaseTLS:
		return who + " did not finish the secure handshake"
	case portolan.PhaseRequest:
		return who + " did not take the request"
	case portolan.PhaseRead:
		return who + " stopped in the middle of its answer"
	case portolan.PhaseCheck:
		return "The answer of " + who + " was not checked in time"
	case portolan.PhaseNone, portolan.PhaseWait:
		return who + " did not answer"
	default:
		return who + " did not answer in time"
	}
}

// where says in which step, and for how long.
func where(s Symptom) string {
	step := string(s.Step)
	if step == "" {
		step = "the whole transaction"
	}
	switch {
	case s.Kind == portolan.KindLate && s.Limit > 0:
		return fmt.Sprintf(": %s took %s, objective %s", step, long(s.Took), long(s.Limit))
	case s.Kind == portolan.KindTimeout && s.Took > 0:
		return fmt.Sprintf(": %s waited %s", step, long(s.Took))
	case s.Took > 0:
		return fmt.Sprintf(": %s after %s", step, long(s.Took))
	default:
		return ": " + step
	}
}

// short is a system's name as people say it.
func short(id portolan.SystemID) string { return strings.ToUpper(string(id)) }

// word is a state as the page prints it.
func word(s portolan.State) string {
	switch s {
	case portolan.Up:
		return "Up"
	case portolan.SlowState:
		return "Slow"
	case portolan.Down:
		return "Down"
	case portolan.Unmonitored:
		return "Unmonitored"
	default:
		return s.String()
	}
}

// weighed says what a figure's hours were weighted by.
func weighed(w portolan.Weight) string {
	switch w {
	case portolan.WeightTime:
		return "by time"
	case portolan.WeightPort:
		return "by port"
	case portolan.WeightTraveler:
		return "by travelers"
	case portolan.WeightUnknown:
		return "weight not given"
	default:
		return "by " + w.String()
	}
}

// long prints a duration in at most two units, cut rather than rounded.
func long(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + long(-d)
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d/time.Microsecond)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	case d < 10*time.Second && d%time.Second >= 100*time.Millisecond:
		return fmt.Sprintf("%d.%d s", d/time.Second, d%time.Second/(100*time.Millisecond))
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return units(d, time.Minute, "min", time.Second, "s")
	case d < 48*time.Hour:
		return units(d, time.Hour, "h", time.Minute, "min")
	default:
		return units(d, 24*time.Hour, "d", time.Hour, "h")
	}
}

func units(d, unit time.Duration, name string, rest time.Duration, restName string) string {
	if r := d % unit / rest; r > 0 {
		return fmt.Sprintf("%d %s %d %s", d/unit, name, r, restName)
	}
	return fmt.Sprintf("%d %s", d/unit, name)
}

// ago prints an age in one unit: ages are read at a glance.
func ago(d time.Duration) string {
	switch {
	case d < 0:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	default:
		return fmt.Sprintf("%d d", d/(24*time.Hour))
	}
}

// percent prints a ratio cut to two decimals: 100 % is printed only for a whole one.
func percent(r float64) string {
	switch {
	case r >= 1:
		return "100 %"
	case r <= 0:
		return "0 %"
	default:
		// The small addend keeps 0.9971, which is a little less in binary, from printing as 99.70.
		return fmt.Sprintf("%.2f %%", math.Floor(r*1e4+1e-6)/100)
	}
}

// bounds prints a range, widened outward to two decimals so that it never claims too much.
func bounds(low, high float64) string {
	return fmt.Sprintf("%.2f to %.2f", math.Floor(low*1e4+1e-6)/100, math.Ceil(high*1e4-1e-6)/100)
}

// points prints a difference of ratios in percentage points.
func points(r float64) string { return fmt.Sprintf("%.2f", r*100) }

// plural prints a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

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

// gap joins a number to its unit, so that no line breaks between them.
const gap = "\u00a0"

// long prints a duration in at most two units, cut rather than rounded.
func long(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + long(-d)
	case d == 0:
		return "0" + gap + "s"
	case d < time.Millisecond:
		return count(d, time.Microsecond, "µs")
	case d < time.Second:
		return count(d, time.Millisecond, "ms")
	case d < time.Minute && d%time.Second >= 100*time.Millisecond:
		return fmt.Sprintf("%d.%d%ss", d/time.Second, d%time.Second/(100*time.Millisecond), gap)
	case d < time.Minute:
		return count(d, time.Second, "s")
	case d < time.Hour:
		return counts(d, time.Minute, "min", time.Second, "s")
	case d < 48*time.Hour:
		return counts(d, time.Hour, "h", time.Minute, "min")
	default:
		return counts(d, 24*time.Hour, "d", time.Hour, "h")
	}
}

// hours prints a limit as laws and policies write it: 48 h rather than 2 d.
func hours(d time.Duration) string {
	if d < time.Hour {
		return long(d)
	}
	return counts(d, time.Hour, "h", time.Minute, "min")
}

func count(d, unit time.Duration, name string) string {
	return fmt.Sprintf("%d%s%s", d/unit, gap, name)
}

func counts(d, unit time.Duration, name string, rest time.Duration, restName string) string {
	if d%unit < rest {
		return count(d, unit, name)
	}
	return count(d, unit, name) + " " + count(d%unit, rest, restName)
}

// ago prints an age in one unit: ages are read at a glance.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return count(max(0, d), time.Second, "s")
	case d < time.Hour:
		return count(d, time.Minute, "min")
	case d < 48*time.Hour:
		return count(d, time.Hour, "h")
	default:
		return count(d, 24*time.Hour, "d")
	}
}

// percent prints a ratio cut to two decimals: 100 % is printed only for a whole one.
func percent(r float64) string {
	switch {
	case r >= 1:
		return "100" + gap + "%"
	case r <= 0:
		return "0" + gap + "%"
	default:
		// The small addend keeps 0.9971, which is a little less in binary, from printing as 99.70.
		return fmt.Sprintf("%.2f%s%%", math.Floor(r*1e4+1e-6)/100, gap)
	}
}

// wholePercent prints a ratio cut to whole percent.
func wholePercent(r float64) string {
	return fmt.Sprintf("%d%s%%", int(math.Floor(min(max(r, 0), 1)*100+1e-6)), gap)
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

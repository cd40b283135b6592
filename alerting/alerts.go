package alerting

import (
	"strconv"
	"strings"
	"time"
)

// The severities: who hears of an alert, and when.
const (
	page   = "page"   // at once: officers cannot work, or nobody is watching
	ticket = "ticket" // in working hours
	none   = "none"   // never: the watchdog, whose absence is the alarm, and what only mutes others
)

// alert is one alert before options are applied.
type alert struct {
	name     string
	severity string
	scope    string // nation, port, agent or center; empty if the series says it
	expr     string
	wait     time.Duration
	summary  string // what is wrong, in plain words
	meaning  string // what that means and what was asked of the evidence
	page     string // of the dashboard
}

func (w writer) write(alerts []alert) []Rule {
	rules := make([]Rule, 0, len(alerts))
	for _, a := range alerts {
		r := Rule{
			Alert: a.name, Expr: w.expand(strings.ReplaceAll(a.expr, "{silent}", w.silent())),
			Labels: map[string]string{"severity": a.severity},
			Annotations: map[string]string{
				"summary": a.summary, "description": a.meaning,
				"runbook": w.o.Runbooks + "/" + a.name + ".md", "dashboard": w.o.Dashboard + a.page,
			},
		}
		if a.scope != "" {
			r.Labels["scope"] = a.scope
		}
		if a.wait > 0 {
			r.For = w.duration(a.wait)
		}
		rules = append(rules, r)
	}
	return rules
}

// silent is after how many seconds an agent is silent: three missed sendings (design 4).
func (w writer) silent() string { return strconv.FormatFloat(3*w.o.Sending.Seconds(), 'g', -1, 64) }

// burns is true where the long and the short window both exceed the long one's threshold, and the bad runs
// in the long one are at least three, counted at two evaluations or more.
func burns(prefix, long, short string) string {
	return strings.NewReplacer("PREFIX", prefix, "LONG", long, "SHORT", short).Replace(`(
  PREFIX:portolan_bad_ratio:rateLONG > on (system) group_left () system:portolan_bad_ratio:threshold{window="LONG"}
  and PREFIX:portolan_bad_ratio:rateSHORT > on (system) group_left () system:portolan_bad_ratio:threshold{window="LONG"}
  and PREFIX:portolan_bad_runs:newLONG >= 3
  and PREFIX:portolan_bad_runs:slotsLONG >= 2
)`)
}

// lasting ends a page a quarter of an hour after the last bad run: the second pair's windows alone would
// hold it for half an hour after a repair.
func lasting(prefix string) string { return "and " + prefix + ":portolan_bad_runs:new15m > 0" }

// spread is true for systems where at least two ports exceed the threshold: one port alone is that port's.
func spread(long, short string) string {
	return strings.NewReplacer("LONG", long, "SHORT", short).Replace(`and on (system) (
  count by (system) (system_port:portolan_bad_ratio:rateSHORT > on (system) group_left () system:portolan_bad_ratio:threshold{window="LONG"}) >= 2
)`)
}

// forIncident is how long a burn rate waits before it pages: an incident, which mutes it, may be found a few seconds after three bad
// runs are seen, and seen a scrape and an evaluation after that.
const forIncident = time.Minute

const evidence = "Judged by live runs only: at least three bad ones, over both a long and a short window."

// systemAlerts are about the systems, as officers meet them.
func (w writer) systemAlerts() []Rule {
	return w.write([]alert{
		{
			name: "PortolanIncident", severity: page,
			expr:    `max by (system, scope, cause) (portolan_incidents_open{scope!="agent",cause!~"undetermined|workstation|maintenance|monitor"}) > 0`,
			summary: "Incident: {{ $labels.system }}, scope {{ $labels.scope }}, likely cause {{ $labels.cause }}",
			meaning: "The collector found results that go bad together. Its page says where, since when, why it thinks so and whom to call.",
			page:    "/incidents",
		},
		{
			name: "PortolanIncidentOfLate", severity: none,
			expr:    `max by (system) (max_over_time(portolan_incidents_open{scope!="agent",cause!~"undetermined|workstation|monitor"}[<<15m>>])) > 0`,
			summary: "There is or was an incident of {{ $labels.system }}",
			meaning: "Tells nobody: it mutes the burn rates that go on for a while after an incident, so that one fault pages once.",
			page:    "/incidents",
		},
		{
			name: "PortolanSystemFailing", severity: page, scope: "nation", wait: forIncident,
			expr:    burns("system", "1h", "5m") + "\n" + spread("1h", "5m") + "\nor\n" + burns("system", "6h", "30m") + "\n" + lasting("system") + "\n" + spread("6h", "30m"),
			summary: "{{ $labels.system }} fails officers at several ports",
			meaning: "{{ $value | humanizePercentage }} of its runs at all ports were slow or failed. " + evidence,
			page:    "/systems/{{ $labels.system }}",
		},
		{
			name: "PortolanPortFailing", severity: page, scope: "port", wait: forIncident,
			expr:    burns("system_port", "1h", "5m") + "\nor\n" + burns("system_port", "6h", "30m") + "\n" + lasting("system_port"),
			summary: "{{ $labels.system }} fails officers at {{ $labels.port }}",
			meaning: "{{ $value | humanizePercentage }} of its runs there were slow or failed. " + evidence,
			page:    "/ports/{{ $labels.port }}",
		},
		{
			name: "PortolanSystemBudget", severity: ticket, scope: "nation",
			expr:    burns("system", "1d", "2h") + "\nor\n" + burns("system", "3d", "6h"),
			summary: "{{ $labels.system }} spends its error budget too fast",
			meaning: "{{ $value | humanizePercentage }} of its runs at all ports were slow or failed over a day or more: at this pace its objective will be missed. " + evidence,
			page:    "/systems/{{ $labels.system }}",
		},
		{
			name: "PortolanPortBudget", severity: ticket, scope: "port",
			expr:    burns("system_port", "1d", "2h") + "\nor\n" + burns("system_port", "3d", "6h"),
			summary: "{{ $labels.system }} spends its error budget too fast at {{ $labels.port }}",
			meaning: "{{ $value | humanizePercentage }} of its runs there were slow or failed over a day or more: at this pace its objective will be missed there. " + evidence,
			page:    "/ports/{{ $labels.port }}",
		},
		{
			name: "PortolanSystemUnmeasured", severity: ticket, scope: "nation", wait: 10 * time.Minute,
			expr: `
group by (system) (system:portolan_bad_ratio:threshold)
unless on (system) system:portolan_runs:rate5m > 0`,
			summary: "Nobody measures {{ $labels.system }}",
			meaning: "The catalogue has it, and no agent has sent a live run of it for a quarter of an hour.",
			page:    "/systems/{{ $labels.system }}",
		},
	})
}

// silence is how long each agent has not been heard, in seconds. The collector itself counts the silent ones
// of a port, over the time in which it was up and heard others, farewells apart: both must agree.
const silence = "(time() - portolan_agent_last_seen_timestamp_seconds)"

// monitorAlerts are about Portolan itself: who watches, and whether anybody does.
func (w writer) monitorAlerts() []Rule {
	return w.write([]alert{
		{
			name: "PortolanWatchdog", severity: none, scope: "center",
			expr:    "vector(1)",
			summary: "Prometheus and Alertmanager work",
			meaning: "Always firing. Whoever receives it must raise the alarm when it stops coming.",
		},
		{
			name: "PortolanCollectorAbsent", severity: page, scope: "center", wait: time.Minute,
			expr:    `(sum(up{job="{job}"}) or vector(0)) == 0`,
			summary: "No collector answers",
			meaning: "Agents keep measuring and spool on disk; nothing is counted, shown or alarmed at the center until one is back. No evidence is lost.",
		},
		{
			name: "PortolanMostAgentsSilent", severity: page, scope: "center", wait: time.Minute,
			expr:    "count(" + silence + " > {silent}) / count(" + silence + ") > 0.5",
			summary: "More than half of all agents are silent",
			meaning: "{{ $value | humanizePercentage }} went silent together: look for the cause at the collector or the wide area, not at the ports.",
		},
		{
			name: "PortolanPortSilent", severity: page, scope: "port", wait: 2 * time.Minute,
			expr:    "min by (port) " + silence + " > {silent}\nand on (port) portolan_agents_silent > 0",
			summary: "Every agent at {{ $labels.port }} is silent",
			meaning: "None was heard for {{ $value | humanizeDuration }}, and none said farewell. Nothing is known of the port since; its own page goes on showing it there.",
			page:    "/ports/{{ $labels.port }}",
		},
		{
			name: "PortolanAgentSilent", severity: ticket, scope: "agent", wait: 5 * time.Minute,
			expr:    silence + " > {silent}\nand on (port) portolan_agents_silent > 0",
			summary: "Agent {{ $labels.agent }} is silent",
			meaning: "It was not heard for {{ $value | humanizeDuration }} and said no farewell. Its time counts as unmonitored, neither up nor down.",
			page:    "/ports/{{ $labels.port }}",
		},
		{
			name: "PortolanEvidenceFork", severity: ticket, scope: "center",
			expr:    `sum(increase(portolan_batches_total{result="fork"}[<<15m>>])) > 0`,
			summary: "An agent's evidence has forked",
			meaning: "Two batches bear the same number and differ: somebody runs a copy of an agent's identity, or its disk was restored. Both are kept aside.",
		},
		{
			name: "PortolanEvidenceRefused", severity: ticket, scope: "center",
			expr:    `sum by (result) (increase(portolan_batches_total{result=~"set_aside|malformed|broken_chain|too_large|bad_signature|unsigned|unknown_agent|error"}[<<15m>>])) > 0`,
			wait:    5 * time.Minute,
			summary: "Batches are refused or set aside: {{ $labels.result }}",
			meaning: "About {{ $value | humanize }} in a quarter of an hour. What they hold is not in any figure yet.",
		},
		{
			name: "PortolanEvidenceUnreadable", severity: ticket, scope: "center",
			expr:    "increase(portolan_projection_unreadable_batches_total[<<15m>>]) > 0",
			summary: "Accepted evidence cannot be read",
			meaning: "Batches that were acknowledged could not be decoded when they were folded. They are kept, and in no figure.",
		},
		{
			name: "PortolanProjectionLag", severity: ticket, scope: "center", wait: 10 * time.Minute,
			expr:    "portolan_projection_lag_positions > 1000",
			summary: "Figures lag behind the evidence",
			meaning: "{{ $value | humanize }} acknowledged batches are not in the figures yet. Evidence is safe; pages and figures are late.",
		},
	})
}

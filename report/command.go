package report

import (
	"fmt"
	"strings"
	"time"
)

// followedFor is how long after a change its effects are looked for (package effect): so long before the month changes matter.
const followedFor = 14 * 24 * time.Hour

// Commands are what recomputes the figures: whoever doubts one runs the command beside it.
type Commands struct {
	Systems, Days, Ports, Nation, Windowed, Incidents, Latency, Effects, Verify, Report string
}

// Commands returns the commands for this month. They ask the collector that PORTOLAN_COLLECTOR names.
func (m *Month) Commands() Commands {
	from, to := m.From.In(m.zone()).Format(time.RFC3339), m.To.In(m.zone()).Format(time.RFC3339)
	window := fmt.Sprintf("--from %s --to %s", from, to)
	cut := fmt.Sprintf("--zone %s --as-of %s", m.Zone, m.AsOf)
	figures := func(group string) string {
		return fmt.Sprintf("portolanctl availability %s %s --group %s", window, cut, group)
	}
	return Commands{
		Systems: figures("system"), Days: figures("system,day"), Ports: figures("port"), Nation: figures("nation"),
		Windowed:  fmt.Sprintf("portolanctl availability %s %s --windowed --system SYSTEM", window, cut),
		Incidents: fmt.Sprintf("portolanctl incidents %s", window),
		Latency: fmt.Sprintf("curl -sG $PORTOLAN_COLLECTOR/api/v1/latency -d group=transaction --data-urlencode from=%s --data-urlencode to=%s -d as_of=%s",
			from, to, m.AsOf),
		Effects: fmt.Sprintf("portolanctl annotate --list --at %s --until %s --zone %s --as-of %s",
			m.From.Add(-followedFor).In(m.zone()).Format(time.RFC3339), to, m.Zone, m.AsOf),
		Verify: fmt.Sprintf("portolanctl verify --collector $PORTOLAN_COLLECTOR %s --zone %s --as-of %s --group system", window, m.Zone, m.AsOf),
		Report: strings.TrimSpace(fmt.Sprintf("portolanctl report --month %s --zone %s --as-of %s --output json", m.Month, m.Zone, m.AsOf)),
	}
}

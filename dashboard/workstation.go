package dashboard

import (
	"fmt"
	"time"

	"portolan"
)

// workstationPage is what workstation.html prints.
type workstationPage struct {
	Agent   portolan.AgentID
	Port    portolan.Port
	Placed  string
	Started moment
	Center  centerView
	Spool   spoolView
	Series  []seriesView
	Legend  []string
	Advice  []adviceView
	Seen    string
	Orders  []orderView
}

// centerView is the link to the collector in words.
type centerView struct {
	URL     string
	Reached moment
	Error   string
	Class   string // good, warn or bad
	Status  string
	Clock   string
}

// spoolView is the spool in words.
type spoolView struct {
	Pending string
	Oldest  moment
	Size    string
	Lost    string
	Error   string
}

// cutOff is after how long without an acknowledgment the center counts as not reached: three sendings
// of 15 s (design 4).
const cutOff = 45 * time.Second

func workstationFrame(v *Workstation) *frame {
	c := newClock(v.Now)
	zone := c.zone(v.Port.Zone)
	p := workstationPage{
		Agent: v.Agent, Port: v.Port, Placed: placed(v.Port), Started: c.at(v.Started, zone),
		Center: viewCenter(c, v.Center, zone), Spool: viewSpool(c, v.Spool, zone),
		Series: viewSeries(c, v.Series, zone), Legend: legend(), Orders: viewOrders(c, v.Orders),
		Advice: viewAdvice(c, Cut{At: v.Now, Zone: zone}, v.Advice), Seen: v.Seen,
	}
	return &frame{
		Title: "Workstation " + string(v.Agent), AsOf: c.at(v.Now, zone), Summary: workstationSummary(v), Page: p,
	}
}

// workstationSummary speaks for this workstation only: a lone agent cannot speak for its port (design 4).
func workstationSummary(v *Workstation) summary {
	var counts Counts
	for _, s := range v.Series {
		counts.Count(s.State)
	}
	switch {
	case counts.total() == 0:
		return summary{portolan.Unmonitored, "No transaction runs on this workstation yet"}
	case counts.state() == portolan.Up:
		return summary{portolan.Up, "Everything measured here is up, from this workstation"}
	default:
		return summary{counts.state(), "From this workstation: " + counts.words()}
	}
}

func viewCenter(c *clock, v Center, zone *time.Location) centerView {
	view := centerView{URL: v.URL, Reached: c.at(v.LastReached, zone), Error: v.LastError, Clock: clockWords(v)}
	switch {
	case v.LastReached == 0:
		view.Status, view.Class = "Never reached", "bad"
	case c.now.Sub(v.LastReached) > cutOff:
		view.Status, view.Class = "Not reached", "bad"
	case v.LastError != "":
		view.Status, view.Class = "Last try failed", "warn"
	default:
		view.Status, view.Class = "Reached", "good"
	}
	return view
}

func clockWords(v Center) string {
	if v.ClockAge < 0 {
		return "not yet compared with the center's"
	}
	words := "agrees with the center's"
	if v.Offset.Abs() > max(v.Uncertainty, time.Millisecond) {
		words = offBy(v.Offset) + " the center's"
	}
	return fmt.Sprintf("%s, to within %s; compared %s ago", words, long(v.Uncertainty), ago(v.ClockAge))
}

func viewSpool(c *clock, v Spool, zone *time.Location) spoolView {
	view := spoolView{
		Pending: "nothing waits to be sent", Oldest: c.at(v.Oldest, zone), Size: size(v.Bytes),
		Lost: "none", Error: v.Err,
	}
	if v.Pending > 0 {
		view.Pending = plural(int(v.Pending), "result") + " kept here until the center has them"
	}
	if v.Lost > 0 {
		view.Lost = plural(int(v.Lost), "result") + " beyond the spool's bounds, damaged, or not taken by the disk"
	}
	return view
}

// size prints bytes in decimal units.
func size(b int64) string {
	switch {
	case b < 1000:
		return fmt.Sprintf("%d bytes", b)
	case b < 1000*1000:
		return fmt.Sprintf("%d.%d kB", b/1000, b%1000/100)
	default:
		return fmt.Sprintf("%d.%d MB", b/1000/1000, b/1000%1000/100)
	}
}

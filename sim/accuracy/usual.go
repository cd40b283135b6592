package accuracy

import (
	"time"

	"portolan"
	"portolan/evidence"
	"portolan/sim/replay"
	"portolan/sim/truth"
)

// Usual returns the availability that the usual way of monitoring finds in the same scenario, as figures of a system at all
// ports and at each.
//
// The usual way is a Prometheus server at the center that scrapes a prober at each workstation (blackbox_exporter's
// probe_success: 1 for a right answer within the time-out, however slow) once an interval, and averages over the month
// (avg_over_time). A scrape that fails leaves no sample but a staleness marker, so that nothing is known of a port while it is
// cut off, and nothing is carried over. It is given what it does not usually have: the same transactions with the same
// assertions, weighted by their shares.
func Usual(w *truth.World, seed uint64) ([]Figure, error) {
	agents, err := replay.New(w, replay.Options{Seed: seed, SendEvery: time.Hour})
	if err != nil {
		return nil, err
	}
	sums := map[place]*samples{}
	// What was measured is sent in the end, if only as backlog: everything is looked at, and what could not be scraped then is
	// left out.
	for at := w.Span.From; at < w.Span.To.Add(48*time.Hour); at = at.Add(time.Hour) {
		for _, a := range agents {
			for _, d := range a.Until(at.Add(time.Hour)) {
				countAll(sums, w, a, d.Records)
			}
		}
	}
	all := w.Figures()
	found := make([]Figure, 0, len(all))
	for _, t := range all {
		f := Figure{System: t.System, Port: t.Port, Month: t.Month.Format(monthForm)}
		if s := sums[place{f.System, f.Port, f.Month}]; s != nil {
			ratio := s.up / s.all
			f.Ratio = &ratio
			f.against(t)
		}
		found = append(found, f)
	}
	return found, nil
}

// samples counts samples by shares.
type samples struct{ up, all float64 }

func countAll(sums map[place]*samples, w *truth.World, a *replay.Agent, records []evidence.Record) {
	for _, record := range records {
		if r := record.Result; r != nil && w.Span.Contains(r.Start) && a.Scraped(r) {
			count(sums, a, r)
		}
	}
}

func count(sums map[place]*samples, a *replay.Agent, r *portolan.Result) {
	share := float64(a.Share(r.System, r.Transaction))
	for _, port := range []portolan.PortCode{"", a.Station().Port} {
		key := place{r.System, port, r.Start.Time().Format(monthForm)}
		if sums[key] == nil {
			sums[key] = &samples{}
		}
		sums[key].all += share
		if r.Outcome != portolan.Failed {
			sums[key].up += share
		}
	}
}

package report_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"portolan"
	"portolan/incident"
	"portolan/report"
)

// january is a month as it might have been, drawn from a seed: two systems, three incidents, three ports.
func january() *report.Month {
	draw := rand.New(rand.NewPCG(2017, 1))
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	from, to := time.Date(2017, time.January, 1, 0, 0, 0, 0, zone), time.Date(2017, time.February, 1, 0, 0, 0, 0, zone)
	m := &report.Month{
		Month: "2017-01", Zone: "America/New_York", From: from.UTC(), To: to.UTC(), AsOf: "81234.977", Weight: portolan.WeightTraveler,
		Made: time.Date(2017, time.February, 3, 6, 0, 0, 0, time.UTC), All: figure(0.9921, 0.9996), Worst: curve(draw, from, 0.30),
		Systems: []report.System{
			{ID: "apis", Name: "Advance Passenger Information System", Owner: "CBP", Objective: 0.997, Figure: figure(0.9975, 0.9990), Worst: curve(draw, from, 0.80), Days: days(draw, 0)},
			{ID: "tpac", Name: "Traveler Primary Arrival Client", Owner: "CBP", Objective: 0.997, Figure: figure(0.9868, 1), Worst: curve(draw, from, 0.02), Days: days(draw, 2)},
			{ID: "pals", Name: "Portable Automated Lookout System", Objective: 0.995, Figure: report.Figure{EndUser: report.Bounded{Why: "nothing was monitored"}, Weight: portolan.WeightTime}, Worst: []report.Worst{}, Days: []report.Day{{Day: "2017-01-01"}}},
		},
		Months: []report.IssueMonth{
			{Month: "2016-12", Issues: report.Issues{Began: 10, SumSeconds: 23.5 * 3600, UnionSeconds: 21 * 3600}, Free: bounded(0.97)},
			{Month: "2017-01", Issues: report.Issues{Began: 3, Carried: 1, SumSeconds: 65.4 * 3600, UnionSeconds: 60.25 * 3600}, Free: bounded(0.919)},
		},
		Incidents: incidents(from),
		Work:      []report.Work{{System: "apis", From: from.Add(80 * time.Hour), To: from.Add(84 * time.Hour), Declared: from.Add(50 * time.Hour), Title: "back to the mainframe", By: "release desk"}},
		Notes:     []report.Note{{ID: 7, System: "apis", From: from.Add(-96 * time.Hour), To: from.Add(-96 * time.Hour), Text: "manifest validation on the web platform", By: "release desk"}},
		Effects:   effects(from),
		Unseen:    report.Unseen{Known: 477, Ports: 12, Systems: []portolan.SystemID{"pals"}, UnwatchedSeconds: 5400, Thin: []report.Thin{{Code: "X0044", Coverage: new(0.61), UnmonitoredSeconds: 290 * 3600}}},
		Latencies: []report.Latency{
			{System: "tpac", Transaction: "primary-inspection", Count: 1_339_200, P50: 1.84, P95: 6.1, P99: 31.5, Before: &report.LatencyBefore{P50: 1.83, P95: 3.2, P99: 8.4}},
			{System: "apis", Transaction: "manifest", Count: 44_640, P50: 0.212, P95: 0.9, P99: 2.4},
		},
		Ports: []report.Port{
			{Code: "MIA", Name: "Miami International Airport", Office: "Miami", EndUser: bounded(0.9712), Coverage: new(0.9991), DownSeconds: 2.5 * 3600, SlowSeconds: 30 * 3600, WorstSystem: "tpac", WorstRatio: new(0.9511)},
			{Code: "X0044", Name: "X0044", Placeholder: true, EndUser: bounded(0.999), Coverage: new(0.61)},
		},
	}
	m.Systems[1].Before = new(bounded(0.9981))
	window := portolan.Span{From: portolan.InstantOf(from), To: portolan.InstantOf(to)}
	m.Owners, m.Response = report.OwnersOf(m.Incidents, window), report.ResponseTo(m.Incidents, window)
	return m
}

func bounded(r float64) report.Bounded {
	return report.Bounded{Ratio: new(r), Low: new(r - 0.0012), High: new(min(1, r+0.0007))}
}

func figure(endUser, conventional float64) report.Figure {
	missing := conventional - endUser
	return report.Figure{
		EndUser: bounded(endUser), Conventional: bounded(conventional), WithoutMaintenance: bounded(endUser + 0.0005), IssueFree: bounded(0.975),
		Issues:     report.Issues{Began: 2, Carried: 1, SumSeconds: 20 * 3600, UnionSeconds: 18.5 * 3600},
		Difference: report.Difference{Maintenance: new(0.0005), Slow: new(missing * 3 / 4), Dependency: new(missing/4 - 0.0005), Network: new(0.0), Other: new(0.0)},
		Coverage:   new(0.9987), Weight: portolan.WeightTraveler, UpSeconds: 2.6e9, SlowSeconds: 1.9e7, DownSeconds: 4e6, UnmonitoredSeconds: 3.4e6, Missing: 4211, Due: 44_640_000,
	}
}

func curve(draw *rand.Rand, from time.Time, worst float64) (all []report.Worst) {
	for minutes := 1; minutes <= 1<<15; minutes *= 2 {
		all = append(all, report.Worst{Minutes: minutes, From: from.Add(time.Duration(draw.IntN(700)) * time.Hour).UTC(), Ratio: new(worst), Coverage: new(1.0)})
		if minutes >= 256 {
			worst += (1 - worst) / 2
		}
	}
	return all
}

func days(draw *rand.Rand, bad int) (all []report.Day) {
	for day := 1; day <= 31; day++ {
		d := report.Day{Day: fmt.Sprintf("2017-01-%02d", day), Ratio: new(1 - 0.002*draw.Float64()), Coverage: new(1.0)}
		switch day {
		case bad:
			d.Ratio = new(0.71)
		case 20:
			d.Ratio = nil
		}
		all = append(all, d)
	}
	return all
}

// effects are those of two changes: one that did harm to others days later, and one after which no whole hour has passed.
func effects(from time.Time) []report.Effect {
	at := func(hours float64) time.Time { return from.Add(time.Duration(hours * float64(time.Hour))).UTC() }
	measured := func(system portolan.SystemID, measure string, before, after float64, stands ...report.Standing) report.Measured {
		m := report.Measured{System: system, Measure: measure, Hours: 336, Weeks: 4, Before: &before, After: &after, StandsOut: append([]report.Standing{}, stands...)}
		m.Difference, m.Low, m.High, m.Usual = new(after-before), new(after-before-0.002), new(after-before+0.0015), new(0.004)
		return m
	}
	slow := measured("tpac", report.MeasureLatency, 0.81, 1.29, report.Standing{From: at(36), To: at(40), Difference: 31.4}, report.Standing{From: at(60), To: at(62), Difference: 2.25})
	slow.Transaction, slow.Step = "primary-inspection", "apis-match"
	same := measured("apis", report.MeasureLatency, 0.2, 0.2)
	same.Transaction = "manifest"
	return []report.Effect{
		{
			Note: report.Note{ID: 7, System: "apis", From: at(-96), To: at(-96), Text: "manifest validation on the web platform", By: "release desk"},
			Followed: report.Followed{From: new(at(-96)), To: new(at(240)), EndedBy: 9, Rows: []report.Measured{
				measured("apis", report.MeasureAvailability, 0.9991, 0.9988), same,
				measured("tpac", report.MeasureAvailability, 0.9981, 0.9902, report.Standing{From: at(36), To: at(40), Difference: -0.62}), slow,
				{System: "ident", Measure: report.MeasureAvailability, StandsOut: []report.Standing{}, Why: "fewer than two of the past weeks were measured"},
			}},
		},
		{Note: report.Note{ID: 9, Port: "MIA", From: at(743.5), To: at(743.5), Text: "<b>new</b> switch", By: "night shift"}, Followed: report.Followed{Rows: []report.Measured{}}},
	}
}

func incidents(from time.Time) []report.Incident {
	at := func(hours float64) time.Time { return from.Add(time.Duration(hours * float64(time.Hour))).UTC() }
	return []report.Incident{
		{ID: "I-40", Where: "in field office Miami", Systems: []portolan.SystemID{"apis", "tpac"}, Cause: incident.OfficeCircuit, Why: "All systems are slow or down.", Owner: "network operations center", Start: at(-5), End: new(at(3)), Seconds: 3 * 3600, Detected: at(-4.9), Escalated: at(-4.5), TakenBy: "night shift", Ports: 6, Travelers: 2210, Flights: 16},
		{ID: "I-41", Where: "nationwide", Component: "apis", Systems: []portolan.SystemID{"tpac"}, Cause: incident.Load, Why: "TPAC is slow at 167 of 477 ports <since> 17:02 UTC in step apis-match (late).", Owner: "CBP Office of Information and Technology", Start: at(36), End: new(at(40)), Seconds: 4 * 3600, Detected: at(36.02), Escalated: at(36.2), TakenBy: "watch officer", Ports: 167, Travelers: 119_774, Flights: 900},
		{ID: "I-44", Where: "at port MIA", Component: "ident", Systems: []portolan.SystemID{"tpac"}, Cause: incident.Dependency, Why: "TPAC is down at MIA.", Owner: "DHS Office of Biometric Identity Management", Start: at(700), Seconds: 44 * 3600, Detected: at(700.01), Ports: 1},
	}
}

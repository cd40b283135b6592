package dashboard_test

import (
	"time"

	"portolan"
	"portolan/dashboard"
	"portolan/incident"
)

// identIncident is IDENT down for MIA.
func identIncident() incident.Incident {
	return incident.Incident{
		ID: 17, Scope: incident.Scope{Level: incident.AtPort, Port: "MIA"}, Component: "ident", Systems: []portolan.SystemID{"tpac"},
		Cause: incident.Dependency, Confidence: 0.93, Owner: "DHS Office of Biometric Identity Management",
		Why:     "TPAC is down at port MIA since 17:51 UTC in step ident-match (timeout): 24 of 24 results. Each of these fails where it needs IDENT: likely IDENT.",
		Symptom: portolan.Symptom{Step: "ident-match", Phase: portolan.PhaseWait, Kind: portolan.KindTimeout, Dependency: "ident"},
		Start:   ago(11 * time.Minute), Known: ago(10 * time.Minute), Ports: []portolan.PortCode{"MIA"},
		Impact: incident.Impact{Ports: 1, Lanes: 1, Travelers: 412, Flights: 3, OfficerHours: 24},
	}
}

// pastIncident is a port that was cut off yesterday.
func pastIncident() incident.Incident {
	return incident.Incident{
		ID: 16, Scope: incident.Scope{Level: incident.AtPort, Port: "SEA"}, Systems: []portolan.SystemID{"tpac"}, Silent: true,
		Cause: incident.PortNetwork, Confidence: 0.95, Why: "Nothing was heard of any agent at port SEA since 14:02 UTC; the agents measured meanwhile that 48 of 48 results were bad. Other ports work: likely the port's network.",
		Start: ago(28 * time.Hour), End: ago(27 * time.Hour), Ports: []portolan.PortCode{"SEA"}, Impact: incident.Impact{Ports: 1, Lanes: 1, Unknown: 1},
		Acknowledged: "network operations",
	}
}

func officerSignals() []dashboard.Signal {
	return []dashboard.Signal{{Port: "MIA", System: "tpac", State: portolan.Down, At: ago(9 * time.Minute), Note: "lanes 4 to 9"}}
}

func miaAdvice() dashboard.Advice {
	standing := incident.Standing{
		Port: "MIA", Now: noon, Primary: incident.Means{System: "tpac", State: portolan.Down, Since: ago(11 * time.Minute)},
		Backups: []incident.Means{
			{System: "ats-qq", State: portolan.Up, Since: ago(26 * time.Hour)},
			{System: "pals", State: portolan.Up, Since: ago(26 * time.Hour), Offline: true, DataAge: 31 * 24 * time.Hour},
		},
	}
	return dashboard.Advice{Advice: incident.Advise(&standing), Recorded: []dashboard.Mitigation{
		{Port: "MIA", Mode: "ats-qq", At: ago(50 * time.Hour), By: "Director of Field Operations", Reason: "TPAC slow"},
		{Port: "MIA", Mode: "primary", At: ago(49 * time.Hour), By: "Director of Field Operations"},
	}}
}

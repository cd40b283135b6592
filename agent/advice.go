package agent

import (
	"fmt"
	"slices"
	"strings"

	"portolan"
	"portolan/agent/peer"
	"portolan/availability"
	"portolan/dashboard"
	"portolan/incident"
)

// states returns what this agent sees of each system now: the worst of its transactions.
func (a *agent) states(now portolan.Instant) peer.States {
	return statesOf(a.config.Agent, a.recorder.memory.look(now))
}

func statesOf(agent portolan.AgentID, series []dashboard.Series) peer.States {
	s := peer.States{Agent: agent}
	for _, one := range series {
		state := peer.State{System: one.System, State: one.State, Since: one.Since}
		state.Network = one.Symptom != nil && one.State == portolan.Down && one.Symptom.Network()
		if len(one.Runs) > 0 {
			state.DataAge = one.Runs[0].DataAge()
		}
		at := slices.IndexFunc(s.Systems, func(known peer.State) bool { return known.System == one.System })
		switch {
		case at < 0:
			s.Systems = append(s.Systems, state)
		case state.State > s.Systems[at].State:
			state.DataAge = max(state.DataAge, s.Systems[at].DataAge)
			s.Systems[at] = state
		default:
			s.Systems[at].DataAge = max(state.DataAge, s.Systems[at].DataAge)
		}
	}
	return s
}

// advise returns what the port should do about each system that has backups, as far as this workstation and the peers that
// it hears can tell. Design 4: port-level advice needs two agents that agree; a lone one speaks for itself.
func (a *agent) advise(voices []peer.States, now portolan.Instant) []dashboard.Advice {
	var advice []dashboard.Advice
	for _, system := range a.catalogue.Systems {
		own, planned := stateIn(voices[0], system.ID)
		if len(system.Backups) == 0 || !planned {
			continue
		}
		s := incident.Standing{Port: a.config.Port, Primary: a.means(voices, system.ID), NetworkDown: a.networkDown(voices), Now: now}
		for _, backup := range a.catalogue.BackupsAt(a.config.port(), system) {
			s.Backups = append(s.Backups, a.means(voices, backup))
		}
		one := dashboard.Advice{Advice: incident.Advise(&s)}
		one.Caution = caution(voices, own, s.Primary.State)
		advice = append(advice, one)
	}
	return advice
}

// caution says how far the advice can be trusted; empty if two workstations agree.
func caution(voices []peer.States, own peer.State, port portolan.State) string {
	bad := own.State == portolan.SlowState || own.State == portolan.Down
	switch {
	case !bad:
		return ""
	case len(voices) < 2:
		return "This workstation alone sees it. Before a backup is begun, try at another workstation; if that works, check this one's cable and network card."
	case port == portolan.Up:
		return "Other workstations of the port work: check this one's cable and network card."
	default:
		return ""
	}
}

func stateIn(voice peer.States, system portolan.SystemID) (peer.State, bool) {
	at := slices.IndexFunc(voice.Systems, func(s peer.State) bool { return s.System == system })
	if at < 0 {
		return peer.State{System: system}, false
	}
	return voice.Systems[at], true
}

// means returns a system as the port sees it: by more than half of the voices.
func (a *agent) means(voices []peer.States, id portolan.SystemID) incident.Means {
	m := incident.Means{System: id, Offline: a.offline(id)}
	var states []portolan.State
	for _, v := range voices {
		if s, ok := stateIn(v, id); ok {
			states = append(states, s.State)
			m.DataAge = max(m.DataAge, s.DataAge)
		}
	}
	m.State, _, _ = availability.PortState(states)
	for _, v := range voices {
		if s, ok := stateIn(v, id); ok && s.State >= m.State && s.Since != 0 && (m.Since == 0 || s.Since < m.Since) {
			m.Since = s.Since
		}
	}
	return m
}

// networkDown reports whether nothing that needs the network answers at any voice.
func (a *agent) networkDown(voices []peer.States) bool {
	var seen []incident.Means
	for _, v := range voices {
		for _, s := range v.Systems {
			seen = append(seen, incident.Means{System: s.System, State: s.State, Network: s.Network, Offline: a.offline(s.System)})
		}
	}
	return incident.NetworkDown(seen)
}

func (a *agent) offline(id portolan.SystemID) bool {
	system := a.catalogue.System(id)
	return system != nil && system.Offline()
}

// voices returns what this agent and the peers that it hears see, itself first.
func (a *agent) voices(series []dashboard.Series) []peer.States {
	voices := []peer.States{statesOf(a.config.Agent, series)}
	if a.circle != nil {
		voices = append(voices, a.circle.Heard()...)
	}
	return voices
}

// speakers names the agents whose word counts.
func speakers(voices []peer.States) string {
	names := make([]string, len(voices))
	for i, v := range voices {
		names[i] = string(v.Agent)
	}
	return fmt.Sprintf("as seen from %s", strings.Join(names, ", "))
}

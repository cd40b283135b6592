package agent

import (
	"strings"
	"testing"
	"time"

	"portolan"
	"portolan/agent/peer"
	"portolan/incident"
	"portolan/internal/ways"
	"portolan/targets"
)

// A lone workstation speaks for itself; two that agree speak for the port; one against two is told to look at itself.
func TestAdvise_TwoMustAgree(t *testing.T) {
	t.Parallel()
	catalogue, err := targets.Load(targets.Options{Ways: ways.All(), Only: []portolan.SystemID{"tpac"}})
	if err != nil {
		t.Fatal(err)
	}
	a := &agent{catalogue: catalogue, config: Config{Port: "MIA", Agent: "MIA-1"}}
	now := portolan.InstantOf(time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC))
	voice := func(agent portolan.AgentID, state portolan.State, network bool) peer.States {
		return peer.States{Agent: agent, Systems: []peer.State{{System: "tpac", State: state, Since: now.Add(-20 * time.Minute), Network: network}}}
	}
	for _, c := range []struct {
		name    string
		voices  []peer.States
		action  incident.Action
		caution string
	}{
		{"well", []peer.States{voice("MIA-1", portolan.Up, false)}, incident.Stay, ""},
		{"alone", []peer.States{voice("MIA-1", portolan.Down, true)}, incident.Stay, "This workstation alone"},
		{"two agree", []peer.States{voice("MIA-1", portolan.Down, true), voice("MIA-2", portolan.Down, true)}, incident.Stay, ""},
		{"against two", []peer.States{voice("MIA-1", portolan.Down, true), voice("MIA-2", portolan.Up, false), voice("MIA-3", portolan.Up, false)}, incident.Stay, "check this one's cable"},
	} {
		got := a.advise(c.voices, now)
		if len(got) != 1 || !strings.Contains(got[0].Caution, c.caution) || (c.caution == "") != (got[0].Caution == "") {
			t.Fatalf("%s: got %+v", c.name, got)
		}
		if got[0].Action != c.action {
			t.Errorf("%s: got %s, want %s: %+v", c.name, got[0].Action, c.action, got[0])
		}
	}
}

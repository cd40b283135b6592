package incident

import (
	"testing"
	"time"

	"portolan"
)

// An open incident may outlive the agent or port that it names: whoever leads next knows the incident, and not them.
func TestRestore_OfAScopeThatIsGone(t *testing.T) {
	t.Parallel()
	for name, scope := range map[string]Scope{
		"workstation": {Level: AtAgent, Agent: "GONE-1"},
		"port":        {Level: AtPort, Port: "GONE"},
		"office":      {Level: AtOffice, Office: "Nowhere"},
	} {
		for _, component := range []portolan.SystemID{"", "tpac"} {
			t.Run(name+"/"+string(component), func(t *testing.T) {
				d := New(Options{})
				d.Restore([]Incident{{ID: 7, Scope: scope, Component: component, Start: epoch, Known: epoch, Bad: 9, Results: 10}}, 7)
				d.Advance(epoch.Add(time.Minute))
				if len(d.tracks) != 1 || d.tracks[0].Scope != scope || d.tracks[0].End != 0 {
					t.Errorf("got %+v", d.tracks)
				}
			})
		}
	}
}

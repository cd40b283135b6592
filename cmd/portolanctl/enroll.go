package main

import (
	"encoding/json"
	"fmt"
	"time"

	"portolan"
)

// enroll prints a one-time token for an agent. It reads the collector's secret, so that it must run where the
// collector's data folder is; the collector need not run.
type enroll struct {
	Data   string        `help:"The collector's data folder." required:"" type:"existingdir" placeholder:"DIR"`
	Agent  string        `help:"The agent's name: its port's code, a dash, and what tells its workstations apart." required:"" placeholder:"MIA-1"`
	Port   string        `help:"The port of entry; must be the one that the agent's name begins with." required:"" placeholder:"MIA"`
	Valid  time.Duration `help:"How long the token can be used." default:"1h"`
	Output string        `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// longestValid bounds how long a token lies about.
const longestValid = 30 * 24 * time.Hour

// Help implements kong.HelpProvider.
func (enroll) Help() string {
	return `The agent trades the token for a certificate, once. Put it into the file that token_file of the
agent's configuration names.

Example:
  portolanctl enroll --data /var/lib/portolan --agent MIA-1 --port MIA --valid 1h`
}

// Run prints the token.
func (e enroll) Run(t terminal) error {
	agent, err := portolan.ParseAgentID(e.Agent)
	if err != nil {
		return usageError{err}
	}
	if string(agent.Port()) != e.Port {
		return usageError{fmt.Errorf("port %q: want %q, with which the agent's name begins", e.Port, agent.Port())}
	}
	if e.Valid <= 0 || e.Valid > longestValid {
		return usageError{fmt.Errorf("valid %s: want more than 0s and at most %s", e.Valid, longestValid)}
	}
	now := portolan.InstantOf(time.Now())
	authority, err := openAuthority(e.Data, now)
	if err != nil {
		return err
	}
	token, err := authority.NewToken(agent, e.Valid, now)
	if err != nil {
		return err
	}
	if e.Output == "json" {
		return json.NewEncoder(t.out).Encode(map[string]any{"token": token, "agent": agent, "port": e.Port, "expires": now.Add(e.Valid).Time()})
	}
	_, err = fmt.Fprintln(t.out, token)
	return err
}

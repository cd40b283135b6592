package main

import (
	"fmt"

	"portolan/internal/secret"
	"portolan/targets"
)

// neededSecret is a secret that a transaction needs at each workstation that runs it.
type neededSecret struct {
	System      string `json:"system"`
	Transaction string `json:"transaction"`
	Secret      string `json:"secret"`
	Environment string `json:"environment"` // the variable that can hold it
}

// secretsOf returns what secrets a system's transactions need.
func secretsOf(s *targets.System) []neededSecret {
	var all []neededSecret
	for _, t := range s.Transactions {
		for _, name := range t.Secrets() {
			all = append(all, neededSecret{string(s.ID), string(t.ID), name, secret.Variable(name)})
		}
	}
	return all
}

// String says the need in one line.
func (n neededSecret) String() string {
	return fmt.Sprintf("%s: %s needs the secret %s at each workstation, as a file of that name or as %s", n.System, n.Transaction, n.Secret, n.Environment)
}

package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"

	"portolan/probe"
	"portolan/targets"
)

// TestTry_EverySystemAgainstTheSimulator tries every transaction of the built-in catalogue whose system is simulated.
func TestTry_EverySystemAgainstTheSimulator(t *testing.T) {
	t.Parallel()
	catalogue, err := targets.Load(catalogueOptions())
	if err != nil {
		t.Fatal(err)
	}
	simulator, stop, err := simulate()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	address, tried := "http://"+simulator.Addr().String(), 0
	for _, system := range catalogue.Systems {
		for _, transaction := range system.Transactions {
			if needsBrowser(transaction) {
				continue
			}
			tried++
			var out, errs bytes.Buffer
			c := try{File: filepath.Join("..", "..", "targets", system.File), Transaction: string(transaction.ID), Simulator: address, Agent: "MIA-1", Output: "text"}
			if err := c.Run(terminal{&out, &errs}); err != nil {
				t.Errorf("%s %s: %v\n%s%s", system.ID, transaction.ID, err, out.String(), errs.String())
			}
		}
	}
	if tried < 26 {
		t.Errorf("tried %d transactions only", tried)
	}
}

// needsBrowser reports whether a transaction needs something of the workstation beside the network: those are tried
// where that is built.
func needsBrowser(t *probe.Transaction) bool {
	return slices.ContainsFunc(t.Steps, func(s probe.Step) bool {
		_, needs := s.Action.(probe.Preparer)
		return needs
	})
}

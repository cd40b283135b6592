package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"portolan"
	"portolan/internal/strictyaml"
	"portolan/internal/ways"
	"portolan/probe"
	"portolan/schedule"
	"portolan/targets"
)

// catalogueOptions are the options with which every command reads definitions.
func catalogueOptions() targets.Options {
	return targets.Options{Ways: ways.All(), CheckCron: schedule.CheckCron}
}

// readDefinition reads the definition in a file. Its error is of type strictyaml.Faults if the file is at
// fault, and a usageError if it cannot be read.
func readDefinition(path string) (*targets.System, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	s, faults := targets.Parse(path, data, catalogueOptions())
	return s, faults.Err()
}

// readFile reads at most one byte more than strictyaml accepts.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usageError{err}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, strictyaml.MaxBytes+1))
	if err != nil {
		return nil, usageError{fmt.Errorf("read %s: %w", path, err)}
	}
	return data, nil
}

// shortestInterval returns the shortest time between due runs of a transaction with a cron expression.
func shortestInterval(t *probe.Transaction) time.Duration {
	const runs, window = 3000, 366 * 24 * time.Hour // two days of a run a minute
	series, err := schedule.New("CTL-1", portolan.PlannedSeries{System: t.System, Transaction: t.ID, Cron: t.Cron, Zone: t.Zone})
	if err != nil {
		return 0
	}
	var last portolan.Instant
	shortest, seen := window, 0
	for due := range series.Due(portolan.Span{From: 1, To: portolan.Instant(1).Add(window)}) {
		if seen++; seen > 1 {
			shortest = min(shortest, due.Sub(last))
		}
		if last = due; seen == runs {
			break
		}
	}
	return shortest
}

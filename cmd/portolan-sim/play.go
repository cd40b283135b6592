package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"portolan"
	"portolan/internal/service"
	"portolan/internal/ways"
	"portolan/ports"
	"portolan/schedule"
	"portolan/sim"
	"portolan/sim/fleet"
	"portolan/sim/truth"
	"portolan/targets"
)

// playScenario plays a scenario to the collector.
func (c fleetOf) playScenario() error {
	o := fleet.PlayOptions{Collector: c.Collector, SendEvery: c.SendEvery, QuietEvery: c.QuietEvery}
	var errs [3]error
	o.Scenario, o.World, errs[0] = worldOf(c.Scenario, c.PortsFile)
	o.Roots, errs[1] = c.roots()
	if o.Token, errs[2] = c.tokens(); errors.Join(errs[:]...) != nil {
		return errors.Join(errs[:]...)
	}
	if !c.Quiet {
		o.Progress = func(p fleet.Played) { fmt.Fprintln(os.Stderr, progress(p, o.World)) }
	}
	return service.Run("portolan-sim", func(ctx context.Context, ready func()) error {
		ready()
		played, err := fleet.Play(ctx, o)
		if err != nil {
			return err
		}
		if c.Output == "json" {
			return json.NewEncoder(os.Stdout).Encode(played)
		}
		_, err = fmt.Printf("%s: %d agents, %d results in %d batches acknowledged, %.0f s\n", o.Scenario.Name, played.Agents, played.Results, played.Batches, played.Seconds)
		return err
	})
}

func progress(p fleet.Played, w *truth.World) string {
	part := portolan.InstantOf(p.Until).Sub(w.Span.From).Seconds() / w.Span.Duration().Seconds()
	left := time.Duration(p.Seconds * (1/max(part, 1e-9) - 1) * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%s, %.1f %%: %d results, %.0f/s, %s to go", p.Until.Format(time.RFC3339), 100*min(1, part), p.Results, float64(p.Results)/p.Seconds, max(0, left))
}

// worldOf reads a scenario and the ports, and sets it upon the built-in catalogue.
func worldOf(scenario, portsFile string) (*sim.Scenario, *truth.World, error) {
	s, err := sim.LoadScenario(scenario)
	if err != nil {
		return nil, nil, err
	}
	known, err := ports.Load(portsFile)
	if err != nil {
		return nil, nil, err
	}
	catalogue, err := targets.Load(targets.Options{Ways: ways.All(), CheckCron: schedule.CheckCron})
	if err != nil {
		return nil, nil, err
	}
	w, err := truth.New(s, catalogue, known)
	if err != nil {
		return nil, nil, fmt.Errorf("%w:\n%w", sim.ErrOptions, err)
	}
	return s, w, nil
}

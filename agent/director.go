package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"portolan"
	"portolan/schedule"
)

// director knows what the center asked of this agent: which systems to leave alone, and which to ask less often. It is
// safe for concurrent use.
//
// A stop outlives a restart and a cut line: who cannot hear shall not begin to probe again. A back-off ends when the
// collector was not heard for as long as it said, since a monitor must not stay half blind by a stale word.
type director struct {
	agent portolan.AgentID
	file  string // where stops are kept; "" for nowhere
	// changed holds one while an answer of the collector named other directives than these.
	changed chan struct{}

	mu     sync.Mutex // guards everything that follows
	config portolan.AgentConfig
	heard  time.Time // when the collector last confirmed the directives; zero if this process never heard
}

// order is how a series is to be run now.
type order struct {
	stop *portolan.Stop // nil to run
	// factor is how many intervals lie between two runs: 1 for the full rate.
	factor int
	// skip is how many due runs to leave out after the first one of a back-off, so that agents do not return together.
	skip int
}

// newDirector returns a director that goes on with the stops in the file, if there is one.
func newDirector(agent portolan.AgentID, file string) (*director, error) {
	d := &director{agent: agent, file: file, changed: make(chan struct{}, 1)}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return d, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &d.config.Stops)
	}
	if err != nil {
		return nil, fmt.Errorf("read stops: %w", err)
	}
	return d, nil
}

// order returns how the agent's series on a system are to be run at an instant.
func (d *director) order(system portolan.SystemID, now time.Time) order {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := order{factor: 1}
	for i := range d.config.Stops {
		stop := d.config.Stops[i]
		if stop.System == system && inForce(&stop, now) {
			o.stop = &stop
		}
	}
	if now.Sub(d.heard) > d.config.Valid() {
		return o
	}
	for _, b := range d.config.BackOffs {
		if rank := schedule.Rank(d.agent, system); b.System == system && b.Factor > 1 && rank > b.Keep {
			o.factor = min(b.Factor, portolan.MaxBackOffFactor)
			o.skip = int(rank % uint32(o.factor))
		}
	}
	return o
}

// orderFor returns how a series is to be run at an instant: as its system is, unless a system that it asks is to be left
// alone wholly.
func (d *director) orderFor(p *portolan.PlannedSeries, now time.Time) order {
	o := d.order(p.System, now)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, stop := range d.config.Stops {
		if o.stop == nil && stop.Through && p.Asks(stop.System) && inForce(&stop, now) {
			o.stop = &stop
		}
	}
	return o
}

func inForce(stop *portolan.Stop, now time.Time) bool {
	return stop.Until == 0 || portolan.InstantOf(now) < stop.Until
}

// take follows what the collector answered. It returns an error if the stops cannot be kept on disk.
func (d *director) take(c portolan.AgentConfig, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.config, d.heard = c, now
	text, err := json.Marshal(c.Stops)
	if err != nil {
		return fmt.Errorf("keep stops: %w", err)
	}
	if former, err := os.ReadFile(d.file); err == nil && string(former) == string(text) {
		return nil
	}
	return writeFile(d.file, text)
}

// confirm takes in the tag that an acknowledgement named: that of the directives at hand, or of others, which are then
// asked for.
func (d *director) confirm(tag string, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch tag {
	case d.config.Tag:
		d.heard = now
		return
	case "": // a collector of an earlier release
		return
	}
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// current returns the directives at hand.
func (d *director) current() portolan.AgentConfig {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.config
}

// followed returns what of the directives this agent follows at an instant.
func (d *director) followed(now time.Time) (f portolan.Directives) {
	for _, stop := range d.current().Stops {
		if d.order(stop.System, now).stop != nil {
			f.Stops = append(f.Stops, stop)
		}
	}
	for _, b := range d.current().BackOffs {
		if o := d.order(b.System, now); o.stop == nil && o.factor > 1 {
			f.BackOffs = append(f.BackOffs, b)
		}
	}
	return f
}

// confirmed returns when the collector last said that the directives hold.
func (d *director) confirmed() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.heard
}

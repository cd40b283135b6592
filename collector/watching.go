package collector

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/collector/watch"
	"portolan/incident"
)

// watchEverySecond is how often the watch for incidents looks up.
const watchEverySecond = time.Second

func (c *collector) newWatch() *watch.Watch {
	return watch.New(watch.Options{
		Ledger: c.ledger,
		Agents: func(now portolan.Instant) []projection.AgentNow {
			return c.projection.AgentsHeard(now, c.around.Load().config.SendInterval)
		},
		Facts:        c.projection.Facts,
		Surroundings: func() ([]portolan.Port, incident.Systems) { return c.around.Load().ports, ownersOf(c.around.Load()) },
		SendInterval: func() time.Duration { return c.around.Load().config.SendInterval },
		Told:         c.tellIncidents,
	})
}

func ownersOf(s *surroundings) incident.Systems {
	owners := incident.Systems{}
	for _, system := range s.catalogue.Systems {
		for _, d := range system.Dependencies {
			if _, known := owners[d.System]; !known {
				owners[d.System] = d.Owner
			}
		}
	}
	for _, system := range s.catalogue.Systems {
		owners[system.ID] = system.Owner.Organization
	}
	return owners
}

// watchLoop lets the watch look up until ctx is done.
func (c *collector) watchLoop(ctx context.Context) {
	for wait(ctx, watchEverySecond) {
		if c.caughtUp.Load() {
			c.lookUp(ctx, c.now())
		}
	}
}

// lookUp lets the watch look up at an instant.
func (c *collector) lookUp(ctx context.Context, at portolan.Instant) {
	err := c.watch.Advance(ctx, at)
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.Is(err, ledger.ErrDeposed):
		c.watch.Follow()
	default:
		c.log.Error("incidents cannot be kept", zap.Error(err))
	}
}

// tellIncidents tells operators and readers of the event stream what became of incidents.
func (c *collector) tellIncidents(events []incident.Event) {
	for i := range events {
		e := &events[i]
		c.events.send(told{incident: e})
		if e.Change == incident.Updated {
			continue
		}
		c.log.Info("incident "+e.Change.String(), zap.Stringer("incident", e.Incident.ID), zap.Stringer("scope", e.Incident.Scope),
			zap.Stringer("cause", e.Incident.Cause), zap.Any("systems", e.Incident.Systems), zap.Int("ports", len(e.Incident.Ports)))
	}
}

// openIncidents returns the incidents that are open now.
func (c *collector) openIncidents(ctx context.Context) ([]incident.Incident, error) {
	open, err := c.watch.List(ctx, ledger.IncidentFilter{Open: true})
	return slices.DeleteFunc(open, func(i incident.Incident) bool { return i.MergedInto != 0 }), err
}

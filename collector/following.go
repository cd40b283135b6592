package collector

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/collector/changes"
	"portolan/collector/projection"
	"portolan/dashboard"
	"portolan/effect"
)

// following keeps what followed the newest annotations, for the pages: to read it anew for each reader would take too long.
type following struct {
	mu    sync.Mutex
	known map[uint64]followed // by annotation
}

type followed struct {
	changes.Followed
	hour portolan.Instant // when it was read
}

// How much the pages show of changes, and how often it is looked for what is new.
const (
	changesShown = 5
	followEvery  = 2 * time.Second
)

// followLoop reads what followed the newest annotations, each once an hour.
func (c *collector) followLoop(ctx context.Context) {
	for wait(ctx, followEvery) {
		if !c.caughtUp.Load() {
			continue
		}
		now := c.now()
		if err := c.follow(ctx, now); err != nil && ctx.Err() == nil {
			c.log.Error("what followed changes could not be read", zap.Error(err))
		}
	}
}

func (c *collector) follow(ctx context.Context, now portolan.Instant) error {
	around := c.around.Load()
	zone, err := loadZone(around.config.Zone)
	if err != nil {
		return err
	}
	next := map[uint64]followed{}
	for _, a := range newestChanges(c.projection.Facts().Annotations, now) {
		c.following.mu.Lock()
		f, known := c.following.known[a.ID]
		c.following.mu.Unlock()
		if !known || f.hour != now.Hour() {
			err = c.projection.Look(ctx, nil, now, func(s *projection.Snapshot) (err error) {
				f.Followed, err = changes.Find(s, a, around.catalogue, zone)
				return err
			})
			if err != nil {
				return err
			}
			f.hour = now.Hour()
		}
		next[a.ID] = f
	}
	c.following.mu.Lock()
	defer c.following.mu.Unlock()
	c.following.known = next
	return nil
}

// newestChanges returns the annotations that the pages show, the newest first.
func newestChanges(all []projection.Annotation, now portolan.Instant) []projection.Annotation {
	some := slices.DeleteFunc(slices.Clone(all), func(a projection.Annotation) bool {
		return portolan.InstantOf(a.To).Add(effect.Follow) < now || portolan.InstantOf(a.From) > now
	})
	slices.SortStableFunc(some, func(a, b projection.Annotation) int { return b.From.Compare(a.From) })
	return some[:min(len(some), changesShown)]
}

// changes returns the newest annotations with what followed them, as far as it was read.
func (p *pages) changes(now portolan.Instant) []dashboard.Change {
	p.c.following.mu.Lock()
	defer p.c.following.mu.Unlock()
	var list []dashboard.Change
	for _, a := range newestChanges(p.c.projection.Facts().Annotations, now) {
		d := dashboard.Change{
			ID: a.ID, At: portolan.InstantOf(a.From), System: a.System, Port: a.Port, Text: a.Text, By: a.By,
		}
		f, known := p.c.following.known[a.ID]
		if d.Compared = known && !f.Span.Empty(); d.Compared {
			d.Hours = int(f.Span.Duration() / time.Hour)
		}
		for _, row := range f.Rows {
			d.Followed = append(d.Followed, dashboard.Followed{
				System: row.System, Transaction: row.Transaction, Step: row.Step, Latency: row.Latency, Difference: row.Difference,
			})
		}
		list = append(list, d)
	}
	return list
}

// Package collector is the center: it takes in agents' evidence, keeps it, folds it into figures and serves them.
//
// Start at Run, which wires the rooms below it: ingest acknowledges batches once the ledger holds them, the
// projection folds them, and this package serves what came of it as pages, as the API (api.go and the files named
// api_*) and as metrics (metrics.go). Around them it keeps the journal: when a collector was up, which ports,
// definitions and settings were in force, what people declared.
//
// The package refuses to compute a figure or to judge evidence: it asks the projection, and it asks ingest.
package collector

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/collector/ingest"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/collector/registry"
	"portolan/collector/watch"
	"portolan/evidence"
)

// collector is what the parts share.
type collector struct {
	options    Options
	log        *zap.Logger
	ledger     ledger.Ledger
	registry   *registry.Registry
	projection *projection.Projection
	watch      *watch.Watch
	ingest     *ingest.Ingest
	metrics    *metrics
	events     *broadcast
	around     atomic.Pointer[surroundings]
	asked      atomic.Pointer[asked]
	caughtUp   atomic.Bool
	leading    atomic.Bool
	lag        lag
	replay     replay
	wake       chan struct{} // a batch was accepted: there is something to fold
	following  following
	answering  chan struct{} // holds one for each question being answered
	reloading  sync.Mutex
}

// How long things take. Stopping must be over in 5 s, so that a service manager need not kill it.
const (
	aliveEvery   = 30 * time.Second
	closeIdle    = 2 * time.Minute // well above the time between an agent's sendings, so that its connection stays
	stopServing  = 2 * time.Second
	stopLoops    = time.Second
	stopNoting   = time.Second
	foldAnyway   = 5 * time.Second        // when no wake came: another collector may have written
	foldTogether = 100 * time.Millisecond // batches that come close together are folded together
	afterFailure = 2 * time.Second
)

// Run runs a collector until ctx is done, and returns after what it acknowledged is durable and answered.
func Run(ctx context.Context, o Options) error {
	err := run(ctx, o.withDefaults())
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // told to stop while it was starting
	}
	return err
}

func run(ctx context.Context, o Options) (err error) {
	around, err := readSurroundings(o.Config, o.Ways)
	if err != nil {
		return err
	}
	l, err := OpenLedger(ctx, o.Config)
	if err != nil {
		return fmt.Errorf("open ledger: %w", err)
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	c, err := newCollector(ctx, o, l, around)
	if err != nil {
		return err
	}
	if o.started != nil {
		o.started(c)
	}
	listener := o.Listener
	if listener == nil {
		if listener, err = new(net.ListenConfig).Listen(ctx, "tcp", o.Config.Listen); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	if err := c.begin(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	return errors.Join(c.serve(ctx, listener), c.end())
}

func newCollector(ctx context.Context, o Options, l ledger.Ledger, around *surroundings) (*collector, error) {
	now := portolan.InstantOf(time.Now())
	authority, err := registry.OpenAuthority(o.Config.Data, 0, now)
	if err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	c := &collector{
		options: o, log: o.Log.Named("collector"), ledger: l, events: newBroadcast(),
		wake: make(chan struct{}, 1), answering: make(chan struct{}, answersAtOnce),
	}
	if o.Replay != 0 {
		c.replay.begin(o.Replay)
	}
	c.lag.since = c.now()
	c.around.Store(around)
	if c.registry, err = registry.New(ctx, l, authority, now); err != nil {
		return nil, err
	}
	if err := c.registry.Owns(ctx); err != nil {
		return nil, err
	}
	c.metrics = newMetrics(c, around)
	zones, err := rollZones(around.config.Zone)
	if err != nil {
		return nil, err
	}
	c.projection, err = projection.New(ctx, projection.Options{Ledger: l, Zones: zones, News: func(n projection.News) { c.tell(ctx, n) }})
	if err != nil {
		return nil, err
	}
	c.watch = c.newWatch()
	var received func(*evidence.Batch) portolan.Instant
	if c.replay.on() {
		received = c.replay.received
	}
	c.ingest = ingest.New(ingest.Options{
		Ledger: l, Registry: c.registry,
		Accepted: func(link ledger.Link, batch *evidence.Batch) {
			c.projection.Decoded(link, batch)
			c.lag.accepted(link)
			if c.replay.on() {
				c.keepUp(ctx)
			}
			c.wakeUp()
		},
		Received: received,
		Config:   c.configTag,
		Behind:   c.lag.behind,
		Counted:  c.metrics.countBatch,
		Refused: func(chain ledger.Chain, number uint64, why ingest.Result, detail string) {
			c.log.Warn("batch refused", zap.String("agent", string(chain.Agent)), zap.Stringer("stream", chain.Stream),
				zap.Uint64("number", number), zap.Stringer("reason", why), zap.String("detail", detail))
		},
		Failed: func(err error) { c.log.Error("batch could not be taken in", zap.Error(err)) },
	})
	return c, nil
}

// wakeUp makes the folding loop look at the ledger now.
func (c *collector) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// tell takes in the news of a folded link.
func (c *collector) tell(ctx context.Context, n projection.News) {
	if c.replay.on() {
		c.pass(ctx, n.Link)
	}
	c.lag.folded(n.Link)
	c.metrics.countNews(n)
	c.watch.News(&n)
	c.events.send(told{link: &n})
}

// begin notes in the journal that a collector is up and what is in force, and takes in what waited for an upgrade.
func (c *collector) begin(ctx context.Context) error {
	now := c.now()
	if err := c.note(ctx, evidence.EntryCollectorStart, "", now, startNote(c.replay.on())); err != nil {
		return err
	}
	if err := c.noteSurroundings(ctx, c.around.Load(), now); err != nil {
		return err
	}
	taken, err := c.ingest.TakeIn(ctx)
	if err != nil {
		return fmt.Errorf("take in waiting batches: %w", err)
	}
	if taken > 0 {
		c.log.Info("took in batches of a newer version", zap.Int("batches", taken))
	}
	return nil
}

// serve runs the loops and the server until ctx is done or one of them fails.
func (c *collector) serve(ctx context.Context, listener net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	term, err := c.leadAtStart(ctx)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if c.projection.Lead(term.Epoch); term.Lost == nil {
		c.projection.Follow()
	}
	server := &http.Server{
		Handler: c.routes(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: closeIdle, MaxHeaderBytes: 64 << 10,
		ErrorLog: zap.NewStdLog(c.log), // handshakes that fail, as of agents that do not trust the certificate
	}
	server.RegisterOnShutdown(c.events.close)
	var loops sync.WaitGroup
	loops.Go(func() { c.leadLoop(ctx, term) })
	loops.Go(func() { c.foldLoop(ctx) })
	loops.Go(func() { c.metrics.refreshLoop(ctx) })
	loops.Go(func() { c.followLoop(ctx) })
	if !c.replay.on() { // time passes with what is folded, agents of the past take no orders, and nothing is forgotten
		loops.Go(func() { c.aliveLoop(ctx) })
		loops.Go(func() { c.backOffLoop(ctx) })
		loops.Go(func() { c.retainLoop(ctx) })
		loops.Go(func() { c.watchLoop(ctx) })
		loops.Go(func() { c.reportLoop(ctx) })
	}
	if c.around.Load().config.Store.Shared() {
		loops.Go(func() { c.watchOthers(ctx) })
	}
	served := make(chan error, 1)
	go func() { served <- c.serveOn(listener, server) }()
	c.log.Info("collector is serving", zap.String("address", listener.Addr().String()),
		zap.Strings("tls_hosts", c.around.Load().config.TLS.Hosts))
	c.options.Ready()

	select {
	case err = <-served:
	case <-ctx.Done():
		err = shutDown(server)
	}
	stop() // what was acknowledged and is not folded yet is folded at the next start
	if !ended(&loops, stopLoops) {
		c.log.Warn("stops in the middle of a computation; what it would have stored is computed at the next start")
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// ended returns whether the loops have ended within d.
func ended(loops *sync.WaitGroup, d time.Duration) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		loops.Wait()
	}()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// shutDown answers what is in flight and refuses what comes. What does not end in time is cut off: an agent that got
// no answer sends again.
func shutDown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopServing)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close()
	}
	return nil
}

// end notes in the journal that the collector stopped on purpose.
func (c *collector) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopNoting)
	defer cancel()
	return c.note(ctx, evidence.EntryCollectorStop, "", c.now(), struct{}{})
}

// foldLoop folds whatever reaches the ledger, so that states are of now, and stores it more seldom: many results of one
// series are stored at the price of one.
func (c *collector) foldLoop(ctx context.Context) {
	var stored time.Time
	for {
		_, err := c.projection.Fold(ctx)
		next := time.Until(stored.Add(c.options.StoreEvery))
		if next <= 0 && err == nil {
			more := false
			if err = c.projection.Store(ctx); err == nil {
				more, err = c.projection.RollUp(ctx, c.now(), rollSteps)
			}
			if stored, next = time.Now(), foldAnyway; more {
				next = c.options.StoreEvery
			}
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.log.Error("projection cannot go on", zap.Error(err))
			if !wait(ctx, afterFailure) {
				return
			}
			continue
		}
		c.caughtUp.Store(true)
		if !c.waitForNews(ctx, next) {
			return
		}
	}
}

// rollSteps is how many steps of rolling up follow each store, so that folding does not wait for them.
const rollSteps = 4

// rollZones returns the zones whose days and months are added up: that of the pages, and UTC.
func rollZones(pages string) ([]*time.Location, error) {
	zone, err := loadZone(pages)
	if err != nil || zone == time.UTC {
		return []*time.Location{time.UTC}, err
	}
	return []*time.Location{zone, time.UTC}, nil
}

// waitForNews returns true when there is something to fold, or after d; false when ctx is done.
func (c *collector) waitForNews(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	case <-c.wake:
		return wait(ctx, foldTogether)
	}
}

// aliveLoop notes in the journal that the collector is up, so that silence of agents counts only over such time.
func (c *collector) aliveLoop(ctx context.Context) {
	ticker := time.NewTicker(aliveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case at := <-ticker.C:
			err := c.note(ctx, evidence.EntryCollectorAlive, "", portolan.InstantOf(at), struct{}{})
			if err != nil && ctx.Err() == nil {
				c.log.Error("journal cannot be written", zap.Error(err))
			}
		}
	}
}

// wait returns true after d, or false when ctx is done.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

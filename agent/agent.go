// Package agent runs on a workstation at a port of entry: it runs the plan's transactions at their due times,
// keeps every result on disk until the collector has it, and serves the port's own page, network or no
// network.
//
// Start at Run. A worker runs each series; the recorder takes what workers and the clock watch found out to
// the spool (package agent/spool), the uplink (package agent/uplink), the page and the metrics. The agent
// judges nothing after the probe has: results leave as they were fixed.
package agent

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/agent/peer"
	"portolan/agent/spool"
	"portolan/agent/uplink"
	"portolan/evidence"
	"portolan/internal/secret"
	"portolan/probe"
	"portolan/probe/browser"
	"portolan/probe/netpath"
	"portolan/schedule"
	"portolan/targets"
)

// Options is what Run needs.
type Options struct {
	Config Config
	// Ways are the ways of talking that definitions may use.
	Ways []probe.Way
	Log  *zap.Logger
	// Ready is called once, when the page is served and the workers run; nil for nobody to tell.
	Ready func()
}

// farewellWait bounds how long a stop waits for the collector to take the farewell.
const farewellWait = 3 * time.Second

// agent is the parts of a running agent.
type agent struct {
	config    Config
	log       *zap.Logger
	started   portolan.Instant
	catalogue *targets.Catalogue
	plan      portolan.Plan
	identity  *identity
	spool     *spool.Spool
	uplink    *uplink.Uplink // nil without a collector
	renewal   *renewal       // nil without a collector
	director  *director
	recorder  *recorder
	workers   []*worker
	circle    *peer.Circle // nil without peers
}

// Load reads the configuration at path and checks the catalogue that it names, so that every fault of both is
// told before anything runs.
func Load(path string, ways []probe.Way, log *zap.Logger) (Options, error) {
	o := Options{Ways: ways, Log: log}
	var err error
	if o.Config, err = LoadConfig(path); err != nil {
		return o, err
	}
	_, err = loadCatalogue(o)
	return o, err
}

// Run runs an agent until ctx is done, then says farewell. It returns an error if it cannot start.
func Run(ctx context.Context, o Options) error {
	a, err := newAgent(o)
	if err != nil {
		return err
	}
	page, err := a.servePage()
	if err != nil {
		return errors.Join(err, a.spool.Close())
	}
	a.log.Info("agent runs", zap.String("agent", string(a.config.Agent)), zap.Int("series", len(a.workers)), zap.String("page", page.url))
	if o.Ready != nil {
		o.Ready()
	}
	a.work(ctx)
	a.log.Info("agent stops")
	return errors.Join(page.close(), a.spool.Close())
}

func loadCatalogue(o Options) (*targets.Catalogue, error) {
	return targets.Load(targets.Options{
		Ways: o.Ways, CheckCron: schedule.CheckCron, Dir: o.Config.Catalogue,
		Endpoints: o.Config.Endpoints, Only: o.Config.Systems,
	})
}

func newAgent(o Options) (*agent, error) {
	catalogue, err := loadCatalogue(o)
	if err != nil {
		return nil, err
	}
	a := &agent{
		config: o.Config, log: o.Log, catalogue: catalogue, started: portolan.InstantOf(time.Now()),
		plan: catalogue.Plan(o.Config.port(), o.Config.Class, o.Config.Interval),
	}
	if err := os.MkdirAll(a.config.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	if a.identity, err = loadIdentity(a.config.Data); err != nil {
		return nil, err
	}
	a.spool, err = spool.Open(filepath.Join(a.config.Data, "spool"), spool.Options{MaxBytes: a.config.Spool.MaxBytes, MaxAge: a.config.Spool.MaxAge})
	if err != nil {
		return nil, err
	}
	if err := a.assemble(); err != nil {
		return nil, errors.Join(err, a.spool.Close())
	}
	return a, nil
}

// assemble makes the parts that need the spool, and records what happened since the agent last ran.
func (a *agent) assemble() error {
	a.reportSpool()
	a.reportPlan()
	if err := a.spool.SetPlan(a.plan); err != nil {
		return err
	}
	director, err := newDirector(a.config.Agent, filepath.Join(a.config.Data, stopsFile))
	if err != nil {
		return err
	}
	a.director = director
	if err := a.connect(); err != nil {
		return err
	}
	if err := a.join(); err != nil {
		return err
	}
	a.recorder = &recorder{
		log: a.log, spool: a.spool, uplink: a.uplink, previous: map[portolan.Series]portolan.Outcome{},
		unready: map[portolan.Series]string{},
		memory:  newMemory(a.config.Agent, a.plan, a.catalogue),
	}
	a.recorder.metrics = newMetrics(a.spool.Waiting, a.status)
	last, farewell := a.spool.LastAlive()
	if gap, ok := returnGap(last, a.started, farewell); ok {
		a.recorder.gap(gap)
	}
	return a.employ()
}

// reportSpool tells the operator what was amiss with the spool that was found.
func (a *agent) reportSpool() {
	r := a.spool.Report()
	if r.Healed > 0 || len(r.SetAside) > 0 || r.Lost > 0 {
		a.log.Warn("spool was damaged", zap.Int64("bytes_cut_off", r.Healed), zap.Strings("set_aside", r.SetAside), zap.Uint64("records_lost", r.Lost))
	}
}

// reportPlan tells the operator what is odd about what is to be run here.
func (a *agent) reportPlan() {
	if a.config.port().Kind == portolan.PortKindUnknown {
		a.log.Warn("kind of port not known, so transactions of every kind run: set kind in the configuration", zap.String("port", string(a.config.Port)))
	}
	if len(a.plan.Series) == 0 {
		a.log.Warn("no transaction of the catalogue runs on this workstation", zap.String("port", string(a.config.Port)),
			zap.Stringer("kind", a.config.port().Kind), zap.String("class", string(a.config.Class)))
	}
}

// employ makes a worker for each series of the plan.
func (a *agent) employ() error {
	options, err := a.probeOptions()
	if err != nil {
		return err
	}
	for _, p := range a.plan.Series {
		w, err := newWorker(a.config.Agent, p, a.catalogue.System(p.System).Transaction(p.Transaction), options)
		if err != nil {
			return err
		}
		w.record = func(r portolan.Result, _ []*probe.Failure) { a.recorder.result(r, w) }
		w.order = func() order { return a.director.orderFor(&p, time.Now()) }
		w.skipped = a.recorder.skip
		w.prepared = func(err error) {
			a.recorder.prepared(portolan.Series{System: p.System, Transaction: p.Transaction}, err)
		}
		w.open = func(n evidence.OpenRun) {
			a.recorder.memory.openRun(n)
			if a.uplink != nil {
				a.uplink.OpenRun(n)
			}
		}
		a.workers = append(a.workers, w)
	}
	return nil
}

func (a *agent) probeOptions() (probe.Options, error) {
	o := probe.Options{Values: map[string]string{"agent": string(a.config.Agent), "port": string(a.config.Port)}}
	o.Secrets = secret.Store{Dir: a.config.Secrets}.Find
	o.Tools = map[any]any{
		browser.WorkstationKey{}: a.config.Browser.workstation(a.config.Data),
		netpath.MemoryKey{}:      netpath.NewMemory(),
	}
	if a.config.Proxy != "" {
		proxy, err := url.Parse(a.config.Proxy)
		if err != nil {
			return o, fmt.Errorf("read proxy: %w", err)
		}
		o.Proxy = probe.FixedProxy(proxy)
	}
	return o, nil
}

// workstation returns what browser transactions have at hand; pictures are kept below data.
func (c BrowserConfig) workstation(data string) browser.Workstation {
	w := browser.Workstation{Program: c.Program, Browser: c.Path, MaxMemory: c.MaxBytes}
	if c.Screenshots > 0 {
		w.Album = browser.NewAlbum(filepath.Join(data, "screenshots"), c.Screenshots, c.ScreenshotAge)
	}
	return w
}

// work runs everything until ctx is done: first the workers stop, then the uplink, then the farewell goes out.
func (a *agent) work(ctx context.Context) {
	linkCtx, endLink := context.WithCancel(context.WithoutCancel(ctx))
	var link, work sync.WaitGroup
	if a.uplink != nil {
		link.Go(func() { a.link(linkCtx) })
	}
	work.Go(func() { a.watchClock(ctx) })
	if a.circle != nil {
		work.Go(func() { a.meet(ctx) })
	}
	for _, w := range a.workers {
		work.Go(func() { w.loop(ctx) })
	}
	work.Wait()
	endLink()
	link.Wait()
	a.farewell()
}

// watchClock keeps the alive mark on disk and records the gaps that sleep and set clocks leave.
func (a *agent) watchClock(ctx context.Context) {
	var watch clockWatch
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		now := portolan.InstantOf(time.Now())
		if gap, ok := watch.observe(now, bootClock()); ok {
			a.recorder.gap(gap)
		}
		a.recorder.disk(a.spool.Alive(now))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

package collector

import (
	"errors"
	"net"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/internal/strictyaml"
	"portolan/ports"
	"portolan/probe"
	"portolan/schedule"
	"portolan/targets"
)

// Options says how a collector runs.
type Options struct {
	Config Config
	// Path is the file that Config was read from and that a reload reads again; empty if there is none.
	Path string
	// Ways are the ways of talking that definitions in the catalogue may use.
	Ways []probe.Way
	Log  *zap.Logger // nil for none
	// Listener is served instead of listening on Config.Listen; nil in production.
	Listener net.Listener
	// Ready is called once when the collector serves; nil for nobody.
	Ready func()
	// StoreEvery is how often what was folded is stored at the most: many results of one series are stored at the
	// price of one. 1 s.
	StoreEvery time.Duration
	// Replay has the collector live in the past: its time begins then, and is that of the batches it is sent. Zero for
	// the time of the clock on the wall.
	Replay portolan.Instant

	// ReportEvery is how often it is seen whether a monthly report is due; 15 min, and the most.
	ReportEvery time.Duration

	started func(*collector) // lets tests in
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	if o.Ready == nil {
		o.Ready = func() {}
	}
	if o.StoreEvery <= 0 {
		o.StoreEvery = time.Second
	}
	if o.ReportEvery <= 0 {
		o.ReportEvery = reportEvery
	}
	return o
}

// surroundings is what the collector knows from files: replaced as a whole by a reload.
type surroundings struct {
	config    Config
	ports     []portolan.Port
	catalogue *targets.Catalogue
}

// Check reads every file that the configuration names and tells every fault in them, all of type strictyaml.Faults
// where the files could be read.
func Check(o Options) error {
	_, err := readSurroundings(o.Config, o.Ways)
	return err
}

func readSurroundings(c Config, ways []probe.Way) (*surroundings, error) {
	s := &surroundings{config: c}
	var portsErr, catalogueErr error
	s.ports, portsErr = ports.Load(c.Ports)
	only := make([]portolan.SystemID, len(c.Systems))
	for i, name := range c.Systems {
		only[i] = portolan.SystemID(name)
	}
	if len(only) == 0 {
		only = nil
	}
	s.catalogue, catalogueErr = targets.Load(targets.Options{
		Ways: ways, Dir: c.Catalogue, Only: only, CheckCron: schedule.CheckCron,
	})
	return s, joinFaults(portsErr, catalogueErr)
}

// joinFaults joins faults of several files into one list; any other error stands beside it.
func joinFaults(errs ...error) error {
	var all strictyaml.Faults
	var others []error
	for _, err := range errs {
		if faults, ok := errors.AsType[strictyaml.Faults](err); ok {
			all = append(all, faults...)
		} else if err != nil {
			others = append(others, err)
		}
	}
	if len(others) == 0 {
		return all.Err()
	}
	return errors.Join(append(others, all.Err())...)
}

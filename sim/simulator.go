package sim

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"portolan"
	"portolan/internal/strictyaml"
	"portolan/ports"
	"portolan/sim/fault"
	"portolan/sim/relay"
	"portolan/sim/screening"
	"portolan/targets"
)

// collectorID is how faults name the collector behind the relays.
const collectorID = "collector"

// Simulator is a running simulated world.
type Simulator struct {
	options  Options
	ports    []portolan.Port
	stations []fault.Origin
	services []*service
	links    []*link
	board    *fault.Board
	admin    net.Listener
	http     *http.Server

	folders   string // where the workstations' folders are; empty for none
	temporary bool   // they go with the simulator
}

// service is one system at its addresses.
type service struct {
	system screening.System
	gate   *relay.Gate
	doors  []*relay.Gate // one for each of the system's doors
	server *screening.Server
}

// Files names the files that complete the options; empty: none.
type Files struct{ Ports, Scenario string }

// Open is New with ports and scenario read from files.
func Open(files Files, options Options) (*Simulator, error) {
	var errs [2]error
	options.Known, errs[0] = ports.Load(files.Ports)
	if files.Scenario != "" {
		options.Scenario, errs[1] = LoadScenario(files.Scenario)
	}
	switch err := errors.Join(errs[:]...); {
	case errors.As(err, new(strictyaml.Faults)):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w:\n%w", ErrOptions, err)
	}
	return New(options)
}

// New opens everything that options ask for; nothing is left open if it fails. A scenario with faults that
// cannot be had here is refused with strictyaml.Faults.
func New(options Options) (*Simulator, error) {
	options = options.withDefaults()
	if err := options.validate(); err != nil {
		return nil, err
	}
	s := &Simulator{options: options}
	s.board = fault.NewBoard(s.apply, options.Failed)
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if options.Scenario != nil {
		if err := s.checkScenario(options.Scenario); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

func (s *Simulator) open() error {
	chosen, err := choosePorts(s.options.Known, s.options.Ports)
	if err != nil {
		return err
	}
	s.ports, s.stations = chosen, stationsOf(chosen, s.options.AgentsPerPort)
	origins := relay.NewOrigins()
	if err := s.openServices(origins); err != nil {
		return err
	}
	if err := errors.Join(s.openLinks(origins), s.openFolders()); err != nil {
		return err
	}
	if s.admin, err = net.Listen("tcp", s.options.Listen); err != nil {
		return fmt.Errorf("serve the admin interface: %w", err)
	}
	s.http = &http.Server{Handler: s.adminHandler(), ReadHeaderTimeout: adminTime, ReadTimeout: adminTime, IdleTimeout: time.Minute}
	return nil
}

const adminTime = 10 * time.Second

func stationsOf(ports []portolan.Port, each int) []fault.Origin {
	var stations []fault.Origin
	for _, p := range ports {
		for i := range each {
			agent := portolan.AgentID(fmt.Sprintf("%s-%d", p.Code, i+1))
			stations = append(stations, fault.Origin{Agent: agent, Port: p.Code, Office: p.Office, Kind: p.Kind})
		}
	}
	return stations
}

func (s *Simulator) openServices(origins *relay.Origins) error {
	systems, err := chooseSystems(screening.All(s.options.Settings), s.options.Systems)
	if err != nil {
		return err
	}
	needs := screening.Options{
		Dice:       screening.NewDice(s.options.Seed),
		Faults:     s.board,
		Scale:      s.options.LatencyScale,
		Upstream:   s.options.Upstream,
		Pass:       rand.Text(),
		Addresses:  s.address,
		Connection: origins.Of,
		Origin:     s.station,
	}
	for _, system := range systems {
		service := &service{system: system, server: screening.NewServer(system, needs)}
		s.services = append(s.services, service)
		if err := service.open(); err != nil {
			return fmt.Errorf("open %s: %w", system.ID, err)
		}
	}
	return nil
}

func (v *service) open() (err error) {
	if v.gate, err = relay.Listen(); err != nil {
		return err
	}
	for range v.system.Doors {
		gate, err := relay.Listen()
		if err != nil {
			return err
		}
		v.doors = append(v.doors, gate)
	}
	return nil
}

// gates returns the gates of the system by its endpoints.
func (v *service) gates() map[targets.EndpointID]*relay.Gate {
	gates := map[targets.EndpointID]*relay.Gate{targets.NewEndpointID(v.system.ID, ""): v.gate}
	for i, gate := range v.doors {
		gates[targets.NewEndpointID(v.system.ID, v.system.Doors[i].Name)] = gate
	}
	return gates
}

func (v *service) close() error {
	var errs []error
	for _, gate := range v.gates() {
		if gate != nil {
			errs = append(errs, gate.Close())
		}
	}
	return errors.Join(append(errs, ignoreClosed(v.server.Close()))...)
}

// address returns where a system listens.
func (s *Simulator) address(id portolan.SystemID) (string, bool) {
	for _, service := range s.services {
		if service.system.ID == id {
			return service.gate.Addr().String(), true
		}
	}
	return "", false
}

// station returns the origin of what an agent does; the zero origin for an agent that is not here.
func (s *Simulator) station(agent portolan.AgentID) fault.Origin {
	at := slices.IndexFunc(s.stations, func(o fault.Origin) bool { return o.Agent == agent })
	if at < 0 {
		return fault.Origin{}
	}
	return s.stations[at]
}

// Addr returns where the admin interface is served.
func (s *Simulator) Addr() net.Addr { return s.admin.Addr() }

// Relay returns the address (host:port) by which an agent reaches a system's endpoint, or the collector under
// that name.
func (s *Simulator) Relay(agent portolan.AgentID, endpoint targets.EndpointID) (string, bool) {
	for _, l := range s.links {
		if l.origin.Agent == agent && l.endpoint == endpoint && l.relay != nil {
			return l.relay.Addr().String(), true
		}
	}
	return "", false
}

// Run serves until ctx is done, and closes everything. It plays the scenario from the start, writes the
// agents' configuration and calls ready once it serves.
func (s *Simulator) Run(ctx context.Context, ready func()) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var serving sync.WaitGroup
	serve := func(what portolan.SystemID, f func() error) {
		serving.Go(func() {
			if err := f(); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
				stop(fmt.Errorf("serve %s: %w", what, err))
			}
		})
	}
	for _, service := range s.services {
		serve(service.system.ID, func() error { return service.server.Serve(service.gate) })
		for i, gate := range service.doors {
			serve(service.system.ID, func() error { return service.server.ServeDoor(gate, service.system.Doors[i]) })
		}
	}
	serve("the admin interface", func() error { return s.http.Serve(s.admin) })
	err := s.begin()
	if err == nil {
		ready()
		<-ctx.Done()
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(err, cause)
	}
	err = errors.Join(err, s.close())
	serving.Wait()
	return err
}

// begin does what must be done before the world is ready.
func (s *Simulator) begin() error {
	if s.options.Scenario != nil {
		if err := s.board.Put(time.Now(), hastened(s.options.Scenario.Faults, s.options.Speed)); err != nil {
			return fmt.Errorf("play scenario %q: %w", s.options.Scenario.Name, err)
		}
	}
	if s.options.ConfigDir != "" {
		if err := s.writeConfigs(s.options.ConfigDir); err != nil {
			return err
		}
	}
	return s.printTable(s.options.Out)
}

// hastened returns faults on a timetable that passes faster.
func hastened(faults []fault.Fault, speed float64) []fault.Fault {
	quick := slices.Clone(faults)
	for i, f := range quick {
		quick[i].At = time.Duration(float64(f.At) / speed)
		if f.For > 0 {
			quick[i].For = max(1, time.Duration(float64(f.For)/speed))
		}
	}
	return quick
}

// close closes what is open.
func (s *Simulator) close() error {
	s.board.Close()
	var errs []error
	if s.http != nil {
		errs = append(errs, s.http.Close())
	}
	if s.admin != nil {
		errs = append(errs, ignoreClosed(s.admin.Close()))
	}
	for _, l := range s.links {
		if l.relay != nil {
			errs = append(errs, l.relay.Close())
		}
	}
	if s.temporary {
		errs = append(errs, os.RemoveAll(s.folders))
	}
	var closing sync.WaitGroup
	failed := make([]error, len(s.services))
	for i, service := range s.services {
		closing.Go(func() { failed[i] = service.close() })
	}
	closing.Wait()
	return errors.Join(append(errs, failed...)...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func systemNames(all []screening.System) string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = string(s.ID)
	}
	return strings.Join(names, ", ")
}

package sim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"portolan"
	"portolan/sim/fault"
)

// writeConfigs writes a configuration file for each agent, NAME.yaml, into dir.
func (s *Simulator) writeConfigs(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	for _, station := range s.stations {
		path := filepath.Join(dir, string(station.Agent)+".yaml")
		if err := replaceFile(path, s.config(dir, station)); err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
	}
	return nil
}

// config returns an agent's configuration. Go's quoted strings are YAML's too.
func (s *Simulator) config(dir string, station fault.Origin) []byte {
	var b bytes.Buffer
	home := filepath.Join(dir, string(station.Agent))
	fmt.Fprintf(&b, "agent: %s\nport: %s\ndata: %q\n", station.Agent, station.Port, home)
	if i := slices.IndexFunc(s.ports, func(p portolan.Port) bool { return p.Code == station.Port }); i >= 0 {
		fmt.Fprintf(&b, "kind: %s\nname: %q\nzone: %q\n", s.ports[i].Kind, s.ports[i].Name, s.ports[i].Zone)
	}
	if relay, ok := s.Relay(station.Agent, collectorID); ok {
		fmt.Fprintf(&b, "collector: {url: %q, token_file: %q}\n", "http://"+relay, home+".token")
	}
	fmt.Fprintf(&b, "page: {listen: \"127.0.0.1:0\"}\ninterval: %s\n", s.options.Interval)
	fmt.Fprintf(&b, "systems: [%s]\nendpoints:\n", strings.Join(s.options.Systems, ", "))
	for _, l := range s.links {
		if l.origin == station && l.target != collectorID {
			fmt.Fprintf(&b, "  %s: %q\n", l.endpoint, l.url())
		}
	}
	return b.Bytes()
}

// replaceFile writes a file so that a reader sees it whole or not at all.
func replaceFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// printTable prints where everything is.
func (s *Simulator) printTable(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "admin\t\thttp://%s/\n", s.admin.Addr())
	for _, v := range s.services {
		fmt.Fprintf(table, "system\t%s\thttp://%s\t%s\n", v.system.ID, v.gate.Addr(), v.system.Title)
		for i, gate := range v.doors {
			fmt.Fprintf(table, "door\t%s.%s\t%s\n", v.system.ID, v.system.Doors[i].Name, gate.Addr())
		}
	}
	for _, l := range s.links {
		fmt.Fprintf(table, "relay\t%s\t%s\tto %s\n", l.origin.Agent, l.url(), l.endpoint)
	}
	return table.Flush()
}

func (s *Simulator) stationNames() string {
	names := make([]string, len(s.stations))
	for i, station := range s.stations {
		names[i] = string(station.Agent)
	}
	return strings.Join(names, ", ")
}

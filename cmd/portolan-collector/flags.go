package main

import (
	"time"

	"github.com/alecthomas/kong"

	"portolan"
	"portolan/collector"
)

// flags is the command line. What it gives stands before what the configuration file says.
type flags struct {
	Config    string           `help:"The configuration file; without one the defaults hold." placeholder:"FILE"`
	Data      string           `help:"The folder of the ledger and the keys." placeholder:"DIR"`
	Store     string           `help:"The PostgreSQL database that holds the ledger, instead of the data folder." placeholder:"URL"`
	Listen    string           `help:"The address to serve on." placeholder:"HOST:PORT"`
	TLSHost   []string         `name:"tls-host" help:"Serve TLS with a certificate of the collector's own authority, for these names and addresses." placeholder:"HOST,..."`
	Ports     string           `help:"The file of the ports of entry." placeholder:"FILE"`
	Catalogue string           `help:"A folder of system definitions that override the built-in ones." placeholder:"DIR"`
	Systems   []string         `help:"Only these systems of the catalogue." placeholder:"ID,..."`
	Replay    time.Time        `help:"Live in the past, from this time on: a batch is received when it says it was sent. For simulated fleets alone." placeholder:"TIME"`
	Check     bool             `help:"Tell what is wrong with the configuration and the files it names, and run nothing."`
	LogFormat string           `help:"How log lines look: ${enum}." enum:"json,console" default:"json"`
	Version   kong.VersionFlag `help:"Print the version."`
}

// config reads the configuration file, if one is named, and sets what the command line gives.
func (f flags) config() (collector.Config, error) {
	c := collector.DefaultConfig()
	if f.Config != "" {
		var err error
		if c, err = collector.LoadConfig(f.Config); err != nil {
			return c, err
		}
	}
	for _, set := range []struct {
		given string
		into  *string
	}{{f.Data, &c.Data}, {f.Store, &c.Store.URL}, {f.Listen, &c.Listen}, {f.Ports, &c.Ports}, {f.Catalogue, &c.Catalogue}} {
		if set.given != "" {
			*set.into = set.given
		}
	}
	if len(f.TLSHost) > 0 {
		c.TLS.Hosts = f.TLSHost
	}
	if len(f.Systems) > 0 {
		c.Systems = f.Systems
	}
	return c, c.Validate()
}

// replay returns when a replay begins, zero for none.
func (f flags) replay() portolan.Instant {
	if f.Replay.IsZero() {
		return 0
	}
	return portolan.InstantOf(f.Replay)
}

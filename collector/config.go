package collector

import (
	"errors"
	"fmt"
	"net"
	"time"

	"portolan"
	"portolan/internal/strictyaml"
)

// Config is what collector.yaml says. Start from DefaultConfig.
type Config struct {
	// Listen is the address that everything is served on: agents, pages, API, metrics.
	Listen string `yaml:"listen"`
	// Data is the folder of the collector's keys and, unless Store says otherwise, of the ledger; it is made if it does
	// not exist.
	Data string `yaml:"data"`
	// Store is a database in place of the ledger in the data folder.
	Store StoreConfig `yaml:"store"`
	// WebConfig is a file in the form of the Prometheus exporter toolkit that turns on TLS and
	// authentication; empty for plain HTTP.
	WebConfig string `yaml:"web_config"`
	// TLS turns on TLS with a certificate of the collector's own authority; not beside WebConfig.
	TLS TLSConfig `yaml:"tls"`
	// Ports is the file of the ports of entry; empty for the built-in list, that of the demonstration.
	Ports string `yaml:"ports"`
	// Catalogue is a folder of system definitions that override the built-in ones; empty for none.
	Catalogue string `yaml:"catalogue"`
	// Systems limits the catalogue to these systems; empty for all.
	Systems []string `yaml:"systems"`
	// Settle is how long after its end a window stays provisional (design 3.12).
	Settle time.Duration `yaml:"settle"`
	// SendInterval is how often agents send; three missed sendings make an agent silent.
	SendInterval time.Duration `yaml:"send_interval"`
	// BackOff says when agents ask a failing system less often.
	BackOff BackOffConfig `yaml:"back_off"`
	// Reports says where and when monthly reports are issued.
	Reports ReportsConfig `yaml:"reports"`
	// Zone is where days and months begin on the pages; a query may name its own.
	Zone string `yaml:"zone"`
}

// DefaultConfig returns what holds where the file says nothing.
func DefaultConfig() Config {
	return Config{
		Listen:       "127.0.0.1:8080",
		Data:         "portolan-data",
		Store:        StoreConfig{AtHand: defaultAtHand, Keep: defaultKeep},
		Settle:       15 * time.Minute,
		SendInterval: 15 * time.Second,
		BackOff:      BackOffConfig{Agents: 10, After: 2 * time.Minute, Factor: 5},
		Reports:      ReportsConfig{After: 48 * time.Hour},
		Zone:         "UTC",
	}
}

// maxText is how many letters a name that people give may have: names travel in every page.
const maxText = 80

// The bounds of the times in a Config.
const (
	maxSettle       = 24 * time.Hour
	minSendInterval = time.Second
	maxSendInterval = time.Hour
)

// ParseConfig reads a configuration; the error is of type strictyaml.Faults and tells every fault.
func ParseConfig(file string, data []byte) (Config, error) {
	c := DefaultConfig()
	doc, _ := strictyaml.Decode(file, data, &c)
	c.check(doc.Report)
	return c, doc.Faults().Err()
}

// Validate tells every fault of a configuration that did not come from a file alone.
func (c Config) Validate() error {
	var faults []error
	c.check(func(path, problem, allowed string) {
		faults = append(faults, fmt.Errorf("%s: %s; %s", path, problem, allowed))
	})
	return errors.Join(faults...)
}

// LoadConfig reads the configuration file at path, likewise. Relative paths in it are relative to the working folder.
func LoadConfig(path string) (Config, error) {
	c := DefaultConfig()
	doc, err := strictyaml.DecodeFile(path, &c)
	if doc == nil {
		return c, fmt.Errorf("read configuration: %w", err)
	}
	c.check(doc.Report)
	return c, doc.Faults().Err()
}

// check reports every fault: the path of the value, what is wrong with it, and what is allowed.
func (c Config) check(report func(path, problem, allowed string)) {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		report("listen", fmt.Sprintf("%q is no address", c.Listen), `want host:port, like 127.0.0.1:8080 or :8080`)
	}
	if c.Data == "" {
		report("data", "empty", "want a folder")
	}
	c.checkTLS(report)
	c.Store.check(report)
	for i, name := range c.Systems {
		if _, err := portolan.ParseSystemID(name); err != nil {
			report(fmt.Sprintf("systems[%d]", i), err.Error(), "")
		}
	}
	if c.Settle < 0 || c.Settle > maxSettle {
		report("settle", c.Settle.String(), "want 0s to 24h")
	}
	if c.SendInterval < minSendInterval || c.SendInterval > maxSendInterval {
		report("send_interval", c.SendInterval.String(), "want 1s to 1h")
	}
	c.BackOff.check(report)
	c.Reports.check(report)
	if _, err := loadZone(c.Zone); err != nil {
		report("zone", fmt.Sprintf("%q is no time zone", c.Zone), zoneForm)
	}
}

const zoneForm = "want an IANA name such as America/New_York"

// loadZone returns the zone of that name. "Local" is refused: it means something else on every machine.
func loadZone(name string) (*time.Location, error) {
	if name == "Local" || name == "" {
		return nil, fmt.Errorf("zone %q: %s", name, zoneForm)
	}
	return time.LoadLocation(name)
}

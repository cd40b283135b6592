package agent

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"time"

	"portolan"
	"portolan/agent/peer"
	"portolan/internal/strictyaml"
	"portolan/probe/browser"
	"portolan/targets"
)

// Config is the agent's configuration file. DefaultConfig gives what a file leaves out.
type Config struct {
	// Agent is the agent's name, "MIA-1"; its port must be the one that the name begins with.
	Agent portolan.AgentID `yaml:"agent,required"`
	// Port is the port of entry that the workstation stands at.
	Port portolan.PortCode `yaml:"port,required"`
	// Kind is the kind of that port, which settles what runs there: air, land, sea or center. Left out, it is what the
	// port's code tells; if that tells none, transactions of every kind of port run.
	Kind portolan.PortKind `yaml:"kind"`
	// Class is what the workstation is used for, "primary-booth" or "secondary", in the agency's own words: where definitions
	// name classes it settles what runs here, and figures are grouped by it. Left out, transactions of every class run.
	Class portolan.WorkstationClass `yaml:"class"`
	// Name and Zone are how the agent's own page calls the port and tells the time: an IANA zone, default UTC.
	Name string `yaml:"name"`
	Zone string `yaml:"zone"`
	// Data is the folder of the spool, the key and the certificate.
	Data string `yaml:"data,required"`

	Collector CollectorConfig `yaml:"collector"`
	Page      PageConfig      `yaml:"page"`
	Peers     PeersConfig     `yaml:"peers"`
	Spool     SpoolConfig     `yaml:"spool"`
	Browser   BrowserConfig   `yaml:"browser"`

	// Catalogue is a folder whose definitions stand before the built-in ones; empty for none.
	Catalogue string `yaml:"catalogue"`
	// Systems limits the systems that are probed; empty for all of the catalogue.
	Systems []portolan.SystemID `yaml:"systems"`
	// Endpoints says where systems are reached from here, in place of their definitions' endpoints: "apis" is
	// the system's endpoint, "apis.tcp" its further one of that name.
	Endpoints map[targets.EndpointID]string `yaml:"endpoints"`
	// Secrets is a folder that holds a file for each secret that definitions refer to, named like it and readable by
	// its owner alone; empty for none. Package internal/secret says where else secrets are looked for.
	Secrets string `yaml:"secrets"`
	// Interval replaces every definition's interval, as far as a workstation bears it; zero leaves them. For demonstrations.
	Interval time.Duration `yaml:"interval"`
	// Proxy is the URL of the proxy that transactions go through; names are resolved there. Empty for none.
	Proxy string `yaml:"proxy"`
}

// CollectorConfig says where results go.
type CollectorConfig struct {
	// URL is the collector's, "https://collector.example:8443"; empty keeps everything in the spool.
	URL string `yaml:"url"`
	// TokenFile holds the one-time token that `portolanctl enroll` printed; read until enrolled.
	TokenFile string `yaml:"token_file"`
	// CAFile holds the certificates that the collector's must descend from; empty for the system's own.
	CAFile string `yaml:"ca_file"`
	// Proxy is the URL of the proxy between here and the collector; empty for none.
	Proxy string `yaml:"proxy"`
	// Every is the time between sendings when nothing changes.
	Every time.Duration `yaml:"every"`
	// MaxBytesPerSecond bounds what is sent to the collector on a thin link; zero for no bound.
	MaxBytesPerSecond int `yaml:"max_bytes_per_second"`
}

// PeersConfig says which other agents of the port this one shares its states with, over the port's own network.
type PeersConfig struct {
	// Listen is where peers reach this agent: host:port.
	Listen string `yaml:"listen"`
	// CAFile is the authority that agents' certificates descend from, as portolanctl ca prints it.
	CAFile string      `yaml:"ca_file"`
	Agents []peer.Peer `yaml:"agents"`
}

// PageConfig says where the agent's own page is served.
type PageConfig struct {
	// Listen is a loopback address with a port, 0 for any free one.
	Listen string `yaml:"listen"`
}

// SpoolConfig bounds what waits on disk; beyond either bound the oldest results are dropped and counted.
type SpoolConfig struct {
	MaxBytes int64         `yaml:"max_bytes"`
	MaxAge   time.Duration `yaml:"max_age"`
}

// BrowserConfig says how browser transactions are run here.
type BrowserConfig struct {
	// Program is portolan-browser; empty for the one beside the agent or on the search path.
	Program string `yaml:"program"`
	// Path is the Chromium or Edge that it drives; empty for one that is installed.
	Path string `yaml:"path"`
	// MaxBytes is how much memory both may use together.
	MaxBytes int64 `yaml:"max_bytes"`
	// Screenshots is how many pictures of pages that a transaction failed on are kept below Data, where definitions
	// allow them; zero keeps none. They never leave the workstation.
	Screenshots int `yaml:"screenshots"`
	// ScreenshotAge is how long a picture is kept at most.
	ScreenshotAge time.Duration `yaml:"screenshot_age"`
}

// DefaultConfig returns what holds where a file says nothing.
func DefaultConfig() Config {
	return Config{
		Collector: CollectorConfig{Every: 15 * time.Second},
		Page:      PageConfig{Listen: "127.0.0.1:8099"},
		Spool:     SpoolConfig{MaxBytes: 256 << 20, MaxAge: 30 * 24 * time.Hour},
		Browser:   BrowserConfig{MaxBytes: browser.DefaultMaxMemory, Screenshots: 20, ScreenshotAge: 7 * 24 * time.Hour},
	}
}

// port returns the port as the agent knows it.
func (c Config) port() portolan.Port {
	return portolan.Port{
		Code: c.Port, Kind: cmp.Or(c.Kind, c.Port.Kind()), Name: c.Name, Zone: c.Zone, Placeholder: c.Port.Placeholder(),
	}
}

// LoadConfig reads the configuration at path and returns every fault in it at once.
func LoadConfig(path string) (Config, error) {
	c := DefaultConfig()
	doc, err := strictyaml.DecodeFile(path, &c)
	if doc == nil {
		return c, err
	}
	c.validate(doc)
	if faults := doc.Faults(); len(faults) > 0 {
		return c, faults
	}
	return c, nil
}

func (c Config) validate(doc *strictyaml.Document) {
	if _, err := portolan.ParsePortCode(string(c.Port)); err != nil {
		doc.Report("port", err.Error(), "")
	}
	if _, err := portolan.ParseAgentID(string(c.Agent)); err != nil {
		doc.Report("agent", err.Error(), "")
	} else if c.Agent.Port() != c.Port && !doc.Faulty("port") {
		doc.Report("agent", fmt.Sprintf("agent %q is not of port %q", c.Agent, c.Port), fmt.Sprintf("a name like %s-1", c.Port))
	}
	if _, err := portolan.ParseWorkstationClass(string(c.Class)); c.Class != "" && err != nil {
		doc.Report("class", err.Error(), "")
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		doc.Report("zone", err.Error(), "an IANA zone like America/New_York")
	}
	for i, id := range c.Systems {
		if _, err := portolan.ParseSystemID(string(id)); err != nil {
			doc.Report(fmt.Sprintf("systems[%d]", i), err.Error(), "")
		}
	}
	for id, endpoint := range c.Endpoints {
		if err := targets.CheckEndpoint(endpoint); err != nil {
			doc.Report("endpoints."+string(id), err.Error(), "")
		}
	}
	checkURL(doc, "proxy", c.Proxy, "http", "https", "socks5")
	if c.Interval != 0 && c.Interval < time.Second {
		doc.Report("interval", fmt.Sprintf("interval %s", c.Interval), "1s or more")
	}
	c.Collector.validate(doc)
	c.Spool.validate(doc)
	c.Browser.validate(doc)
	c.Peers.validate(doc, c)
	if err := checkLoopback(c.Page.Listen); err != nil {
		doc.Report("page.listen", err.Error(), "a loopback address with a port, like 127.0.0.1:8099")
	}
}

// leastBytesPerSecond lets the results of 15 transactions a minute through, with room to catch up.
const leastBytesPerSecond = 200

func (c CollectorConfig) validate(doc *strictyaml.Document) {
	checkURL(doc, "collector.url", c.URL, "http", "https")
	checkURL(doc, "collector.proxy", c.Proxy, "http", "https", "socks5")
	if c.MaxBytesPerSecond != 0 && c.MaxBytesPerSecond < leastBytesPerSecond {
		doc.Report("collector.max_bytes_per_second", fmt.Sprint(c.MaxBytesPerSecond), fmt.Sprintf("0 for no bound, or %d or more", leastBytesPerSecond))
	}
	if c.Every < time.Second || c.Every > 5*time.Minute {
		doc.Report("collector.every", fmt.Sprintf("time between sendings %s", c.Every), "1s to 5m")
	}
}

func (c PeersConfig) validate(doc *strictyaml.Document, of Config) {
	if len(c.Agents) == 0 {
		return
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		doc.Report("peers.listen", fmt.Sprintf("%q is no address", c.Listen), "host:port where peers reach this agent, like 0.0.0.0:8098")
	}
	if c.CAFile == "" {
		doc.Report("peers.ca_file", "empty", "the authority that agents' certificates descend from, as portolanctl ca prints it")
	}
	for i, p := range c.Agents {
		at := fmt.Sprintf("peers.agents[%d]", i)
		if _, err := portolan.ParseAgentID(string(p.Agent)); err != nil || p.Agent.Port() != of.Port || p.Agent == of.Agent {
			doc.Report(at+".agent", fmt.Sprintf("%q is no other agent of this port", p.Agent), fmt.Sprintf("a name like %s-2", of.Port))
		}
		if _, _, err := net.SplitHostPort(p.Address); err != nil {
			doc.Report(at+".address", fmt.Sprintf("%q is no address", p.Address), "host:port where that agent listens for its peers")
		}
	}
}

func (c SpoolConfig) validate(doc *strictyaml.Document) {
	const least = 1 << 20
	if c.MaxBytes < least {
		doc.Report("spool.max_bytes", fmt.Sprintf("bound of %d bytes", c.MaxBytes), fmt.Sprintf("%d or more", least))
	}
	if c.MaxAge < time.Hour {
		doc.Report("spool.max_age", fmt.Sprintf("bound of %s", c.MaxAge), "1h or more")
	}
}

func (c BrowserConfig) validate(doc *strictyaml.Document) {
	const least, most = 256 << 20, 1000
	if c.MaxBytes < least {
		doc.Report("browser.max_bytes", fmt.Sprintf("bound of %d bytes", c.MaxBytes), fmt.Sprintf("%d or more", least))
	}
	if c.Screenshots < 0 || c.Screenshots > most {
		doc.Report("browser.screenshots", fmt.Sprintf("%d screenshots", c.Screenshots), fmt.Sprintf("0 to %d", most))
	}
	if c.ScreenshotAge < time.Hour {
		doc.Report("browser.screenshot_age", fmt.Sprintf("bound of %s", c.ScreenshotAge), "1h or more")
	}
}

// checkURL reports a URL, unless empty, that is not absolute or of another scheme.
func checkURL(doc *strictyaml.Document, path, text string, schemes ...string) {
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		doc.Report(path, fmt.Sprintf("%q is not an absolute URL", text), fmt.Sprintf("a URL of scheme %q", schemes))
		return
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme {
			return
		}
	}
	doc.Report(path, fmt.Sprintf("scheme %q", u.Scheme), fmt.Sprintf("one of %q", schemes))
}

// checkLoopback refuses an address that others could reach: the page shows what the port sees, without asking who looks.
func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("address %q is not on loopback", address)
	}
	return nil
}

package collector

import (
	"fmt"
	"net"
	"net/http"
	"regexp"
)

// TLSConfig has the collector serve TLS with a certificate of its own authority.
type TLSConfig struct {
	// Hosts are the names and addresses by which agents and people reach the collector; empty turns TLS off.
	Hosts []string `yaml:"hosts"`
}

// maxHosts bounds the certificate, which travels with each connection.
const maxHosts = 50

// hostForm is a DNS name whose last label is no number, as that of a mistyped address is.
var hostForm = regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)*[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)

func (c Config) checkTLS(report func(path, problem, allowed string)) {
	hosts := c.TLS.Hosts
	if len(hosts) > 0 && c.WebConfig != "" {
		report("tls", "given beside web_config", "want one of the two: tls serves the collector's own certificate, web_config another")
		report("web_config", "given beside tls", "want one of the two")
	}
	if len(hosts) > maxHosts {
		report("tls.hosts", fmt.Sprintf("%d hosts", len(hosts)), fmt.Sprintf("want at most %d", maxHosts))
	}
	for i, host := range hosts {
		if net.ParseIP(host) == nil && (len(host) > 253 || !hostForm.MatchString(host)) {
			report(fmt.Sprintf("tls.hosts[%d]", i), fmt.Sprintf("%q is no host", host),
				"want a name or an address without a port, like collector.example or 10.1.2.3")
		}
	}
}

// serveOn serves as the configuration says: with the authority's own certificate, or as the web configuration file has
// it, or in the clear.
func (c *collector) serveOn(l net.Listener, server *http.Server) error {
	config := c.around.Load().config
	if len(config.TLS.Hosts) == 0 {
		return serveWeb(l, server, config.WebConfig)
	}
	server.TLSConfig = c.registry.Authority().ServerTLS(config.TLS.Hosts)
	return server.ServeTLS(l, "", "")
}

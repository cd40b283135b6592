package tn3270

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/url"
	"strings"

	"portolan"
	"portolan/internal/datastream"
	"portolan/probe"
)

// connection is how a terminal reaches its host.
type connection struct {
	address probe.Template
	model   datastream.Model
	secure  probe.TLS
}

// dial opens the connection and, for telnets://, TLS.
func (c *connection) dial(ctx context.Context, run *probe.Run, watch *probe.Stopwatch) (net.Conn, error) {
	text, err := run.Fill(c.address, nil)
	if err != nil {
		return nil, err
	}
	address, secure, err := parseAddress(text)
	if err != nil {
		return nil, err
	}
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart:     func(httptrace.DNSStartInfo) { watch.Enter(portolan.PhaseDNS) },
		ConnectStart: func(string, string) { watch.Enter(portolan.PhaseConnect) },
	})
	conn, err := run.Dial(traced, "tcp", address)
	if err != nil || !secure {
		return conn, err
	}
	watch.Enter(portolan.PhaseTLS)
	secured := tls.Client(conn, c.tls(run.TLS(), address))
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

func (c *connection) tls(config *tls.Config, address string) *tls.Config {
	config.ServerName, _, _ = net.SplitHostPort(address)
	return c.secure.Apply(config)
}

const wantAddress = "host:port, telnet://host or, with TLS, telnets://host"

// parseAddress returns the host and port of an address, and whether TLS is spoken there.
func parseAddress(text string) (address string, secure bool, err error) {
	if !strings.Contains(text, "://") {
		if _, _, err := net.SplitHostPort(text); err != nil {
			return "", false, fmt.Errorf("address %q: want %s", text, wantAddress)
		}
		return text, false, nil
	}
	u, err := url.Parse(text)
	ports := map[string]string{"telnet": "23", "telnets": "992"}
	if err != nil || ports[u.Scheme] == "" || u.Hostname() == "" || u.Path != "" || u.User != nil {
		return "", false, fmt.Errorf("address %q: want %s", text, wantAddress)
	}
	port := u.Port()
	if port == "" {
		port = ports[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port), u.Scheme == "telnets", nil
}

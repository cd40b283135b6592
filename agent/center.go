package agent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/agent/uplink"
	"portolan/evidence"
	"portolan/probe"
)

// center is the agent's way to the collector.
type center struct {
	config   CollectorConfig
	identity *identity
}

// signEvery is how far apart signed batches may lie over TLS, where the client certificate names the agent
// as well (design 4).
const signEvery = time.Minute

// connect makes the uplink, if the configuration names a collector.
func (a *agent) connect() error {
	if a.config.Collector.URL == "" {
		a.log.Warn("no collector configured: results stay in the spool")
		return nil
	}
	c := a.center()
	client, err := c.client()
	if err != nil {
		return err
	}
	a.renewal = a.newRenewal(c, client)
	undelivered := a.trouble("batch not delivered, will be sent again")
	o := uplink.Options{
		URL: a.renewal.url, Client: client, Agent: a.config.Agent, Signer: a.identity.key,
		Spool: a.spool, Every: a.config.Collector.Every,
		Rand: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
		Failed: func(err error) {
			undelivered(err)
			a.renewal.doubt(err)
		},
		Confirmed: func(tag string) { a.director.confirm(tag, time.Now()) },
		Refused: func(s uplink.Stub) {
			a.log.Error("batch refused", zap.Uint64("number", s.Number), zap.String("code", s.Code), zap.String("reason", s.Reason))
		},
	}
	if c.secure() {
		o.SignEvery = signEvery
	}
	a.uplink = uplink.New(o)
	return nil
}

func (a *agent) newRenewal(c center, client *http.Client) *renewal {
	return &renewal{
		enrollment: enrollment{
			agent: a.config.Agent, identity: a.identity, dir: a.config.Data, tokenFile: a.config.Collector.TokenFile,
			url: strings.TrimSuffix(a.config.Collector.URL, "/"), client: client,
		},
		secure: c.secure(), doubts: make(chan struct{}, 1), log: a.log,
		ahead:  func() time.Duration { return a.uplink.Status().Clock.Offset },
		failed: a.trouble("certificate not renewed, will be tried again"),
	}
}

// trouble returns what is told of failed attempts: it logs the first of each kind of trouble in a quarter of an
// hour, since a port that is cut off for a day shall not fill its disk with the news.
func (a *agent) trouble(what string) func(error) {
	const quiet = 15 * time.Minute
	var said portolan.ErrorKind
	var at time.Time
	return func(err error) {
		now, kind := time.Now(), probe.Classify(err)
		if kind != said || now.Sub(at) > quiet {
			a.log.Warn(what, zap.Stringer("kind", kind), zap.Error(err))
			said, at = kind, now
		}
	}
}

func (a *agent) center() center { return center{config: a.config.Collector, identity: a.identity} }

// link enrolls if need be, then delivers and keeps the certificate fresh until ctx is done.
func (a *agent) link(ctx context.Context) {
	if err := a.renewal.untilEnrolled(ctx, a.log); err != nil {
		return
	}
	var renewing sync.WaitGroup
	renewing.Go(func() { a.renewal.run(ctx) })
	renewing.Go(func() { a.follow(ctx) })
	_ = a.uplink.Run(ctx) // it ends only with ctx
	renewing.Wait()
}

// farewell records that the agent stops, and gives the collector a moment to take it.
func (a *agent) farewell() {
	a.recorder.append(evidence.Record{Farewell: &portolan.Farewell{At: portolan.InstantOf(time.Now())}})
	if a.uplink == nil || a.identity.certificate() == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewellWait)
	defer cancel()
	if err := a.uplink.Farewell(ctx); err != nil {
		a.log.Info("farewell stays in the spool", zap.Error(err))
	}
}

// status returns how the uplink is doing; the zero status without one.
func (a *agent) status() uplink.Status {
	if a.uplink == nil {
		return uplink.Status{Clock: evidence.Clock{Age: -1}}
	}
	return a.uplink.Status()
}

// client returns an HTTP client for the collector. Its TLS side shows the agent's certificate as soon as there
// is one, and trusts the configured authority alone.
func (c center) client() (*http.Client, error) {
	roots, err := c.roots()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, GetClientCertificate: c.clientCertificate},
		TLSHandshakeTimeout: 30 * time.Second,
		IdleConnTimeout:     2 * time.Minute,
		MaxIdleConns:        2,
		ForceAttemptHTTP2:   false, // one batch is in flight at a time; HTTP/1.1 costs a thin link less
	}
	if c.config.MaxBytesPerSecond > 0 {
		transport.DialContext = throttle((&net.Dialer{Timeout: 30 * time.Second}).DialContext, c.config.MaxBytesPerSecond)
	}
	if c.config.Proxy != "" {
		proxy, err := url.Parse(c.config.Proxy)
		if err != nil {
			return nil, fmt.Errorf("read proxy of the collector: %w", err)
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	return &http.Client{Transport: transport, Timeout: time.Minute}, nil
}

// roots returns whom to trust; nil for the system's own authorities.
func (c center) roots() (*x509.CertPool, error) {
	if c.config.CAFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.config.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the collector's authority: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("read the collector's authority: no certificate in %q", c.config.CAFile)
	}
	return roots, nil
}

func (c center) clientCertificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	certificate := c.identity.certificate()
	if certificate == nil {
		return &tls.Certificate{}, nil
	}
	return &tls.Certificate{Certificate: [][]byte{certificate.Raw}, PrivateKey: c.identity.key}, nil
}

// secure reports whether the way to the collector is TLS, so that the client certificate names the agent.
func (c center) secure() bool { return strings.HasPrefix(c.config.URL, "https:") }

package agent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
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
	dir      string
	identity *identity
	log      *zap.Logger
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
	o := uplink.Options{
		URL: strings.TrimSuffix(a.config.Collector.URL, "/"), Client: client, Agent: a.config.Agent, Signer: a.identity.key,
		Spool: a.spool, Every: a.config.Collector.Every,
		Rand:   rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
		Failed: a.linkTrouble(),
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

// linkTrouble returns what is told of failed attempts: it logs the first of each kind of trouble in a quarter of an
// hour, since a port that is cut off for a day shall not fill its disk with the news.
func (a *agent) linkTrouble() func(error) {
	const quiet = 15 * time.Minute
	var said portolan.ErrorKind
	var at time.Time
	return func(err error) {
		now, kind := time.Now(), probe.Classify(err)
		if kind != said || now.Sub(at) > quiet {
			a.log.Warn("batch not delivered, will be sent again", zap.Stringer("kind", kind), zap.Error(err))
			said, at = kind, now
		}
	}
}

func (a *agent) center() center {
	return center{config: a.config.Collector, dir: a.config.Data, identity: a.identity, log: a.log}
}

// link enrolls if need be, then delivers until ctx is done.
func (a *agent) link(ctx context.Context) {
	c := a.center()
	client, err := c.client()
	if err != nil {
		a.log.Error("cannot enroll", zap.Error(err))
		return
	}
	e := enrollment{client: client, url: strings.TrimSuffix(c.config.URL, "/"), dir: c.dir, tokenFile: c.config.TokenFile}
	if err := c.untilEnrolled(ctx, e, a.config.Agent); err != nil {
		return
	}
	_ = a.uplink.Run(ctx) // it ends only with ctx
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

// client returns an HTTP client for the collector. Its TLS side shows the agent's certificate as soon as
// there is one, and trusts the configured authority, or the one that came with the enrolment.
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
	if c.config.Proxy != "" {
		proxy, err := url.Parse(c.config.Proxy)
		if err != nil {
			return nil, fmt.Errorf("read proxy of the collector: %w", err)
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	return &http.Client{Transport: transport, Timeout: time.Minute}, nil
}

func (c center) roots() (*x509.CertPool, error) {
	path := c.config.CAFile
	if path == "" {
		path = filepath.Join(c.dir, authorityFile)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && c.config.CAFile == "" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the collector's authority: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("read the collector's authority: no certificate in %q", path)
	}
	return roots, nil
}

func (c center) clientCertificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if c.identity.certificate() == nil {
		return &tls.Certificate{}, nil
	}
	return &tls.Certificate{Certificate: [][]byte{c.identity.certificate()}, PrivateKey: c.identity.key}, nil
}

// secure reports whether the way to the collector is TLS, so that the client certificate names the agent.
func (c center) secure() bool { return strings.HasPrefix(c.config.URL, "https:") }

const (
	firstEnrolWait   = time.Second
	longestEnrolWait = time.Minute
)

// untilEnrolled tries to enroll, with longer and longer pauses, until it succeeds or ctx is done. Probing
// and spooling go on meanwhile.
func (c center) untilEnrolled(ctx context.Context, e enrollment, agent portolan.AgentID) error {
	for wait := firstEnrolWait; c.identity.certificate() == nil; wait = min(2*wait, longestEnrolWait) {
		err := e.enroll(ctx, agent, c.identity)
		if err == nil {
			c.log.Info("enrolled")
			return nil
		}
		pause := wait/2 + rand.N(wait)
		c.log.Warn("not enrolled yet", zap.Error(err), zap.Duration("next_try", pause))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return nil
}

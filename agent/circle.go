package agent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/agent/peer"
)

// errNotEnrolled says that the agent has no certificate to show yet.
var errNotEnrolled = errors.New("agent is not enrolled yet")

// join makes the circle of the port's agents, if the configuration lists peers.
func (a *agent) join() error {
	c := a.config.Peers
	if len(c.Agents) == 0 {
		return nil
	}
	text, err := os.ReadFile(c.CAFile)
	if err != nil {
		return fmt.Errorf("read the authority of peers: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return fmt.Errorf("read the authority of peers: no certificate in %q", c.CAFile)
	}
	a.circle = peer.New(peer.Options{
		Peers: c.Agents, Roots: roots, Certificate: a.ownCertificate,
		States: func() peer.States { return a.states(portolan.InstantOf(time.Now())) },
	})
	return nil
}

func (a *agent) ownCertificate() (*tls.Certificate, error) {
	certificate := a.identity.certificate()
	if certificate == nil {
		return nil, errNotEnrolled
	}
	return &tls.Certificate{Certificate: [][]byte{certificate.Raw}, PrivateKey: a.identity.key}, nil
}

// meet serves peers and asks them until ctx is done.
func (a *agent) meet(ctx context.Context) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", a.config.Peers.Listen)
	if err != nil {
		a.log.Error("peers cannot be served", zap.Error(err))
		a.circle.Run(ctx)
		return
	}
	server := &http.Server{
		Handler: a.circle.Handler(), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 8 << 10, ErrorLog: zap.NewStdLog(a.log.Named("peers")),
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := server.Serve(tls.NewListener(listener, a.circle.ServerTLS())); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("peers are no longer served", zap.Error(err))
		}
	}()
	a.circle.Run(ctx)
	if err := server.Close(); err != nil {
		a.log.Warn("peers' connections did not close", zap.Error(err))
	}
	<-served
}

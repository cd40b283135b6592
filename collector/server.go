package collector

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/exporter-toolkit/web"
	"go.uber.org/zap"

	"portolan"
	"portolan/dashboard"
	"portolan/internal/buildinfo"
)

// routes returns everything that the collector serves.
func (c *collector) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/ingest/", c.ingest.Routes())
	mux.Handle("/enroll/", c.ingest.Routes())
	mux.HandleFunc("GET /config/v1/agent", c.serveAgentConfig)
	mux.Handle("/api/", c.api())
	mux.Handle("GET /metrics", promhttp.HandlerFor(c.metrics.registry, promhttp.HandlerOpts{Registry: c.metrics.registry}))
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "healthy") })
	mux.HandleFunc("GET /-/ready", c.serveReady)
	mux.HandleFunc("POST /-/reload", c.serveReload)
	mux.HandleFunc("GET /reports/{name}", c.serveReportPage)
	mux.Handle("/", dashboard.Central(&pages{c: c}, dashboard.Options{
		Version: buildinfo.Version(),
		Report:  func(err error) { c.log.Error("page could not be drawn", zap.Error(err)) },
	}))
	return mux
}

// serveReady says whether everything that the ledger held at the start is folded.
func (c *collector) serveReady(w http.ResponseWriter, _ *http.Request) {
	if !c.caughtUp.Load() {
		http.Error(w, "not ready: the projection has not caught up with the ledger", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// serveReload reads configuration, ports and catalogue again. Faults change nothing and are told.
func (c *collector) serveReload(w http.ResponseWriter, r *http.Request) {
	err := c.reload(r.Context(), c.now())
	c.metrics.reloaded(err)
	if err != nil {
		c.log.Error("reload failed, nothing was changed", zap.Error(err))
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	c.log.Info("reloaded")
	fmt.Fprintln(w, "reloaded")
}

// reload builds and validates the new surroundings fully, then swaps. Where and how to listen, and where to store,
// cannot change while the collector runs.
func (c *collector) reload(ctx context.Context, now portolan.Instant) error {
	c.reloading.Lock()
	defer c.reloading.Unlock()
	config := c.around.Load().config
	if c.options.Path != "" {
		read, err := LoadConfig(c.options.Path)
		if err != nil {
			return err
		}
		read.Listen, read.Data, read.Store, read.WebConfig, read.TLS = config.Listen, config.Data, config.Store, config.WebConfig, config.TLS
		config = read
	}
	next, err := readSurroundings(config, c.options.Ways)
	if err != nil {
		return err
	}
	if err := c.noteSurroundings(ctx, next, now); err != nil {
		return err
	}
	c.around.Store(next)
	return nil
}

// serveWeb serves with TLS and authentication as the web configuration file says.
func serveWeb(l net.Listener, server *http.Server, webConfig string) error {
	systemd := false
	flags := &web.FlagConfig{WebListenAddresses: &[]string{l.Addr().String()}, WebSystemdSocket: &systemd, WebConfigFile: &webConfig}
	// The toolkit logs the address only, which Run does.
	return web.Serve(l, server, flags, slog.New(slog.DiscardHandler))
}

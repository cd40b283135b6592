package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/agent/spool"
	"portolan/dashboard"
	"portolan/internal/buildinfo"
)

// pageFile names the file in the data folder that holds the page's address, for scripts and shortcuts: the
// port may have been any free one.
const pageFile = "page.url"

// page is the agent's own page while it is served.
type page struct {
	url    string
	server *http.Server
	file   string
}

// servePage serves the port page and the metrics on loopback.
func (a *agent) servePage() (*page, error) {
	listener, err := net.Listen("tcp", a.config.Page.Listen)
	if err != nil {
		return nil, fmt.Errorf("serve page: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.recorder.metrics.handler())
	mux.Handle("/", dashboard.PortPage(a, dashboard.Options{
		Version: buildinfo.Version(),
		Report:  func(err error) { a.log.Error("draw page", zap.Error(err)) },
	}))
	p := &page{
		url:    "http://" + listener.Addr().String() + "/",
		file:   filepath.Join(a.config.Data, pageFile),
		server: &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: time.Minute, MaxHeaderBytes: 16 << 10},
	}
	go func() {
		if err := p.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("page is no longer served", zap.Error(err))
		}
	}()
	if err := writeFile(p.file, []byte(p.url+"\n")); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *page) close() error {
	if err := os.Remove(p.file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return errors.Join(fmt.Errorf("remove the page's address: %w", err), p.server.Close())
	}
	return p.server.Close()
}

// Workstation implements dashboard.PortSource from what this process and its disk know.
func (a *agent) Workstation(context.Context) (*dashboard.Workstation, error) {
	now := portolan.InstantOf(time.Now())
	spooled, trouble := a.spooled()
	w := &dashboard.Workstation{
		Now: now, Agent: a.config.Agent, Started: a.started,
		Port:   a.config.port(),
		Center: a.centerView(),
		Spool:  dashboard.Spool{Pending: spooled.Records, Bytes: spooled.Bytes, Oldest: spooled.Oldest, Lost: spooled.Dropped, Err: trouble},
		Series: a.recorder.memory.look(now), Orders: a.director.followed(time.Now()),
	}
	voices := a.voices(w.Series)
	w.Advice, w.Seen = a.advise(voices, now), speakers(voices)
	return w, nil
}

// spooled returns what waits on disk, with all that was lost, and why the disk cannot be used, if so.
func (a *agent) spooled() (spool.Backlog, string) {
	spooled, err := a.spool.Pending()
	trouble, unkept := a.recorder.trouble()
	spooled.Dropped += unkept
	if err != nil {
		return spooled, err.Error()
	}
	return spooled, trouble
}

func (a *agent) centerView() dashboard.Center {
	s := a.status()
	return dashboard.Center{
		URL: a.config.Collector.URL, LastReached: s.LastAck, LastError: s.LastError,
		Offset: s.Clock.Offset, Uncertainty: s.Clock.Uncertainty, ClockAge: s.Clock.Age,
	}
}

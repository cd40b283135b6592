// Package dashboard draws Portolan's pages: the central ones, ports x systems, and the agent's own port
// page, in one look. It declares what it needs as Source and PortSource, which the collector and the
// agent supply, and prints what these say; it computes no figure, reads no clock and keeps no state.
//
// Start reading at Central and PortPage. Each page has a file that turns what the source said into what
// its template prints (overview.go, port.go, system.go, incidents.go, record.go,
// workstation.go); one stylesheet, one script and
// one font, embedded, are all that a browser asks for.
package dashboard

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"time"

	"portolan"
)

// Options are what both kinds of page take. The zero value is valid.
type Options struct {
	// Refresh is how often an open page asks for its new state; zero for 5 s.
	Refresh time.Duration
	// Version is printed at the foot of each page; empty for none.
	Version string
	// Report takes the error of a page that could not be drawn; the reader sees no inner text. Nil drops it.
	Report func(error)
}

const defaultRefresh = 5 * time.Second

// Central returns the central pages: all ports x systems at "/", a port at "/ports/{code}", a system at
// "/systems/{id}", incidents at "/incidents", monthly reports at "/reports", what was not taken in at "/record", and what they need under "/static/".
// A port's page has forms, by which people tell the center something.
func Central(src Source, o Options) http.Handler {
	s := newSite(o, centralSite)
	mux := s.mux()
	mux.Handle("GET /{$}", s.page("overview.html", func(r *http.Request) (*frame, error) {
		v, err := src.Overview(r.Context())
		if err != nil {
			return nil, fmt.Errorf("read overview: %w", err)
		}
		return overviewFrame(v, filterOf(r)), nil
	}))
	mux.Handle("GET /ports/{code}", s.page("port.html", func(r *http.Request) (*frame, error) {
		code, err := portolan.ParsePortCode(r.PathValue("code"))
		if err != nil {
			return nil, ErrNotFound
		}
		v, err := src.Port(r.Context(), code)
		if err != nil {
			return nil, fmt.Errorf("read port %q: %w", code, err)
		}
		return portFrame(v), nil
	}))
	mux.Handle("GET /systems/{id}", s.page("system.html", func(r *http.Request) (*frame, error) {
		id, err := portolan.ParseSystemID(r.PathValue("id"))
		if err != nil {
			return nil, ErrNotFound
		}
		v, err := src.System(r.Context(), id)
		if err != nil {
			return nil, fmt.Errorf("read system %q: %w", id, err)
		}
		return systemFrame(v, filterOf(r)), nil
	}))
	mux.Handle("GET /record", s.page("record.html", func(r *http.Request) (*frame, error) {
		v, err := src.Record(r.Context())
		if err != nil {
			return nil, fmt.Errorf("read record: %w", err)
		}
		return recordFrame(v), nil
	}))
	mux.Handle("GET /reports", s.page("reports.html", func(r *http.Request) (*frame, error) {
		v, err := src.Reports(r.Context())
		if err != nil {
			return nil, fmt.Errorf("read reports: %w", err)
		}
		return reportsFrame(v), nil
	}))
	mux.Handle("GET /incidents", s.page("incidents.html", func(r *http.Request) (*frame, error) {
		v, err := src.Incidents(r.Context())
		if err != nil {
			return nil, fmt.Errorf("read incidents: %w", err)
		}
		return incidentsFrame(v), nil
	}))
	return secured(s.acts(mux, src))
}

// PortPage returns the agent's own page at "/", and what it needs under "/static/".
func PortPage(src PortSource, o Options) http.Handler {
	s := newSite(o, portSite)
	mux := s.mux()
	mux.Handle("GET /{$}", s.page("workstation.html", func(r *http.Request) (*frame, error) {
		v, err := src.Workstation(r.Context())
		if err != nil {
			return nil, fmt.Errorf("read workstation: %w", err)
		}
		return workstationFrame(v), nil
	}))
	return secured(mux)
}

// frame is what the layout prints around a page's own part.
type frame struct {
	Title   string
	AsOf    moment
	Cut     string
	Summary summary
	Cells   int // how much the page shows: a large one is asked for less often
	Page    any

	// What follows is set by the site.
	Site    siteKind
	Static  string
	Version string
	Refresh int    // seconds; 0 for a page that stays still, as one that is not there does
	Still   string // address of the same page without refresh
	Here    string // its path
}

// summary is the sentence at the head of a page, and the only part that is announced when it changes.
type summary struct {
	State portolan.State
	Text  string
}

// page returns the handler of one page, drawn whole before its first byte is sent.
func (s *site) page(name string, draw func(*http.Request) (*frame, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, err := draw(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.write(w, r, http.StatusOK, name, f)
	})
}

func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, ErrNotFound) {
		s.write(w, r, http.StatusNotFound, "error.html", &frame{
			Title: "Not found",
			Page:  problem{"There is no such page", "Nothing is monitored under this address. Ports and systems are listed on the first page."},
		})
		return
	}
	s.report(err)
	s.write(w, r, http.StatusServiceUnavailable, "error.html", &frame{
		Title: "Not available",
		Page:  problem{"This page cannot be drawn now", "What it shows could not be read. The reason is in the log; the page tries again by itself."},
	})
}

// problem is what the error page says.
type problem struct{ Title, Text string }

func (s *site) write(w http.ResponseWriter, r *http.Request, code int, name string, f *frame) {
	s.complete(f, r, code != http.StatusNotFound)
	var b bytes.Buffer
	if err := s.templates[name].ExecuteTemplate(&b, "layout.html", f); err != nil {
		s.report(fmt.Errorf("draw %s: %w", name, err))
		http.Error(w, "page cannot be drawn", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	s.send(w, r, code, b.Bytes())
}

// largePage is how many cells cost so much to draw (about 0.1 s) that each further lot adds a renewal period.
const largePage = 2500

// complete fills in what the layout needs besides the page.
func (s *site) complete(f *frame, r *http.Request, renew bool) {
	f.Site, f.Static, f.Version, f.Here = s.kind, s.static, s.options.Version, r.URL.Path
	query := r.URL.Query()
	if renew && !query.Has("still") {
		f.Refresh = max(1, int(s.options.Refresh/time.Second)) * (1 + f.Cells/largePage)
		query.Set("still", "1")
		f.Still = "?" + query.Encode()
	}
}

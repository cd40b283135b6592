package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// siteKind tells the central pages from the agent's.
type siteKind uint8

const (
	_ siteKind = iota
	centralSite
	portSite
)

// Central reports whether the layout is that of the central pages.
func (k siteKind) Central() bool { return k == centralSite }

// site holds what all pages of one handler share; it does not change after newSite.
type site struct {
	kind      siteKind
	options   Options
	static    string // path prefix of the static files, named for their content so that they never go stale
	templates map[string]*template.Template
}

// newSite panics if an embedded template does not parse, which a test of this package would have shown.
func newSite(o Options, kind siteKind) *site {
	if o.Refresh <= 0 {
		o.Refresh = defaultRefresh
	}
	s := &site{kind: kind, options: o, static: "/static/" + contentName() + "/", templates: map[string]*template.Template{}}
	for _, name := range []string{"overview.html", "port.html", "system.html", "incidents.html", "reports.html", "record.html", "workstation.html", "error.html"} {
		s.templates[name] = template.Must(template.ParseFS(templateFiles,
			"templates/layout.html", "templates/parts.html", "templates/runs.html", "templates/"+name))
	}
	return s
}

// contentName returns a short name that changes whenever a static file does.
func contentName() string {
	sum := sha256.New()
	_ = fs.WalkDir(staticFiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := staticFiles.ReadFile(path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(b), b)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

// mux returns a mux that serves the static files and a page for what is not found.
func (s *site) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/{version}/{file}", func(w http.ResponseWriter, r *http.Request) {
		b, err := staticFiles.ReadFile("static/" + r.PathValue("file"))
		if err != nil {
			s.fail(w, r, ErrNotFound)
			return
		}
		w.Header().Set("Content-Type", contentType(r.PathValue("file")))
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		s.send(w, r, http.StatusOK, b)
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, ErrNotFound) })
	return mux
}

// contentType is fixed here because mime.TypeByExtension follows the workstation's registry.
func contentType(file string) string {
	switch {
	case strings.HasSuffix(file, ".css"):
		return "text/css; charset=utf-8"
	case strings.HasSuffix(file, ".js"):
		return "text/javascript; charset=utf-8"
	case strings.HasSuffix(file, ".svg"):
		return "image/svg+xml"
	case strings.HasSuffix(file, ".woff2"):
		return "font/woff2"
	default:
		return "text/plain; charset=utf-8"
	}
}

// send writes body, packed where the browser takes that: ports sit at the end of thin links.
func (s *site) send(w http.ResponseWriter, r *http.Request, code int, body []byte) {
	h := w.Header()
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && h.Get("Content-Type") != "font/woff2" {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, err := z.Write(body)
		if err == nil && z.Close() == nil {
			h.Set("Content-Encoding", "gzip")
			body = packed.Bytes()
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the browser went away: nobody is left to tell
	}
}

func (s *site) report(err error) {
	if s.options.Report != nil {
		s.options.Report(err)
	}
}

// secured keeps a page from loading, framing or sending anything beyond itself.
func secured(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

package screening

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"path"
	"time"

	"github.com/coder/websocket"

	"portolan"
	"portolan/sim/fault"
)

// Options is what a server needs besides its system.
type Options struct {
	Dice   *Dice
	Faults Faults
	// Scale multiplies every latency; zero: 1.
	Scale float64
	// Upstream is how long an answer of another system is waited for; zero: 30 s.
	Upstream time.Duration
	// Pass is a secret of the process by which its systems know each other.
	Pass string
	// Addresses returns the address (host:port) of another system.
	Addresses func(portolan.SystemID) (string, bool)
	// Connection returns for whom a connection from a remote address is made, Origin the same for an
	// agent's name; the zero origin if nobody known.
	Connection func(remote string) (fault.Origin, bool)
	Origin     func(portolan.AgentID) fault.Origin
}

const (
	defaultUpstream = 30 * time.Second
	headerTime      = 10 * time.Second
	idleTime        = 2 * time.Minute
	closeTime       = time.Second
)

// Server serves one system.
type Server struct {
	system   System
	options  Options
	troubles troubles
	client   *http.Client
	http     *http.Server
	serving  context.Context    // done when what is being served must end
	hangUp   context.CancelFunc // ends it
}

// NewServer returns a server for a system; Serve starts it.
func NewServer(system System, options Options) *Server {
	options.Scale = cmp.Or(options.Scale, 1)
	options.Upstream = cmp.Or(options.Upstream, defaultUpstream)
	s := &Server{
		system:   system,
		options:  options,
		troubles: troubles{options.Faults},
		client: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	s.serving, s.hangUp = context.WithCancel(context.Background())
	s.http = &http.Server{
		BaseContext:       func(net.Listener) context.Context { return s.serving },
		Handler:           s.Handler(),
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    64 << 10,
		// Connections that break are what the simulator is for.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	return s
}

// Handler returns the system's routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, route := range s.system.Routes {
		mux.HandleFunc(route.Pattern, func(w http.ResponseWriter, r *http.Request) {
			answer, err := s.answer(route, r)
			write(w, r, answer, err)
		})
	}
	return mux
}

// Serve serves the system on l until Close.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close ends the server, what it is serving and all its connections.
func (s *Server) Close() error {
	s.hangUp()
	defer s.client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close() // connections on which nothing was asked yet
	}
	return nil
}

// answer takes the time that the original would, and answers.
func (s *Server) answer(route Route, r *http.Request) (Answer, error) {
	call := &Call{Request: r, errand: errand{
		Now: time.Now(), ctx: r.Context(), server: s, step: route.Step, trace: r.Header.Get("Traceparent"),
	}}
	call.Origin, call.direct, call.wrong = s.originOf(r)
	call.readBody()
	var answer Answer
	trouble, err := call.perform(route.Median, func() (err error) {
		answer, err = route.Serve(call)
		return err
	})
	if err == nil && trouble.wrong {
		answer = route.Wrong(answer)
	}
	return answer, err
}

func (s *Server) draw(step portolan.StepID, origin fault.Origin, purpose string) *rand.Rand {
	return s.options.Dice.For(string(s.system.ID) + "/" + string(step) + "/" + string(origin.Agent) + "/" + purpose)
}

// write sends an answer or the refusal in its place.
func write(w http.ResponseWriter, r *http.Request, answer Answer, err error) {
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		answer = Answer{refusal.Status, map[string]any{"error": map[string]string{"code": refusal.Code, "message": refusal.Message}}}
		if wantsPage(r) {
			answer.Body = Page{Name: "refused.html", Base: path.Dir(r.URL.Path), Said: refusal.Message}
		}
	case errors.Is(err, context.Canceled):
		return // nobody waits for an answer any more
	case err != nil:
		answer = Answer{http.StatusInternalServerError, map[string]any{"error": map[string]string{"code": "internal", "message": "internal error"}}}
	}
	switch body := answer.Body.(type) {
	case nil:
		w.WriteHeader(answer.Status)
	case Text:
		w.Header().Set("Content-Type", body.Type)
		w.WriteHeader(answer.Status)
		_, _ = io.WriteString(w, body.Content)
	case Page:
		writePage(w, answer.Status, body)
	case Conversation:
		converse(w, r, body)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answer.Status)
		_ = json.NewEncoder(w).Encode(body)
	}
}

// converse holds a conversation over a WebSocket, which is refused to whoever did not ask for one.
func converse(w http.ResponseWriter, r *http.Request, hold Conversation) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	defer conn.CloseNow()
	ctx, cancel := context.WithTimeout(r.Context(), visitTime)
	defer cancel()
	hold(ctx, conn)
	_ = conn.Close(websocket.StatusNormalClosure, "")
}

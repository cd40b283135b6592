package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"portolan"
)

// Acts takes what people tell the center on a port's page.
type Acts interface {
	// Signal notes that a system is slow or down at a port; an ErrRefused says what is wrong with it.
	Signal(ctx context.Context, s Signal) error
	// Mitigate notes that a port began or ended a backup procedure; an ErrRefused says what is wrong with it.
	Mitigate(ctx context.Context, m Mitigation) error
}

// ErrRefused is wrapped by an error whose text is for the person who sent the form.
var ErrRefused = errors.New("refused")

// Signal is what an officer reported. It holds nothing about a person.
type Signal struct {
	Port   portolan.PortCode
	System portolan.SystemID
	State  portolan.State // slow or down
	At     portolan.Instant
	Note   string
}

// Mitigation is what a port recorded of its backup procedure.
type Mitigation struct {
	Port              portolan.PortCode
	Mode              string // a backup's system, or "primary"
	At                portolan.Instant
	By                string // who decided
	Reason            string
	WithoutBiometrics bool
}

// longestForm bounds a form that is sent.
const longestForm = 16 << 10

// acts adds the forms of a port's page to its handlers. Forms from other sites are refused, and a form that was taken in
// leads back to the page.
func (s *site) acts(mux *http.ServeMux, taker Acts) http.Handler {
	mux.Handle("POST /ports/{code}/signals", s.act(func(r *http.Request, code portolan.PortCode) error {
		var state portolan.State
		if err := state.UnmarshalText([]byte(r.PostFormValue("state"))); err != nil {
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
		return taker.Signal(r.Context(), Signal{
			Port: code, System: portolan.SystemID(r.PostFormValue("system")), State: state, Note: strings.TrimSpace(r.PostFormValue("note")),
		})
	}))
	mux.Handle("POST /ports/{code}/mitigation", s.act(func(r *http.Request, code portolan.PortCode) error {
		return taker.Mitigate(r.Context(), Mitigation{
			Port: code, Mode: r.PostFormValue("mode"), By: strings.TrimSpace(r.PostFormValue("by")),
			Reason: strings.TrimSpace(r.PostFormValue("reason")), WithoutBiometrics: r.PostFormValue("biometrics") == "stopped",
		})
	}))
	return http.NewCrossOriginProtection().Handler(mux)
}

func (s *site) act(do func(*http.Request, portolan.PortCode) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, longestForm)
		code, err := portolan.ParsePortCode(r.PathValue("code"))
		if err == nil {
			err = do(r, code)
		}
		switch {
		case err == nil:
			http.Redirect(w, r, "/ports/"+string(code)+"#officers", http.StatusSeeOther)
		case errors.Is(err, ErrRefused):
			s.write(w, r, http.StatusBadRequest, "error.html", &frame{Title: "Not taken in", Page: problem{"This was not taken in", err.Error()}})
		default:
			s.fail(w, r, err)
		}
	})
}

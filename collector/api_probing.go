package collector

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/collector/projection"
	"portolan/collector/registry"
	"portolan/evidence"
)

// backOffValid is how long agents follow a back-off without another word of a collector.
const backOffValid = 5 * time.Minute

type probingAnswer struct {
	Rows    []projection.Probing `json:"rows"`
	InForce inForceAnswer        `json:"in_force"`
}

type inForceAnswer struct {
	Stops    []stopAnswer    `json:"stops"`
	BackOffs []backOffAnswer `json:"back_offs"`
}

type stopAnswer struct {
	System  portolan.SystemID `json:"system"`
	Since   time.Time         `json:"since"`
	Until   *time.Time        `json:"until,omitempty"`
	Reason  string            `json:"reason"`
	Through bool              `json:"through,omitempty"`
}

type backOffAnswer struct {
	System portolan.SystemID `json:"system"`
	Since  time.Time         `json:"since"`
	Factor int               `json:"factor"`
}

func (c *collector) serveProbing(r *call) (any, error) {
	span, systems := r.params.span(r.now), r.params.systems()
	if err := r.params.err(); err != nil {
		return nil, err
	}
	facts := c.projection.Facts()
	out := probingAnswer{Rows: []projection.Probing{}, InForce: inForceOf(facts.Directives(r.now), systems)}
	for _, p := range facts.Probing {
		if overlaps(span, p.Made, p.Made) && wanted(systems, p.System) {
			out.Rows = append(out.Rows, p)
		}
	}
	return out, nil
}

func inForceOf(d portolan.Directives, systems []portolan.SystemID) inForceAnswer {
	in := inForceAnswer{Stops: []stopAnswer{}, BackOffs: []backOffAnswer{}}
	for _, s := range d.Stops {
		if !wanted(systems, s.System) {
			continue
		}
		stop := stopAnswer{System: s.System, Since: s.Since.Time(), Reason: s.Reason, Through: s.Through}
		if s.Until != 0 {
			until := s.Until.Time()
			stop.Until = &until
		}
		in.Stops = append(in.Stops, stop)
	}
	for _, b := range d.BackOffs {
		if wanted(systems, b.System) {
			in.BackOffs = append(in.BackOffs, backOffAnswer{System: b.System, Since: b.Since.Time(), Factor: b.Factor})
		}
	}
	return in
}

// probingOrder is what an operator posts.
type probingOrder struct {
	System portolan.SystemID `json:"system"`
	Order  portolan.Order    `json:"order"`
	Reason string            `json:"reason"`
	By     string            `json:"by"`
	Until  *time.Time        `json:"until"`
	// Through has a stop end the transactions of other systems that ask this one, too.
	Through bool `json:"through"`
}

// addProbing stops probing of a system everywhere, or has it go on. The journal keeps who asked for it, and why.
func (c *collector) addProbing(r *call) (any, error) {
	var o probingOrder
	if err := decodeBody(r, &o); err != nil {
		return nil, err
	}
	if err := c.checkProbing(r, &o); err != nil {
		return nil, err
	}
	p := projection.Probing{System: o.System, Order: o.Order, Reason: o.Reason, By: o.By, Until: o.Until, Through: o.Through}
	return c.order(r, p)
}

func (c *collector) checkProbing(r *call, o *probingOrder) error {
	f := &r.params.faults
	checkLetters(f, "reason", o.Reason, maxRemark)
	checkLetters(f, "by", o.By, maxText)
	switch probed := c.knowsSystem(o.System, r.now); {
	case !probed && !c.askedThrough(o.System, r.now):
		f.add("system", "%q is neither in the catalogue nor in an agent's plan", o.System)
	case !probed && o.Order == portolan.OrderStop && !o.Through:
		f.add("through", "%q has no transaction of its own and is asked through others alone: want true, which ends those", o.System)
	case o.Through && o.Order != portolan.OrderStop:
		f.add("through", "want it with a stop alone")
	}
	stopped := false
	for _, s := range c.projection.Facts().Directives(r.now).Stops {
		stopped = stopped || s.System == o.System
	}
	switch {
	case o.Order != portolan.OrderStop && o.Order != portolan.OrderResume:
		f.add("order", "want stop or resume")
	case o.Order == portolan.OrderResume && !stopped:
		f.add("system", "probing of %q is not stopped", o.System)
	case o.Until != nil && (o.Order != portolan.OrderStop || portolan.InstantOf(*o.Until) <= r.now):
		f.add("until", "want a time in the future, of a stop")
	}
	return f.err()
}

// knowsSystem reports whether a system is in the catalogue or probed by an agent, which may have a catalogue of its own.
func (c *collector) knowsSystem(id portolan.SystemID, now portolan.Instant) bool {
	around := c.around.Load()
	if around.catalogue.System(id) != nil {
		return true
	}
	for _, a := range c.projection.Agents(now, around.config.SendInterval) {
		if _, planned := a.System(id); planned {
			return true
		}
	}
	return false
}

// askedThrough reports whether agents ask a system through others.
func (c *collector) askedThrough(id portolan.SystemID, now portolan.Instant) bool {
	for _, a := range c.projection.Agents(now, c.around.Load().config.SendInterval) {
		if slices.ContainsFunc(a.Series, func(s projection.SeriesNow) bool { return s.Planned.Asks(id) }) {
			return true
		}
	}
	return false
}

// order notes an order in the journal, from where every collector learns of it, and this one at once.
func (c *collector) order(r *call, p projection.Probing) (any, error) {
	entry, err := c.noted(r.Context(), evidence.EntryProbing, string(p.System), r.now, p)
	if err != nil {
		return nil, err
	}
	c.awaitFact(r.Context(), entry.Number)
	p.ID, p.Made = entry.Number, entry.At.Time()
	c.log.Warn("order on probing", zap.String("system", string(p.System)), zap.Stringer("order", p.Order), zap.String("reason", p.Reason), zap.String("by", p.By))
	return p, nil
}

// awaitFact waits until this collector follows an entry of the journal, so that who gave an order sees it in force. Not
// for long: the entry is kept, whatever holds up the folding.
func (c *collector) awaitFact(ctx context.Context, number uint64) {
	ctx, cancel := context.WithTimeout(ctx, stopNoting)
	defer cancel()
	for c.projection.Facts().Number < number && wait(ctx, foldTogether/4) {
	}
}

// asked is what agents are asked, as of some facts and one second.
type asked struct {
	facts  *projection.Facts
	second int64
	config portolan.AgentConfig
}

// agentConfig returns what agents are asked now. Every acknowledgement names its tag, so it is made once a second.
func (c *collector) agentConfig(now portolan.Instant) portolan.AgentConfig {
	facts, second := c.projection.Facts(), now.Time().Unix()
	last := c.asked.Load()
	if last == nil || last.facts != facts || last.second != second {
		last = &asked{facts, second, configOf(facts, now)}
		c.asked.Store(last)
	}
	return last.config
}

func configOf(facts *projection.Facts, now portolan.Instant) portolan.AgentConfig {
	config := portolan.AgentConfig{ValidSeconds: backOffValid.Seconds(), Directives: facts.Directives(now)}
	text, _ := json.Marshal(config) // it has no value that cannot be encoded
	sum := sha256.Sum256(text)
	config.Tag = hex.EncodeToString(sum[:8])
	return config
}

// configTag is what an acknowledgement tells an agent.
func (c *collector) configTag() string { return c.agentConfig(c.now()).Tag }

// serveAgentConfig answers an agent that asks for its directives. Over TLS its certificate says who asks. Without one,
// as over plain HTTP or behind a proxy that ends TLS, whoever names an agent is answered: the answer is the same for
// all, and the API tells it too.
func (c *collector) serveAgentConfig(w http.ResponseWriter, r *http.Request) {
	now := c.now()
	if err := c.identify(r, now); err != nil {
		c.writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, c.agentConfig(now))
}

func (c *collector) identify(r *http.Request, now portolan.Instant) error {
	asked := portolan.AgentID(r.URL.Query().Get("agent"))
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		if _, err := portolan.ParseAgentID(string(asked)); err != nil {
			return &apiError{Status: http.StatusBadRequest, Code: "bad_request", Message: err.Error(), Field: "agent"}
		}
		return nil
	}
	agent, err := c.registry.Identify(r.Context(), r.TLS.PeerCertificates[0], now)
	switch {
	case errors.Is(err, registry.ErrUnknown), errors.Is(err, registry.ErrRevoked), errors.Is(err, registry.ErrExpired):
		return &apiError{Status: http.StatusForbidden, Code: "unknown_agent", Message: err.Error()}
	case err != nil:
		return err
	case agent != asked:
		return &apiError{Status: http.StatusForbidden, Code: "unknown_agent", Message: "the client certificate is another agent's", Field: "agent"}
	}
	return nil
}

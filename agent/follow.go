package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"go.uber.org/zap"

	"portolan"
)

const (
	// longestAsk is how long an agent goes at most without asking for, or being confirmed in, its directives.
	longestAsk = 30 * time.Second
	// shortestAsk keeps agents with the intervals of a demonstration from asking all the time.
	shortestAsk = 2 * time.Second
	// longestPause bounds the pause between attempts while the collector cannot be asked.
	longestPause = time.Minute
)

// askEvery returns how often the agent makes sure of its directives: at least once in the shortest interval of its
// plan, so that it stops within one.
func askEvery(plan portolan.Plan) time.Duration {
	every := longestAsk
	for _, p := range plan.Series {
		if p.Interval > 0 {
			every = min(every, p.Interval/2)
		}
	}
	return max(every, shortestAsk)
}

// follow keeps the agent's directives those of the collector, until ctx is done. Where batches are acknowledged it asks
// only when an acknowledgement says that something changed.
func (a *agent) follow(ctx context.Context) {
	every := askEvery(a.plan)
	told := a.trouble("collector could not be asked for directives, will be tried again")
	for pause, changed := every, true; ; {
		if changed || time.Since(a.director.confirmed()) >= every {
			config, err := a.renewal.directives(ctx)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				told(err)
				pause = min(2*pause, longestPause)
			default:
				pause = every
				a.obey(config)
			}
		}
		if changed = false; !a.awaitChange(ctx, pause/2+rand.N(pause/2), &changed) {
			return
		}
	}
}

// awaitChange returns true after d, or a little after an acknowledgement named other directives; false when ctx is done.
func (a *agent) awaitChange(ctx context.Context, d time.Duration, changed *bool) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	case <-a.director.changed:
		// All agents hear of a change within one sending: a moment keeps them from asking in one instant.
		*changed = true
		return rest(ctx, rand.N(time.Second))
	}
}

// obey follows new directives, and says so where they differ.
func (a *agent) obey(c portolan.AgentConfig) {
	former := a.director.current()
	if err := a.director.take(c, time.Now()); err != nil {
		a.log.Error("stops are followed, and would be forgotten by a restart", zap.Error(err))
	}
	if former.Tag != c.Tag {
		a.log.Info("directives of the collector", zap.Any("stops", c.Stops), zap.Any("back_offs", c.BackOffs))
	}
}

// directives asks the collector what it wants of this agent.
func (e enrollment) directives(ctx context.Context) (c portolan.AgentConfig, err error) {
	address := e.url + "/config/v1/agent?" + url.Values{"agent": {string(e.agent)}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return c, fmt.Errorf("ask for directives: %w", err)
	}
	response, err := e.client.Do(request)
	if err != nil {
		return c, fmt.Errorf("ask for directives: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch {
	case err != nil:
		return c, fmt.Errorf("read directives: %w", err)
	case response.StatusCode != http.StatusOK:
		return c, fmt.Errorf("ask for directives: %s: %.200s", response.Status, text)
	}
	if err = json.Unmarshal(text, &c); err == nil && c.Tag == "" {
		err = errors.New("it names no tag")
	}
	if err != nil {
		return c, fmt.Errorf("read directives: %w", err)
	}
	return c, nil
}

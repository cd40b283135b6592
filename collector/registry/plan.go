package registry

import (
	"context"
	"fmt"
	"iter"

	"portolan"
	"portolan/evidence"
	"portolan/schedule"
)

// maxPlans bounds the plans kept in memory; the agents of a port share one.
const maxPlans = 4096

// Plan returns the plan with this hash; ledger.ErrNotFound if no agent's chain ever carried it.
func (r *Registry) Plan(ctx context.Context, hash evidence.PlanHash) (*portolan.Plan, error) {
	r.mu.Lock()
	plan := r.plans[hash]
	r.mu.Unlock()
	if plan != nil {
		return plan, nil
	}
	plan, err := r.ledger.Plan(ctx, hash)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.plans) >= maxPlans {
		clear(r.plans)
	}
	r.plans[hash] = plan
	return plan, nil
}

// InForce is a plan and when an agent followed it.
type InForce struct {
	Plan *portolan.Plan
	// From is when its first batch was sent, by the collector's clock; To is when the next plan's was, zero if it
	// is the one in force. Results spooled before From may follow it too: From is when the center knew.
	From, To portolan.Instant
}

// Plans returns the plans that an agent followed, in order; the last one is in force. A new stream of the
// agent continues the story of the one before.
func (r *Registry) Plans(ctx context.Context, agent portolan.AgentID) ([]InForce, error) {
	changes, err := r.ledger.PlanChanges(ctx, agent)
	if err != nil {
		return nil, err
	}
	var plans []InForce
	var last evidence.PlanHash
	for _, change := range changes {
		if change.Plan == last {
			continue
		}
		plan, err := r.Plan(ctx, change.Plan)
		if err != nil {
			return nil, err
		}
		from := change.SentAt.Add(change.Offset)
		if n := len(plans); n > 0 {
			plans[n-1].To = from
		}
		plans, last = append(plans, InForce{Plan: plan, From: from}), change.Plan
	}
	return plans, nil
}

// Schedules returns the series of an agent's plan in force, in the order of the plan; none if it never told one.
func (r *Registry) Schedules(ctx context.Context, agent portolan.AgentID) ([]schedule.Series, error) {
	plans, err := r.Plans(ctx, agent)
	if err != nil || len(plans) == 0 {
		return nil, err
	}
	return schedules(agent, plans[len(plans)-1].Plan)
}

func schedules(agent portolan.AgentID, plan *portolan.Plan) ([]schedule.Series, error) {
	series := make([]schedule.Series, 0, len(plan.Series))
	for _, planned := range plan.Series {
		s, err := schedule.New(agent, planned)
		if err != nil {
			return nil, fmt.Errorf("schedule %s/%s of %q: %w", planned.System, planned.Transaction, agent, err)
		}
		series = append(series, s)
	}
	return series, nil
}

// Due is one run that an agent's schedule asked for.
type Due struct {
	Series portolan.Series
	At     portolan.Instant
}

// Due yields the runs that were due of an agent in a window, by the plans in force, plan by plan and series
// by series, each in order. Nothing is due before the agent first told its plan.
func (r *Registry) Due(ctx context.Context, agent portolan.AgentID, window portolan.Span) iter.Seq2[Due, error] {
	return func(yield func(Due, error) bool) {
		plans, err := r.Plans(ctx, agent)
		if err != nil {
			yield(Due{}, err)
			return
		}
		for _, p := range plans {
			if !p.due(agent, window, yield) {
				return
			}
		}
	}
}

func (p InForce) due(agent portolan.AgentID, window portolan.Span, yield func(Due, error) bool) bool {
	within := portolan.Span{From: max(window.From, p.From), To: window.To}
	if p.To != 0 {
		within.To = min(within.To, p.To)
	}
	for _, planned := range p.Plan.Series {
		name := portolan.Series{Agent: agent, System: planned.System, Transaction: planned.Transaction}
		series, err := schedule.New(agent, planned)
		if err != nil {
			return yield(Due{Series: name}, err)
		}
		for at := range series.Due(within) {
			if !yield(Due{Series: name, At: at}, nil) {
				return false
			}
		}
	}
	return true
}

// Accepts reports why an agent may not follow a plan; nil if it may.
func Accepts(agent portolan.AgentID, plan *portolan.Plan) error {
	if plan.Port != agent.Port() {
		return fmt.Errorf("plan is that of port %q", plan.Port)
	}
	_, err := schedules(agent, plan)
	return err
}

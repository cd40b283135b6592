package collector

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/dashboard"
)

// Batches that were not taken in: those set aside, and those of a newer version, which wait for an upgrade.

type asidesAnswer struct {
	Rows []asideRow `json:"rows"`
}

type asideRow struct {
	ID         *int64            `json:"id"` // null for one that waits among the evidence
	Agent      portolan.AgentID  `json:"agent"`
	Port       portolan.PortCode `json:"port"`
	Stream     string            `json:"stream"`
	Number     uint64            `json:"number"`
	Hash       string            `json:"hash"`
	Reason     string            `json:"reason"`
	Detail     string            `json:"detail"`
	ReceivedAt time.Time         `json:"received_at"`
	SizeBytes  int64             `json:"size_bytes"`
	Bytes      *string           `json:"bytes,omitempty"` // base64, as it was sent; only when asked for by id
}

// asides returns what was not taken in, newest first, at most limit, without bytes; of one agent if agent is not "".
func (c *collector) asides(ctx context.Context, agent portolan.AgentID, limit int) ([]ledger.Aside, error) {
	all, err := c.ledger.Asides(ctx, agent, limit)
	if err != nil {
		return nil, err
	}
	waiting, err := c.ledger.Read(ctx, ledger.Query{Status: ledger.Waiting, Chain: ledger.Chain{Agent: agent}, Limit: limit})
	if err != nil {
		return nil, err
	}
	for i := range waiting {
		l := &waiting[i]
		all = append(all, ledger.Aside{
			Chain: l.Chain, Number: l.Number, Hash: l.Hash, Reason: l.Reason, Detail: l.Detail, ReceivedAt: l.ReceivedAt,
			Size: int64(len(l.Bytes)),
		})
	}
	slices.SortStableFunc(all, func(a, b ledger.Aside) int { return cmp.Compare(b.ReceivedAt, a.ReceivedAt) })
	return all[:min(len(all), limit)], nil
}

func (c *collector) serveAsides(r *call) (any, error) {
	p := r.params
	agents, limit, id := p.agents(), int(p.number("limit", defaultPage, 1, maxPage)), p.number("id", 0, 1, 1<<62)
	if len(agents) > 1 {
		p.add("agent", "want one")
	}
	if id != 0 && len(agents) == 0 {
		p.add("agent", "want the agent that the id belongs to")
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	if id != 0 {
		return c.aside(r.Context(), agents[0], id)
	}
	list, err := c.asides(r.Context(), slices.Concat(agents, []portolan.AgentID{""})[0], limit)
	if err != nil {
		return nil, err
	}
	out := asidesAnswer{Rows: []asideRow{}}
	for i := range list {
		out.Rows = append(out.Rows, asideOf(&list[i]))
	}
	return out, nil
}

// aside answers one batch with its bytes.
func (c *collector) aside(ctx context.Context, agent portolan.AgentID, id int64) (any, error) {
	a, err := c.ledger.Aside(ctx, agent, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, &apiError{Status: http.StatusNotFound, Code: "not_found", Message: "nothing of this agent is set aside under this id, or not any more", Field: "id"}
	}
	if err != nil {
		return nil, err
	}
	row, bytes := asideOf(&a), base64.StdEncoding.EncodeToString(a.Bytes)
	row.Bytes = &bytes
	return asidesAnswer{Rows: []asideRow{row}}, nil
}

func asideOf(a *ledger.Aside) asideRow {
	row := asideRow{
		Agent: a.Chain.Agent, Port: a.Chain.Agent.Port(), Stream: a.Chain.Stream.String(), Number: a.Number, Hash: a.Hash.String(),
		Reason: a.Reason.String(), Detail: a.Detail, ReceivedAt: a.ReceivedAt.Time(), SizeBytes: a.Size,
	}
	if a.ID != 0 {
		row.ID = &a.ID
	}
	return row
}

// asidesShown is how many the page lists.
const asidesShown = 200

// Record implements dashboard.Source.
func (p *pages) Record(ctx context.Context) (*dashboard.Record, error) {
	zone, err := loadZone(p.c.around.Load().config.Zone)
	if err != nil {
		return nil, err
	}
	list, err := p.c.asides(ctx, "", asidesShown+1)
	if err != nil {
		return nil, err
	}
	v := &dashboard.Record{
		Cut:  dashboard.Cut{At: p.c.now(), Zone: zone},
		More: len(list) > asidesShown,
	}
	for i := range list[:min(len(list), asidesShown)] {
		a := &list[i]
		v.Asides = append(v.Asides, dashboard.Aside{
			ID: a.ID, Agent: a.Chain.Agent, Number: a.Number, Reason: a.Reason.String(), Detail: a.Detail, ReceivedAt: a.ReceivedAt, Size: a.Size,
		})
	}
	return v, nil
}

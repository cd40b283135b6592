package collector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/dashboard"
	"portolan/incident"
)

// What the page of incidents shows.
const (
	incidentsBack = 7 * 24 * time.Hour
	incidentsKept = 100
	signalsBack   = 24 * time.Hour
	signalsKept   = 20
)

// Incidents implements dashboard.Source.
func (p *pages) Incidents(ctx context.Context) (*dashboard.Incidents, error) {
	now := p.c.now()
	zone, err := loadZone(p.c.around.Load().config.Zone)
	if err != nil {
		return nil, err
	}
	all, err := p.c.watch.List(ctx, ledger.IncidentFilter{
		Span: portolan.Span{From: now.Add(-incidentsBack), To: now.Add(time.Hour)}, Limit: incidentsKept + 1,
	})
	if err != nil {
		return nil, err
	}
	v := &dashboard.Incidents{Cut: dashboard.Cut{At: now, Zone: zone}, More: len(all) > incidentsKept, Signals: p.signals("", now)}
	slices.Reverse(all)
	for _, i := range all {
		switch {
		case i.MergedInto != 0:
		case i.Open():
			v.Open = append(v.Open, i)
		default:
			v.Past = append(v.Past, i)
		}
	}
	return v, nil
}

// signals returns what officers reported of late, newest first; at all ports if none is named.
func (p *pages) signals(port portolan.PortCode, now portolan.Instant) (signals []dashboard.Signal) {
	all := p.c.projection.Facts().Signals
	for _, s := range slices.Backward(all) {
		at := portolan.InstantOf(s.Made)
		if now.Sub(at) > signalsBack || len(signals) == signalsKept {
			break
		}
		if port == "" || s.Port == port {
			signals = append(signals, dashboard.Signal{Port: s.Port, System: s.System, State: s.State, At: at, Note: s.Note})
		}
	}
	return signals
}

// tellPort puts incidents, advice and signals on a port's page.
func (p *pages) tellPort(ctx context.Context, d *dashboard.PortDetail, now portolan.Instant) error {
	open, err := p.c.openIncidents(ctx)
	if err != nil {
		return err
	}
	code := d.Port.Code
	d.Incidents = slices.DeleteFunc(open, func(i incident.Incident) bool { return !slices.Contains(i.Ports, code) })
	d.Signals = p.signals(code, now)
	for _, row := range p.c.advice([]portolan.PortCode{code}, now) {
		advice := dashboard.Advice{Advice: row.Advice}
		for _, m := range row.Recorded {
			advice.Recorded = append(advice.Recorded, dashboard.Mitigation{
				Port: m.Port, Mode: m.Mode, At: portolan.InstantOf(m.At), By: m.By, Reason: m.Reason, WithoutBiometrics: m.WithoutBiometrics,
			})
		}
		d.Advice = append(d.Advice, advice)
	}
	return nil
}

// Signal implements dashboard.Acts.
func (p *pages) Signal(ctx context.Context, s dashboard.Signal) error {
	now := p.c.now()
	_, err := p.c.noteSignal(ctx, projection.Signal{Port: s.Port, System: s.System, State: s.State, Note: s.Note}, now)
	return refused(err)
}

// Mitigate implements dashboard.Acts.
func (p *pages) Mitigate(ctx context.Context, m dashboard.Mitigation) error {
	now := p.c.now()
	_, err := p.c.noteMitigation(ctx, projection.Mitigation{
		Port: m.Port, Mode: m.Mode, By: m.By, Reason: m.Reason, WithoutBiometrics: m.WithoutBiometrics,
	}, now)
	return refused(err)
}

// refused tells the sender of a form what the API would have told.
func refused(err error) error {
	if told, ok := errors.AsType[*apiError](err); ok {
		return fmt.Errorf("%w: %s", dashboard.ErrRefused, told.Message)
	}
	return err
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"time"

	"portolan/collector"
	"portolan/collector/ledger"
	"portolan/collector/projection"
)

// rebuild drops what is derived from the evidence and folds it again.
type rebuild struct {
	Data    string `help:"The data folder of a collector that does not run." type:"existingdir" placeholder:"DIR" xor:"store" required:""`
	Store   string `help:"The PostgreSQL database instead; if collectors run, the one that leads folds again." placeholder:"URL" xor:"store" required:""`
	Archive string `help:"The folder of old batches, where it is not the one in the data folder." type:"existingdir" placeholder:"DIR"`
	Lose    bool   `help:"Drop also what only removed evidence gave: figures of that time are gone then."`
	Output  string `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help implements kong.HelpProvider.
func (rebuild) Help() string {
	return `Figures, states and latencies are derived from the evidence, bit for bit the same each time. Rebuild them when a
release says so, or to see that they are. Evidence is not touched. Where evidence was removed because it was older than the collector
keeps it, what is stored of that time stays, held by stubs, and the rest is made anew in memory, as verify does.

Examples:
  portolanctl rebuild --data /var/lib/portolan
  portolanctl rebuild --store 'postgres://portolan@db.example/portolan'`
}

// leadWithin is how long a rebuild waits to lead before it leaves the folding to the collector that does.
const leadWithin = 3 * time.Second

// Run rebuilds the projection.
func (r rebuild) Run(t terminal) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	l, err := openStored(ctx, collector.OpenLedger, ledgerPlace{r.Data, r.Store, r.Archive}, "stop it first")
	if err != nil {
		return err
	}
	defer l.Close()
	soon, cancel := context.WithTimeout(ctx, leadWithin)
	defer cancel()
	term, err := l.Lead(soon)
	if err != nil && soon.Err() != nil && ctx.Err() == nil {
		return r.leave(ctx, t, l)
	}
	if err != nil {
		return err
	}
	defer term.Resign()
	return r.fold(ctx, t, l, term)
}

// leave drops what is stored; the collector that leads notices and folds again. Of removed evidence it would lose what it gave.
func (r rebuild) leave(ctx context.Context, t terminal, l ledger.Ledger) error {
	removed, err := l.Read(ctx, ledger.Query{Status: ledger.Forgotten, Limit: 1, WithoutBytes: true})
	if err != nil {
		return err
	}
	if len(removed) > 0 && !r.Lose {
		return fmt.Errorf("a collector leads, and evidence from %s on was removed: stop the collectors first, so that what it gave is kept", removed[0].ReceivedAt)
	}
	if err := l.Update(ctx, func(tx ledger.Tx) error { return tx.Reset() }); err != nil {
		return err
	}
	return r.say(t, "the collector that leads folds the evidence again now", map[string]any{"rebuilt": false, "left_to_leader": true})
}

func (r rebuild) fold(ctx context.Context, t terminal, l ledger.Ledger, term ledger.Term) error {
	p, err := projection.New(ctx, projection.Options{Ledger: l})
	if err != nil {
		return err
	}
	p.Lead(term.Epoch)
	done := make(chan struct{})
	shown := make(chan struct{})
	go func() { defer close(shown); r.progress(ctx, t, p, done) }()
	begun := time.Now()
	if r.Lose {
		err = p.Refold(ctx)
	} else {
		err = p.Rebuild(ctx)
	}
	close(done)
	<-shown
	if err != nil {
		return err
	}
	took := time.Since(begun)
	return r.say(t, fmt.Sprintf("folded again in %.1f s", took.Seconds()), map[string]any{"rebuilt": true, "seconds": took.Seconds()})
}

// progress tells once a second how much is left.
func (r rebuild) progress(ctx context.Context, t terminal, p *projection.Projection, done <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if left, err := p.Lag(ctx); err == nil {
				fmt.Fprintf(t.err, "%d positions left\n", left)
			}
		}
	}
}

func (r rebuild) say(t terminal, text string, fields map[string]any) error {
	if r.Output == "json" {
		return json.NewEncoder(t.out).Encode(fields)
	}
	_, err := fmt.Fprintln(t.out, text)
	return err
}

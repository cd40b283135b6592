package collector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/evidence"
	"portolan/internal/buildinfo"
)

// startNote is what the journal says of a collector that starts.
func startNote(replay bool) any {
	return struct {
		Version string `json:"version"`
		Replay  bool   `json:"replay,omitempty"` // times of receipt are those that agents say
	}{buildinfo.Version(), replay}
}

// note appends an entry to the journal.
func (c *collector) note(ctx context.Context, kind evidence.EntryKind, subject string, at portolan.Instant, body any) error {
	_, err := c.noted(ctx, kind, subject, at, body)
	return err
}

func (c *collector) noted(ctx context.Context, kind evidence.EntryKind, subject string, at portolan.Instant, body any) (evidence.Entry, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return evidence.Entry{}, fmt.Errorf("encode %s for the journal: %w", kind, err)
	}
	entry, err := c.registry.Note(ctx, evidence.Entry{At: at, Kind: kind, Subject: subject, Body: encoded})
	if err != nil {
		return entry, fmt.Errorf("note %s in the journal: %w", kind, err)
	}
	c.wakeUp()
	return entry, nil
}

// noteSurroundings notes what is in force, as far as the journal does not say it already.
func (c *collector) noteSurroundings(ctx context.Context, s *surroundings, at portolan.Instant) error {
	if err := c.noteChange(ctx, evidence.EntryPorts, "", at, s.ports); err != nil {
		return err
	}
	if err := c.noteChange(ctx, evidence.EntrySetting, projection.SettleSubject, at, s.config.Settle.Seconds()); err != nil {
		return err
	}
	for _, system := range s.catalogue.Systems {
		definition := struct {
			Revision   string `json:"revision"`
			Definition string `json:"definition"`
		}{portolan.RevisionOf(system.Source).String(), string(system.Source)}
		if err := c.noteChange(ctx, evidence.EntryCatalogue, string(system.ID), at, definition); err != nil {
			return err
		}
	}
	return nil
}

// noteChange notes something unless the newest entry on it says the same.
func (c *collector) noteChange(ctx context.Context, kind evidence.EntryKind, subject string, at portolan.Instant, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode %s for the journal: %w", kind, err)
	}
	newest, err := c.ledger.LastJournal(ctx, kind, subject)
	switch {
	case err == nil && bytes.Equal(newest.Body, encoded):
		return nil
	case err != nil && !errors.Is(err, ledger.ErrNotFound):
		return fmt.Errorf("read journal: %w", err)
	}
	return c.note(ctx, kind, subject, at, body)
}

// watchEvery is the time between two looks at what other collectors wrote into the journal.
const watchEvery = 2 * time.Second

// watchOthers reads agents again that another collector enrolled, renewed or revoked.
func (c *collector) watchOthers(ctx context.Context) {
	seen := c.projection.Facts().Number
	for wait(ctx, watchEvery) {
		entries, err := c.ledger.ReadJournal(ctx, seen, journalPage)
		if err != nil {
			if ctx.Err() == nil {
				c.log.Error("journal cannot be read", zap.Error(err))
			}
			continue
		}
		for _, e := range entries {
			seen = e.Number
			if e.Kind != evidence.EntryAgent {
				continue
			}
			if err := c.registry.Reload(ctx, portolan.AgentID(e.Subject), portolan.InstantOf(time.Now())); err != nil && ctx.Err() == nil {
				c.log.Error("agent cannot be read again", zap.String("agent", e.Subject), zap.Error(err))
			}
		}
	}
}

const journalPage = 1000

package ledgertest

import (
	"crypto"
	"errors"
	"sync"
	"testing"

	"portolan/collector/ledger"
	"portolan/evidence"
)

func journalChain(t *testing.T, l ledger.Ledger) {
	key := newKey(t)
	_, err := l.LastJournal(t.Context(), evidence.EntryAgent, "")
	wantError(t, "read an empty journal", err, ledger.ErrNotFound)
	for _, subject := range []string{"MIA-1", "SEA-1", "MIA-1"} {
		must[evidence.Entry](t)(l.AppendJournal(t.Context(), entry(key, subject)))
	}
	wantJournal(t, l, key, 3)
	last := must[evidence.Entry](t)(l.LastJournal(t.Context(), evidence.EntryAgent, "SEA-1"))
	if last.Number != 2 {
		t.Errorf("newest about SEA-1: got entry %d, want 2", last.Number)
	}
	rest := must[[]evidence.Entry](t)(l.ReadJournal(t.Context(), 1, 1))
	if len(rest) != 1 || rest[0].Number != 2 {
		t.Errorf("after 1, at most 1: got %+v", rest)
	}
}

func wantJournal(t *testing.T, l ledger.Journal, key crypto.Signer, want int) {
	t.Helper()
	entries := must[[]evidence.Entry](t)(l.ReadJournal(t.Context(), 0, 1000))
	err := evidence.VerifyJournal(func(yield func(evidence.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}, key.Public())
	if err != nil || len(entries) != want {
		t.Fatalf("journal of %d entries: %v; want %d, whole", len(entries), err, want)
	}
}

func journalRefuses(t *testing.T, l ledger.Ledger) {
	key := newKey(t)
	first := must[evidence.Entry](t)(l.AppendJournal(t.Context(), entry(key, "MIA-1")))
	refusal := errors.New("no entry today")
	for name, next := range map[string]ledger.NextEntry{
		"the same again": func(*evidence.Entry) (evidence.Entry, error) { return first, nil },
		"a chain of its own": func(*evidence.Entry) (evidence.Entry, error) {
			return entry(key, "SEA-1")(nil)
		},
		"its own error": func(*evidence.Entry) (evidence.Entry, error) { return evidence.Entry{}, refusal },
	} {
		_, err := l.AppendJournal(t.Context(), next)
		if err == nil {
			t.Errorf("%s: was appended", name)
		}
		if name == "its own error" {
			wantError(t, name, err, refusal)
		}
	}
	wantJournal(t, l, key, 1)
}

func journalConcurrently(t *testing.T, l ledger.Ledger) {
	const writers, each = 4, 8
	key := newKey(t)
	sender := NewSender("MIA-1")
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				if _, err := l.AppendJournal(t.Context(), entry(key, "MIA-1")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range each {
		mustAppend(t, l, sender.Next())
	}
	group.Wait()
	wantJournal(t, l, key, writers*each)
}

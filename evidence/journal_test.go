package evidence_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan/evidence"
)

func exampleEntry() evidence.Entry {
	return evidence.Entry{At: exampleStart, Kind: evidence.EntryMaintenance, Subject: "tpac", Body: []byte(`{"from":"2017-01-03T02:00:00Z"}`)}
}

// journal returns a signed chain of n entries.
func journal(t testing.TB, n int) ([]evidence.Entry, any) {
	t.Helper()
	key := newKey(t)
	var entries []evidence.Entry
	var previous *evidence.Entry
	for i := range n {
		draft := exampleEntry()
		draft.Body = fmt.Appendf(nil, "%d", i)
		entry, err := evidence.NextEntry(previous, draft, key)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry)
		previous = &entries[i]
	}
	return entries, &key.PublicKey
}

func all(entries []evidence.Entry) iter.Seq2[evidence.Entry, error] {
	return func(yield func(evidence.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func TestVerifyJournal_NamesTheEntryAtFault(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tamper func(entries []evidence.Entry) []evidence.Entry
		at     uint64 // 0: none is at fault
	}{
		"untouched":    {func(e []evidence.Entry) []evidence.Entry { return e }, 0},
		"empty":        {func([]evidence.Entry) []evidence.Entry { return nil }, 0},
		"body-changed": {func(e []evidence.Entry) []evidence.Entry { e[2].Body = []byte(`9`); return e }, 3},
		"time-changed": {func(e []evidence.Entry) []evidence.Entry { e[1].At++; return e }, 2},
		"left-out":     {func(e []evidence.Entry) []evidence.Entry { return slices.Delete(e, 1, 2) }, 2},
		"first-gone":   {func(e []evidence.Entry) []evidence.Entry { return e[1:] }, 1},
		"swapped":      {func(e []evidence.Entry) []evidence.Entry { e[1], e[2] = e[2], e[1]; return e }, 2},
		"unsigned":     {func(e []evidence.Entry) []evidence.Entry { e[3].Signature = nil; return e }, 4},
		"relinked":     {func(e []evidence.Entry) []evidence.Entry { e[3].Previous = evidence.Hash{}; return e }, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entries, key := journal(t, 4)
			err := evidence.VerifyJournal(all(c.tamper(entries)), key)
			var broken *evidence.ChainError
			switch {
			case c.at == 0 && err != nil:
				t.Fatalf("got %v, want no error", err)
			case c.at != 0 && (!errors.As(err, &broken) || broken.Number != c.at):
				t.Fatalf("got %v, want a fault at entry %d", err, c.at)
			}
		})
	}
}

func TestVerifyJournal_PassesOnReadErrors(t *testing.T) {
	t.Parallel()
	gone := errors.New("disk gone")
	err := evidence.VerifyJournal(func(yield func(evidence.Entry, error) bool) { yield(evidence.Entry{}, gone) }, nil)
	if !errors.Is(err, gone) {
		t.Fatalf("got %v, want %v", err, gone)
	}
}

func TestEntry_ComesBackFromItsBytes(t *testing.T) {
	t.Parallel()
	entries, key := journal(t, 3)
	for i := range entries {
		got, err := evidence.ReadEntry(evidence.AppendEntry(nil, &entries[i]))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(entries[i], got); diff != "" {
			t.Fatalf("entry changed (-written +read):\n%s", diff)
		}
		entries[i] = got
	}
	if err := evidence.VerifyJournal(all(entries), key); err != nil {
		t.Fatal(err)
	}
}

func TestNextEntry_RefusesWhatCannotBeKept(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*evidence.Entry){
		"no-kind":      func(e *evidence.Entry) { e.Kind = evidence.EntryUnknown },
		"no-json":      func(e *evidence.Entry) { e.Body = []byte("{") },
		"long-subject": func(e *evidence.Entry) { e.Subject = strings.Repeat("a", 257) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			draft := exampleEntry()
			change(&draft)
			if _, err := evidence.NextEntry(nil, draft, newKey(t)); err == nil {
				t.Fatal("accepted")
			}
		})
	}
	if _, err := evidence.NextEntry(nil, exampleEntry(), nil); !errors.Is(err, evidence.ErrUnsigned) {
		t.Fatalf("without a signer: got %v, want ErrUnsigned", err)
	}
}

func TestEntryKind_SpellsAndReadsEveryKind(t *testing.T) {
	t.Parallel()
	for kind := evidence.EntryCatalogue; kind <= evidence.EntryProbing; kind++ {
		text, _ := kind.MarshalText()
		var got evidence.EntryKind
		if err := got.UnmarshalText(text); err != nil || got != kind {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
	var k evidence.EntryKind
	if err := k.UnmarshalText([]byte("unknown")); err == nil {
		t.Error("read the unknown kind")
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	backups "portolan/collector/backup"
	"portolan/internal/pgtest"
)

// Evidence on both stores, a file and a real PostgreSQL: one flipped bit in it or in what is derived is found and named,
// there and in what a collector sends, and a rebuild gives the same bytes.
func TestEvidence_OnBothStores(t *testing.T) {
	t.Parallel()
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		newStored(t, "").prove()
	})
	t.Run("postgresql", func(t *testing.T) {
		t.Parallel()
		server, err := pgtest.Start(pgtest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := server.Remove(); err != nil {
				t.Error(err)
			}
		})
		newStored(t, server.URL("postgres")).prove()
	})
}

// prove runs all of it, one after the other.
func (s *stored) prove() {
	s.namesAFlippedBit()
	s.namesAFlippedBitOfWhatIsSent()
	s.isRebuiltAsItWas()
	s.holdsInFiles(s.toFiles())
	s.isBackedUpWithItsFiles()
	s.isRebuiltAsItWas()
	entry := s.remove()
	s.isHeldByAStub(entry)
	s.isRebuiltAsItWas()
	s.isHeldByAStub(entry)
	s.isSaidToBeRemoved()
}

// verify runs the command on the ledger itself, and with an address on what the collector there sends.
func (s *stored) verify(address string) (found verified) {
	s.t.Helper()
	command := s.command(address)
	var out bytes.Buffer
	err := command.Run(terminal{&out, &out})
	if json.Unmarshal(out.Bytes(), &found) != nil {
		s.t.Fatalf("verify: %v: %s", err, out.String())
	}
	if problem := len(found.Faults) > 0; (err != nil) != problem {
		s.t.Fatalf("verify returned %v with faults %q", err, found.Faults)
	}
	return found
}

func (s *stored) command(address string) verify {
	command := verify{
		Data: s.config.Data, Store: s.config.Store.URL, Archive: s.config.Store.Archive, Output: "json",
		figuresAsked: figuresAsked{From: s.from.String(), To: s.to.String(), Zone: "UTC", Group: []string{"system"}},
	}
	if address != "" {
		command.Data, command.Store, command.Archive, command.Collector = "", "", "", address
	}
	return command
}

// harms are single flipped bits, and what must be in the one fault that names each.
func harms() []harm {
	return []harm{
		{"batch", "bytes", "number = 1", "batch 1 of MIA-1"},
		{"batch", "hash", "number = 2", "batch 3 of MIA-1"}, // the stub, by what follows it
		{"batch", "previous", "number = 2", "batch 2 of MIA-1"},
		{"journal", "body", "number = 2", "journal: entry 2"},
		{"journal", "signature", "number = 3", "journal: entry 3"},
	}
}

type harm struct{ table, column, where, named string }

func (s *stored) namesAFlippedBit() {
	if found := s.verify(""); len(found.Faults) > 0 || found.Batches != 3 || found.Stubs != 1 || found.Recomputed != 1 || !found.Derived {
		s.t.Fatalf("nothing was changed: got %+v", found)
	}
	rollup := s.derived().Rollups[0].Key
	where := fmt.Sprintf("port = '%s' AND unit = '%s' AND part = '%s' AND start = %d", rollup.Port, rollup.Unit, rollup.Part, rollup.Start)
	for _, h := range append(harms(), harm{"rollup", "body", where, "roll-up"}) {
		undo := s.flip(h.table, h.column, h.where)
		if found := s.verify(""); !named(found.Faults, h.named) {
			s.t.Errorf("%s of %s was changed: got %q, want %q", h.column, h.table, found.Faults, h.named)
		}
		undo()
	}
	if found := s.verify(""); len(found.Faults) > 0 {
		s.t.Errorf("all harm was undone: got %q", found.Faults)
	}
}

func named(faults []string, what string) bool {
	return slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, what) })
}

// What a collector sends is verified at the reader's; a database can be changed behind a collector's back.
func (s *stored) namesAFlippedBitOfWhatIsSent() {
	address, stop := s.collect()
	defer stop()
	if found := s.verify(address); len(found.Faults) > 0 || found.Batches != 3 || found.Recomputed != 1 {
		s.t.Fatalf("nothing was changed: got %+v", found)
	}
	if !s.config.Store.Shared() {
		return // nobody else can write to the file
	}
	for _, h := range harms() {
		undo := s.flip(h.table, h.column, h.where)
		if found := s.verify(address); !named(found.Faults, h.named) {
			s.t.Errorf("%s of %s was changed: got %q, want %q", h.column, h.table, found.Faults, h.named)
		}
		undo()
	}
}

func (s *stored) isRebuiltAsItWas() {
	s.derive()
	was := s.derived()
	command := rebuild{Data: s.config.Data, Archive: s.config.Store.Archive, Output: "json"}
	if s.config.Store.Shared() {
		command.Data, command.Store = "", s.config.Store.URL
	}
	var out bytes.Buffer
	s.must(command.Run(terminal{&out, &out}))
	s.derive()
	if diff := cmp.Diff(was, s.derived()); diff != "" || len(was.Hours) == 0 {
		s.t.Errorf("rebuilt from %d hours (-was +rebuilt):\n%s", len(was.Hours), diff)
	}
	if found := s.verify(""); len(found.Faults) > 0 {
		s.t.Errorf("after the rebuild: got %q", found.Faults)
	}
}

// holdsInFiles proves the same once the bytes of the batches lie in a file.
func (s *stored) holdsInFiles(file string) {
	whole, err := os.ReadFile(file)
	s.must(err)
	if found := s.verify(""); len(found.Faults) > 0 || found.Recomputed != 1 {
		s.t.Errorf("nothing was changed: got %+v", found)
	}
	address, stop := s.collect()
	if found := s.verify(address); len(found.Faults) > 0 || found.Recomputed != 1 {
		s.t.Errorf("nothing was changed of what is sent: got %+v", found)
	}
	stop()
	harmed := bytes.Clone(whole)
	harmed[len(harmed)/2] ^= 1
	s.must(os.WriteFile(file, harmed, 0o600))
	if found := s.verify(""); !named(found.Faults, file) || !named(found.Faults, "the bytes of 2 batches are neither") {
		s.t.Errorf("%s was changed: got %q", file, found.Faults)
	}
	s.must(os.WriteFile(file, whole, 0o600))
	for _, h := range harms()[1:] { // the first one's bytes are not there
		undo := s.flip(h.table, h.column, h.where)
		if found := s.verify(""); !named(found.Faults, h.named) {
			s.t.Errorf("%s of %s was changed: got %q, want %q", h.column, h.table, found.Faults, h.named)
		}
		undo()
	}
}

// isBackedUpWithItsFiles proves that a backup brings the batches in files back, and is refused without them.
func (s *stored) isBackedUpWithItsFiles() {
	if s.config.Store.Shared() {
		return // a database has its own tools
	}
	var out bytes.Buffer
	packed, again := filepath.Join(s.t.TempDir(), "saved.tar.zst"), filepath.Join(s.t.TempDir(), "again")
	command := backup{Data: s.config.Data, To: packed, Output: "text"}
	if err := command.Run(terminal{&out, &out}); !errors.Is(err, backups.ErrNoBytes) || !errors.As(err, new(usageError)) {
		s.t.Errorf("without the folder of old batches: got %v", err)
	}
	command.Archive = s.config.Store.Archive
	s.must(command.Run(terminal{&out, &out}))
	s.must(restore{From: packed, Data: again, Output: "text"}.Run(terminal{&out, &out}))
	was := s.derived()
	restored := stored{t: s.t, config: s.config, from: s.from, to: s.to}
	restored.config.Data, restored.config.Store.Archive = again, ""
	if diff := cmp.Diff(was, restored.derived()); diff != "" {
		s.t.Errorf("restored (-was +restored):\n%s", diff)
	}
	if found := restored.verify(""); len(found.Faults) > 0 || found.Recomputed != 1 {
		s.t.Errorf("of what was restored: got %+v", found)
	}
}

// isHeldByAStub proves that the stub in a journal entry stands for what was removed.
func (s *stored) isHeldByAStub(entry uint64) {
	if found := s.verify(""); len(found.Faults) > 0 || found.Removed != 2 || found.Held != 1 || found.Recomputed != 0 {
		s.t.Errorf("nothing was changed: got %+v", found)
	}
	var out bytes.Buffer
	text := s.command("")
	text.Output = "text"
	if err := text.Run(terminal{&out, &out}); err != nil || !strings.Contains(out.String(), "\n1 figures held by stub, not recomputed\n") {
		s.t.Errorf("as text: %v, %s", err, out.String())
	}
	address, stop := s.collect()
	if found := s.verify(address); len(found.Faults) > 0 || found.Removed != 2 || found.Held != 1 || found.Recomputed != 0 {
		s.t.Errorf("nothing was changed of what is sent: got %+v", found)
	}
	stop()
	all := s.derived()
	rollup, row := all.Rollups[0].Key, all.Hours[0].Hour
	for _, h := range []harm{
		{"journal", "body", fmt.Sprintf("number = %d", entry), fmt.Sprintf("journal: entry %d", entry)},
		{"batch", "hash", "number = 3", "stub for what was received before"},
		{"rollup", "body", fmt.Sprintf("port = '%s' AND unit = '%s' AND part = '%s' AND start = %d", rollup.Port, rollup.Unit, rollup.Part, rollup.Start), "roll-up"},
		{"figure", "body", fmt.Sprintf("start = %d", row), "hours of port MIA"},
	} {
		undo := s.flip(h.table, h.column, h.where)
		if found := s.verify(""); !named(found.Faults, h.named) {
			s.t.Errorf("%s of %s was changed: got %q, want %q", h.column, h.table, found.Faults, h.named)
		}
		undo()
	}
	if found := s.verify(""); len(found.Faults) > 0 {
		s.t.Errorf("all harm was undone: got %q", found.Faults)
	}
}

// isSaidToBeRemoved proves that an export says what of its window is not there any more, from the ledger and from a collector.
func (s *stored) isSaidToBeRemoved() {
	command := exports{
		Data: s.config.Data, Store: s.config.Store.URL, Archive: s.config.Store.Archive, File: filepath.Join(s.t.TempDir(), "all.parquet"),
		From: s.from.String(), To: s.to.String(), Output: "json",
	}
	if s.config.Store.Shared() {
		command.Data = ""
	}
	s.exports(command, true)
	later := command
	later.From, later.To = s.to.Add(24*time.Hour).String(), s.to.Add(25*time.Hour).String()
	s.exports(later, false)
	address, stop := s.collect()
	defer stop()
	command.Data, command.Store, command.Archive, command.Collector = "", "", "", address
	s.exports(command, true)
}

// exports runs an export, which must say that something was removed, or not.
func (s *stored) exports(command exports, removed bool) {
	s.t.Helper()
	var out, told bytes.Buffer
	s.must(command.Run(terminal{&out, &told}))
	var done exported
	s.must(json.Unmarshal(out.Bytes(), &done))
	if !done.RemovedBefore.IsZero() != removed || strings.Contains(told.String(), "not all of the window is there") != removed {
		s.t.Errorf("export from %s: got %s and %q", command.From, out.String(), told.String())
	}
	read, err := os.ReadFile(command.File)
	if err != nil || bytes.Contains(read, []byte("portolan.removed_before")) != removed {
		s.t.Errorf("export from %s: of what was removed the file says %t, %v", command.From, !removed, err)
	}
}

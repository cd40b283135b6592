package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"portolan"
	"portolan/collector"
	"portolan/collector/archive"
	"portolan/collector/audit"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/collector/registry"
	"portolan/evidence"
)

// stored is a ledger on a disk or in a database, with the keys in a data folder.
type stored struct {
	t        *testing.T
	config   collector.Config
	from, to portolan.Instant // all that happened
}

// newStored makes a ledger of two batches, hours old, with a number between them that never came, and everything that a
// collector derives from them. url is a PostgreSQL database's, empty for a file in the data folder.
func newStored(t *testing.T, url string) *stored {
	t.Helper()
	now := portolan.InstantOf(time.Now())
	s := &stored{t: t, config: collector.DefaultConfig(), from: now.Add(-5 * time.Hour), to: now.Add(-3 * time.Hour)}
	s.config.Data, s.config.Store.URL, s.config.Store.Archive = t.TempDir(), url, t.TempDir()
	address, stop := s.collect()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	s.must(err)
	s.must(enrollAt(address, s.config.Data, key))
	plan := tpacPlan()
	batch := evidence.Batch{
		Agent: "MIA-1", Stream: portolan.Stream{1}, Lane: portolan.Backlog, Plan: evidence.HashPlan(&plan), PlanBody: &plan,
		CarriesPlan: true, Clock: evidence.Clock{Age: -1},
	}
	for _, number := range []uint64{1, 3} {
		at := s.from.Add(time.Duration(number) * 30 * time.Minute)
		batch.Number, batch.SentAt, batch.Records = number, at, threeRuns(at, portolan.Seq(3*number))
		sealed, err := evidence.Seal(batch, key)
		s.must(err)
		s.must(send(address+"/ingest/v1/batches", "application/vnd.portolan.batch", sealed.Bytes))
		batch.Previous = evidence.Hash{7} // of number 2, which never comes
	}
	stop()
	s.derive()
	return s
}

func (s *stored) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// collect runs a collector on the ledger until stop is called.
func (s *stored) collect() (address string, stop func()) {
	s.t.Helper()
	address, end, err := startCollector(s.config)
	s.must(err)
	return address, func() { s.must(end()) }
}

// derive folds everything, and rolls it up.
func (s *stored) derive() {
	s.t.Helper()
	l := s.open()
	defer func() { s.must(l.Close()) }()
	term, err := l.Lead(s.t.Context())
	s.must(err)
	defer term.Resign()
	p, err := projection.New(s.t.Context(), projection.Options{Ledger: l})
	s.must(err)
	p.Lead(term.Epoch)
	_, err = p.CatchUp(s.t.Context())
	for more := true; more && err == nil; {
		more, err = p.RollUp(s.t.Context(), portolan.InstantOf(time.Now()), 100)
	}
	s.must(err)
}

// toFiles moves the bytes of every batch into files, and returns the only one.
func (s *stored) toFiles() (file string) {
	s.t.Helper()
	l := s.open()
	defer func() { s.must(l.Close()) }()
	count, err := l.(*archive.Ledger).Move(s.t.Context(), portolan.InstantOf(time.Now()).Add(time.Hour))
	s.must(err)
	files, err := filepath.Glob(filepath.Join(s.config.Store.Archive, "*", "*.batches"))
	if err != nil || len(files) != 1 || count != 2 {
		s.t.Fatalf("moved %d batches to files %q, %v; want two to one", count, files, err)
	}
	return files[0]
}

// remove removes every batch and leaves a stub, as a collector does when they are old enough. It returns the stub's number.
func (s *stored) remove() (entry uint64) {
	s.t.Helper()
	l := s.open()
	defer func() { s.must(l.Close()) }()
	now := portolan.InstantOf(time.Now())
	authority, err := registry.OpenAuthority(s.config.Data, 0, now)
	s.must(err)
	agents, err := registry.New(s.t.Context(), l, authority, now)
	s.must(err)
	stub, err := audit.NextStub(s.t.Context(), l, nil, now)
	s.must(err)
	s.must(l.View(s.t.Context(), func(v ledger.View) (err error) {
		stub.Held, err = projection.Hold(v, portolan.Span{From: stub.Begin().Hour(), To: now.Hour()}, now)
		return err
	}))
	body, err := json.Marshal(stub)
	s.must(err)
	noted, err := agents.Note(s.t.Context(), evidence.Entry{At: now, Kind: evidence.EntryRemoved, Body: body})
	s.must(err)
	if count, err := stub.Remove(s.t.Context(), l); err != nil || count != 2 {
		s.t.Fatalf("removed %d batches, %v; want 2", count, err)
	}
	s.must(l.(*archive.Ledger).Drop(s.t.Context(), stub.Last))
	if files, err := filepath.Glob(filepath.Join(s.config.Store.Archive, "*")); err != nil || len(files) > 0 {
		s.t.Errorf("left in the archive: %q, %v", files, err)
	}
	return noted.Number
}

func (s *stored) open() ledger.Ledger {
	s.t.Helper()
	l, err := collector.OpenLedger(context.Background(), s.config)
	s.must(err)
	return l
}

// derived is all that is derived from the evidence.
type derived struct {
	Hours    []ledger.HourRow
	States   []ledger.SeriesState
	Sketches []ledger.Sketch
	Rollups  []ledger.Rollup
}

func (s *stored) derived() (all derived) {
	s.t.Helper()
	l := s.open()
	defer func() { s.must(l.Close()) }()
	ever := portolan.Span{To: portolan.InstantOf(time.Now().Add(24 * time.Hour))}
	s.must(l.View(s.t.Context(), func(v ledger.View) (err error) {
		if all.Hours, err = v.Hours(ledger.HourFilter{Span: ever}); err != nil {
			return err
		}
		if all.States, err = v.AllSeries(""); err != nil {
			return err
		}
		if all.Sketches, err = v.Sketches(ledger.SketchFilter{Span: ever}); err != nil {
			return err
		}
		all.Rollups, err = v.Rollups(ledger.RollupFilter{Span: ever})
		return err
	}))
	return all
}

// flip changes one bit of a column's value in one row, and returns what undoes it.
func (s *stored) flip(table, column, where string) (undo func()) {
	s.t.Helper()
	db := s.database()
	defer db.Close()
	query := fmt.Sprintf("FROM %s WHERE %s", table, where)
	var was []byte
	s.must(db.QueryRow("SELECT " + column + " " + query).Scan(&was))
	harmed := bytes.Clone(was)
	harmed[len(harmed)/2] ^= 1
	s.put(table, column, where, harmed)
	return func() { s.put(table, column, where, was) }
}

func (s *stored) put(table, column, where string, value []byte) {
	s.t.Helper()
	db := s.database()
	defer db.Close()
	literal := fmt.Sprintf(`X'%x'`, value)
	if s.config.Store.Shared() {
		literal = fmt.Sprintf(`'\x%x'`, value)
	}
	changed, err := db.Exec(fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s", table, column, literal, where))
	s.must(err)
	if rows, err := changed.RowsAffected(); err != nil || rows != 1 {
		s.t.Fatalf("changed %d rows of %s, %v; want one", rows, table, err)
	}
}

func (s *stored) database() *sql.DB {
	s.t.Helper()
	driver, name := "sqlite", filepath.Join(s.config.Data, collector.LedgerFile)
	if s.config.Store.Shared() {
		driver, name = "pgx", s.config.Store.URL
	}
	db, err := sql.Open(driver, name)
	s.must(err)
	return db
}

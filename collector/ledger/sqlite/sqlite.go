// Package sqlite keeps the collector's ledger in one SQLite file, with nothing to install.
//
// Start at Open. One connection writes: appends that wait together are committed together (writer.go), each
// commit synced to the disk before anyone is told. Readers have connections of their own and see snapshots,
// so neither delays the other. The SQL stands beside the query that uses it; the tables are in migrations.
//
// The package refuses to share the file with another process, and to open one whose newest evidence does not
// fit together.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver named "sqlite"

	"portolan/collector/ledger"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options says where the ledger lies and how it is bounded; a zero field means the default beside it.
type Options struct {
	// Path is the database file; it and its folder are made if they are not there. Required.
	Path string
	// Group is the most appends that one commit takes; 512.
	Group int
	// Readers is how many connections read at once; twice the processors, at least 4.
	Readers int
	// AsideBytes is how much set-aside content is kept for each agent; 4 MiB.
	AsideBytes int
	// Recheck is how many of the newest links are checked when the ledger is opened; 256. Negative checks none, for those
	// who look for damage.
	Recheck int
}

func (o Options) withDefaults() Options {
	if o.Group <= 0 {
		o.Group = 512
	}
	if o.Readers <= 0 {
		o.Readers = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if o.AsideBytes <= 0 {
		o.AsideBytes = 4 << 20
	}
	if o.Recheck == 0 {
		o.Recheck = 256
	}
	return o
}

// Ledger is a ledger.Ledger in one SQLite file.
type Ledger struct {
	options Options
	lock    *sql.DB // held open for as long as the ledger is
	pool    *sql.DB // writes: one connection, the writer's
	readers *sql.DB
	writer  *writer
}

var _ ledger.Ledger = (*Ledger)(nil)

// Open opens the ledger, brings its tables up to date and checks that its newest evidence fits together. It
// returns ledger.ErrLocked if another process has it open, and a *DamageError if the evidence does not fit.
func Open(ctx context.Context, options Options) (*Ledger, error) {
	l := &Ledger{options: options.withDefaults()}
	if err := l.open(ctx); err != nil {
		return nil, fmt.Errorf("open ledger %q: %w", options.Path, errors.Join(err, l.closeFiles()))
	}
	return l, nil
}

func (l *Ledger) open(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(l.options.Path), 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	var err error
	if l.lock, err = takeLock(ctx, l.options.Path+".lock"); err != nil {
		return err
	}
	if l.pool, err = openFile(l.options.Path, writing()); err != nil {
		return err
	}
	l.pool.SetMaxOpenConns(1)
	if err := migrate(ctx, l.pool); err != nil {
		return err
	}
	if l.readers, err = openFile(l.options.Path, reading()); err != nil {
		return err
	}
	l.readers.SetMaxOpenConns(l.options.Readers)
	l.readers.SetMaxIdleConns(l.options.Readers)
	if err := l.recheck(ctx); err != nil {
		return err
	}
	l.writer, err = startWriter(ctx, l.pool, l.options.Group)
	return err
}

// Close waits for what is being written and closes the file. Writes that have not begun get
// ledger.ErrClosed. Closing again does nothing.
func (l *Ledger) Close() error {
	return errors.Join(l.writer.stop(), l.closeFiles())
}

func (l *Ledger) closeFiles() error {
	var errs []error
	// The lock goes last: until then nobody else may open the file.
	for _, db := range []*sql.DB{l.readers, l.pool, l.lock} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// writing returns the settings of the writing connection. In WAL mode, FULL syncs the log at every commit,
// where NORMAL syncs it only at checkpoints and can lose acknowledged commits with the power (decision 0035).
func writing() url.Values {
	return url.Values{"_pragma": {
		"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)", "foreign_keys(1)",
		"wal_autocheckpoint(4000)", "journal_size_limit(67108864)", "cache_size(-65536)",
	}}
}

func reading() url.Values {
	return url.Values{"_pragma": {"busy_timeout(10000)", "query_only(1)"}}
}

func openFile(path string, query url.Values) (*sql.DB, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find path: %w", err)
	}
	slashed := filepath.ToSlash(full)
	if !strings.HasPrefix(slashed, "/") { // a Windows drive
		slashed = "/" + slashed
	}
	name := url.URL{Scheme: "file", Path: slashed, RawQuery: query.Encode()}
	return sql.Open("sqlite", name.String())
}

// takeLock holds a lock that the operating system lifts when the process ends, however it ends. SQLite
// itself supplies it, so that it is the same on every system: an exclusive transaction, never committed, on
// an empty file of its own.
func takeLock(ctx context.Context, path string) (*sql.DB, error) {
	db, err := openFile(path, url.Values{"_pragma": {"busy_timeout(0)"}})
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		if isBusy(err) {
			err = fmt.Errorf("%w: stop it first, or choose another data folder", ledger.ErrLocked)
		}
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring tables up to date: %w", err)
	}
	return nil
}

// Package postgres keeps the collectors' ledger in a PostgreSQL database, which several collectors may share.
//
// Start at Open. Appends that wait together are committed together (append.go), each commit durable before anyone is
// told. The transactions of all collectors that give positions follow each other under one lock, held from the first
// look at the chains to the commit, so that positions become visible in their order; nothing is locked between
// requests. The leader is whoever holds another lock, on a connection of its own (lead.go). The SQL stands beside the
// query that uses it; the tables are in migrations, and those that grow with the fleet carry the agent in every key.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"portolan/collector/ledger"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options says where the ledger lies and how it is bounded; a zero field means the default beside it.
type Options struct {
	// URL is the database's: postgres://user@host:5432/portolan?sslmode=verify-full, or a list of key=value as libpq
	// takes it. Several hosts (host=a,b) with target_session_attrs=read-write follow a failover. Required.
	URL string
	// Password, if not empty, is used instead of one in the URL.
	Password string
	// Group is the most appends that one commit takes; 512.
	Group int
	// Connections is how many connections are open at most, the writer's and the leader's apart; 8.
	Connections int
	// AsideBytes is how much set-aside content is kept for each agent; 4 MiB.
	AsideBytes int
}

func (o Options) withDefaults() Options {
	if o.Group <= 0 {
		o.Group = 512
	}
	if o.Connections <= 0 {
		o.Connections = 8
	}
	if o.AsideBytes <= 0 {
		o.AsideBytes = 4 << 20
	}
	return o
}

// Ledger is a ledger.Ledger in a PostgreSQL database.
type Ledger struct {
	options Options
	pool    *pgxpool.Pool
	jobs    chan *appendJob
	quit    chan struct{} // closed by Close
	loops   sync.WaitGroup
	once    sync.Once
}

var _ ledger.Ledger = (*Ledger)(nil)

// Open connects, and brings the tables up to date; of collectors that start together one does so.
func Open(ctx context.Context, options Options) (*Ledger, error) {
	options = options.withDefaults()
	config, err := poolConfig(options)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	if err := migrate(ctx, config.ConnConfig); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	l := &Ledger{options: options, pool: pool, jobs: make(chan *appendJob), quit: make(chan struct{})}
	l.loops.Go(l.appendLoop)
	return l, nil
}

// connectTimeout bounds one attempt to reach the database.
const connectTimeout = 5 * time.Second

func poolConfig(o Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("read database URL: %w", err) // pgx leaves passwords out
	}
	if o.Password != "" {
		config.ConnConfig.Password = o.Password
	}
	config.MaxConns = int32(o.Connections)
	config.ConnConfig.ConnectTimeout = connectTimeout
	parameters := config.ConnConfig.RuntimeParams
	// What was acknowledged survives the loss of power, whatever the server's default is.
	if parameters["synchronous_commit"] == "" {
		parameters["synchronous_commit"] = "on"
	}
	parameters["application_name"] = "portolan-collector"
	parameters["timezone"] = "UTC"
	return config, nil
}

// Close waits for what is being written. Whatever comes after it gets ledger.ErrClosed. Closing again does nothing.
func (l *Ledger) Close() error {
	l.once.Do(func() {
		close(l.quit)
		l.loops.Wait()
		l.pool.Close()
	})
	return nil
}

func (l *Ledger) closed() bool {
	select {
	case <-l.quit:
		return true
	default:
		return false
	}
}

func migrate(ctx context.Context, config *pgx.ConnConfig) (err error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring tables up to date: %w", err)
	}
	return nil
}

// The keys of the advisory locks. Databases hold no others of ours.
const (
	lockPositions int64 = 0x706f72746f6c01 + iota // who gives positions
	lockJournal                                   // who appends to the journal
	lockLeader                                    // who leads
)

// wrap says what was being done; a row that is not there becomes ledger.ErrNotFound. A nil error stays nil.
func (l *Ledger) wrap(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows) || errors.Is(err, sql.ErrNoRows):
		err = ledger.ErrNotFound
	case l.closed():
		err = ledger.ErrClosed
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// transact does work in a transaction, and returns when it is durable.
func (l *Ledger) transact(ctx context.Context, work func(pgx.Tx) error) error {
	if l.closed() {
		return ledger.ErrClosed
	}
	return pgx.BeginTxFunc(ctx, l.pool, pgx.TxOptions{}, work)
}

// locked does work in a transaction that holds an advisory lock to its end.
func (l *Ledger) locked(ctx context.Context, key int64, work func(pgx.Tx) error) error {
	return l.transact(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, key); err != nil {
			return err
		}
		return work(tx)
	})
}

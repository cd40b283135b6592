package sqlite

import (
	"context"
	"database/sql"
	"strings"

	"portolan"
	"portolan/collector/ledger"
)

// scanner is a row, *sql.Row or *sql.Rows.
type scanner interface{ Scan(into ...any) error }

// queryer asks: the writing connection inside a transaction, or a reader's.
type queryer interface {
	row(query string, args ...any) scanner
	rows(query string, args ...any) (*sql.Rows, error)
}

// reader is a queryer over the readers' pool or over a snapshot.
type reader struct {
	ctx    context.Context
	closed <-chan struct{}
	db     interface {
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
}

func (r reader) row(query string, args ...any) scanner {
	if r.isClosed() {
		return failed{ledger.ErrClosed}
	}
	return r.db.QueryRowContext(r.ctx, query, args...)
}

func (r reader) rows(query string, args ...any) (*sql.Rows, error) {
	if r.isClosed() {
		return nil, ledger.ErrClosed
	}
	return r.db.QueryContext(r.ctx, query, args...)
}

func (r reader) isClosed() bool {
	select {
	case <-r.closed:
		return true
	default:
		return false
	}
}

// failed is a row that could not be asked for.
type failed struct{ err error }

// Scan implements scanner.
func (f failed) Scan(...any) error { return f.err }

func (l *Ledger) reader(ctx context.Context) reader {
	return reader{ctx: ctx, closed: l.writer.quit, db: l.readers}
}

// collect scans every row that a query gives.
func collect[T any](q queryer, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.rows(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// filter builds a WHERE clause from conditions that must all hold.
type filter struct {
	conditions []string
	args       []any
}

func (f *filter) add(condition string, args ...any) {
	f.conditions = append(f.conditions, condition)
	f.args = append(f.args, args...)
}

// in adds that a column has one of the values; no values select everything.
func in[T any](f *filter, column string, values []T) {
	if len(values) == 0 {
		return
	}
	f.conditions = append(f.conditions, column+" IN (?"+strings.Repeat(",?", len(values)-1)+")")
	for _, v := range values {
		f.args = append(f.args, v)
	}
}

func (f *filter) sql() string {
	if len(f.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(f.conditions, " AND ")
}

// ofAgent is a condition with one argument, the agent: that a column names it, or none if it is "". An index serves the
// one and would not serve both in one.
func ofAgent(column string, agent portolan.AgentID) string {
	if agent == "" {
		return `? = ''`
	}
	return column + ` = ?`
}

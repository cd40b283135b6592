package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// statements is the writing connection with its prepared statements. Only the holder of the turn uses it.
type statements struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	heads    heads
}

// transaction commits what work wrote, or undoes it if work returns an error or panics. It is never cut by a
// caller's context: that would leave the connection in the middle of a transaction.
func (s *statements) transaction(work func(*statements) error) (err error) {
	if err := s.exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	committed := false
	defer func() {
		if !committed {
			s.heads = newHeads()
			err = errors.Join(err, s.exec("ROLLBACK"))
		}
	}()
	if err := work(s); err != nil {
		return err
	}
	if err := s.exec("COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	committed = true
	return nil
}

func (s *statements) exec(query string, args ...any) error {
	_, err := s.changed(query, args...)
	return err
}

// changed is exec that returns how many rows it changed.
func (s *statements) changed(query string, args ...any) (int64, error) {
	st, err := s.prepare(query)
	if err != nil {
		return 0, err
	}
	result, err := st.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (s *statements) row(query string, args ...any) scanner {
	st, err := s.prepare(query)
	if err != nil {
		return failed{err}
	}
	return st.QueryRowContext(context.Background(), args...)
}

func (s *statements) rows(query string, args ...any) (*sql.Rows, error) {
	st, err := s.prepare(query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(context.Background(), args...)
}

func (s *statements) prepare(query string) (*sql.Stmt, error) {
	if st := s.prepared[query]; st != nil {
		return st, nil
	}
	st, err := s.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("prepare statement: %w", err)
	}
	s.prepared[query] = st
	return st, nil
}

func (s *statements) close() error {
	var errs []error
	for _, st := range s.prepared {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}

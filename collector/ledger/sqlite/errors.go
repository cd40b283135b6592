package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"portolan/collector/ledger"
)

// wrap says what was being done; a row that is not there becomes ledger.ErrNotFound. A nil error stays nil.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = ledger.ErrNotFound
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// isBusy reports whether another connection holds the lock that was wanted.
func isBusy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

// Backup writes a copy of the ledger in the file from into a new file to, as of one moment, while a collector may write
// on. What is derived is in it too.
func Backup(ctx context.Context, from, to string) (err error) {
	db, err := openFile(from, url.Values{"_pragma": {"busy_timeout(10000)"}})
	if err != nil {
		return fmt.Errorf("open ledger %q: %w", from, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, to); err != nil {
		return fmt.Errorf("copy ledger %q: %w", from, err)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"

	"portolan/collector"
	"portolan/collector/ledger"
)

// ledgerPlace says where a collector's ledger lies: its data folder or its database, and its folder of old batches.
type ledgerPlace struct{ data, url, archive string }

// openStored opens a ledger without its collector. If that runs, the error says so, and what to do instead.
func openStored(ctx context.Context, open func(context.Context, collector.Config) (ledger.Ledger, error), at ledgerPlace, instead string) (ledger.Ledger, error) {
	config := collector.DefaultConfig()
	config.Data, config.Store.URL, config.Store.Archive = at.data, at.url, at.archive
	l, err := open(ctx, config)
	if errors.Is(err, ledger.ErrLocked) {
		return nil, fmt.Errorf("a collector runs on %q: %s", at.data, instead)
	}
	return l, err
}

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"portolan/collector"
	backups "portolan/collector/backup"
)

// backup copies a collector's data folder, ledger, old batches and keys, into one file.
type backup struct {
	Data    string `help:"The collector's data folder." required:"" type:"existingdir" placeholder:"DIR"`
	Archive string `help:"The folder of old batches, where it is not the one in the data folder." type:"existingdir" placeholder:"DIR"`
	To      string `help:"The file to write; it must not be there yet." required:"" placeholder:"FILE"`
	Output  string `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help implements kong.HelpProvider.
func (backup) Help() string {
	return `The ledger is copied as of one moment, while the collector runs, with the files of batches that are older than it
holds. Guard the copy like the keys that are in it.
What agents were acknowledged for after that moment is not in it: the copy is for the day the disk is lost.
A ledger in PostgreSQL is backed up by PostgreSQL's own tools (docs/operations.md).

Example:
  portolanctl backup --data /var/lib/portolan --to /backup/portolan-2026-11-27.tar.zst`
}

// Run writes the archive.
func (b backup) Run(t terminal) error {
	from := backups.Place{Data: b.Data, Archive: cmp.Or(b.Archive, filepath.Join(b.Data, collector.ArchiveFolder))}
	size, err := backups.Write(context.Background(), from, b.To, contents(), t.tell)
	switch {
	case errors.Is(err, backups.ErrNoBytes):
		return usageError{fmt.Errorf("%w: give the folder that the collector's configuration names (store.archive) as --archive", err)}
	case errors.Is(err, backups.ErrNoLedger):
		return usageError{fmt.Errorf("no %s in %q: a ledger in PostgreSQL is backed up by PostgreSQL's own tools", collector.LedgerFile, b.Data)}
	case errors.Is(err, fs.ErrExist):
		return usageError{err}
	case err != nil:
		return err
	}
	if b.Output == "json" {
		return json.NewEncoder(t.out).Encode(map[string]any{"file": b.To, "bytes": size})
	}
	_, err = fmt.Fprintf(t.out, "%s: %d bytes\n", b.To, size)
	return err
}

func contents() backups.Contents {
	return backups.Contents{Ledger: collector.LedgerFile, Keys: collector.KeyFiles(), Archive: collector.ArchiveFolder}
}

// tell shows what is being done, beside what is printed.
func (t terminal) tell(what string) { fmt.Fprintln(t.err, what) }

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	backups "portolan/collector/backup"
)

// restore makes a data folder from what backup wrote.
type restore struct {
	From   string `help:"The file that backup wrote." required:"" type:"existingfile" placeholder:"FILE"`
	Data   string `help:"The data folder to make; it must be empty or not there." required:"" placeholder:"DIR"`
	Output string `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help implements kong.HelpProvider.
func (restore) Help() string {
	return `The ledger is opened, and its oldest and newest evidence looked for, before the command says that it is done. Old batches
lie in the folder archive of the new data folder: where the collector's configuration names another one (store.archive), move
it there. Numbers of batches that were acknowledged after the backup will be missing: they are kept as such, and agents go on.

Example:
  portolanctl restore --from /backup/portolan-2026-11-27.tar.zst --data /var/lib/portolan`
}

// Run unpacks the archive.
func (r restore) Run(t terminal) error {
	files, end, err := backups.Read(context.Background(), r.From, r.Data, contents(), t.tell)
	if errors.Is(err, backups.ErrNotEmpty) {
		return usageError{fmt.Errorf("%q is not empty: restore into a new folder", r.Data)}
	}
	if err != nil {
		return err
	}
	if r.Output == "json" {
		return json.NewEncoder(t.out).Encode(map[string]any{"data": r.Data, "files": files, "position": end})
	}
	_, err = fmt.Fprintf(t.out, "%s: %d files, evidence up to position %d\n", r.Data, len(files), end)
	return err
}

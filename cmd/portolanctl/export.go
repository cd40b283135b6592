package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"portolan/collector/export"
	"portolan/collector/results"
)

// exports writes results as a table.
type exports struct {
	Data        string   `help:"The data folder of a collector that does not run." type:"existingdir" placeholder:"DIR" xor:"where" required:""`
	Store       string   `help:"The PostgreSQL database that holds the ledger." placeholder:"URL" xor:"where" required:""`
	Collector   string   `help:"The address of a collector that runs." placeholder:"URL" xor:"where" required:""`
	Archive     string   `help:"The folder of old batches, where it is not the one in the data folder." type:"existingdir" placeholder:"DIR"`
	CAFile      string   `help:"The certificate that the collector's must descend from." name:"ca-file" type:"existingfile" placeholder:"FILE"`
	From        string   `help:"Start of the window, RFC 3339 with a zone." required:"" placeholder:"TIME"`
	To          string   `help:"End of the window." required:"" placeholder:"TIME"`
	System      []string `help:"Only these systems." placeholder:"tpac,..."`
	Transaction []string `help:"Only these transactions." placeholder:"NAME,..."`
	Port        []string `help:"Only these ports." placeholder:"MIA,..."`
	Agent       []string `help:"Only these agents." placeholder:"MIA-1,..."`
	AsOf        string   `help:"Only what this cut knows; all there is." placeholder:"CUT"`
	File        string   `help:"The file to write: .parquet, or .csv with a second one, .steps.csv." required:"" placeholder:"FILE"`
	Output      string   `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help implements kong.HelpProvider.
func (exports) Help() string {
	return `Every result that started in the window, by event time, with its steps and phases. Rows come hour by hour, in an hour by
agent. Parquet holds the steps as a list in each row; CSV in a second file, tied by agent, stream and seq. The cut that is printed,
and kept in Parquet's metadata, gives the same rows again later. Where evidence of the window was removed, because it was older
than the collector keeps it, that is said beside what is printed.

Examples:
  portolanctl export --collector https://portolan.example:8080 --from 2017-01-01T00:00:00Z --to 2017-02-01T00:00:00Z --file 2017-01.parquet
  portolanctl export --data /var/lib/portolan --from 2017-01-02T00:00:00-05:00 --to 2017-01-03T00:00:00-05:00 --system tpac --file tpac.csv`
}

// exported is what was written.
type exported struct {
	AsOf    string   `json:"as_of"`
	Results uint64   `json:"results"`
	Steps   uint64   `json:"steps"`
	Files   []string `json:"files"`
	// RemovedBefore says that what was received before then was removed, and its results are not in the files.
	RemovedBefore time.Time `json:"removed_before,omitzero"`
}

// Run exports.
func (e exports) Run(t terminal) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if kind := strings.ToLower(filepath.Ext(e.File)); kind != ".parquet" && kind != ".csv" {
		return usageError{fmt.Errorf("--file %q: want a name that ends in .parquet or .csv", e.File)}
	}
	from, err := e.open(ctx)
	if err != nil {
		return err
	}
	defer from.close()
	done, err := e.copy(from, exportProgress{t: t, begun: time.Now()})
	if err != nil {
		return err
	}
	if !done.RemovedBefore.IsZero() {
		t.tell(fmt.Sprintf("not all of the window is there: evidence received before %s was removed, and its results with it", done.RemovedBefore.Format(time.RFC3339)))
	}
	if e.Output == "json" {
		return json.NewEncoder(t.out).Encode(done)
	}
	_, err = fmt.Fprintf(t.out, "as of %s: %d results with %d steps in %s\n", done.AsOf, done.Results, done.Steps, strings.Join(done.Files, " and "))
	return err
}

// copy writes what the source has.
func (e exports) copy(from *exportSource, shown exportProgress) (done exported, err error) {
	done.AsOf, done.RemovedBefore = from.asOf, from.removed
	table, err := export.Create(e.File, export.About{
		AsOf: from.asOf, From: e.From, To: e.To, Filter: e.query().Encode(), RemovedBefore: from.removed,
	})
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, table.Discard()) }()
	for row, err := range from.rows {
		if err == nil {
			err = table.Write(&row)
		}
		if err != nil {
			return done, err
		}
		done.Results++
		done.Steps += uint64(len(row.Steps))
		shown.tell(&done, &row)
	}
	done.Files, err = table.Finish()
	return done, err
}

// query returns what is selected besides the window, as the API takes it.
func (e exports) query() url.Values {
	query := url.Values{}
	with(query, "system", e.System...)
	with(query, "transaction", e.Transaction...)
	with(query, "port", e.Port...)
	with(query, "agent", e.Agent...)
	return query
}

// exportProgress tells how far an export is, once it has taken two seconds.
type exportProgress struct {
	t           terminal
	begun, told time.Time
}

func (p *exportProgress) tell(done *exported, row *results.Row) {
	if done.Results%1000 != 0 || time.Since(p.begun) < 2*time.Second || time.Since(p.told) < 2*time.Second {
		return
	}
	p.told = time.Now()
	p.t.tell(fmt.Sprintf("%d results, up to %s", done.Results, row.EventTime.Format(time.RFC3339)))
}

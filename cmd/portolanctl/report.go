package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"time"

	"portolan"
	"portolan/collector"
	"portolan/collector/monthly"
	"portolan/collector/projection"
	"portolan/internal/ways"
	"portolan/report"
	"portolan/targets"
)

// monthlyReport writes the report of a month.
type monthlyReport struct {
	Month     string `required:"" help:"The month, such as 2017-01." placeholder:"MONTH"`
	Collector string `help:"The collector's address." env:"PORTOLAN_COLLECTOR" default:"http://127.0.0.1:8080" placeholder:"URL"`
	CAFile    string `help:"The certificate that the collector's must descend from." env:"PORTOLAN_CA_FILE" name:"ca-file" type:"existingfile" placeholder:"FILE"`
	Data      string `help:"Instead the data folder of a collector that does not run." type:"existingdir" placeholder:"DIR" xor:"where"`
	Store     string `help:"Instead the PostgreSQL database that holds the ledger." placeholder:"URL" xor:"where"`
	Archive   string `help:"With --data or --store: the folder of old batches, where it is not the one in the data folder." type:"existingdir" placeholder:"DIR"`
	Catalogue string `help:"With --data or --store: a folder of system definitions that override the built-in ones." type:"existingdir" placeholder:"DIR"`
	Zone      string `help:"Zone in which the month begins and ends; the collector's, or UTC." placeholder:"ZONE"`
	AsOf      string `help:"The cut that an earlier report named." placeholder:"CUT"`
	Reported  string `help:"A file of lines system,ratio with what the office itself reported." type:"existingfile" placeholder:"FILE"`
	Paper     string `help:"The size of a PDF's pages: ${enum}." enum:"letter,a4" default:"letter"`
	Output    string `help:"How to print: ${enum}." enum:"text,html,pdf,json,csv" default:"text"`
	To        string `help:"The file to write; standard output if not given." placeholder:"FILE"`
}

// Help implements kong.HelpProvider.
func (monthlyReport) Help() string {
	return `What users had in a month, for people who were not there: availability by system against the objective with its bounds,
beside the conventional figure and the one that the office reported; incidents and hours by month and by owner; the worst
ports; latencies; what was not measured; and for each figure the command that computes it again. HTML is one file that
prints well; PDF needs Chromium, Chrome or Edge on this machine. JSON and CSV have every figure.

A file of reported figures has lines such as tpac,99.5% or tpac,0.995.

Examples:
  portolanctl report --month 2017-01
  portolanctl report --month 2017-01 --output html --to january.html
  portolanctl report --month 2017-01 --zone America/New_York --reported office.csv --output pdf --to january.pdf
  portolanctl report --month 2017-01 --data /var/lib/portolan --output json`
}

// Run writes the report.
func (r monthlyReport) Run(t terminal) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	m, err := r.month(ctx)
	if err != nil {
		return err
	}
	if err := r.addReported(m); err != nil {
		return err
	}
	printed, err := r.print(ctx, m)
	if err != nil {
		return err
	}
	if r.To == "" {
		_, err := t.out.Write(printed)
		return err
	}
	if err := os.WriteFile(r.To, printed, 0o644); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	_, err = fmt.Fprintf(t.out, "%s: %d bytes, as of %s\n", r.To, len(printed), m.AsOf)
	return err
}

func (r monthlyReport) month(ctx context.Context) (*report.Month, error) {
	if r.Data != "" || r.Store != "" {
		return r.stored(ctx)
	}
	query := url.Values{"month": {r.Month}}
	with(query, "zone", r.Zone)
	with(query, "as_of", r.AsOf)
	body, err := asking{Collector: r.Collector, CAFile: r.CAFile}.get("/api/v1/report", query)
	if err != nil {
		return nil, err
	}
	m := &report.Month{}
	if err := json.Unmarshal(body, m); err != nil {
		return nil, fmt.Errorf("read answer of %s: %w", r.Collector, err)
	}
	return m, nil
}

// stored gathers the report from a ledger.
func (r monthlyReport) stored(ctx context.Context) (*report.Month, error) {
	asked, err := r.asked()
	if err != nil {
		return nil, err
	}
	catalogue, err := targets.Load(targets.Options{Ways: ways.All(), Dir: r.Catalogue})
	if err != nil {
		return nil, err
	}
	l, err := openStored(ctx, collector.OpenLedger, ledgerPlace{r.Data, r.Store, r.Archive}, "ask it with --collector")
	if err != nil {
		return nil, err
	}
	defer l.Close()
	p, err := projection.New(ctx, projection.Options{Ledger: l, Zones: []*time.Location{asked.Zone}})
	if err != nil {
		return nil, err
	}
	return monthly.Make(ctx, monthly.Source{Ledger: l, Projection: p, Catalogue: catalogue}, asked)
}

func (r monthlyReport) asked() (monthly.Asked, error) {
	asked := monthly.Asked{Month: r.Month, Zone: time.UTC, Now: portolan.InstantOf(time.Now())}
	var err error
	if r.Zone != "" {
		if asked.Zone, err = time.LoadLocation(r.Zone); err != nil {
			return asked, usageError{fmt.Errorf("--zone: %w", err)}
		}
	}
	if _, err := monthly.MonthOf(r.Month, asked.Zone); err != nil {
		return asked, usageError{fmt.Errorf("--month: %w", err)}
	}
	if r.AsOf != "" {
		cut, err := projection.ParseCut(r.AsOf)
		if err != nil {
			return asked, usageError{fmt.Errorf("--as-of: %w", err)}
		}
		asked.AsOf = &cut
	}
	return asked, nil
}

func (r monthlyReport) addReported(m *report.Month) error {
	if r.Reported == "" {
		return nil
	}
	data, err := os.ReadFile(r.Reported)
	if err != nil {
		return usageError{fmt.Errorf("read reported figures: %w", err)}
	}
	by, err := report.ParseReported(r.Reported, data, m.IDs())
	if err != nil {
		return err
	}
	m.Report(by)
	return nil
}

func (r monthlyReport) print(ctx context.Context, m *report.Month) ([]byte, error) {
	switch r.Output {
	case "html":
		return m.HTML()
	case "pdf":
		return r.pdf(ctx, m)
	case "csv":
		return m.CSV()
	case "json":
		printed, err := json.MarshalIndent(m, "", "  ")
		return append(printed, '\n'), err
	default:
		return m.Text()
	}
}

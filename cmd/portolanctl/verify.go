package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"portolan/collector"
	"portolan/collector/archive"
	"portolan/collector/audit"
	"portolan/collector/ledger"
	"portolan/collector/projection"
)

// verify checks evidence and what was derived from it.
type verify struct {
	Data      string `help:"The data folder of a collector that does not run; with --store the folder that holds its certificates." type:"existingdir" placeholder:"DIR" xor:"where" required:""`
	Collector string `help:"The address of a collector that runs; what it sends is verified here." placeholder:"URL" xor:"where" required:""`
	Store     string `help:"The PostgreSQL database that holds the ledger." placeholder:"URL"`
	Archive   string `help:"The folder of old batches, where it is not the one in the data folder." type:"existingdir" placeholder:"DIR"`
	CAFile    string `help:"The certificate that the collector's must descend from." name:"ca-file" type:"existingfile" placeholder:"FILE"`
	AsOf      string `help:"Verify the evidence up to this cut; all of it." placeholder:"CUT"`
	figuresAsked
	Output string `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help implements kong.HelpProvider.
func (verify) Help() string {
	return `Checks each signature, each hash and each link of both chains, batches and journal. Of a ledger also: every stored hour,
state, latency and roll-up is made anew from the evidence alone and compared. What is wrong is named, and the exit code is 1.
Batches that no signature covers yet are told, and are no fault: an agent signs at least once a minute.

Examples:
  portolanctl verify --data /var/lib/portolan
  portolanctl verify --data /etc/portolan/keys --store postgres://portolan@db.example/portolan
  portolanctl verify --data /var/lib/portolan --as-of 1042.17 --from 2017-01-01T00:00:00Z --to 2017-02-01T00:00:00Z
  portolanctl verify --collector https://portolan.example:8080 --ca-file ca.pem`
}

// verified is what was found.
type verified struct {
	AsOf       string   `json:"as_of"`
	Batches    uint64   `json:"batches"`
	Stubs      uint64   `json:"stubs"`
	Chains     int      `json:"chains"`
	Entries    uint64   `json:"journal_entries"`
	Unsigned   []string `json:"unsigned"`
	Derived    bool     `json:"derived"` // what is stored was compared too
	Recomputed int      `json:"recomputed_figures"`
	Held       int      `json:"held_figures"` // by stubs of removed evidence, and not recomputed
	Removed    uint64   `json:"removed_batches"`
	Remade     []string `json:"remade,omitempty"` // roll-ups that are not those of a stub, and are those of the hours it stands for
	Faults     []string `json:"faults"`

	stubs []*audit.Stub
}

// Run verifies.
func (v verify) Run(t terminal) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var found *verified
	var err error
	if v.Collector != "" {
		found, err = v.remote(ctx)
	} else {
		found, err = v.stored(ctx)
	}
	if err != nil {
		return err
	}
	if err := found.print(t, v.Output); err != nil {
		return err
	}
	if len(found.Faults) > 0 {
		return errProblem
	}
	return nil
}

// stored verifies a ledger, and what is derived in it.
func (v verify) stored(ctx context.Context) (*verified, error) {
	keys, err := v.keys()
	if err != nil {
		return nil, err
	}
	l, err := openStored(ctx, collector.OpenToVerify, ledgerPlace{v.Data, v.Store, v.Archive}, "stop it first, or verify what it sends")
	if err != nil {
		return nil, err
	}
	defer l.Close()
	var found *verified
	err = l.View(ctx, func(view ledger.View) error {
		cut, whole, err := v.cut(ctx, l, view)
		if err != nil {
			return err
		}
		var heads []ledger.Head
		if whole {
			if heads, err = l.Heads(ctx, ""); err != nil {
				return err
			}
		}
		if found, err = check(ctx, l, heads, cut, keys); err != nil {
			return err
		}
		return found.compare(ctx, l, view, v.figuresAsked)
	})
	if archived, ok := l.(*archive.Ledger); ok && err == nil {
		found.Faults = append(found.Faults, archived.Faults()...)
	}
	return found, err
}

// keys reads the certificates of the data folder.
func (v verify) keys() (audit.Keys, error) {
	authority, err := os.ReadFile(filepath.Join(v.Data, "ca.crt"))
	if err != nil {
		return audit.Keys{}, fmt.Errorf("read certificates: %w", err)
	}
	journal, err := os.ReadFile(filepath.Join(v.Data, "journal.crt"))
	if err != nil {
		return audit.Keys{}, fmt.Errorf("read certificates: %w", err)
	}
	return audit.ReadKeys(authority, journal)
}

// cut returns the one asked for, or that of everything there is; whole says that it is the latter.
func (v verify) cut(ctx context.Context, l ledger.Ledger, view ledger.View) (cut projection.Cut, whole bool, err error) {
	if v.AsOf != "" {
		if cut, err = projection.ParseCut(v.AsOf); err != nil {
			err = usageError{err}
		}
		return cut, false, err
	}
	if cut.Position, err = view.End(); err != nil {
		return cut, false, err
	}
	for {
		entries, err := l.ReadJournal(ctx, cut.Journal, 1000)
		if err != nil || len(entries) == 0 {
			return cut, true, err
		}
		cut.Journal = entries[len(entries)-1].Number
	}
}

// check audits both chains.
func check(ctx context.Context, chains projection.Chains, heads []ledger.Head, cut projection.Cut, keys audit.Keys) (*verified, error) {
	report, err := audit.Check(ctx, chains, heads, cut, keys)
	if err != nil {
		return nil, err
	}
	found := &verified{
		AsOf: cut.String(), Batches: report.Batches, Stubs: report.Stubs, Chains: report.Chains, Entries: report.Entries,
		Unsigned: []string{}, Faults: append([]string{}, report.Faults...), Removed: report.Removed, stubs: report.Held,
	}
	for _, tail := range report.Unsigned {
		found.Unsigned = append(found.Unsigned, fmt.Sprintf("%s, stream %s, from batch %d", tail.Chain.Agent, tail.Chain.Stream, tail.From))
	}
	return found, nil
}

// compare makes anew what is stored.
func (f *verified) compare(ctx context.Context, l ledger.Ledger, view ledger.View, asked figuresAsked) error {
	cut, err := projection.StoredCut(view)
	if err != nil {
		f.Faults = append(f.Faults, err.Error()+": rebuild it")
		return nil
	}
	made, err := projection.Recompute(ctx, l, cut)
	if err != nil {
		f.Faults = append(f.Faults, fmt.Sprintf("what is stored cannot be made anew: %v", err))
		return nil
	}
	made.Adopt(view)
	if err := f.hold(view); err != nil {
		return err
	}
	differences, err := made.Differences(view)
	if f.Derived, f.Faults = true, append(f.Faults, differences...); err != nil {
		f.Faults = append(f.Faults, fmt.Sprintf("what is stored cannot be read: %v", err))
		return nil
	}
	if !asked.asked() {
		return nil
	}
	q, _, err := asked.query(cut)
	if err != nil {
		return err
	}
	was, err := made.Published(view, q)
	if err != nil {
		return err
	}
	return f.anew(made, q, totalsOf(was.Rows), true)
}

// hold compares what is stored with what stubs of removed evidence stand for.
func (f *verified) hold(view ledger.View) error {
	for _, stub := range f.stubs {
		differences, remade, err := stub.Held.Differences(view)
		if err != nil {
			return err
		}
		f.Faults = append(f.Faults, differences...)
		if remade {
			f.Remade = append(f.Remade, stub.Before.Format(time.RFC3339))
		}
	}
	return nil
}

// anew makes figures from evidence and holds published ones against them. Those that rest on removed evidence can only be
// compared if what the stubs stand for was adopted.
func (f *verified) anew(made *projection.Recomputed, q projection.Query, was []published, adopted bool) error {
	answer, err := made.Figures(q)
	if err != nil {
		return err
	}
	anew, h := totalsOf(answer.Rows), heldOf(made)
	f.Held = len(was) - len(h.without(was))
	f.Recomputed = len(h.without(anew))
	if !adopted {
		was, anew = h.without(was), h.without(anew)
	}
	f.compareFigures(was, anew)
	return nil
}

func totalsOf(rows []projection.Total) []published {
	all := make([]published, len(rows))
	for i := range rows {
		all[i] = ofTotal(&rows[i])
	}
	return all
}

func (f *verified) print(t terminal, output string) error {
	if output == "json" {
		return json.NewEncoder(t.out).Encode(f)
	}
	lines := []string{
		fmt.Sprintf("as of %s: %d batches in %d chains, %d of them stubs; %d journal entries", f.AsOf, f.Batches, f.Chains, f.Stubs, f.Entries),
	}
	if f.Removed > 0 {
		lines = append(lines, fmt.Sprintf("%d batches were removed, and %d signed stubs stand for them", f.Removed, len(f.stubs)))
	}
	for _, before := range f.Remade {
		lines = append(lines, fmt.Sprintf("roll-ups of what was received before %s were made again from the hours that the stub holds", before))
	}
	for _, tail := range f.Unsigned {
		lines = append(lines, "not signed yet: "+tail)
	}
	for _, fault := range f.Faults {
		lines = append(lines, "FAULT "+fault)
	}
	if f.Recomputed > 0 {
		lines = append(lines, fmt.Sprintf("%d figures made anew from batches and journal alone", f.Recomputed))
	}
	if f.Held > 0 {
		lines = append(lines, fmt.Sprintf("%d figures held by stub, not recomputed", f.Held))
	}
	switch {
	case len(f.Faults) > 0:
		lines = append(lines, fmt.Sprintf("%d faults", len(f.Faults)))
	case f.Derived:
		lines = append(lines, "everything holds, and what is stored is what the evidence gives")
	default:
		lines = append(lines, "everything holds")
	}
	_, err := fmt.Fprintln(t.out, strings.Join(lines, "\n"))
	return err
}

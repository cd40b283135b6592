package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"portolan"
	"portolan/collector"
	"portolan/collector/audit"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/collector/results"
)

// exportSource is where an export reads from.
type exportSource struct {
	asOf string
	// removed says that evidence of the window which was received before then is not there any more; zero if all is.
	removed time.Time
	rows    iter.Seq2[results.Row, error]
	close   func() error
}

func (e exports) open(ctx context.Context) (*exportSource, error) {
	if e.Collector != "" {
		return e.remote(ctx)
	}
	q, err := e.selection()
	if err != nil {
		return nil, err
	}
	l, err := openStored(ctx, collector.OpenLedger, ledgerPlace{e.Data, e.Store, e.Archive}, "stop it first, or give its address as --collector")
	if err != nil {
		return nil, err
	}
	cut, err := e.cut(ctx, l)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	removed, err := audit.RemovedBefore(ctx, l, q.Window.From)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	rows := func(yield func(results.Row, error) bool) {
		for kept, err := range projection.Export(ctx, l, q, cut) {
			if err != nil {
				yield(results.Row{}, err)
				return
			}
			if !yield(results.Of(&kept), nil) {
				return
			}
		}
	}
	return &exportSource{asOf: cut.String(), removed: removed, rows: rows, close: l.Close}, nil
}

// cut returns the one asked for, or that of everything there is.
func (e exports) cut(ctx context.Context, l ledger.Ledger) (projection.Cut, error) {
	newest, err := projection.Newest(ctx, l)
	if err != nil || e.AsOf == "" {
		return newest, err
	}
	cut, err := projection.ParseCut(e.AsOf)
	if err != nil {
		return cut, usageError{err}
	}
	if cut.Position > newest.Position || cut.Journal > newest.Journal {
		return cut, usageError{fmt.Errorf("%w: %s", projection.ErrAhead, cut)}
	}
	return cut, nil
}

// selection reads the window and the filters.
func (e exports) selection() (q projection.ResultQuery, err error) {
	from, err1 := time.Parse(time.RFC3339, e.From)
	to, err2 := time.Parse(time.RFC3339, e.To)
	if err := errors.Join(err1, err2); err != nil {
		return q, usageError{fmt.Errorf("--from and --to: %w", err)}
	}
	q.Window = portolan.Span{From: portolan.InstantOf(from), To: portolan.InstantOf(to)}
	if q.Window.Empty() {
		return q, usageError{errors.New("--from: want a time before --to")}
	}
	var errs [4]error
	q.Systems, errs[0] = parseAll(e.System, portolan.ParseSystemID)
	q.Transactions, errs[1] = parseAll(e.Transaction, portolan.ParseTransactionID)
	q.Ports, errs[2] = parseAll(e.Port, portolan.ParsePortCode)
	q.Agents, errs[3] = parseAll(e.Agent, portolan.ParseAgentID)
	if err := errors.Join(errs[:]...); err != nil {
		return q, usageError{err}
	}
	return q, nil
}

func parseAll[T any](texts []string, parse func(string) (T, error)) (all []T, err error) {
	for _, text := range texts {
		v, err := parse(text)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// remote reads what a running collector sends.
func (e exports) remote(ctx context.Context) (*exportSource, error) {
	query := e.query()
	with(query, "from", e.From)
	with(query, "to", e.To)
	with(query, "as_of", e.AsOf)
	body, err := asking{Collector: e.Collector, CAFile: e.CAFile}.stream(ctx, "/api/v1/export", query)
	if err != nil {
		return nil, err
	}
	lines := json.NewDecoder(body)
	var first sentResult
	if err := lines.Decode(&first); err != nil || first.Head == nil {
		return nil, errors.Join(fmt.Errorf("read export of %s: it does not begin as one", e.Collector), err, body.Close())
	}
	return &exportSource{asOf: first.Head.AsOf, removed: first.Head.RemovedBefore, rows: sentResults(lines), close: body.Close}, nil
}

// sentResult is one line of what a collector sends.
type sentResult struct {
	Head *struct {
		AsOf          string    `json:"as_of"`
		RemovedBefore time.Time `json:"removed_before"`
	}
	Result *results.Row
	End    *struct{ Results uint64 }
}

// sentResults yields results until the last line, which counts them.
func sentResults(lines *json.Decoder) iter.Seq2[results.Row, error] {
	return func(yield func(results.Row, error) bool) {
		for count := uint64(0); ; count++ {
			var line sentResult
			err := lines.Decode(&line)
			switch {
			case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
				err = fmt.Errorf("read results: the answer was cut off after %d", count)
			case err != nil:
				err = fmt.Errorf("read results: %w", err)
			case line.End != nil && line.End.Results == count:
				return
			case line.Result == nil:
				err = fmt.Errorf("read results: %d came, and the last line says otherwise", count)
			default:
				if !yield(*line.Result, nil) {
					return
				}
				continue
			}
			yield(results.Row{}, err)
			return
		}
	}
}

package agent

import (
	"sync"

	"go.uber.org/zap"

	"portolan"
	"portolan/agent/spool"
	"portolan/agent/uplink"
	"portolan/evidence"
)

// recorder takes what workers and the clock watch found out, and puts it where it belongs: the spool first,
// then the uplink's notice, the page and the metrics. It is safe for concurrent use.
type recorder struct {
	log     *zap.Logger
	spool   *spool.Spool
	uplink  *uplink.Uplink // nil for an agent without a collector
	memory  *memory
	metrics *metrics

	mu       sync.Mutex // guards everything that follows
	previous map[portolan.Series]portolan.Outcome
	unready  map[portolan.Series]string // why the latest run of a series could not be made ready; "" if it could
	spoolErr error                      // why the latest record could not be spooled; nil if it was
	unkept   uint64                     // results that could not be spooled
}

// result records a run of a series whose next due run is interval after this one's.
func (r *recorder) result(result portolan.Result, w *worker) {
	r.append(evidence.Record{Result: &result})
	r.memory.result(result, w.series.Interval(result.Due))
	r.metrics.result(result)
	if r.changed(result) && r.uplink != nil {
		r.uplink.Notify()
	}
}

// gap records that the agent monitored nothing for a while.
func (r *recorder) gap(g portolan.Gap) {
	r.log.Info("gap", zap.Stringer("reason", g.Reason), zap.Stringer("from", g.Span.From), zap.Stringer("to", g.Span.To))
	r.append(evidence.Record{Gap: &g})
	r.memory.gap(g)
}

// skip records that a due run was left out on purpose.
func (r *recorder) skip(e portolan.Excuse) {
	r.append(evidence.Record{Excuse: &e})
	r.metrics.skips.WithLabelValues(string(e.System), string(e.Transaction), e.Reason.String()).Inc()
}

// append spools a record; a full or broken disk is counted and shown, and the agent goes on.
func (r *recorder) append(record evidence.Record) {
	_, err := r.spool.Append(record)
	if err != nil {
		r.metrics.unspool.Inc()
	}
	if err != nil && record.Result != nil {
		r.mu.Lock()
		r.unkept++
		r.mu.Unlock()
	}
	r.disk(err)
}

// disk remembers for the page whether the spool could be written the last time it was tried, and logs when
// that changes.
func (r *recorder) disk(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil && r.spoolErr == nil:
		r.log.Error("spool cannot be written", zap.Error(err))
	case err == nil && r.spoolErr != nil:
		r.log.Info("spool can be written again")
	}
	r.spoolErr = err
}

// changed reports whether the outcome of a first attempt differs from its series' previous one.
func (r *recorder) changed(result portolan.Result) bool {
	if result.Attempt != 1 {
		return false
	}
	series := portolan.Series{System: result.System, Transaction: result.Transaction}
	r.mu.Lock()
	defer r.mu.Unlock()
	previous, seen := r.previous[series]
	r.previous[series] = result.Outcome
	return !seen || previous != result.Outcome
}

// trouble returns why the spool cannot be written, or "", and how many results could not be so far.
func (r *recorder) trouble() (string, uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spoolErr == nil {
		return "", r.unkept
	}
	return r.spoolErr.Error(), r.unkept
}

package agent

import (
	"go.uber.org/zap"

	"portolan"
)

// prepared takes in whether a run of a series could be made ready, with the reason if not: a secret or a browser that
// is not there. Such a run has no result, since the system is not to blame; it counts as missing, so the
// series shows as unmonitored, never as up. The reason is logged once, until it changes or passes.
func (r *recorder) prepared(series portolan.Series, err error) {
	reason := ""
	if err != nil {
		reason = err.Error()
		r.metrics.unprepared.WithLabelValues(string(series.System), string(series.Transaction)).Inc()
	}
	r.mu.Lock()
	former := r.unready[series]
	r.unready[series] = reason
	r.mu.Unlock()
	log := r.log.With(zap.String("system", string(series.System)), zap.String("transaction", string(series.Transaction)))
	switch {
	case reason == former:
	case reason == "":
		log.Info("transaction can be run again")
	default:
		log.Error("transaction cannot be run here, the system is not to blame", zap.String("reason", reason))
	}
}

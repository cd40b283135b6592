package projection

import (
	"math"
	"time"

	"portolan"
	"portolan/availability"
	"portolan/collector/ledger"
)

// row is what a series had in one UTC hour, as far as it is settled: what may still change with the next
// result follows from the series' timeline.
type row struct {
	track    *track
	hour     portolan.Instant // start
	segments []availability.Segment
	due      availability.Due
	// revised holds the changes that came after what they changed was closed, in the order of links.
	revised []lateChange
	// changedAt is when the link that last changed the row was received; open says that the hour was not
	// closed then.
	changedAt portolan.Instant
	open      bool
	// linked says that the link being folded changed the row, pending that it is not stored as it is.
	linked, pending bool
}

func hourSpan(hour portolan.Instant) portolan.Span {
	return portolan.Span{From: hour, To: hour.Add(time.Hour)}
}

// wholeHours returns the hours that a span lies in.
func wholeHours(span portolan.Span) portolan.Span {
	if span.Empty() {
		return portolan.Span{}
	}
	return portolan.Span{From: span.From.Hour(), To: (span.To - 1).Hour().Add(time.Hour)}
}

// body packs what the row says, for the ledger to keep.
func (r *row) body() []byte {
	var w writer
	for _, n := range dueFields(&r.due) {
		w.uint(uint64(*n))
	}
	w.uint(uint64(len(r.revised)))
	for i := range r.revised {
		r.revised[i].encode(&w, r.hour)
	}
	return availability.AppendSegments(w.b, hourSpan(r.hour), r.segments)
}

func readRow(stored ledger.HourRow) (*row, error) {
	r := &row{hour: stored.Hour, changedAt: stored.ChangedAt, open: stored.Provisional}
	body := reader{b: stored.Body}
	for _, n := range dueFields(&r.due) {
		*n = int(body.uint())
	}
	for range body.count() {
		r.revised = append(r.revised, readLateChange(&body, stored.Hour))
	}
	if body.err != nil {
		return nil, body.err
	}
	var err error
	r.segments, err = availability.ReadSegments(body.b, hourSpan(stored.Hour))
	return r, err
}

func dueFields(d *availability.Due) [5]*int {
	return [...]*int{&d.Seen, &d.Late, &d.Displaced, &d.Excused, &d.Missing}
}

// stored returns the row as the ledger keeps it.
func (r *row) stored() ledger.HourRow {
	return ledger.HourRow{
		Series: r.track.name, Hour: r.hour, Body: r.body(),
		Revision: uint32(min(r.revisions(), math.MaxUint32)), ChangedAt: r.changedAt, Provisional: r.open,
	}
}

// cutAt drops what the row says of the time from at on.
func (r *row) cutAt(at portolan.Instant) {
	if n := len(r.segments); n > 0 && r.segments[n-1].Span.To > at {
		r.segments = availability.Clip(r.segments, portolan.Span{From: r.segments[0].Span.From, To: at})
	}
}

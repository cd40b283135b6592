package evidence

import (
	"slices"

	"portolan"
)

// AppendRecord appends one record, complete in itself, as the spool keeps it.
func AppendRecord(b []byte, r Record) []byte {
	return appendRecords(b, newSeriesTable(nil), []Record{r})
}

// ReadRecord returns the record that AppendRecord wrote.
func ReadRecord(b []byte) (Record, error) {
	records, err := readRecords(b, nil, Limits{Records: 1, Steps: maxSteps})
	if err != nil {
		return Record{}, err
	}
	if len(records) != 1 {
		return Record{}, malformed("record", "holds none")
	}
	return records[0], nil
}

// appendRecords appends valid records. Results refer to the table's series; it grows by those it lacks.
func appendRecords(b []byte, table *seriesTable, records []Record) []byte {
	var first *portolan.Result
	var heads, steps bitWriter
	var count uint64
	var measures []measured
	var hc *headCoder
	sc := newStepCoder(0)
	for _, r := range records {
		if r.Result == nil {
			b = appendOther(b, r)
			continue
		}
		if first == nil {
			first = r.Result
			hc = newHeadCoder(table, first.Seq, first.Due)
		}
		n := hc.put(&heads, r.Result)
		sc.put(&steps, n, &table.series[n], r.Result.Steps)
		measures = measuredOf(measures, int(count), r.Result)
		count++
	}
	if first == nil {
		return b
	}
	for _, s := range table.brought() {
		b = appendMessage(b, 1, appendSeries(nil, &s))
	}
	b = appendUint(b, 2, count)
	b = appendUint(b, 3, uint64(first.Seq))
	b = appendInt(b, 4, int64(first.Due))
	b = appendString(b, 5, heads.bytes())
	b = appendString(b, 6, steps.bytes())
	return appendString(b, 11, packMeasures(measures))
}

func appendOther(b []byte, r Record) []byte {
	switch {
	case r.Gap != nil:
		body := appendSpan(appendUint(nil, 1, uint64(r.Gap.Seq)), r.Gap.Span)
		return appendMessage(b, 7, appendUint(body, 4, uint64(r.Gap.Reason)))
	case r.Farewell != nil:
		body := appendUint(nil, 1, uint64(r.Farewell.Seq))
		return appendMessage(b, 8, appendInt(body, 2, int64(r.Farewell.At)))
	case r.Loss != nil:
		body := appendSpan(appendUint(nil, 1, uint64(r.Loss.Seq)), r.Loss.Span)
		body = appendUint(appendUint(body, 4, uint64(r.Loss.First)), 5, uint64(r.Loss.Last))
		return appendMessage(b, 9, appendUint(body, 6, r.Loss.Results))
	case r.Excuse != nil:
		body := appendSpan(appendUint(nil, 1, uint64(r.Excuse.Seq)), r.Excuse.Span)
		body = appendString(appendString(body, 4, r.Excuse.System), 5, r.Excuse.Transaction)
		return appendMessage(b, 10, appendUint(body, 6, uint64(r.Excuse.Reason)))
	default:
		return b
	}
}

func appendSpan(b []byte, s portolan.Span) []byte {
	return appendInt(appendInt(b, 2, int64(s.From)), 3, int64(s.To))
}

// resultColumns is where a set of records keeps its results.
type resultColumns struct {
	table        *seriesTable
	count        uint64
	seq          portolan.Seq
	due          portolan.Instant
	heads, steps []byte
	measures     []byte
}

// readRecords returns the records, in the order of their sequence numbers, each of which occurs once.
func readRecords(b []byte, plan *portolan.Plan, limits Limits) ([]Record, error) {
	columns := resultColumns{table: newSeriesTable(plan)}
	var records []Record
	steps := limits.Steps
	m := message{what: "records", rest: b}
	for m.next() {
		switch m.num {
		case 1:
			s, err := readSeries(m.bytes())
			m.set(err)
			columns.table.series = append(columns.table.series, s)
			if steps -= len(s.Steps); steps < 0 || len(columns.table.series)-columns.table.planned > limits.Records {
				m.set(&LimitError{What: "series or steps brought along", Limit: limits.Records})
			}
		case 2:
			columns.count = m.uint()
		case 3:
			columns.seq = portolan.Seq(m.uint())
		case 4:
			columns.due = portolan.Instant(m.int())
		case 5:
			columns.heads = m.bytes()
		case 6:
			columns.steps = m.bytes()
		case 11:
			columns.measures = m.bytes()
		case 7, 8, 9, 10:
			r, err := readOther(m.num, m.bytes())
			m.set(err)
			records = append(records, r)
		}
		if columns.count > uint64(limits.Records-min(len(records), limits.Records)) || len(records) > limits.Records {
			m.set(&LimitError{What: "records", Limit: limits.Records})
		}
	}
	if m.err != nil {
		return nil, m.err
	}
	records, err := columns.read(records, limits.Steps)
	if err != nil {
		return nil, err
	}
	return inOrder(records)
}

// read appends the results to records.
func (c *resultColumns) read(records []Record, maxSteps int) ([]Record, error) {
	// The six columns that every result has take at least a bit each: a count that the bytes cannot hold is
	// refused before memory is set aside for it.
	if c.count > uint64(len(c.heads))*8/6 {
		return nil, malformed("records", "%d results in %d bytes", c.count, len(c.heads))
	}
	results := make([]portolan.Result, c.count)
	records = slices.Grow(records, len(results))
	heads, steps := bitReader{in: c.heads}, bitReader{in: c.steps}
	hc, sc := newHeadCoder(c.table, c.seq, c.due), newStepCoder(maxSteps)
	for i := range results {
		r := &results[i]
		n, err := hc.get(&heads, r)
		if err != nil {
			return nil, err
		}
		if r.Steps, err = sc.get(&steps, n, &c.table.series[n]); err != nil {
			return nil, err
		}
		if heads.bad || steps.bad {
			return nil, malformed("records", "result %d of %d is cut short", i+1, len(results))
		}
		records = append(records, Record{Result: r})
	}
	if heads.rest() || steps.rest() {
		return nil, malformed("records", "bytes after the last result")
	}
	if err := unpackMeasures(c.measures, results); err != nil {
		return nil, err
	}
	return records, nil
}

func inOrder(records []Record) ([]Record, error) {
	slices.SortFunc(records, bySeq)
	for i := 1; i < len(records); i++ {
		if records[i].Seq() == records[i-1].Seq() {
			return nil, malformed("records", "sequence number %d occurs twice", records[i].Seq())
		}
	}
	return records, nil
}

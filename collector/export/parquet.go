package export

import (
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"portolan/collector/results"
)

// parquetRow is a result as a row of Parquet. Columns have the names of the API; what is absent is null.
type parquetRow struct {
	Agent             string        `parquet:"agent,dict"`
	Port              string        `parquet:"port,dict"`
	Stream            string        `parquet:"stream,dict"`
	Seq               uint64        `parquet:"seq,delta"`
	System            string        `parquet:"system,dict"`
	Transaction       string        `parquet:"transaction,dict"`
	Revision          string        `parquet:"revision,dict"`
	Due               int64         `parquet:"due,timestamp(microsecond),delta"`
	Start             int64         `parquet:"start,timestamp(microsecond),delta"`
	EventTime         int64         `parquet:"event_time,timestamp(microsecond),delta"`
	DurationSeconds   float64       `parquet:"duration_seconds"`
	Attempt           int32         `parquet:"attempt"`
	Outcome           string        `parquet:"outcome,dict"`
	SymptomStep       *string       `parquet:"symptom_step,optional,dict"`
	SymptomPhase      *string       `parquet:"symptom_phase,optional,dict"`
	SymptomKind       *string       `parquet:"symptom_kind,optional,dict"`
	SymptomDependency *string       `parquet:"symptom_dependency,optional,dict"`
	Lane              string        `parquet:"lane,dict"`
	ReceivedAt        int64         `parquet:"received_at,timestamp(microsecond),delta"`
	Steps             []parquetStep `parquet:"steps,list"`
}

// parquetStep is a step in the list of its result. A phase that was not reached is null.
type parquetStep struct {
	Step             string           `parquet:"step,dict"`
	OffsetSeconds    float64          `parquet:"offset_seconds"`
	DurationSeconds  float64          `parquet:"duration_seconds"`
	Outcome          string           `parquet:"outcome,dict"`
	Bytes            int64            `parquet:"bytes"`
	DNSSeconds       *float64         `parquet:"dns_seconds,optional"`
	ConnectSeconds   *float64         `parquet:"connect_seconds,optional"`
	TLSSeconds       *float64         `parquet:"tls_seconds,optional"`
	RequestSeconds   *float64         `parquet:"request_seconds,optional"`
	WaitSeconds      *float64         `parquet:"wait_seconds,optional"`
	ReadSeconds      *float64         `parquet:"read_seconds,optional"`
	CheckSeconds     *float64         `parquet:"check_seconds,optional"`
	RemainderSeconds float64          `parquet:"remainder_seconds"`
	Measures         []parquetMeasure `parquet:"measures,list"`
}

type parquetMeasure struct {
	Measure string `parquet:"measure,dict"`
	Value   int64  `parquet:"value"`
}

// parquetFile gathers rows until there are enough for a group, which is what is in memory at once.
type parquetFile struct {
	rows   []parquetRow
	writer *parquet.GenericWriter[parquetRow]
	count  int // in the group
}

// Rows that are handed over at once, and rows of a group: some 10 MB with five steps each.
const (
	rowsAtOnce = 256
	rowsGroup  = 64 * rowsAtOnce
)

func newParquet(out io.Writer, about About) *parquetFile {
	options := []parquet.WriterOption{
		parquet.Compression(&zstd.Codec{}),
		parquet.KeyValueMetadata("portolan.as_of", about.AsOf),
		parquet.KeyValueMetadata("portolan.from", about.From),
		parquet.KeyValueMetadata("portolan.to", about.To),
		parquet.KeyValueMetadata("portolan.filter", about.Filter),
	}
	if !about.RemovedBefore.IsZero() {
		options = append(options, parquet.KeyValueMetadata("portolan.removed_before", about.RemovedBefore.Format(time.RFC3339)))
	}
	return &parquetFile{rows: make([]parquetRow, 0, rowsAtOnce), writer: parquet.NewGenericWriter[parquetRow](out, options...)}
}

func (p *parquetFile) write(row *results.Row) error {
	p.rows = append(p.rows, parquetOf(row))
	if len(p.rows) < rowsAtOnce {
		return nil
	}
	return p.hand()
}

// hand hands the rows gathered to the library, and ends a group that has enough.
func (p *parquetFile) hand() error {
	if _, err := p.writer.Write(p.rows); err != nil {
		return err
	}
	p.count += len(p.rows)
	p.rows = p.rows[:0]
	if p.count < rowsGroup {
		return nil
	}
	p.count = 0
	return p.writer.Flush()
}

func (p *parquetFile) end() error {
	if err := p.hand(); err != nil {
		return err
	}
	return p.writer.Close()
}

func parquetOf(r *results.Row) parquetRow {
	row := parquetRow{
		Agent: string(r.Agent), Port: string(r.Port), Stream: r.Stream, Seq: uint64(r.Seq), System: string(r.System),
		Transaction: string(r.Transaction), Revision: r.Revision, Due: r.Due.UnixMicro(), Start: r.Start.UnixMicro(),
		EventTime: r.EventTime.UnixMicro(), DurationSeconds: r.DurationSeconds, Attempt: int32(r.Attempt), Outcome: r.Outcome.String(),
		Lane: r.Lane.String(), ReceivedAt: r.ReceivedAt.UnixMicro(), Steps: make([]parquetStep, len(r.Steps)),
	}
	if s := r.Symptom; s != nil {
		row.SymptomStep, row.SymptomPhase = given(string(s.Step)), given(s.Phase.String())
		row.SymptomKind, row.SymptomDependency = given(s.Kind.String()), given(string(s.Dependency))
	}
	for i := range r.Steps {
		row.Steps[i] = parquetStepOf(&r.Steps[i])
	}
	return row
}

// given returns a text, nil for an empty one.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func parquetStepOf(s *results.Step) parquetStep {
	step := parquetStep{
		Step: string(s.Step), OffsetSeconds: s.OffsetSeconds, DurationSeconds: s.DurationSeconds, Outcome: s.Outcome.String(),
		Bytes: s.Bytes, RemainderSeconds: s.RemainderSeconds,
	}
	columns := []**float64{
		&step.DNSSeconds, &step.ConnectSeconds, &step.TLSSeconds, &step.RequestSeconds, &step.WaitSeconds, &step.ReadSeconds, &step.CheckSeconds,
	}
	for i, phase := range phases() {
		if took, reached := s.Phases[phase.String()]; reached {
			*columns[i] = &took
		}
	}
	for _, m := range s.Measures {
		step.Measures = append(step.Measures, parquetMeasure{m.Measure.String(), m.Value})
	}
	return step
}

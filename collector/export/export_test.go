package export_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"portolan"
	"portolan/collector/export"
	"portolan/collector/results"
)

func row(seq int) *results.Row {
	at := time.Date(2017, 1, 2, 22, 0, seq, 123000, time.UTC)
	return &results.Row{
		Agent: "MIA-1", Port: "MIA", Stream: "0100", Seq: portolan.Seq(seq), System: "tpac", Transaction: "primary-inspection",
		Revision: "r7", Due: at.Add(-time.Millisecond), Start: at, EventTime: at.Add(2 * time.Second), DurationSeconds: 9.000001, Attempt: 1,
		Outcome: portolan.Failed, Symptom: &portolan.Symptom{Step: "biometric", Phase: portolan.PhaseWait, Kind: portolan.KindTimeout, Dependency: "ident"},
		Lane: portolan.Backlog, ReceivedAt: at.Add(time.Hour),
		Steps: []results.Step{
			{Step: "sign-on", DurationSeconds: 0.25, Outcome: portolan.Good, Bytes: 512, Phases: map[string]float64{"dns": 0, "wait": 0.2}, RemainderSeconds: 0.05},
			{
				Step: "biometric", OffsetSeconds: 0.25, DurationSeconds: 8.75, Outcome: portolan.Failed, Phases: map[string]float64{},
				RemainderSeconds: 8.75, Measures: []portolan.Measurement{{Measure: portolan.DataAge, Value: 5}, {Measure: portolan.RoundTrip, Value: 7}},
			},
		},
	}
}

func write(t *testing.T, name string, rows ...*results.Row) []string {
	t.Helper()
	table, err := export.Create(name, export.About{AsOf: "42.7", From: "2017-01-02T00:00:00Z", To: "2017-01-03T00:00:00Z", Filter: "system=tpac"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := table.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	names, err := table.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestCSV_HasALineForEachResultAndOneForEachStep(t *testing.T) {
	t.Parallel()
	good := row(2)
	good.Outcome, good.Symptom, good.Steps = portolan.Good, nil, nil
	names := write(t, filepath.Join(t.TempDir(), "tpac.csv"), row(1), good)
	want := []string{
		`agent,port,stream,seq,system,transaction,revision,due,start,event_time,duration_seconds,attempt,outcome,symptom_step,symptom_phase,symptom_kind,symptom_dependency,lane,received_at
MIA-1,MIA,0100,1,tpac,primary-inspection,r7,2017-01-02T22:00:00.999123Z,2017-01-02T22:00:01.000123Z,2017-01-02T22:00:03.000123Z,9.000001,1,failed,biometric,wait,timeout,ident,backlog,2017-01-02T23:00:01.000123Z
MIA-1,MIA,0100,2,tpac,primary-inspection,r7,2017-01-02T22:00:01.999123Z,2017-01-02T22:00:02.000123Z,2017-01-02T22:00:04.000123Z,9.000001,1,good,,,,,backlog,2017-01-02T23:00:02.000123Z
`,
		`agent,stream,seq,event_time,index,step,offset_seconds,duration_seconds,outcome,bytes,dns_seconds,connect_seconds,tls_seconds,request_seconds,wait_seconds,read_seconds,check_seconds,remainder_seconds,measures
MIA-1,0100,1,2017-01-02T22:00:03.000123Z,1,sign-on,0,0.25,good,512,0,,,,0.2,,,0.05,
MIA-1,0100,1,2017-01-02T22:00:03.000123Z,2,biometric,0.25,8.75,failed,0,,,,,,,,8.75,data-age=5 round-trip=7
`,
	}
	if len(names) != len(want) || !strings.HasSuffix(names[1], "tpac.steps.csv") {
		t.Fatalf("files: got %v", names)
	}
	for i, name := range names {
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[i], string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The file is read by columns, not by the rows' Go type that wrote it.
func TestParquet_HasTypedColumnsAndNestedSteps(t *testing.T) {
	t.Parallel()
	names := write(t, filepath.Join(t.TempDir(), "tpac.parquet"), row(1))
	file, size := opened(t, names[0])
	p, err := parquet.OpenFile(file, size)
	if err != nil {
		t.Fatal(err)
	}
	if asOf, _ := p.Lookup("portolan.as_of"); asOf != "42.7" {
		t.Errorf("as_of in the metadata: got %q", asOf)
	}
	for column, want := range map[string]string{
		"agent":                              "[MIA-1]",
		"event_time":                         "[1483394403000123]",
		"duration_seconds":                   "[9.000001]",
		"symptom_step":                       "[biometric]",
		"steps.list.element.step":            "[sign-on biometric]",
		"steps.list.element.dns_seconds":     "[0 <null>]",
		"steps.list.element.connect_seconds": "[<null> <null>]",
		"steps.list.element.wait_seconds":    "[0.2 <null>]",
		"steps.list.element.measures.list.element.measure": "[<null> data-age round-trip]",
		"steps.list.element.measures.list.element.value":   "[<null> 5 7]",
	} {
		leaf, ok := p.Schema().Lookup(strings.Split(column, ".")...)
		if !ok {
			t.Errorf("no column %s in %v", column, p.Schema())
			continue
		}
		if got := valuesOf(t, p.RowGroups()[0].ColumnChunks()[leaf.ColumnIndex]); got != want {
			t.Errorf("%s: got %s, want %s", column, got, want)
		}
	}
	at, _ := p.Schema().Lookup("event_time")
	if kind := at.Node.Type().String(); kind != "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)" {
		t.Errorf("event_time is %s", kind)
	}
}

func valuesOf(t *testing.T, c parquet.ColumnChunk) string {
	t.Helper()
	pages := c.Pages()
	defer pages.Close()
	var texts []string
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return "[" + strings.Join(texts, " ") + "]"
		}
		if err != nil {
			t.Fatal(err)
		}
		values := make([]parquet.Value, page.NumValues())
		if n, err := page.Values().ReadValues(values); n != len(values) {
			t.Fatalf("read %d values: %v", n, err)
		}
		for _, v := range values {
			texts = append(texts, v.String())
		}
	}
}

func opened(t *testing.T, name string) (*os.File, int64) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return file, info.Size()
}

func TestParquet_WritesGroupsAsItGoes(t *testing.T) {
	t.Parallel()
	const count = 40_000
	rows := make([]*results.Row, count)
	for i := range rows {
		rows[i] = row(i + 1)
	}
	names := write(t, filepath.Join(t.TempDir(), "all.parquet"), rows...)
	file, size := opened(t, names[0])
	p, err := parquet.OpenFile(file, size)
	if err != nil {
		t.Fatal(err)
	}
	if groups := len(p.RowGroups()); p.NumRows() != count || groups != 3 {
		t.Errorf("got %d rows in %d groups, want %d in 3", p.NumRows(), groups, count)
	}
}

func TestCreate_LeavesNothingUnlessFinished(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a.parquet", "a.csv"} {
		table, err := export.Create(filepath.Join(dir, name), export.About{})
		if err != nil {
			t.Fatal(err)
		}
		if err := table.Write(row(1)); err != nil {
			t.Fatal(err)
		}
		if err := table.Discard(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := export.Create(filepath.Join(dir, "a.xlsx"), export.About{}); err == nil || !strings.Contains(err.Error(), ".parquet or .csv") {
		t.Errorf("another form: got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

package sources

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"portolan"
	"portolan/internal/strictyaml"
)

// row is one record of a file. Its cells are valid until the next row.
type row struct {
	file   string
	line   int
	cells  map[string]string
	faults *strictyaml.Faults
}

// maxFaults bounds what one file can be told to be wrong with: a file of another kind is wrong in every line.
const maxFaults = 20

// rows yields the records of a file whose columns are accepted. What is wrong with the file as a whole is in the faults
// after the last row.
func (f File) rows(accept func(columns []string) bool) (iter.Seq[row], *strictyaml.Faults) {
	faults := &strictyaml.Faults{}
	fail := func(line int, problem, allowed string) {
		*faults = append(*faults, strictyaml.Fault{File: f.Name, Line: line, Column: 1, Problem: problem, Allowed: allowed})
	}
	each := f.eachCSV
	if strings.HasPrefix(strings.TrimSpace(string(f.Data[:min(len(f.Data), 100)])), "[") {
		each = f.eachJSON
	}
	return func(yield func(row) bool) {
		if at := f.notUTF8(); at >= 0 {
			fail(1+bytes.Count(f.Data[:at], []byte{'\n'}), "the text is not UTF-8", "want a file that was saved as UTF-8")
			return
		}
		accepted := false
		line, err := each(func(line int, cells map[string]string) bool {
			if !accepted && !accept(slices.Collect(maps.Keys(cells))) {
				fail(1, "no file of this kind is known", columnsWanted())
				return false
			}
			accepted = true
			return yield(row{file: f.Name, line: line, cells: cells})
		})
		if err != nil {
			fail(line, err.Error(), "")
		}
	}, faults
}

// notUTF8 returns where the file is no longer text in UTF-8, -1 if it is to its end.
func (f File) notUTF8() int {
	for at := 0; at < len(f.Data); {
		r, size := utf8.DecodeRune(f.Data[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// eachCSV calls a function for each line below the head, until it returns false. It returns where it stopped with an error.
func (f File) eachCSV(row func(line int, cells map[string]string) bool) (int, error) {
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(f.Data, []byte("\xef\xbb\xbf"))))
	head, err := reader.Read()
	if err != nil {
		return lineOf(err), fmt.Errorf("want a head with the names of the columns: %w", plain(err))
	}
	reader.ReuseRecord = true
	head = slices.Clone(head)
	cells := make(map[string]string, len(head))
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return 0, nil
		}
		if err != nil {
			return lineOf(err), plain(err)
		}
		for i, name := range head {
			cells[name] = record[i]
		}
		if line, _ := reader.FieldPos(0); !row(line, cells) {
			return 0, nil
		}
	}
}

func lineOf(err error) int {
	if at, ok := errors.AsType[*csv.ParseError](err); ok {
		return at.Line
	}
	return 1
}

// plain returns an error without its position, which is told apart from it.
func plain(err error) error {
	if at, ok := errors.AsType[*csv.ParseError](err); ok {
		return at.Err
	}
	return err
}

// eachJSON is eachCSV for a list of objects, whose values are texts, numbers or null.
func (f File) eachJSON(row func(line int, cells map[string]string) bool) (int, error) {
	decoder := json.NewDecoder(bytes.NewReader(f.Data))
	decoder.UseNumber()
	line, counted := 1, 0
	at := func() int {
		offset := int(decoder.InputOffset())
		line, counted = line+bytes.Count(f.Data[counted:offset], []byte{'\n'}), offset
		return line
	}
	_, err := decoder.Token()
	for err == nil && decoder.More() {
		var record map[string]any
		if err = decoder.Decode(&record); err != nil {
			break
		}
		cells := make(map[string]string, len(record))
		for name, value := range record {
			cells[name] = text(value)
		}
		if !row(at(), cells) {
			return 0, nil
		}
	}
	if err == nil {
		_, err = decoder.Token()
	}
	if err != nil {
		return at(), fmt.Errorf("want a list of objects: %w", err)
	}
	return 0, nil
}

// text returns a value as CSV would have it.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// kept returns what faults need of a row that was read.
func (r row) kept() row { return row{file: r.file, line: r.line, faults: r.faults} }

// fail notes what is wrong with a column of a row.
func (r row) fail(column, problem, allowed string) {
	if len(*r.faults) < maxFaults {
		*r.faults = append(*r.faults, strictyaml.Fault{File: r.file, Line: r.line, Column: 1, Path: column, Problem: problem, Allowed: allowed})
	}
}

func (r row) text(column string) string { return strings.TrimSpace(r.cells[column]) }

// code reads a port's code; ok is false if it is none.
func (r row) code(column string) (portolan.PortCode, bool) {
	code, err := portolan.ParsePortCode(r.text(column))
	if err != nil {
		r.fail(column, err.Error(), "")
	}
	return code, err == nil
}

// count reads a number of travelers.
func (r row) count(column string, most float64) (float64, bool) {
	n, err := strconv.ParseFloat(r.text(column), 64)
	if err != nil || !(n >= 0 && n <= most) {
		r.fail(column, fmt.Sprintf("%q is no number of travelers", r.text(column)), fmt.Sprintf("want 0 to %.0f", most))
		return 0, false
	}
	return n, true
}

// date reads a day or a month.
func (r row) date(column, layout string) (time.Time, bool) {
	day, err := time.Parse(layout, r.text(column))
	if err != nil || day.Year() < 1990 || day.Year() > 2100 {
		r.fail(column, fmt.Sprintf("%q is no date", r.text(column)), "want one such as "+time.Date(2017, 1, 2, 0, 0, 0, 0, time.UTC).Format(layout))
		return day, false
	}
	return day, true
}

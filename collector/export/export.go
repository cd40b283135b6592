// Package export writes results as tables for others' tools: Parquet in one file, CSV in two.
//
// Start at Create, which picks the form by the file's name. Rows are written as they come, in memory that does not grow
// with their number. A file has its name only when it is whole. The package knows no source and no filter.
package export

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"portolan/collector/results"
)

// About is what a table says of itself.
type About struct {
	AsOf     string // the cut
	From, To string // the window, RFC 3339
	Filter   string // what was selected besides, empty for everything
	// RemovedBefore is until when evidence of the window was received that is not there any more; zero if all is.
	RemovedBefore time.Time
}

// Table is a file, or two, that results are written to.
type Table struct {
	form
	files []*file
}

// form is how rows are written.
type form interface {
	write(row *results.Row) error
	end() error
}

// Create begins a table. A name that ends in .parquet makes one Parquet file with the steps nested in each result; one that ends
// in .csv makes two files, the second with a line for each step, see StepsName. Files of that name are replaced when the
// table is whole.
func Create(name string, about About) (*Table, error) {
	t := &Table{}
	var err error
	switch strings.ToLower(filepath.Ext(name)) {
	case ".parquet":
		err = t.open(name)
		if err == nil {
			t.form = newParquet(t.files[0], about)
		}
	case ".csv":
		err = t.open(name, StepsName(name))
		if err == nil {
			t.form = newCSV(t.files[0], t.files[1])
		}
	default:
		err = fmt.Errorf("file %q: want a name that ends in .parquet or .csv", name)
	}
	if err != nil {
		return nil, errors.Join(err, t.Discard())
	}
	return t, nil
}

// StepsName returns the name of the file with the steps that goes with a CSV file of results.
func StepsName(name string) string {
	return strings.TrimSuffix(name, filepath.Ext(name)) + ".steps" + filepath.Ext(name)
}

// Write appends a result.
func (t *Table) Write(row *results.Row) error {
	if err := t.write(row); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

// Finish makes the files whole and gives them their names, which it returns.
func (t *Table) Finish() (names []string, err error) {
	if err = t.end(); err != nil {
		return nil, errors.Join(fmt.Errorf("write results: %w", err), t.Discard())
	}
	for _, f := range t.files {
		if err = f.keep(); err != nil {
			return nil, errors.Join(err, t.Discard())
		}
		names = append(names, f.name)
	}
	return names, nil
}

// Discard removes what was written, unless it was finished.
func (t *Table) Discard() error {
	var errs []error
	for _, f := range t.files {
		errs = append(errs, f.discard())
	}
	return errors.Join(errs...)
}

func (t *Table) open(names ...string) error {
	for _, name := range names {
		written, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.part")
		if err != nil {
			return fmt.Errorf("create file: %w", err)
		}
		t.files = append(t.files, &file{name: name, File: written})
	}
	return nil
}

// file is written under another name until it is whole.
type file struct {
	*os.File
	name string
	done bool
}

var _ io.Writer = (*file)(nil)

func (f *file) keep() error {
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	if err := os.Rename(f.Name(), f.name); err != nil {
		return fmt.Errorf("name file: %w", err)
	}
	f.done = true
	return nil
}

func (f *file) discard() error {
	if f.done {
		return nil
	}
	f.done = true
	f.Close() // closed before if it could not be kept
	return os.Remove(f.Name())
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"portolan/ports"
	"portolan/ports/sources"
)

// importPorts is the command import-ports.
type importPorts struct {
	Files  []string  `arg:"" placeholder:"FILE" help:"Published files, CSV or JSON; what each is its columns say."`
	Ports  string    `help:"The list of ports that there is already; the built-in one if not given." placeholder:"FILE"`
	From   time.Time `help:"The first month to take volumes from." placeholder:"2016-06" format:"2006-01"`
	To     time.Time `help:"The last month to take volumes from." placeholder:"2017-03" format:"2006-01"`
	Output string    `help:"The file to write, or text or json for standard output." placeholder:"FILE|text|json" default:"text"`
}

// Help gives examples.
func (importPorts) Help() string {
	return `Makes a list of ports with hourly volumes of travelers, for the collector's --ports, out of what agencies publish:
hourly records of airports (CBP, Airport Wait Times, as CSV or as the JSON of its service), averages of them, land ports and
their crossings by month (BTS, Border Crossing/Entry Data), and names of field offices. A file with the columns port_code,
office and zone adds what no published file says.

A port that is in the list already keeps its name, field office and zone. Placeholders, whose codes begin with X, go as soon as
there are real ports of their kind. What volumes rest on and what is missing stands above the list.

Examples:
  portolanctl import-ports awt-jfk-2023.csv awt-mia-2023.json --output ports.yaml
  portolanctl import-ports us-land-ports.csv us-land-crossings-monthly.csv offices.csv --ports ports.yaml --output ports.yaml
  portolanctl import-ports us-land-ports.csv us-land-crossings-monthly.csv --from 2016-06 --to 2017-03

Exit codes: 0 written, 2 wrong use or a fault in a file.`
}

// largestImport bounds a file: a year of hourly records of every airport is a third of it.
const largestImport = 256 << 20

// Run writes the list.
func (c importPorts) Run(t terminal) error {
	options := sources.Options{From: c.From, To: c.To}
	if !c.To.IsZero() && c.To.Before(c.From) {
		return usageError{fmt.Errorf("--to %s: want a month not before %s", c.To.Format("2006-01"), c.From.Format("2006-01"))}
	}
	base, err := ports.Load(c.Ports)
	if err != nil {
		return usageError{err}
	}
	options.Base = base
	files, names, err := c.read()
	if err != nil {
		return usageError{err}
	}
	list, err := sources.Read(files, options)
	if err != nil {
		return err
	}
	return c.write(t, list, names)
}

// read reads the files, and returns their names without folders.
func (c importPorts) read() (files []sources.File, names []string, err error) {
	for _, path := range c.Files {
		info, err := os.Stat(path)
		if err == nil && info.Size() > largestImport {
			err = fmt.Errorf("%s has %d bytes; want at most %d", path, info.Size(), largestImport)
		}
		if err != nil {
			return nil, nil, err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, err
		}
		files, names = append(files, sources.File{Name: path, Data: data}), append(names, filepath.Base(path))
	}
	return files, names, nil
}

func (c importPorts) write(t terminal, list sources.List, names []string) error {
	if c.Output == "json" {
		encoder := json.NewEncoder(t.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(list)
	}
	comments := []string{"Ports of entry, written by portolanctl import-ports from:"}
	for _, name := range names {
		comments = append(comments, "  "+name)
	}
	comments = append(comments, list.Notes...)
	var b bytes.Buffer
	if err := ports.Write(&b, list.Ports, comments); err != nil {
		return err
	}
	if c.Output == "text" || c.Output == "-" {
		_, err := t.out.Write(b.Bytes())
		return err
	}
	for _, note := range list.Notes {
		fmt.Fprintln(t.err, note)
	}
	return putFile(c.Output, b.Bytes())
}

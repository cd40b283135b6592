package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"portolan/alerting"
	"portolan/targets"
)

// rules is the command rules.
type rules struct {
	Catalogue string        `help:"A folder of system definitions that override the built-in ones." placeholder:"DIR"`
	Output    string        `help:"The file to write, or text or json for standard output." placeholder:"FILE|text|json" default:"text"`
	Dashboard string        `help:"Address of the central pages, that alerts link to." placeholder:"URL" default:"http://127.0.0.1:8080"`
	Runbooks  string        `help:"Where the runbooks lie, that alerts name." placeholder:"URL|DIR" default:"docs/runbooks"`
	Job       string        `help:"The collector's job name in Prometheus." default:"portolan-collector"`
	Sending   time.Duration `help:"How often agents send: the collector's send_interval." default:"15s"`
	Scale     float64       `help:"For drills: multiply every window and waiting time, so that 0.0167 makes an hour a minute." default:"1"`
}

// Help gives examples.
func (rules) Help() string {
	return `Writes Prometheus rules from the objectives of the catalogue's systems: burn rates over several windows
with a minimum of evidence, silent agents and ports, an absent collector. They read the live lane only, so
that a backlog alarms nobody.

Examples:
  portolanctl rules --output /etc/prometheus/rules/portolan.yml --dashboard https://portolan.example
  portolanctl rules --catalogue targets/ | promtool check rules

Exit codes: 0 written, 2 wrong use or a fault in a definition.`
}

// Run writes the rules.
func (c rules) Run(t terminal) error {
	if err := c.validate(); err != nil {
		return usageError{err}
	}
	options := catalogueOptions()
	options.Dir = c.Catalogue
	catalogue, err := targets.Load(options)
	if err != nil {
		return err
	}
	file := alerting.Rules(objectives(catalogue), alerting.Options{
		Dashboard: strings.TrimRight(c.Dashboard, "/"), Runbooks: strings.TrimRight(c.Runbooks, "/"),
		Job: c.Job, Sending: c.Sending, Scale: c.Scale,
	})
	switch c.Output {
	case "text", "-":
		return file.Write(t.out)
	case "json":
		encoder := json.NewEncoder(t.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(file)
	default:
		var b bytes.Buffer
		if err := file.Write(&b); err != nil {
			return err
		}
		return putFile(c.Output, b.Bytes())
	}
}

func (c rules) validate() error {
	var faults []error
	if c.Scale <= 0 || c.Scale > 1 {
		faults = append(faults, fmt.Errorf("--scale %g: want more than 0 and at most 1", c.Scale))
	}
	if c.Sending < time.Second {
		faults = append(faults, fmt.Errorf("--sending %s: want 1s or more", c.Sending))
	}
	if c.Job == "" || strings.ContainsAny(c.Job, "\"\\\n") {
		faults = append(faults, fmt.Errorf("--job %q: want a job name without quotes", c.Job))
	}
	return errors.Join(faults...)
}

func objectives(c *targets.Catalogue) []alerting.System {
	systems := make([]alerting.System, 0, len(c.Systems))
	for _, s := range c.Systems {
		systems = append(systems, alerting.System{ID: s.ID, Objective: s.Objective})
	}
	return systems
}

// putFile puts a file in place whole: who reads it may do so at any moment.
func putFile(path string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".portolanctl-*")
	if err != nil {
		return usageError{err}
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

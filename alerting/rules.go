// Package alerting turns objectives into Prometheus rules: when to wake somebody, when to write a ticket,
// and when to keep quiet.
//
// Start reading at Rules. It is a pure function of the systems' objectives; record.go holds what is
// recorded, alerts.go what is alerted on. All rules about systems read the counters of the live lane only,
// so that a backlog, however full of failures, alarms nobody (design 3.12), and each asks for a minimum of
// evidence besides a burn rate, since a few probes an hour make any ratio jump. The package does not route
// or send: that is Alertmanager's, with configs/alertmanager.yml.
package alerting

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"portolan"
)

// System is what the rules need to know of a screening system.
type System struct {
	ID        portolan.SystemID
	Objective portolan.Objective
}

// Options tell where the readers of an alert find more, and how fast the rules are.
type Options struct {
	// Dashboard is the address of the central pages, without a slash at its end; empty for
	// http://127.0.0.1:8080.
	Dashboard string
	// Runbooks is where the runbooks lie; empty for docs/runbooks.
	Runbooks string
	// Job is the collector's job name in Prometheus; empty for portolan-collector.
	Job string
	// Sending is how often agents send; zero for 15 s. An agent is silent after three missed sendings.
	Sending time.Duration
	// Scale multiplies every window, interval and waiting time, for drills: 1/60 makes an hour a minute.
	// Zero stands for 1. Thresholds stay as they are.
	Scale float64
}

// File is a Prometheus rule file.
type File struct {
	Groups []Group `yaml:"groups" json:"groups"`
}

// Group is a group of rules that Prometheus evaluates in order.
type Group struct {
	Name     string `yaml:"name" json:"name"`
	Interval string `yaml:"interval" json:"interval"`
	Rules    []Rule `yaml:"rules" json:"rules"`
}

// Rule is a recording rule or an alert.
type Rule struct {
	Record      string            `yaml:"record,omitempty" json:"record,omitempty"`
	Alert       string            `yaml:"alert,omitempty" json:"alert,omitempty"`
	Expr        string            `yaml:"expr" json:"expr"`
	For         string            `yaml:"for,omitempty" json:"for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty" json:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty" json:"annotations,omitempty"`
}

// fastInterval is how often what alerts need is recorded and judged.
const fastInterval = 30 * time.Second

// Rules returns the rules for these systems.
func Rules(systems []System, o Options) File {
	w := writer{o.withDefaults()}
	return File{Groups: []Group{
		{Name: "portolan-objectives", Interval: w.duration(time.Minute), Rules: thresholds(systems)},
		{Name: "portolan-fast", Interval: w.duration(fastInterval), Rules: w.fastRecords()},
		{Name: "portolan-slow", Interval: w.duration(2 * time.Minute), Rules: w.slowRecords()},
		{Name: "portolan-systems", Interval: w.duration(fastInterval), Rules: w.systemAlerts()},
		{Name: "portolan-monitor", Interval: w.duration(fastInterval), Rules: w.monitorAlerts()},
	}}
}

func (o Options) withDefaults() Options {
	if o.Dashboard == "" {
		o.Dashboard = "http://127.0.0.1:8080"
	}
	if o.Runbooks == "" {
		o.Runbooks = "docs/runbooks"
	}
	if o.Job == "" {
		o.Job = "portolan-collector"
	}
	if o.Sending <= 0 {
		o.Sending = 15 * time.Second
	}
	if o.Scale <= 0 {
		o.Scale = 1
	}
	return o
}

const header = "# Written by `portolanctl rules` from the catalogue's objectives. Change those, and write it again.\n"

// Write writes the file as Prometheus reads it.
func (f File) Write(out io.Writer) error {
	var b bytes.Buffer
	b.WriteString(header)
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(f); err != nil {
		return fmt.Errorf("encode rules: %w", err)
	}
	if _, err := out.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write rules: %w", err)
	}
	return nil
}

// writer writes rules with the options in force.
type writer struct{ o Options }

// scaled returns d under the scale in whole seconds, at least one.
func (w writer) scaled(d time.Duration) int64 {
	return max(1, int64(math.Round(d.Seconds()*w.o.Scale)))
}

// duration prints d, scaled, as Prometheus reads it.
func (w writer) duration(d time.Duration) string {
	seconds := w.scaled(d)
	for _, unit := range []struct {
		seconds int64
		name    string
	}{{86400, "d"}, {3600, "h"}, {60, "m"}} {
		if seconds%unit.seconds == 0 {
			return strconv.FormatInt(seconds/unit.seconds, 10) + unit.name
		}
	}
	return strconv.FormatInt(seconds, 10) + "s"
}

// expand replaces each <<duration>> in text by that duration, scaled, and {job} by the collector's job.
func (w writer) expand(text string) string {
	text = strings.ReplaceAll(strings.TrimSpace(text), "{job}", w.o.Job)
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<<")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, ">>")
		d, err := time.ParseDuration(name)
		if err != nil {
			panic(fmt.Sprintf("rule text: %v", err)) // a mistake in this package, that every test of it shows
		}
		b.WriteString(w.duration(d))
		text = after
	}
}

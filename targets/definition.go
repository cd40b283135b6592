package targets

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"portolan"
	"portolan/internal/strictyaml"
)

// definition is what a file of the catalogue says. System is what it means.
type definition struct {
	System       string                  `yaml:"system,required"`
	Name         string                  `yaml:"name,required"`
	Owner        ownerDefinition         `yaml:"owner,required"`
	Synthetic    syntheticDefinition     `yaml:"synthetic"`
	Objective    objectiveDefinition     `yaml:"objective,required"`
	Endpoint     string                  `yaml:"endpoint,required"`
	Endpoints    map[string]string       `yaml:"endpoints"`
	Dependencies []dependencyDefinition  `yaml:"dependencies"`
	Backups      []string                `yaml:"backups"`
	Clocks       []clockDefinition       `yaml:"clocks"`
	Where        *whereDefinition        `yaml:"where"`
	Load         loadDefinition          `yaml:"load,required"`
	Transactions []transactionDefinition `yaml:"transactions,required"`
}

// whereDefinition limits a system or a transaction to some ports, or to some of their workstations.
type whereDefinition struct {
	Kinds   []portolan.PortKind `yaml:"kinds"`
	Ports   []string            `yaml:"ports"`
	Classes []string            `yaml:"classes"`
}

type ownerDefinition struct {
	Organization string `yaml:"organization,required"`
	Contact      string `yaml:"contact,required"`
}

// syntheticDefinition records that the owner agreed to synthetic transactions.
type syntheticDefinition struct {
	Accepted bool   `yaml:"accepted,required"`
	By       string `yaml:"by,required"`
	Since    date   `yaml:"since,required"`
}

type objectiveDefinition struct {
	Availability percentage    `yaml:"availability,required"`
	Window       time.Duration `yaml:"window,required"`
}

type dependencyDefinition struct {
	System string `yaml:"system,required"`
	Owner  string `yaml:"owner,required"`
}

// clockDefinition is a limit on the users' own work that the system's speed bears on.
type clockDefinition struct {
	Clock  string        `yaml:"clock,required"`
	Title  string        `yaml:"title,required"`
	Limit  time.Duration `yaml:"limit,required"`
	Source string        `yaml:"source,required"`
}

type loadDefinition struct {
	MaxPerSecond float64 `yaml:"max_per_second,required"`
}

type transactionDefinition struct {
	Transaction string              `yaml:"transaction,required"`
	Title       string              `yaml:"title,required"`
	Interval    time.Duration       `yaml:"interval"`
	Cron        string              `yaml:"cron"`
	Zone        string              `yaml:"zone"`
	Timeout     time.Duration       `yaml:"timeout,required"`
	Latency     time.Duration       `yaml:"latency,required"`
	Share       *uint32             `yaml:"share"`
	Retries     int                 `yaml:"retries"`
	RetryAfter  time.Duration       `yaml:"retry_after"`
	Where       *whereDefinition    `yaml:"where"` // in place of the system's
	Traveler    *travelerDefinition `yaml:"traveler"`
	Steps       []stepDefinition    `yaml:"steps,required"`
}

type travelerDefinition struct {
	Document DocumentKind `yaml:"document,required"`
	State    string       `yaml:"state,required"`
	Seed     uint64       `yaml:"seed"`
	// Companions is how many others travel with this one, as ${companion1.NAME} and so on.
	Companions int `yaml:"companions"`
}

type stepDefinition struct {
	Step       string        `yaml:"step,required"`
	Title      string        `yaml:"title,required"`
	Dependency string        `yaml:"dependency"`
	Latency    time.Duration `yaml:"latency"`
	Timeout    time.Duration `yaml:"timeout"`
	Always     bool          `yaml:"always"`
	// Ways holds the one way of talking, under its name.
	Ways map[string]strictyaml.Value `yaml:",others"`
}

// stepKeys are the keys of a step beside its way of talking.
func stepKeys() []string {
	return []string{"step", "title", "dependency", "latency", "timeout", "always"}
}

// percentage is a ratio, spelled like 99.7%.
type percentage float64

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *percentage) UnmarshalText(b []byte) error {
	digits, percent := strings.CutSuffix(string(b), "%")
	// Shifting the decimal point instead of dividing gives 0.997 for 99.7%, and not its neighbour.
	ratio, err := strconv.ParseFloat(digits+"e-2", 64)
	if !percent || err != nil || !(ratio > 0 && ratio < 1) {
		return fmt.Errorf("%.40q: want a percentage above 0%% and below 100%%, such as 99.7%%", b)
	}
	*p = percentage(ratio)
	return nil
}

// date is a day, spelled like 2026-01-31.
type date time.Time

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *date) UnmarshalText(b []byte) error {
	day, err := time.Parse(time.DateOnly, string(b))
	if err != nil {
		return fmt.Errorf("%.40q: want a date such as 2026-01-31", b)
	}
	*d = date(day)
	return nil
}

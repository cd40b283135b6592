// Package targets knows the screening systems: which transactions are run against each, what its owner
// promises and accepts, what it depends on, and the synthetic travelers that are presented to it.
//
// The catalogue is one YAML file per system, embedded in the binary; a folder overrides it. Load reads
// and validates all of it and reports every fault at once with its place. A definition is refused if its
// owner has not accepted synthetic transactions, or if it names a document of any issuing state but UTO.
// The package opens no sockets and reads no clock. Ways of talking reach it as a list that commands hand
// to Load.
package targets

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"portolan"
	"portolan/probe"
)

// System is one screening system as its definition describes it. It does not change after it was loaded.
type System struct {
	ID           portolan.SystemID
	Name         string
	Owner        Owner
	Objective    portolan.Objective
	Dependencies []Dependency
	Backups      []portolan.SystemID // in the order in which users fall back on them
	Clocks       []Clock
	Where        portolan.Where // where its transactions run, those apart that say otherwise
	Consent      Consent
	// MaxRate is how many synthetic transactions a second the owner accepts from the whole fleet, what reaches the
	// system through others included.
	MaxRate  float64
	Endpoint string // that steps refer to as ${endpoint}
	// Endpoints are further ways in, by the name under which steps refer to them as ${endpoint.NAME}.
	Endpoints    map[string]string
	Transactions []*probe.Transaction
	File         string // the definition's, for people
	Source       []byte // the definition's bytes
}

// Owner is who answers for a system.
type Owner struct {
	Organization string
	Contact      string
}

// Consent is by whom and since when synthetic transactions are accepted.
type Consent struct {
	By    string
	Since time.Time // a day
}

// Clock is a limit on the users' own work that the system's speed bears on, like 48 hours from an arrest to the
// court. It is stated, not measured: no synthetic transaction is in custody.
type Clock struct {
	ID     string
	Title  string
	Limit  time.Duration
	Source string // who set it, or found it
}

// Dependency is a system that another one calls, and whose it is.
type Dependency struct {
	System portolan.SystemID
	Owner  string
}

// Rate returns how many transactions a second one agent at a port runs against the system, retries apart, on a workstation
// of any class.
// Transactions by cron count by the mean interval that meanInterval gives for them.
func (s *System) Rate(at portolan.Port, meanInterval func(*probe.Transaction) time.Duration) float64 {
	return s.rate(at, meanInterval, func(*probe.Transaction) int { return 1 })
}

// RateOf returns how many times a second the same agent makes the system ask one that it depends on: as often as
// steps exercise that.
func (s *System) RateOf(dependency portolan.SystemID, at portolan.Port, meanInterval func(*probe.Transaction) time.Duration) float64 {
	return s.rate(at, meanInterval, func(t *probe.Transaction) (asked int) {
		for _, step := range t.Steps {
			if step.Dependency == dependency {
				asked++
			}
		}
		return asked
	})
}

// rate adds up the transactions that run at a port, each as many times as count says.
func (s *System) rate(at portolan.Port, meanInterval func(*probe.Transaction) time.Duration, count func(*probe.Transaction) int) float64 {
	var rate float64
	for _, t := range s.Transactions {
		interval := t.Interval
		if t.Cron != "" {
			interval = meanInterval(t)
		}
		if interval > 0 && t.Where.Includes(at.Code, at.Kind) {
			rate += float64(count(t)) / interval.Seconds()
		}
	}
	return rate
}

// RunsAt returns where any of the system's transactions runs.
func (s *System) RunsAt() portolan.Where {
	var w portolan.Where
	for _, t := range s.Transactions {
		if t.Where.Everywhere() {
			return portolan.Where{}
		}
		w.Kinds, w.Ports = append(w.Kinds, t.Where.Kinds...), append(w.Ports, t.Where.Ports...)
	}
	slices.Sort(w.Kinds)
	slices.Sort(w.Ports)
	return portolan.Where{Kinds: slices.Compact(w.Kinds), Ports: slices.Compact(w.Ports)}
}

// UsedAt reports whether a port's officers use the system: a transaction of it runs there.
func (s *System) UsedAt(at portolan.Port) bool {
	return slices.ContainsFunc(s.Transactions, func(t *probe.Transaction) bool { return t.Where.Includes(at.Code, at.Kind) })
}

// Offline reports whether the system can be used without a network: it has a transaction that needs none.
func (s *System) Offline() bool {
	return slices.ContainsFunc(s.Transactions, func(t *probe.Transaction) bool { return t.Offline })
}

// Transaction returns the transaction of that id, nil if the system has none.
func (s *System) Transaction(id portolan.TransactionID) *probe.Transaction {
	for _, t := range s.Transactions {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// Exercising returns the steps that exercise a dependency, as TRANSACTION/STEP.
func (s *System) Exercising(dependency portolan.SystemID) []string {
	var steps []string
	for _, t := range s.Transactions {
		for _, step := range t.Steps {
			if step.Dependency == dependency {
				steps = append(steps, string(t.ID)+"/"+string(step.ID))
			}
		}
	}
	return steps
}

// Catalogue is every system that is monitored.
type Catalogue struct {
	Systems []*System // sorted by id
}

// System returns the system of that id, nil if the catalogue has none.
func (c *Catalogue) System(id portolan.SystemID) *System {
	i, found := slices.BinarySearchFunc(c.Systems, id, func(s *System, id portolan.SystemID) int {
		return strings.Compare(string(s.ID), string(id))
	})
	if !found {
		return nil
	}
	return c.Systems[i]
}

// Names reports whether id is a system of the catalogue, or one that such a system depends on.
func (c *Catalogue) Names(id portolan.SystemID) bool {
	return c.System(id) != nil || slices.ContainsFunc(c.Systems, func(s *System) bool {
		return slices.ContainsFunc(s.Dependencies, func(d Dependency) bool { return d.System == id })
	})
}

// Revision identifies the exact text of all definitions together.
func (c *Catalogue) Revision() portolan.Revision {
	h := sha256.New()
	for _, s := range c.Systems {
		fmt.Fprintf(h, "%s %x\n", s.ID, sha256.Sum256(s.Source))
	}
	return portolan.Revision(h.Sum(nil)[:len(portolan.Revision{})])
}

// BackupsAt returns the system's backups that a port's officers have, in their order. One that the catalogue does not
// hold may be anywhere.
func (c *Catalogue) BackupsAt(at portolan.Port, s *System) []portolan.SystemID {
	return slices.DeleteFunc(slices.Clone(s.Backups), func(id portolan.SystemID) bool {
		backup := c.System(id)
		return backup != nil && !backup.UsedAt(at)
	})
}

// Plan returns what an agent on a workstation of a class at the port runs: every transaction of the catalogue that is run there.
// An interval other than zero replaces those of the definitions, as far as a workstation can bear it; cron expressions stay.
func (c *Catalogue) Plan(at portolan.Port, class portolan.WorkstationClass, interval time.Duration) portolan.Plan {
	plan := portolan.Plan{Port: at.Code, Class: class}
	for _, s := range c.Systems {
		for _, t := range s.Transactions {
			if !t.Where.Includes(at.Code, at.Kind) || !t.Where.IncludesClass(class) {
				continue
			}
			planned := plannedSeries(t)
			if interval > 0 && t.Cron == "" {
				planned.Interval = shortened(t, interval)
			}
			plan.Series = append(plan.Series, planned)
		}
	}
	return plan
}

// shortened returns the interval that replaces a transaction's own. One that a workstation bears only so often, since each run starts
// a browser, keeps a fifth of its own at least: a port with many of them would do nothing else.
func shortened(t *probe.Transaction, interval time.Duration) time.Duration {
	if t.LeastInterval == 0 {
		return interval
	}
	return max(interval, t.LeastInterval, t.Interval/5)
}

func plannedSeries(t *probe.Transaction) portolan.PlannedSeries {
	planned := portolan.PlannedSeries{
		System: t.System, Transaction: t.ID, Revision: t.Revision, Share: t.Share,
		Interval: t.Interval, Cron: t.Cron, Zone: t.Zone, Latency: t.Latency, Timeout: t.Timeout,
	}
	for _, step := range t.Steps {
		planned.Steps = append(planned.Steps, portolan.PlannedStep{Step: step.ID, Dependency: step.Dependency})
	}
	return planned
}

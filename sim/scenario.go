// Package sim is the truth: a simulated world of screening systems, and of what goes wrong with them when.
//
// A Scenario says what goes wrong. A Simulator runs systems as HTTP services, a relay for every
// workstation and target, and an admin interface, so that faults by system, port, office or agent act on
// real processes over real connections. Nothing here knows how availability is computed: the truth must
// not depend on what it is held against.
package sim

import (
	"fmt"
	"os"
	"slices"
	"time"

	"portolan"
	"portolan/internal/strictyaml"
	"portolan/sim/fault"
)

// Scenario is a timetable of faults for a fleet of agents.
type Scenario struct {
	Name  string    `yaml:"name,required"`
	Start time.Time `yaml:"start,required"`
	// Length is how long the world is watched; every fault lies within it.
	Length time.Duration `yaml:"length,required"`
	// Seed is what everything random is drawn from.
	Seed        uint64        `yaml:"seed,required"`
	Fleet       Fleet         `yaml:"-"`
	Faults      []fault.Fault `yaml:"faults"`
	Maintenance []Maintenance `yaml:"maintenance"`
	Changes     []Change      `yaml:"changes"`

	doc *strictyaml.Document // tells positions to later checks
}

// Fleet is the agents of a scenario.
type Fleet struct {
	// Ports is where the agents are.
	Ports PortChoice
	// AgentsPerPort is 1 by default.
	AgentsPerPort int
	// Interval is the time between the runs of a transaction, 60 s by default.
	Interval time.Duration
	// Systems are those that the agents probe; none for all of the catalogue.
	Systems []portolan.SystemID
}

// scenarioFile is a scenario as its file spells it.
type scenarioFile struct {
	Scenario `yaml:",inline"`
	Fleet    struct {
		Ports         strictyaml.Value `yaml:"ports"` // a word, a number or a list
		AgentsPerPort int              `yaml:"agents_per_port"`
		Interval      time.Duration    `yaml:"interval"`
		Systems       []string         `yaml:"systems"`
	} `yaml:"fleet"`
}

// PortChoice is all known ports, a number of them, or a list; the zero choice is all.
type PortChoice struct {
	Number int
	Codes  []portolan.PortCode
}

// All reports whether every known port is meant.
func (c PortChoice) All() bool { return c.Number == 0 && len(c.Codes) == 0 }

// Maintenance is planned work, declared in advance.
type Maintenance struct {
	At    time.Duration `yaml:"at"`
	For   time.Duration `yaml:"for,required"`
	Where fault.Where   `yaml:"where,required"`
}

// Change is a change to a system that people announce when they make it.
type Change struct {
	At     time.Duration     `yaml:"at"`
	System portolan.SystemID `yaml:"system,required"`
	Text   string            `yaml:"text,required"`
}

// The bounds of what a scenario may ask for.
const (
	longestScenario = 366 * 24 * time.Hour
	mostAgents      = 1000
	mostPorts       = 10_000
	shortestRuns    = time.Second
	mostFaults      = 10_000
)

// ParseScenario reads a scenario; the error is of type strictyaml.Faults and tells every fault.
func ParseScenario(file string, data []byte) (*Scenario, error) {
	var content scenarioFile
	content.Fleet.AgentsPerPort, content.Fleet.Interval = 1, time.Minute
	doc, _ := strictyaml.Decode(file, data, &content)
	s := content.Scenario
	s.doc = doc
	s.Fleet = Fleet{
		Ports: portsOf(doc, content.Fleet.Ports), AgentsPerPort: content.Fleet.AgentsPerPort, Interval: content.Fleet.Interval,
		Systems: systemsOf(doc, content.Fleet.Systems),
	}
	s.check()
	return &s, doc.Faults().Err()
}

// LoadScenario reads the scenario file at path.
func LoadScenario(path string) (*Scenario, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	return ParseScenario(path, data)
}

func (s *Scenario) check() {
	if s.doc.Has("name") && s.Name == "" {
		s.doc.Report("name", "empty", "want a name")
	}
	if s.doc.Has("length") && (s.Length <= 0 || s.Length > longestScenario) {
		s.doc.Report("length", "out of range", "want more than 0s, at most 366d")
	}
	if len(s.Faults) > mostFaults {
		s.doc.Report("faults", fmt.Sprintf("%d faults", len(s.Faults)), fmt.Sprintf("want at most %d", mostFaults))
	}
	s.Fleet.check(s.doc)
	for i, f := range s.Faults {
		path := fmt.Sprintf("faults[%d]", i)
		f.Check(s.doc, path)
		s.checkEnd(path, f.At, f.For)
	}
	for i, m := range s.Maintenance {
		path := fmt.Sprintf("maintenance[%d]", i)
		if m.At < 0 {
			s.doc.Report(path+".at", "a negative duration", "want the time from the start, 0s or more")
		}
		if s.doc.Has(path+".for") && m.For <= 0 {
			s.doc.Report(path+".for", "not a length of time", "want more than 0s")
		}
		m.Where.Check(s.doc, path+".where")
		s.checkEnd(path, m.At, m.For)
	}
	for i, c := range s.Changes {
		path := fmt.Sprintf("changes[%d]", i)
		if c.At < 0 || c.At >= s.Length {
			s.doc.Report(path+".at", "not in the scenario", "want 0s or more, and less than its length")
		}
		if _, err := portolan.ParseSystemID(string(c.System)); err != nil && s.doc.Has(path+".system") {
			s.doc.Report(path+".system", err.Error(), "")
		}
		if c.Text == "" && s.doc.Has(path+".text") {
			s.doc.Report(path+".text", "empty", "want what was changed")
		}
	}
}

// checkEnd reports what cannot happen because the scenario is over.
func (s *Scenario) checkEnd(path string, at, lasts time.Duration) {
	switch {
	case s.doc.Faulty("length") || s.doc.Faulty(path+".at") || s.doc.Faulty(path+".for"):
	case at >= s.Length:
		s.doc.Report(path+".at", "after the scenario's end", fmt.Sprintf("want less than %s", s.Length))
	case lasts > s.Length-at:
		s.doc.Report(path+".for", "beyond the scenario's end", fmt.Sprintf("want at most %s", s.Length-at))
	}
}

func (f Fleet) check(doc *strictyaml.Document) {
	if f.AgentsPerPort < 1 || f.AgentsPerPort > mostAgents {
		doc.Report("fleet.agents_per_port", "out of range", fmt.Sprintf("want 1 to %d", mostAgents))
	}
	if f.Interval < shortestRuns {
		doc.Report("fleet.interval", "too short", fmt.Sprintf("want at least %s", shortestRuns))
	}
}

func systemsOf(doc *strictyaml.Document, words []string) (systems []portolan.SystemID) {
	for i, word := range words {
		id, err := portolan.ParseSystemID(word)
		at := fmt.Sprintf("fleet.systems[%d]", i)
		switch {
		case err != nil:
			doc.Report(at, err.Error(), "")
		case slices.Contains(systems, id):
			doc.Report(at, fmt.Sprintf("%s twice", word), "want each system once")
		}
		systems = append(systems, id)
	}
	return systems
}

const portsForm = "want all, a number of ports, or a list of codes"

func portsOf(doc *strictyaml.Document, given strictyaml.Value) PortChoice {
	const path = "fleet.ports"
	switch given.Kind() {
	case strictyaml.Absent:
	case strictyaml.List:
		return PortChoice{Codes: portCodes(doc, given)}
	case strictyaml.Scalar:
		var word any
		given.Decode(&word)
		number, whole := word.(int64)
		switch {
		case whole && number >= 1 && number <= mostPorts:
			return PortChoice{Number: int(number)}
		case whole:
			doc.Report(path, "out of range", fmt.Sprintf("want 1 to %d", mostPorts))
		case word != "all":
			doc.Report(path, fmt.Sprintf("%.40q", fmt.Sprint(word)), portsForm)
		}
	case strictyaml.Mapping:
		doc.Report(path, "a mapping", portsForm)
	}
	return PortChoice{}
}

func portCodes(doc *strictyaml.Document, given strictyaml.Value) []portolan.PortCode {
	var words []string
	given.Decode(&words)
	if len(words) == 0 {
		doc.Report(given.Path(), "an empty list", portsForm)
	}
	var codes []portolan.PortCode
	seen := map[string]bool{}
	for i, word := range words {
		at := fmt.Sprintf("%s[%d]", given.Path(), i)
		code, err := portolan.ParsePortCode(word)
		switch {
		case err != nil:
			doc.Report(at, err.Error(), "")
		case seen[word]:
			doc.Report(at, fmt.Sprintf("%s twice", word), "want each port once")
		}
		seen[word] = true
		codes = append(codes, code)
	}
	return codes
}

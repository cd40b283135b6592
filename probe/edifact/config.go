package edifact

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"portolan/probe"
)

// definition is the part "edifact" of a step, as a person writes it. The address and the texts of the list may
// refer to values as ${name}.
type definition struct {
	// To is where the list goes: http:// and https:// post it, tcp://host:port and tls://host:port send it as it is.
	To        string              `yaml:"to"`
	Sender    string              `yaml:"sender"`    // the carrier's address, as agreed on with the system's owner
	Recipient string              `yaml:"recipient"` // the system's
	List      listDefinition      `yaml:"list"`
	MaxAge    time.Duration       `yaml:"max_age"` // how old the data may be on which the answer rests; no bound without it
	TLS       probe.TLSDefinition `yaml:"tls"`
	Extract   map[string]string   `yaml:"extract"` // values for later steps, by places in the answer such as RFF+AF
}

// listDefinition is a PAXLST.
type listDefinition struct {
	Of        string             `yaml:"of"` // passengers or crew
	Flight    string             `yaml:"flight"`
	Departure movementDefinition `yaml:"departure"`
	Arrival   movementDefinition `yaml:"arrival"`
	Persons   []personDefinition `yaml:"persons"`
}

// movementDefinition is where and when a flight leaves or lands.
type movementDefinition struct {
	Airport string        `yaml:"airport"`
	In      time.Duration `yaml:"in"` // counted from now; below zero for what was
}

// personDefinition is one person of the list and the status that the answer must give.
type personDefinition struct {
	// Who is the beginning of the values that describe the person: traveler, companion1.
	Who     string `yaml:"who"`
	Surname string `yaml:"surname"` // instead of the value's
	Status  string `yaml:"status"`  // the code of ERC: 0Z
}

// Bounds of a list.
const (
	maxPersons  = 50
	maxMovement = 30 * 24 * time.Hour
)

// compiler turns a definition into an action and collects its faults.
type compiler struct {
	faults []probe.Fault
	needs  map[string]bool
}

// compile returns the action that d defines, or every fault in it.
func compile(d *definition) (*action, []probe.Fault) {
	c := &compiler{needs: map[string]bool{}}
	a := &action{to: c.address(d.To), list: c.list(d), maxAge: d.MaxAge, secure: security{d.TLS, d.TLS.Compile(c.fault)}, extracts: c.extracts(d.Extract)}
	if d.MaxAge < 0 {
		c.fault("max_age", "is below zero", "a duration such as 15m, or none")
	}
	a.needs = slices.Sorted(maps.Keys(c.needs))
	for _, e := range a.extracts {
		a.gives = append(a.gives, e.name)
	}
	return a, c.faults
}

func (c *compiler) fault(path, problem, allowed string) {
	c.faults = append(c.faults, probe.Fault{Path: path, Problem: problem, Allowed: allowed})
}

// template compiles a text with references, which must not be empty; ok is false if it is at fault.
func (c *compiler) template(path, text string) (t probe.Template, ok bool) {
	t, err := probe.ParseTemplate(text)
	switch {
	case text == "":
		c.fault(path, "is missing", "a text")
	case err != nil:
		c.fault(path, "holds a ${ that begins no reference", "${name}, or $${ for a literal ${")
	}
	for _, name := range t.Names() {
		c.needs[name] = true
	}
	return t, text != "" && err == nil
}

// address compiles where the list goes.
func (c *compiler) address(text string) probe.Template {
	const allowed = "an address such as https://${...}/path, tcp://host:port or tls://host:port, or a ${value} that begins one"
	t, ok := c.template("to", text)
	if !ok {
		return t
	}
	sample, _ := t.Expand(func(_, before string) (string, error) { // no stand-in fails
		switch {
		case before == "":
			return "http://x:1", nil
		case strings.HasSuffix(before, "://"):
			return "x:1", nil
		default:
			return "1", nil
		}
	})
	if err := checkAddress(sample); err != nil {
		c.fault("to", err.Error(), allowed)
	}
	return t
}

// checkAddress returns what is wrong with an address; nil if nothing is.
func checkAddress(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return errors.New("is not an address")
	}
	if u.User != nil {
		return errors.New("holds a user")
	}
	switch u.Scheme {
	case "http", "https":
		return nil
	case "tcp", "tls":
		if _, _, err := net.SplitHostPort(u.Host); err != nil || u.Path != "" || u.RawQuery != "" {
			return errors.New("is not a host and a port")
		}
		return nil
	default:
		return fmt.Errorf("has the scheme %q", u.Scheme)
	}
}

func (c *compiler) list(d *definition) list {
	l := list{
		sender:    c.word("sender", d.Sender),
		recipient: c.word("recipient", d.Recipient),
		departure: c.movement("list.departure", d.List.Departure),
		arrival:   c.movement("list.arrival", d.List.Arrival),
	}
	l.flight, _ = c.template("list.flight", d.List.Flight)
	switch d.List.Of {
	case "passengers":
		l.code, l.role = codePassengers, rolePassenger
	case "crew":
		l.code, l.role = codeCrew, roleCrew
	default:
		c.fault("list.of", fmt.Sprintf("is %q", d.List.Of), "passengers or crew")
	}
	if d.List.Departure.In >= d.List.Arrival.In {
		c.fault("list.arrival.in", "is not after the departure", "a later time")
	}
	if n := len(d.List.Persons); n == 0 || n > maxPersons {
		c.fault("list.persons", fmt.Sprintf("are %d", n), fmt.Sprintf("1 to %d", maxPersons))
	}
	for i, person := range d.List.Persons {
		l.persons = append(l.persons, c.person(fmt.Sprintf("list.persons[%d]", i), person))
	}
	return l
}

var (
	wordForm   = regexp.MustCompile(`^[A-Z0-9][A-Z0-9./-]{0,34}$`)
	placeForm  = regexp.MustCompile(`^[A-Z0-9]{3,5}$`)
	statusForm = regexp.MustCompile(`^[A-Z0-9]{1,8}$`)
)

func (c *compiler) word(path, text string) string {
	if !wordForm.MatchString(text) {
		c.fault(path, fmt.Sprintf("is %q", text), "capital letters and digits, 35 at most")
	}
	return text
}

func (c *compiler) movement(path string, d movementDefinition) movement {
	if !placeForm.MatchString(d.Airport) {
		c.fault(path+".airport", fmt.Sprintf("is %q", d.Airport), "a code of 3 to 5 capital letters and digits, such as LHR")
	}
	if d.In < -maxMovement || d.In > maxMovement {
		c.fault(path+".in", fmt.Sprintf("is %s", d.In), fmt.Sprintf("at most %s from now", maxMovement))
	}
	return movement{d.Airport, d.In}
}

func (c *compiler) person(path string, d personDefinition) person {
	p := person{who: d.Who, status: d.Status}
	if !probe.ValidName(d.Who) {
		c.fault(path+".who", fmt.Sprintf("is %q", d.Who), "traveler, or one of its companions such as companion1")
	} else {
		for _, part := range personParts() {
			c.needs[d.Who+"."+part] = true
		}
	}
	if d.Surname != "" {
		surname, _ := c.template(path+".surname", d.Surname)
		p.surname = &surname
	}
	if !statusForm.MatchString(d.Status) {
		c.fault(path+".status", fmt.Sprintf("is %q", d.Status), "the code that the answer must give, such as 0Z")
	}
	return p
}

package netpath

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"portolan/probe"
)

// definition is the part "netpath" of a step, as a person writes it. to and throughput.from may refer to values
// as ${name}.
type definition struct {
	To         string                `yaml:"to"`  // host:port, or a URL of which host and port count
	TLS        string                `yaml:"tls"` // checked or any; no handshake
	Trips      tripsDefinition       `yaml:"trips"`
	RoundTrip  *time.Duration        `yaml:"round_trip"` // a longer median is slow; no limit
	Loss       string                `yaml:"loss"`       // the path fails if surely more is lost; no limit
	Throughput *throughputDefinition `yaml:"throughput"`
	Path       bool                  `yaml:"path"` // find the routers, and tell when the path changes
}

// tripsDefinition says how round trips are made.
type tripsDefinition struct {
	By    string         `yaml:"by"`    // connect, echo or icmp: connect
	Count *int           `yaml:"count"` // 20
	Every *time.Duration `yaml:"every"` // 50ms
	Wait  *time.Duration `yaml:"wait"`  // 900ms
}

// throughputDefinition says where bytes come from, and how many are taken.
type throughputDefinition struct {
	From  string         `yaml:"from"`  // as to
	Send  string         `yaml:"send"`  // nothing
	Size  string         `yaml:"size"`  // 256KiB
	Time  *time.Duration `yaml:"time"`  // 3s
	Least string         `yaml:"least"` // fewer bytes a second are slow, like 100KiB; no limit
}

// The defaults and bounds of a step. They keep a probe small on thin links and kind to its peers.
const (
	defaultCount = 20
	maxCount     = 200
	defaultEvery = 50 * time.Millisecond
	minEvery     = 10 * time.Millisecond
	maxEvery     = 10 * time.Second
	defaultWait  = 900 * time.Millisecond
	maxWait      = 30 * time.Second
	resendAfter  = time.Second // when the system sends a lost packet of a new connection again
	defaultSize  = 256 << 10
	maxSize      = 16 << 20
	defaultTime  = 3 * time.Second
	maxTime      = time.Minute
)

// compiler turns a definition into an action and collects its faults.
type compiler struct {
	faults []probe.Fault
	needs  []string
}

// compile returns the action that d defines, or every fault in it.
func compile(d *definition) (*action, []probe.Fault) {
	c := &compiler{}
	a := &action{
		to: c.address("to", d.To), tls: c.tls(d.TLS), trips: c.trips(d.Trips),
		loss: c.loss(d.Loss), throughput: c.throughput(d.Throughput), path: d.Path,
	}
	if d.RoundTrip != nil {
		a.roundTrip = c.duration("round_trip", d.RoundTrip, 0, time.Microsecond, maxWait)
	}
	slices.Sort(c.needs)
	a.needs = slices.Compact(c.needs)
	return a, c.faults
}

func (c *compiler) fault(path, problem, allowed string) {
	c.faults = append(c.faults, probe.Fault{Path: path, Problem: problem, Allowed: allowed})
}

// address compiles where to measure: a host and a port, or a URL.
func (c *compiler) address(path, text string) probe.Template {
	const allowed = "a host and port like onenet.example:7, a URL, or a ${value}"
	if text == "" {
		c.fault(path, "is missing", allowed)
		return probe.Template{}
	}
	t, err := probe.ParseTemplate(text)
	if err != nil {
		c.fault(path, "holds a ${ that begins no reference", "${name}, or $${ for a literal ${")
		return t
	}
	c.needs = append(c.needs, t.Names()...)
	sample, _ := t.Expand(func(_, before string) (string, error) { // no stand-in fails
		if before == "" {
			return "x:1", nil
		}
		return "x", nil
	})
	if u, err := url.Parse(sample); err == nil && u.User != nil && u.Host != "" {
		c.fault(path, "holds a user", allowed)
	} else if _, err := hostPort(sample); err != nil && len(t.Names()) == 0 {
		c.fault(path, "is no address", allowed)
	}
	return t
}

func (c *compiler) tls(text string) tlsMode {
	switch text {
	case "":
		return noTLS
	case "checked":
		return checkedTLS
	case "any":
		return anyTLS
	default:
		c.fault("tls", fmt.Sprintf("is %q", text), "checked, or any for a handshake whose certificate does not matter")
		return noTLS
	}
}

func (c *compiler) trips(d tripsDefinition) trips {
	t := trips{by: byConnect, count: defaultCount}
	switch by := method(d.By); by {
	case "":
	case byConnect, byEcho, byICMP:
		t.by = by
	default:
		c.fault("trips.by", fmt.Sprintf("is %q", d.By), "connect, echo or icmp")
	}
	if d.Count != nil {
		if t.count = *d.Count; t.count < 1 || t.count > maxCount {
			c.fault("trips.count", fmt.Sprintf("is %d", t.count), fmt.Sprintf("1 to %d", maxCount))
		}
	}
	t.every = c.duration("trips.every", d.Every, defaultEvery, minEvery, maxEvery)
	longest := maxWait
	if t.by == byConnect {
		longest = resendAfter - time.Millisecond // beyond, a loss would not show
	}
	t.wait = c.duration("trips.wait", d.Wait, defaultWait, time.Millisecond, longest)
	return t
}

func (c *compiler) duration(path string, d *time.Duration, usual, least, most time.Duration) time.Duration {
	if d == nil {
		return usual
	}
	if *d < least || *d > most {
		c.fault(path, fmt.Sprintf("is %s", *d), fmt.Sprintf("%s to %s", least, most))
	}
	return *d
}

// loss reads a share like 2.5%, in millionths; negative for no limit.
func (c *compiler) loss(text string) int64 {
	if text == "" {
		return -1
	}
	digits, percent := strings.CutSuffix(text, "%")
	part, err := strconv.ParseFloat(digits, 64)
	if !percent || err != nil || !(part >= 0 && part < 100) {
		c.fault("loss", fmt.Sprintf("is %q", text), "a share from 0% to less than 100%, like 2.5%")
		return -1
	}
	return int64(part*million/100 + 0.5)
}

func (c *compiler) throughput(d *throughputDefinition) *throughput {
	if d == nil {
		return nil
	}
	t := &throughput{
		from: c.address("throughput.from", d.From), send: d.Send, size: defaultSize,
		time: c.duration("throughput.time", d.Time, defaultTime, time.Millisecond, maxTime),
	}
	if d.Size != "" {
		t.size = c.size("throughput.size", d.Size)
	}
	if d.Least != "" {
		t.rate = c.size("throughput.least", d.Least)
	}
	return t
}

var sizeForm = regexp.MustCompile(`^([0-9]{1,9})(B|KiB|MiB)$`)

func (c *compiler) size(path, text string) int64 {
	allowed := fmt.Sprintf("a size from 2B to %dMiB, like 64KiB", maxSize>>20)
	parts := sizeForm.FindStringSubmatch(text)
	if parts == nil {
		c.fault(path, fmt.Sprintf("is %q", text), allowed)
		return 0
	}
	size, _ := strconv.ParseInt(parts[1], 10, 64) // nine digits at most
	size <<= map[string]int{"B": 0, "KiB": 10, "MiB": 20}[parts[2]]
	if size < 2 || size > maxSize {
		c.fault(path, "is "+text, allowed)
	}
	return size
}

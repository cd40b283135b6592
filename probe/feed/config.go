package feed

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"portolan/probe"
)

// definition is the part "feed" of a step, as a person writes it. url and subscribe may refer to values as
// ${name}; in subscribe a value is escaped for a string of JSON.
type definition struct {
	// URL is tcp://host:port or tls://host:port for lines, ws://, wss://, http:// or https:// for a WebSocket.
	URL       string              `yaml:"url"`
	Subscribe string              `yaml:"subscribe"` // the JSON message that is sent first; none
	Fields    fieldsDefinition    `yaml:"fields"`
	Sources   int                 `yaml:"sources"` // how many the feed has
	Sample    sampleDefinition    `yaml:"sample"`
	Age       *time.Duration      `yaml:"age"` // the newest item may be so old; no limit
	Live      *liveDefinition     `yaml:"live"`
	Radar     *radarDefinition    `yaml:"radar"`
	TLS       probe.TLSDefinition `yaml:"tls"`
}

// fieldsDefinition names the keys of a message, which is a JSON object.
type fieldsDefinition struct {
	Source string `yaml:"source"` // what an item comes from: source
	Time   string `yaml:"time"`   // when it was seen, as RFC 3339 has it: time
	Clock  string `yaml:"clock"`  // the feed's own time; the workstation's clock
	Error  string `yaml:"error"`  // present in a message that is an error; none
}

// sampleDefinition bounds the sample.
type sampleDefinition struct {
	First *time.Duration `yaml:"first"` // the first item is waited for so long: 10s
	Time  *time.Duration `yaml:"time"`  // how long it lasts from then on: 2s
	Lines *int           `yaml:"lines"` // 20000
	Size  string         `yaml:"size"`  // 4MiB
}

// liveDefinition says which sources are live, and how many must be.
type liveDefinition struct {
	Within time.Duration `yaml:"within"`
	Share  string        `yaml:"share"`
}

// radarDefinition names sources whose share of the items matters: "TARS-*".
type radarDefinition struct {
	Source string `yaml:"source"`
	Share  string `yaml:"share"`
}

// The defaults and bounds of a step.
const (
	defaultFirst = 10 * time.Second
	defaultTime  = 2 * time.Second
	maxTime      = 5 * time.Minute
	defaultLines = 20_000
	maxLines     = 1_000_000
	defaultSize  = 4 << 20
	maxSize      = 64 << 20
	maxSources   = 100_000
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
		url:       c.url(d.URL),
		subscribe: c.subscribe(d.Subscribe),
		fields:    c.fields(d.Fields),
		sources:   c.number("sources", d.Sources, maxSources),
		bounds:    c.bounds(d.Sample),
		limits:    c.limits(d),
		secure:    d.TLS.Compile(c.fault),
	}
	slices.Sort(c.needs)
	a.needs = slices.Compact(c.needs)
	return a, c.faults
}

func (c *compiler) fault(path, problem, allowed string) {
	c.faults = append(c.faults, probe.Fault{Path: path, Problem: problem, Allowed: allowed})
}

// template compiles a text with references; ok is false if it is at fault.
func (c *compiler) template(path, text string) (t probe.Template, ok bool) {
	t, err := probe.ParseTemplate(text)
	if err != nil {
		c.fault(path, "holds a ${ that begins no reference", "${name}, or $${ for a literal ${")
		return t, false
	}
	c.needs = append(c.needs, t.Names()...)
	return t, true
}

func (c *compiler) url(text string) probe.Template {
	const allowed = "an address that begins with tcp://, tls://, ws://, wss://, http://, https:// or a ${value}"
	if text == "" {
		c.fault("url", "is missing", allowed)
		return probe.Template{}
	}
	t, ok := c.template("url", text)
	if !ok {
		return t
	}
	u, err := url.Parse(sampled(t))
	switch {
	case err != nil:
		c.fault("url", "is not an address", allowed)
	case !isLines(u) && !isSocket(u) || u.Host == "":
		c.fault("url", "is not an absolute address", allowed)
	case u.User != nil:
		c.fault("url", "holds a user", "an address without one")
	case isLines(u) && len(t.Names()) == 0 && u.Port() == "":
		c.fault("url", "has no port", "an address like tcp://feed.example:7000")
	}
	return t
}

// sampled returns an address with stand-ins for its values.
func sampled(t probe.Template) string {
	text, _ := t.Expand(func(_, before string) (string, error) { // no stand-in fails
		if before == "" {
			return "http://x", nil
		}
		return "x", nil
	})
	return text
}

func isLines(u *url.URL) bool { return u.Scheme == "tcp" || u.Scheme == "tls" }

func isSocket(u *url.URL) bool {
	return slices.Contains([]string{"ws", "wss", "http", "https"}, u.Scheme)
}

func (c *compiler) subscribe(text string) probe.Template {
	t, ok := c.template("subscribe", text)
	if !ok || text == "" {
		return t
	}
	sample, _ := t.Expand(func(string, string) (string, error) { return "x", nil }) // no stand-in fails
	if !json.Valid([]byte(sample)) || strings.ContainsAny(sample, "\r\n") {
		c.fault("subscribe", "is not JSON on one line", `a message like {"subscribe": "tracks"}, values inside strings`)
	}
	return t
}

func (c *compiler) fields(d fieldsDefinition) fields {
	f := fields{d.Source, d.Time, d.Clock, d.Error}
	if f.source == "" {
		f.source = "source"
	}
	if f.time == "" {
		f.time = "time"
	}
	if f.source == f.time {
		c.fault("fields.time", "is the same key as the source's", "another one")
	}
	return f
}

func (c *compiler) bounds(d sampleDefinition) bounds {
	return bounds{
		first: c.duration("sample.first", d.First, defaultFirst),
		time:  c.duration("sample.time", d.Time, defaultTime),
		lines: c.lines(d.Lines),
		bytes: c.size(d.Size),
	}
}

func (c *compiler) duration(path string, d *time.Duration, usual time.Duration) time.Duration {
	if d == nil {
		return usual
	}
	if *d <= 0 || *d > maxTime {
		c.fault(path, fmt.Sprintf("is %s", *d), fmt.Sprintf("more than 0s, at most %s", maxTime))
	}
	return *d
}

func (c *compiler) lines(n *int) int {
	if n == nil {
		return defaultLines
	}
	return c.number("sample.lines", *n, maxLines)
}

func (c *compiler) number(path string, n, most int) int {
	if n < 1 || n > most {
		c.fault(path, fmt.Sprintf("is %d", n), fmt.Sprintf("1 to %d", most))
	}
	return n
}

var sizeForm = regexp.MustCompile(`^([0-9]{1,9})(B|KiB|MiB)$`)

func (c *compiler) size(text string) int64 {
	if text == "" {
		return defaultSize
	}
	allowed := fmt.Sprintf("a size from 1B to %dMiB, like 512KiB", maxSize>>20)
	parts := sizeForm.FindStringSubmatch(text)
	if parts == nil {
		c.fault("sample.size", fmt.Sprintf("is %q", text), allowed)
		return 0
	}
	size, _ := strconv.ParseInt(parts[1], 10, 64) // nine digits at most
	size <<= map[string]int{"B": 0, "KiB": 10, "MiB": 20}[parts[2]]
	if size < 1 || size > maxSize {
		c.fault("sample.size", "is "+text, allowed)
	}
	return size
}

func (c *compiler) limits(d *definition) limits {
	var l limits
	if d.Age != nil {
		l.age = c.positive("age", *d.Age)
	}
	if d.Live != nil {
		l.liveWithin, l.live = c.positive("live.within", d.Live.Within), c.share("live.share", d.Live.Share)
	}
	if d.Radar != nil {
		l.pattern, l.share = d.Radar.Source, c.share("radar.share", d.Radar.Share)
		if _, err := path.Match(l.pattern, "x"); err != nil || l.pattern == "" {
			c.fault("radar.source", fmt.Sprintf("is %q", l.pattern), "a source or a pattern of sources, like TARS-*")
		}
	}
	return l
}

func (c *compiler) positive(path string, d time.Duration) time.Duration {
	if d <= 0 {
		c.fault(path, fmt.Sprintf("is %s", d), "more than 0s")
	}
	return d
}

// million is the whole: shares are in millionths.
const million = 1_000_000

// share reads a share like 97.5%, in millionths.
func (c *compiler) share(path, text string) int64 {
	digits, percent := strings.CutSuffix(text, "%")
	part, err := strconv.ParseFloat(digits, 64)
	if !percent || err != nil || !(part >= 0 && part <= 100) {
		c.fault(path, fmt.Sprintf("is %q", text), "a share from 0% to 100%, like 97.5%")
		return 0
	}
	return int64(part*million/100 + 0.5)
}

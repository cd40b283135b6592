package collector

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"portolan"
	"portolan/collector/projection"
	"portolan/internal/strictyaml"
)

// params reads query parameters, and collects what is wrong with them.
type params struct {
	values url.Values
	faults
}

// Bounds of a query.
const (
	maxListed  = 1000 // values of one filter
	maxWindow  = 5 * 366 * 24 * time.Hour
	maxPeriods = 1000 // days or months in an answer
)

func newParams(r *http.Request, known []string) *params {
	p := &params{values: r.URL.Query()}
	for name := range p.values {
		if !slices.Contains(known, name) {
			p.add(name, "unknown parameter; %s", strictyaml.Suggest(name, known))
		}
	}
	slices.Sort(p.messages)
	return p
}

// instant returns a time in RFC 3339 with its zone, or fallback if the parameter is not there.
func (p *params) instant(name string, fallback portolan.Instant) portolan.Instant {
	text := p.values.Get(name)
	if text == "" {
		return fallback
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.Year() < 1971 || at.Year() > 2200 {
		p.add(name, "%q is no time; want RFC 3339 with a zone, like 2026-03-01T00:00:00-05:00", text)
		return fallback
	}
	return portolan.InstantOf(at)
}

// window returns the span from "from" to "to"; without them the last 24 hours before now.
func (p *params) window(now portolan.Instant) portolan.Span {
	to := p.instant("to", now)
	span := portolan.Span{From: p.instant("from", to.Add(-24*time.Hour)), To: to}
	switch {
	case span.Empty():
		p.add("from", "want a time before %q", "to")
	case span.Duration() > maxWindow:
		p.add("from", "want a window of at most five years")
	}
	return span
}

func (p *params) zone() *time.Location {
	name := p.values.Get("zone")
	if name == "" {
		return time.UTC
	}
	zone, err := loadZone(name)
	if err != nil {
		p.add("zone", "%q is no time zone; %s", name, zoneForm)
		return time.UTC
	}
	return zone
}

func (p *params) cut() *projection.Cut {
	text := p.values.Get("as_of")
	if text == "" {
		return nil
	}
	cut, err := projection.ParseCut(text)
	if err != nil {
		p.add("as_of", "%v", err)
	}
	return &cut
}

// number returns a whole number from least to most, or fallback if the parameter is not there.
func (p *params) number(name string, fallback, least, most int64) int64 {
	text := p.values.Get(name)
	if text == "" {
		return fallback
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		p.add(name, "%q; want a whole number from %d to %d", text, least, most)
		return fallback
	}
	return n
}

func (p *params) flag(name string) bool {
	switch text := p.values.Get(name); text {
	case "", "false":
		return false
	case "true":
		return true
	default:
		p.add(name, "%q; want true or false", text)
		return false
	}
}

// listOf reads a parameter that may be given several times, and hold several values joined by commas.
func listOf[T any](p *params, name string, parse func(string) (T, error)) []T {
	var list []T
	for _, text := range p.values[name] {
		for part := range strings.SplitSeq(text, ",") {
			v, err := parse(part)
			if err != nil {
				p.add(name, "%v", err)
				continue
			}
			list = append(list, v)
		}
	}
	if len(list) > maxListed {
		p.add(name, "%d values; want at most %d", len(list), maxListed)
		return nil
	}
	return list
}

func (p *params) systems() []portolan.SystemID { return listOf(p, "system", portolan.ParseSystemID) }
func (p *params) ports() []portolan.PortCode   { return listOf(p, "port", portolan.ParsePortCode) }
func (p *params) agents() []portolan.AgentID   { return listOf(p, "agent", portolan.ParseAgentID) }

func (p *params) transactions() []portolan.TransactionID {
	return listOf(p, "transaction", portolan.ParseTransactionID)
}

// query reads what figures and latencies have in common.
func (p *params) query(now portolan.Instant) projection.Query {
	q := projection.Query{
		Window: p.window(now), Zone: p.zone(), AsOf: p.cut(), Now: now,
		Group: listOf(p, "group", projection.ParseDimension), Systems: p.systems(), Ports: p.ports(),
		Transactions: p.transactions(),
		Offices:      listOf(p, "office", parseText),
		Kinds:        listOf(p, "kind", parseKind),
	}
	if len(q.Group) == 0 {
		q.Group = []projection.Dimension{projection.BySystem}
	}
	if slices.Contains(q.Group, projection.ByDay) && slices.Contains(q.Group, projection.ByMonth) {
		p.add("group", "want day or month, not both")
	}
	if slices.Contains(q.Group, projection.ByDay) && q.Window.Duration() > maxPeriods*24*time.Hour {
		p.add("group", "want at most %d days in an answer", maxPeriods)
	}
	return q
}

func parseText(s string) (string, error) {
	if s == "" || len(s) > maxText*4 {
		return "", fmt.Errorf("%q: want 1 to %d letters", s, maxText)
	}
	return s, nil
}

func parseKind(s string) (k portolan.PortKind, err error) {
	err = k.UnmarshalText([]byte(s))
	if err == nil && k == portolan.PortKindUnknown {
		err = fmt.Errorf("kind of port %q: want air, land or sea", s)
	}
	return k, err
}

func parseWeight(s string) (w portolan.Weight, err error) {
	err = w.UnmarshalText([]byte(s))
	if err == nil && w == portolan.WeightUnknown {
		err = fmt.Errorf("weight %q: want time, port or traveler", s)
	}
	return w, err
}

// weight returns the weight asked for, or WeightUnknown for the default rule.
func (p *params) weight() portolan.Weight {
	list := listOf(p, "weight", parseWeight)
	if len(list) == 0 {
		return portolan.WeightUnknown
	}
	if len(list) > 1 {
		p.add("weight", "want one")
	}
	return list[0]
}

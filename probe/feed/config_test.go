package feed_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan/probe/feed"
)

func TestWay_FaultsSayWhereAndWhat(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"{sources: 1}":                                                     "url: is missing",
		"{url: 'udp://a:1', sources: 1}":                                   "url: is not an absolute address",
		"{url: 'tcp:a', sources: 1}":                                       "url: is not an absolute address",
		"{url: 'tcp://a', sources: 1}":                                     "url: has no port",
		"{url: 'tls://a:1', sources: 1, tls: {ca: ca.pem}}":                "tls.ca: is neither PEM text nor an absolute path",
		"{url: 'tls://a', sources: 1}":                                     "url: has no port",
		"{url: 'ws://u:p@a', sources: 1}":                                  "url: holds a user",
		"{url: 'ws://a b', sources: 1}":                                    "url: is not an address",
		"{url: 'ws://a/${', sources: 1}":                                   "url: holds a ${ that begins no reference",
		"{url: 'ws://a'}":                                                  "sources: is 0",
		"{url: 'ws://a', sources: 100001}":                                 "sources: is 100001",
		"{url: 'ws://a', sources: 1, subscribe: tracks}":                   "subscribe: is not JSON on one line",
		`{url: 'ws://a', sources: 1, subscribe: "{\n}"}`:                   "subscribe: is not JSON on one line",
		"{url: 'ws://a', sources: 1, subscribe: '{}${'}":                   "subscribe: holds a ${ that begins no reference",
		"{url: 'ws://a', sources: 1, fields: {source: time}}":              "fields.time: is the same key as the source's",
		"{url: 'ws://a', sources: 1, sample: {first: 0s}}":                 "sample.first: is 0s",
		"{url: 'ws://a', sources: 1, sample: {time: 6m}}":                  "sample.time: is 6m0s",
		"{url: 'ws://a', sources: 1, sample: {lines: 0}}":                  "sample.lines: is 0",
		"{url: 'ws://a', sources: 1, sample: {size: 1MB}}":                 `sample.size: is "1MB"`,
		"{url: 'ws://a', sources: 1, sample: {size: 65MiB}}":               "sample.size: is 65MiB",
		"{url: 'ws://a', sources: 1, age: 0s}":                             "age: is 0s",
		"{url: 'ws://a', sources: 1, live: {share: 1%}}":                   "live.within: is 0s",
		"{url: 'ws://a', sources: 1, live: {within: 1s}}":                  `live.share: is ""`,
		"{url: 'ws://a', sources: 1, live: {within: 1s, share: 101%}}":     `live.share: is "101%"`,
		"{url: 'ws://a', sources: 1, live: {within: 1s, share: 0.9}}":      `live.share: is "0.9"`,
		"{url: 'ws://a', sources: 1, live: {within: 1s, share: NaN%}}":     `live.share: is "NaN%"`,
		"{url: 'ws://a', sources: 1, radar: {share: 1%}}":                  `radar.source: is ""`,
		"{url: 'ws://a', sources: 1, radar: {source: '[', share: 1%}}":     `radar.source: is "["`,
		"{url: 'ws://a', sources: 1, radar: {source: 'T*', share: many%}}": `radar.share: is "many%"`,
	} {
		act, faults := decode(t, source)
		if act != nil || len(faults) != 1 {
			t.Errorf("%s: got %v and faults %+v, want one fault", source, act, faults)
			continue
		}
		if got := faults[0].Path + ": " + faults[0].Problem; got != want || faults[0].Allowed == "" {
			t.Errorf("%s\n got %s (%s)\nwant %s", source, got, faults[0].Allowed, want)
		}
	}
}

func TestWay_AllFaultsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	_, faults := decode(t, "{url: 'udp://a', sample: {lines: 0, size: x}, age: 0s, live: {}, radar: {}}")
	var paths []string
	for _, f := range faults {
		paths = append(paths, f.Path)
	}
	want := []string{"url", "sources", "sample.lines", "sample.size", "age", "live.within", "live.share", "radar.share", "radar.source"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Error(diff)
	}
}

func TestWay_NeedsTheValuesThatItRefersTo(t *testing.T) {
	t.Parallel()
	act, faults := decode(t, `{url: '${endpoint}/x', sources: 1, subscribe: '{"a":"${agent}","b":"${endpoint}"}'}`)
	if len(faults) > 0 || !slices.Equal(act.Needs(), []string{"agent", "endpoint"}) || act.Gives() != nil {
		t.Errorf("got %v, faults %+v", act, faults)
	}
}

func TestWay_NoActionIfTheDefinitionCannotBeDecoded(t *testing.T) {
	t.Parallel()
	act, faults := feed.Way().Decode(func(any) error { return errors.New("line 1: no map") })
	if act != nil || faults != nil {
		t.Errorf("got %v, %v", act, faults)
	}
}

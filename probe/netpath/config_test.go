package netpath_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan/probe/netpath"
)

func TestWay_FaultsSayWhereAndWhat(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"{}":                                                  "to: is missing",
		"{to: onenet}":                                        "to: is no address",
		"{to: 'onenet:'}":                                     "to: is no address",
		"{to: 'ftp://onenet'}":                                "to: is no address",
		"{to: 'http://u:p@onenet'}":                           "to: holds a user",
		"{to: 'a:${'}":                                        "to: holds a ${ that begins no reference",
		"{to: 'a:1', tls: yes-please}":                        `tls: is "yes-please"`,
		"{to: 'a:1', trips: {by: carrier}}":                   `trips.by: is "carrier"`,
		"{to: 'a:1', trips: {count: 0}}":                      "trips.count: is 0",
		"{to: 'a:1', trips: {count: 201}}":                    "trips.count: is 201",
		"{to: 'a:1', trips: {every: 1ms}}":                    "trips.every: is 1ms",
		"{to: 'a:1', trips: {wait: 1s}}":                      "trips.wait: is 1s", // lost packets are sent again by then
		"{to: 'a:1', trips: {by: echo, wait: 31s}}":           "trips.wait: is 31s",
		"{to: 'a:1', round_trip: 0s}":                         "round_trip: is 0s",
		"{to: 'a:1', loss: 0.05}":                             `loss: is "0.05"`,
		"{to: 'a:1', loss: 100%}":                             `loss: is "100%"`,
		"{to: 'a:1', loss: NaN%}":                             `loss: is "NaN%"`,
		"{to: 'a:1', throughput: {}}":                         "throughput.from: is missing",
		"{to: 'a:1', throughput: {from: a}}":                  "throughput.from: is no address",
		"{to: 'a:1', throughput: {from: 'a:2', size: 1B}}":    "throughput.size: is 1B",
		"{to: 'a:1', throughput: {from: 'a:2', size: 17MiB}}": "throughput.size: is 17MiB",
		"{to: 'a:1', throughput: {from: 'a:2', time: 61s}}":   "throughput.time: is 1m1s",
		"{to: 'a:1', throughput: {from: 'a:2', least: fast}}": `throughput.least: is "fast"`,
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
	_, faults := decode(t, "{tls: x, trips: {by: x, count: 0}, loss: x, throughput: {size: x}, round_trip: 0s}")
	var paths []string
	for _, f := range faults {
		paths = append(paths, f.Path)
	}
	want := []string{"to", "tls", "trips.by", "trips.count", "loss", "throughput.from", "throughput.size", "round_trip"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Error(diff)
	}
}

func TestWay_NeedsTheValuesThatItRefersTo(t *testing.T) {
	t.Parallel()
	act, faults := decode(t, "{to: '${endpoint}', throughput: {from: '${endpoint.chargen}'}}")
	if len(faults) > 0 || !slices.Equal(act.Needs(), []string{"endpoint", "endpoint.chargen"}) || act.Gives() != nil {
		t.Errorf("got %v, faults %+v", act, faults)
	}
}

func TestWay_NoActionIfTheDefinitionCannotBeDecoded(t *testing.T) {
	t.Parallel()
	act, faults := netpath.Way().Decode(func(any) error { return errors.New("line 1: no map") })
	if act != nil || faults != nil {
		t.Errorf("got %v, %v", act, faults)
	}
}

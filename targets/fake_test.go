package targets_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"portolan/probe"
	"portolan/targets"
)

// talk is an action of the fake way: it refers to what its text refers to, and gives what it names.
type talk struct {
	Say   string            `yaml:"say,required"`
	JSON  map[string]string `yaml:"json"`
	Hears []string          `yaml:"hears"`
	needs []string
}

var _ probe.Action = (*talk)(nil)

func (t *talk) Perform(context.Context, *probe.Run) probe.Observation { return probe.Observation{} }
func (t *talk) Needs() []string                                       { return t.needs }
func (t *talk) Gives() []string                                       { return t.Hears }

// talkWay is a way of talking that opens no sockets, with a rule of its own to break.
func talkWay() probe.Way {
	return probe.Way{Name: "talk", Decode: func(decode func(any) error) (probe.Action, []probe.Fault) {
		t := &talk{}
		if decode(t) != nil {
			return nil, nil
		}
		if strings.HasPrefix(t.Say, "shout") {
			return nil, []probe.Fault{{Path: "say", Problem: "too loud", Allowed: "a quiet word"}}
		}
		template, err := probe.ParseTemplate(t.Say)
		if err != nil {
			return nil, []probe.Fault{{Path: "say", Problem: err.Error()}}
		}
		t.needs = template.Names()
		return t, nil
	}}
}

// loose takes whatever a way of that name is given: its own tests are elsewhere.
func loose(name string) probe.Way {
	return probe.Way{Name: name, Decode: func(decode func(any) error) (probe.Action, []probe.Fault) {
		var def map[string]any
		if decode(&def) != nil {
			return nil, nil
		}
		t := &talk{}
		for _, key := range []string{"extract", "capture"} {
			given, _ := def[key].(map[string]any)
			t.Hears = slices.AppendSeq(t.Hears, maps.Keys(given))
		}
		return t, nil
	}}
}

// options has every way that the embedded catalogue needs.
func options() targets.Options {
	o := talking()
	for _, name := range []string{
		"edifact", "extract", "feed", "netpath", "tn3270",
	} {
		o.Ways = append(o.Ways, loose(name))
	}
	o.Ways = append(o.Ways, loose("browser"))
	return o
}

// talking has two ways of talking.
func talking() targets.Options {
	return targets.Options{
		Ways: []probe.Way{talkWay(), loose("web")},
		CheckCron: func(expr, zone string) error {
			if len(strings.Fields(expr)) != 5 || !slices.Contains([]string{"", "UTC"}, zone) {
				return errors.New("no such time")
			}
			return nil
		},
	}
}

package portolan_test

import (
	"testing"

	"portolan"
)

func TestWhere_SaysItInWords(t *testing.T) {
	t.Parallel()
	for want, w := range map[string]portolan.Where{
		"at every port":                        {},
		"at land ports":                        {Kinds: []portolan.PortKind{portolan.Land}},
		"at air and sea ports":                 {Kinds: []portolan.PortKind{portolan.Air, portolan.Sea}},
		"at air, land and sea ports":           {Kinds: []portolan.PortKind{portolan.Air, portolan.Land, portolan.Sea}},
		"at AMOC":                              {Ports: []portolan.PortCode{"AMOC"}},
		"at every port, on kiosk workstations": {Classes: []portolan.WorkstationClass{"kiosk"}},
		"at AMOC, on primary-booth and kiosk workstations": {Ports: []portolan.PortCode{"AMOC"}, Classes: []portolan.WorkstationClass{"primary-booth", "kiosk"}},
		"at air ports, centers and 2504":                   {Kinds: []portolan.PortKind{portolan.Air, portolan.Center}, Ports: []portolan.PortCode{"2504"}},
	} {
		if got := w.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWhere_WhatIsNotKnownIsAny(t *testing.T) {
	t.Parallel()
	land, center := portolan.Where{Kinds: []portolan.PortKind{portolan.Land}}, portolan.Where{Ports: []portolan.PortCode{"AMOC"}}
	kiosk := portolan.Where{Classes: []portolan.WorkstationClass{"kiosk"}}
	for name, is := range map[string]struct{ got, want bool }{
		"its-kind":       {land.Includes("2504", portolan.Land), true},
		"another-kind":   {land.Includes("MIA", portolan.Air), false},
		"unknown-kind":   {land.Includes("2504", portolan.PortKindUnknown), true},
		"its-port":       {center.Includes("AMOC", portolan.PortKindUnknown), true},
		"another-port":   {center.Includes("2504", portolan.PortKindUnknown), false},
		"its-class":      {kiosk.IncludesClass("kiosk"), true},
		"another-class":  {kiosk.IncludesClass("secondary"), false},
		"no-class":       {kiosk.IncludesClass(""), true},
		"class-and-port": {kiosk.Includes("2504", portolan.Land), true},
		"every-class":    {land.IncludesClass("kiosk"), true},
		"everywhere":     {portolan.Where{}.Includes("2504", portolan.Center), true},
		"code-of-iata":   {portolan.PortCode("MIA").Kind() == portolan.Air, true},
		"code-of-number": {portolan.PortCode("2504").Kind() == portolan.PortKindUnknown, true},
	} {
		if is.got != is.want {
			t.Errorf("%s: got %t", name, is.got)
		}
	}
}

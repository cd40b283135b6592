package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portolan"
	"portolan/ports"
	"portolan/targets"
)

// headcount is how many agents will run definitions, and where: "1400", or "air=900,land=400,AMOC=2".
type headcount []agentsAt

// agentsAt is so many agents at one kind of port or at one port.
type agentsAt struct {
	count  int
	places []portolan.Port // what the place may be; all if the caller did not say
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *headcount) UnmarshalText(b []byte) error {
	for part := range strings.SplitSeq(string(b), ",") {
		place, count, said := strings.Cut(part, "=")
		if !said {
			place, count = "", part
		}
		n, err := strconv.Atoi(count)
		if err != nil || n < 0 {
			return fmt.Errorf("%q: want a number of agents, such as 1400, or numbers by kind of port or port, such as air=900,land=400,AMOC=2", part)
		}
		at, err := portsLike(place)
		if err != nil {
			return err
		}
		*h = append(*h, agentsAt{n, at})
	}
	if len(*h) > 1 && slices.ContainsFunc(*h, func(a agentsAt) bool { return a.places == nil }) {
		return errors.New("a number without a place beside others: want one number, or a place for each")
	}
	return nil
}

// portsLike returns what a kind of port, or a port's code, stands for; nil for nothing said.
func portsLike(place string) ([]portolan.Port, error) {
	if place == "" {
		return nil, nil
	}
	var kind portolan.PortKind
	if err := kind.UnmarshalText([]byte(place)); err == nil && kind != portolan.PortKindUnknown {
		return []portolan.Port{{Kind: kind}}, nil
	}
	code, err := portolan.ParsePortCode(place)
	if err != nil {
		return nil, fmt.Errorf("%q: want air, land, sea, center or a port's code", place)
	}
	if kind := portKindOf(code); kind != portolan.PortKindUnknown {
		return []portolan.Port{{Code: code, Kind: kind}}, nil
	}
	return everyKind(code), nil
}

// portKindOf returns the kind of a port by the built-in list, or by its code.
func portKindOf(code portolan.PortCode) portolan.PortKind {
	known, _ := ports.Load("") // built in; its test says that it is sound
	if at := slices.IndexFunc(known, func(p portolan.Port) bool { return p.Code == code }); at >= 0 {
		return known[at].Kind
	}
	return code.Kind()
}

func everyKind(code portolan.PortCode) []portolan.Port {
	var all []portolan.Port
	for _, kind := range []portolan.PortKind{portolan.Air, portolan.Land, portolan.Sea, portolan.Center} {
		all = append(all, portolan.Port{Code: code, Kind: kind})
	}
	return all
}

// anywhere returns every place at which what is run can differ, by what definitions say.
func anywhere(systems []*targets.System) []portolan.Port {
	all := everyKind("")
	seen := map[portolan.PortCode]bool{}
	for _, s := range systems {
		for _, t := range s.Transactions {
			for _, code := range t.Where.Ports {
				if !seen[code] {
					all = append(all, everyKind(code)...)
				}
				seen[code] = true
			}
		}
	}
	return all
}

// orOne returns the headcount, or one agent if there is none.
func (h headcount) orOne() headcount {
	if h.total() == 0 {
		return headcount{{count: 1}}
	}
	return h
}

func (h headcount) total() (total int) {
	for _, a := range h {
		total += a.count
	}
	return total
}

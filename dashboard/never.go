package dashboard

import (
	"slices"
	"strings"
)

// neverView is the ports that are configured but have no agent. They are no trouble: nobody promised anything there yet.
type neverView struct {
	Text string // "474 configured ports have no agent: never monitored"
	Rows []portRow
	Open bool
}

// splitPorts tells the ports where something is monitored from those where nothing is.
func splitPorts(ports []Port) (monitored, never []Port) {
	for _, p := range ports {
		if len(p.Cells) == 0 {
			never = append(never, p)
			continue
		}
		monitored = append(monitored, p)
	}
	return monitored, never
}

// viewNever lists the ports that fit the filter; one for trouble leaves all of them out.
func viewNever(ports []Port, f filter) neverView {
	v := neverView{Open: f.Query != ""}
	for _, p := range ports {
		if !f.Trouble && f.keeps(p) {
			v.Rows = append(v.Rows, portRow{Code: p.Code, Name: p.Name, Placeholder: p.Placeholder})
		}
	}
	slices.SortFunc(v.Rows, func(a, b portRow) int { return strings.Compare(string(a.Code), string(b.Code)) })
	if n := len(v.Rows); n == 1 {
		v.Text = "1 configured port has no agent: never monitored"
	} else {
		v.Text = plural(n, "configured port") + " have no agent: never monitored"
	}
	return v
}

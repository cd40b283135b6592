package dashboard

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"portolan"
)

// filter is what the reader asked to see of the ports.
type filter struct {
	Query   string // words that code, name or office must hold
	Trouble bool   // only ports where something is not up
}

const maxQuery = 100

func filterOf(r *http.Request) filter {
	q := r.URL.Query()
	query := strings.TrimSpace(q.Get("q"))
	return filter{Query: query[:min(len(query), maxQuery)], Trouble: q.Get("show") == "trouble"}
}

// keeps reports whether the port is among those asked for.
func (f filter) keeps(p Port) bool {
	if f.Trouble && worst(p.Cells) == portolan.Up {
		return false
	}
	text := strings.ToLower(fmt.Sprint(p.Code, " ", p.Name, " ", p.Office, " ", p.Kind))
	for _, word := range strings.Fields(strings.ToLower(f.Query)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// portsView is all ports, grouped by field office.
type portsView struct {
	Filter       filter
	Total, Shown int
	Columns      []column // the systems
	Matrix       bool     // too many systems for a row each: one row a port, one column a system
	Groups       []group
	Weight       string // what all figures shown are weighted by; empty where they differ
}

// column is a system as a column's head.
type column struct {
	ID    portolan.SystemID
	Short string
	Name  string
}

// group is one field office.
type group struct {
	Key    string // in ids
	Name   string
	Counts string
	State  portolan.State
	Open   bool
	Rows   []portRow

	Columns []column // those of the whole view
}

// Mark returns the group's mark.
func (g group) Mark() mark { return mark{g.State, word(g.State)} }

// portRow is one port.
type portRow struct {
	Code        portolan.PortCode
	Name        string
	Kind        string
	Placeholder bool
	Cells       []cellView // one for each column

	state portolan.State
}

const (
	// With more systems than this a port is one row of small cells.
	wideSystems = 3
	// Up to this many ports every office is shown open.
	openPorts = 40
)

func viewPorts(c *clock, systems []System, ports []Port, f filter) portsView {
	v := portsView{Filter: f, Total: len(ports), Matrix: len(systems) > wideSystems}
	objectives := map[portolan.SystemID]portolan.Objective{}
	for _, s := range systems {
		v.Columns = append(v.Columns, column{s.ID, short(s.ID), s.Name})
		objectives[s.ID] = s.Objective
	}
	offices := map[string][]Port{}
	for _, p := range ports {
		if f.keeps(p) {
			offices[p.Office] = append(offices[p.Office], p)
			v.Shown++
		}
	}
	for office, list := range offices {
		v.Groups = append(v.Groups, viewGroup(c, office, list, func(p Port) portRow {
			return viewPort(c, v.Columns, objectives, p)
		}))
	}
	v.order(f)
	if v.Weight = commonWeight(ports); v.Weight != "" {
		v.dropWeights()
	}
	return v
}

// dropWeights takes the weight out of every cell, where it is said once for all.
func (v *portsView) dropWeights() {
	for _, g := range v.Groups {
		for _, r := range g.Rows {
			for i := range r.Cells {
				f := &r.Cells[i].Figures
				f.Today.Weight, f.Day.Weight, f.Month.Weight = "", "", ""
			}
		}
	}
}

// order puts the worst office first and opens those that need to be seen.
func (v *portsView) order(f filter) {
	slices.SortFunc(v.Groups, func(a, b group) int {
		return cmp.Or(rank(a.State)-rank(b.State), strings.Compare(a.Name, b.Name))
	})
	for i := range v.Groups {
		g := &v.Groups[i]
		g.Columns = v.Columns
		g.Open = v.Shown <= openPorts || f.Query != "" || g.State == portolan.Down || g.State == portolan.SlowState
	}
}

func viewGroup(c *clock, office string, ports []Port, row func(Port) portRow) group {
	g := group{Key: key(office), Name: office}
	if office == "" {
		g.Name = "No field office given"
	}
	var counts Counts
	for _, p := range ports {
		r := row(p)
		r.state = worst(p.Cells)
		counts.count(r.state)
		g.Rows = append(g.Rows, r)
	}
	slices.SortFunc(g.Rows, func(a, b portRow) int {
		return cmp.Or(rank(a.state)-rank(b.state), strings.Compare(string(a.Code), string(b.Code)))
	})
	g.Counts, g.State = countsWords(counts), counts.state()
	return g
}

func viewPort(c *clock, columns []column, objectives map[portolan.SystemID]portolan.Objective, p Port) portRow {
	r := portRow{Code: p.Code, Name: p.Name, Kind: p.Kind.String(), Placeholder: p.Placeholder}
	for _, col := range columns {
		i := slices.IndexFunc(p.Cells, func(cell Cell) bool { return cell.System == col.ID })
		if i < 0 {
			r.Cells = append(r.Cells, cellView{Port: p.Code, System: col.ID, None: true})
			continue
		}
		r.Cells = append(r.Cells, viewCell(c, p.Port, p.Cells[i], objectives[col.ID]))
	}
	return r
}

// commonWeight names the weight that every figure shown uses; empty where they differ.
func commonWeight(ports []Port) string {
	weights := map[portolan.Weight]bool{}
	for _, p := range ports {
		for _, cell := range p.Cells {
			for _, f := range []Figure{cell.Figures.Today, cell.Figures.Day, cell.Figures.Month} {
				if f.EndUser != nil {
					weights[f.Weight] = true
				}
			}
		}
	}
	if len(weights) != 1 {
		return ""
	}
	for w := range weights {
		return weighed(w)
	}
	return ""
}

// key turns a name into what an id may hold.
func key(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		default:
			return '-'
		}
	}, name)
}

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
	Common       common
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
	Counts []mark
	Open   bool
	Rows   []portRow

	Columns []column // those of the whole view
	Plain   bool     // the only group: it needs no head
	Dense   bool     // so many systems that cells hold the state alone

	state portolan.State
}

// portRow is one port.
type portRow struct {
	Code        portolan.PortCode
	Name        string
	Office      string
	Placeholder bool
	Cells       []cellView // one for each column

	state portolan.State
}

const (
	// With more systems than this a port is one row of small cells.
	wideSystems = 3
	// With more than this the small cells hold the state alone, under headings that stand upright.
	denseSystems = 8
	// Up to this many ports there is one table, without offices.
	plainPorts = 12
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
			office := p.Office
			if v.Total <= plainPorts {
				office = ""
			}
			offices[office] = append(offices[office], p)
			v.Shown++
		}
	}
	for office, list := range offices {
		v.Groups = append(v.Groups, viewGroup(c, office, list, func(p Port) portRow {
			return viewPort(c, v.Columns, objectives, p)
		}))
	}
	v.order(f)
	v.Common = commonOf(func(yield func(Figures) bool) {
		for _, p := range ports {
			for _, cell := range p.Cells {
				if !yield(cell.Figures) {
					return
				}
			}
		}
	})
	for _, g := range v.Groups {
		for _, r := range g.Rows {
			for i := range r.Cells {
				v.Common.takeOut(&r.Cells[i].Figures)
			}
		}
	}
	return v
}

// order puts the worst office first and opens those that need to be seen.
func (v *portsView) order(f filter) {
	slices.SortFunc(v.Groups, func(a, b group) int {
		return cmp.Or(rank(a.state)-rank(b.state), strings.Compare(a.Name, b.Name))
	})
	for i := range v.Groups {
		g := &v.Groups[i]
		g.Columns, g.Plain, g.Dense = v.Columns, v.Total <= plainPorts, len(v.Columns) > denseSystems
		g.Open = v.Shown <= openPorts || f.Query != "" || g.state == portolan.Down || g.state == portolan.SlowState
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
		counts.Count(r.state)
		g.Rows = append(g.Rows, r)
	}
	slices.SortFunc(g.Rows, func(a, b portRow) int {
		return cmp.Or(rank(a.state)-rank(b.state), strings.Compare(string(a.Code), string(b.Code)))
	})
	g.Counts, g.state = counts.marks(), counts.state()
	return g
}

func viewPort(c *clock, columns []column, objectives map[portolan.SystemID]portolan.Objective, p Port) portRow {
	r := portRow{Code: p.Code, Name: p.Name, Office: p.Office, Placeholder: p.Placeholder}
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

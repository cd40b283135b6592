package dashboard

import "portolan"

// systemPage is what system.html prints.
type systemPage struct {
	System       systemRow
	Owner        string
	Dependencies []Dependency
	Clocks       []clockView
	Transactions []transactionView
	Ports        portsView
}

// Table returns the system's figures in full.
func (p systemPage) Table() figuresTable {
	return figuresTable{"Availability of " + p.System.Short + " over all ports", p.System.Figures}
}

// clockView is a limit on the users' own work.
type clockView struct{ Title, Limit, Source string }

// transactionView is a transaction as its definition reads.
type transactionView struct {
	ID                        portolan.TransactionID
	Title                     string
	Every, Objective, Timeout string
	Where                     string // "at every port"
	Steps                     []stepView
}

// stepView is a step as its definition reads.
type stepView struct {
	ID         portolan.StepID
	Title      string
	Dependency string
}

func systemFrame(v *SystemDetail, f filter) *frame {
	c := newClock(v.Cut.At)
	p := systemPage{
		System: viewSystem(v.System), Owner: v.System.Owner, Dependencies: v.System.Dependencies,
		Ports: viewPorts(c, []System{v.System}, v.Ports, f),
	}
	for _, clock := range v.System.Clocks {
		p.Clocks = append(p.Clocks, clockView{clock.Title, hours(clock.Limit), clock.Source})
	}
	for _, t := range v.Transactions {
		p.Transactions = append(p.Transactions, viewTransaction(t))
	}
	return &frame{
		Title: short(v.System.ID), AsOf: c.at(v.Cut.At, v.Cut.Zone), Cut: v.Cut.Name,
		Summary: summarize([]System{v.System}, len(v.Ports)), Page: p,
	}
}

func viewTransaction(t Transaction) transactionView {
	v := transactionView{ID: t.ID, Title: t.Title, Every: every(t), Objective: long(t.Latency), Timeout: long(t.Timeout), Where: t.Where.String()}
	for _, s := range t.Steps {
		v.Steps = append(v.Steps, stepView{s.ID, s.Title, dependency(s)})
	}
	return v
}

// Short returns the dependency's name as people say it.
func (d Dependency) Short() string { return short(d.ID) }

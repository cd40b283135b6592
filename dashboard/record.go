package dashboard

import (
	"fmt"
	"strings"

	"portolan"
)

// recordPage is what record.html prints.
type recordPage struct {
	Rows []asideRow
	Text string // "3 batches from 2 agents were set aside"
	More bool   // there are older ones
}

// asideRow is one batch that was set aside.
type asideRow struct {
	Agent    portolan.AgentID
	Port     portolan.PortCode
	Number   uint64
	Reason   string // the code that the API and the metric use
	Why      string // in plain words
	Detail   string
	Received moment
	Size     string
	Link     string // where its bytes are; empty if they are with the evidence
}

func recordFrame(v *Record) *frame {
	c := newClock(v.Cut.At)
	p := recordPage{Text: asidesWords(v.Asides), More: v.More}
	for _, a := range v.Asides {
		row := asideRow{
			Agent: a.Agent, Port: a.Agent.Port(), Number: a.Number, Reason: a.Reason, Why: whyAside(a.Reason), Detail: a.Detail,
			Received: c.at(a.ReceivedAt, v.Cut.Zone), Size: size(a.Size),
		}
		if a.ID != 0 {
			row.Link = fmt.Sprintf("/api/v1/asides?agent=%s&id=%d", a.Agent, a.ID)
		}
		p.Rows = append(p.Rows, row)
	}
	return &frame{Title: "The record", AsOf: c.at(v.Cut.At, v.Cut.Zone), Cut: v.Cut.Name, Cells: len(p.Rows), Page: p}
}

func asidesWords(asides []Aside) string {
	if len(asides) == 0 {
		return "Nothing is set aside: every batch that came from an enrolled agent was taken in."
	}
	agents := map[portolan.AgentID]bool{}
	for _, a := range asides {
		agents[a.Agent] = true
	}
	are := "batches are"
	if len(asides) == 1 {
		are = "batch is"
	}
	return fmt.Sprintf("%d %s set aside, from %s.", len(asides), are, plural(len(agents), "agent"))
}

// whyAside says in plain words why a batch was set aside, and what that mostly means.
func whyAside(reason string) string {
	switch reason {
	case "malformed":
		return "It cannot be read, or contradicts itself"
	case "foreign":
		return "It speaks of what is not in the agent's plan, or of another port"
	case "unknown-plan":
		return "The plan that it names was never received"
	case "bad-signature":
		return "Its signature is not the agent's"
	case "fork":
		return "Another batch had its number: two machines may share one identity"
	case "broken-chain":
		return "It does not follow the batch before it"
	case "never-received":
		return "It came after a later one had closed the gap"
	case "version":
		return "Written by a newer agent; taken in when this collector is upgraded"
	case "too-large":
		return "It holds more than the collector accepts"
	default:
		return strings.ReplaceAll(reason, "-", " ")
	}
}

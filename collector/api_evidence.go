package collector

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"time"

	"portolan"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/evidence"
)

// evidenceHead is the first line of the evidence: what is needed to verify the rest.
type evidenceHead struct {
	AsOf               string `json:"as_of"`
	Authority          string `json:"authority"`           // PEM: agents' certificates descend from it
	JournalCertificate string `json:"journal_certificate"` // PEM
}

type entryLine struct {
	Number    uint64             `json:"number"`
	At        time.Time          `json:"at"`
	Kind      evidence.EntryKind `json:"kind"`
	Subject   string             `json:"subject"`
	Body      string             `json:"body"` // JSON, as it was signed
	Previous  string             `json:"previous"`
	Hash      string             `json:"hash"`
	Signature string             `json:"signature"` // base64
}

type batchLine struct {
	Position   ledger.Position  `json:"position"`
	Agent      portolan.AgentID `json:"agent"`
	Stream     string           `json:"stream"`
	First      uint64           `json:"first"`
	Number     uint64           `json:"number"`
	Status     string           `json:"status"`
	Reason     string           `json:"reason,omitempty"`
	Previous   string           `json:"previous"`
	Hash       string           `json:"hash"`
	Lane       portolan.Lane    `json:"lane"`
	ReceivedAt time.Time        `json:"received_at"`
	Bytes      string           `json:"bytes,omitempty"` // base64, as it was sent
	// From and To are what a batch told of whose bytes were removed: the stub in the journal names them.
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`
}

// planLine is a plan that batches refer to and that only removed ones carried.
type planLine struct {
	Hash string `json:"hash"`
	Body string `json:"body"` // base64, as evidence.AppendPlan writes it
}

// evidenceEnd is the last line: without it the answer was cut off.
type evidenceEnd struct {
	Batches uint64 `json:"batches"`
	Entries uint64 `json:"entries"`
}

// evidenceLine is one line of the evidence: exactly one of the fields is set.
type evidenceLine struct {
	Head  *evidenceHead `json:"head,omitempty"`
	Entry *entryLine    `json:"entry,omitempty"`
	Plan  *planLine     `json:"plan,omitempty"`
	Batch *batchLine    `json:"batch,omitempty"`
	End   *evidenceEnd  `json:"end,omitempty"`
}

// evidencePage is how much is read from the ledger at once.
const evidencePage = 100

// streamEvidence writes both chains, a JSON value a line.
func (c *collector) streamEvidence(w http.ResponseWriter, r *call) error {
	p := r.params
	cut := p.cut()
	after := ledger.Position(p.number("after", 0, 0, math.MaxInt64))
	entriesAfter := uint64(p.number("journal_after", 0, 0, math.MaxInt64))
	agents := p.agents()
	if len(agents) > 1 {
		p.add("agent", "want one")
	}
	if err := p.err(); err != nil {
		return err
	}
	q := ledger.Query{After: after, Limit: evidencePage}
	if len(agents) == 1 {
		q.Chain.Agent = agents[0]
	}
	if cut == nil {
		var err error
		if cut, err = c.newest(r.Context()); err != nil {
			return err
		}
	}
	q.UpTo = cut.Position
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	out := lines{encoder: json.NewEncoder(w)}
	authority := c.registry.Authority()
	out.write(evidenceLine{Head: &evidenceHead{
		AsOf: cut.String(), Authority: string(authority.Certificate()), JournalCertificate: string(authority.JournalCertificate()),
	}})
	end := evidenceEnd{Entries: c.writeEntries(r.Context(), &out, entriesAfter, c.upToStubs(r.Context(), &out, cut.Journal))}
	if cut.Position > 0 {
		end.Batches = c.writeBatches(r.Context(), &out, q)
	}
	out.write(evidenceLine{End: &end})
	if out.err != nil {
		// The answer has begun: cutting it off, without its last line, is how the reader learns of it.
		panic(http.ErrAbortHandler)
	}
	return nil
}

// upToStubs returns the number of a journal entry, or of the newest stub if that came later: it stands for batches of the cut.
func (c *collector) upToStubs(ctx context.Context, out *lines, number uint64) uint64 {
	newest, err := c.ledger.LastJournal(ctx, evidence.EntryRemoved, "")
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		out.err = err
	}
	return max(number, newest.Number)
}

// newest returns the cut of everything that the ledger holds, whether it is folded or not.
func (c *collector) newest(ctx context.Context) (*projection.Cut, error) {
	end, err := c.ledger.End(ctx)
	cut := &projection.Cut{Position: end, Journal: c.projection.Facts().Number}
	for more := true; more && err == nil; {
		var entries []evidence.Entry
		entries, err = c.ledger.ReadJournal(ctx, cut.Journal, evidencePage)
		cut.Journal += uint64(len(entries))
		more = len(entries) == evidencePage
	}
	return cut, err
}

// lines writes JSON values until the first error.
type lines struct {
	encoder *json.Encoder
	err     error
}

func (l *lines) write(line evidenceLine) {
	if l.err == nil {
		l.err = l.encoder.Encode(line)
	}
}

func (c *collector) writeEntries(ctx context.Context, out *lines, after, upTo uint64) (count uint64) {
	for out.err == nil {
		entries, err := c.ledger.ReadJournal(ctx, after, evidencePage)
		if err != nil {
			out.err = err
		}
		for i := range entries {
			if e := &entries[i]; e.Number <= upTo {
				out.write(evidenceLine{Entry: entryOf(e)})
				after, count = e.Number, count+1
			}
		}
		if len(entries) < evidencePage || after >= upTo {
			return count
		}
	}
	return count
}

func entryOf(e *evidence.Entry) *entryLine {
	return &entryLine{
		Number: e.Number, At: e.At.Time(), Kind: e.Kind, Subject: e.Subject, Body: string(e.Body),
		Previous: e.Previous.String(), Hash: e.Hash.String(), Signature: base64.StdEncoding.EncodeToString(e.Signature),
	}
}

func (c *collector) writeBatches(ctx context.Context, out *lines, q ledger.Query) (count uint64) {
	told := map[evidence.PlanHash]bool{{}: true}
	for out.err == nil {
		links, err := c.ledger.Read(ctx, q)
		if err != nil {
			out.err = err
		}
		for i := range links {
			if plan := links[i].Content.Plan; links[i].Status == ledger.Forgotten && !told[plan] {
				told[plan] = true
				c.writePlan(ctx, out, plan)
			}
			out.write(evidenceLine{Batch: batchOf(&links[i])})
			q.After, count = links[i].Position, count+1
		}
		if len(links) < evidencePage {
			return count
		}
	}
	return count
}

// writePlan writes a plan; a batch that refers to one can be read by nobody without it.
func (c *collector) writePlan(ctx context.Context, out *lines, hash evidence.PlanHash) {
	plan, err := c.ledger.Plan(ctx, hash)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
	case err != nil:
		out.err = err
	default:
		out.write(evidenceLine{Plan: &planLine{hash.String(), base64.StdEncoding.EncodeToString(evidence.AppendPlan(nil, plan))}})
	}
}

func batchOf(l *ledger.Link) *batchLine {
	line := &batchLine{
		Position: l.Position, Agent: l.Chain.Agent, Stream: l.Chain.Stream.String(), First: l.First, Number: l.Number,
		Status: l.Status.String(), Previous: l.Previous.String(), Hash: l.Hash.String(), Lane: l.Lane,
		ReceivedAt: l.ReceivedAt.Time(), Bytes: base64.StdEncoding.EncodeToString(l.Bytes),
	}
	if l.Reason != ledger.ReasonNone {
		line.Reason = l.Reason.String()
	}
	if l.Status == ledger.Forgotten {
		from, to := l.Content.Span.From.Time(), l.Content.Span.To.Time()
		line.From, line.To = &from, &to
	}
	return line
}

package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"portolan"
	"portolan/collector/audit"
	"portolan/collector/ledger"
	"portolan/collector/projection"
	"portolan/evidence"
)

// remote verifies what a running collector sends as its evidence.
func (v verify) remote(ctx context.Context) (*verified, error) {
	query := url.Values{}
	with(query, "as_of", v.AsOf)
	from := asking{Collector: v.Collector, CAFile: v.CAFile}
	body, err := from.stream(ctx, "/api/v1/evidence", query)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	sent, err := readEvidence(body)
	if err != nil {
		return nil, fmt.Errorf("read evidence of %s: %w", v.Collector, err)
	}
	keys, err := audit.ReadKeys([]byte(sent.head.Authority), []byte(sent.head.JournalCertificate))
	if err != nil {
		return nil, err
	}
	cut, err := projection.ParseCut(sent.head.AsOf)
	if err != nil {
		return nil, err
	}
	found, err := check(ctx, sent, nil, cut, keys)
	if err != nil || !v.asked() {
		return found, err
	}
	q, asked, err := v.query(cut)
	if err != nil {
		return nil, err
	}
	var answer struct{ Rows []figureRow }
	_, err = from.ask(terminal{}, "/api/v1/availability", asked, &answer)
	var made *projection.Recomputed
	if err == nil {
		made, err = projection.Recompute(ctx, sent, cut)
	}
	if err != nil && len(found.Faults) > 0 { // what is wrong with the evidence says why
		found.Faults = append(found.Faults, fmt.Sprintf("figures cannot be made anew: %v", err))
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	was := make([]published, len(answer.Rows))
	for i := range answer.Rows {
		was[i] = ofRow(&answer.Rows[i])
	}
	return found, found.anew(made, q, was, false)
}

// stream begins an answer that may be long.
func (a asking) stream(ctx context.Context, path string, query url.Values) (io.ReadCloser, error) {
	base, err := url.Parse(a.Collector)
	if err != nil || base.Host == "" {
		return nil, usageError{fmt.Errorf("collector %q: want an address such as http://127.0.0.1:8080", a.Collector)}
	}
	at := base.JoinPath(path)
	at.RawQuery = query.Encode()
	client, err := a.client()
	if err != nil {
		return nil, err
	}
	client.Timeout = 0
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask collector: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
		return nil, errors.Join(refusal(response.StatusCode, text), err)
	}
	return response.Body, nil
}

// sentEvidence is evidence as a collector sent it, in memory.
type sentEvidence struct {
	head    sentHead
	links   []ledger.Link
	entries []evidence.Entry
	plans   map[evidence.PlanHash]*portolan.Plan // that only removed batches carried
}

type sentHead struct {
	AsOf               string `json:"as_of"`
	Authority          string
	JournalCertificate string `json:"journal_certificate"`
}

type sentEntry struct {
	Number         uint64
	At             time.Time
	Kind           evidence.EntryKind
	Subject, Body  string
	Previous, Hash string
	Signature      []byte
}

type sentBatch struct {
	Position               ledger.Position
	Agent                  portolan.AgentID
	Stream                 string
	First, Number          uint64
	Status, Reason         string
	Previous, Hash, Detail string
	Lane                   portolan.Lane
	ReceivedAt             time.Time `json:"received_at"`
	Bytes                  string
	From, To               *time.Time // of a batch whose bytes were removed
}

type sentPlan struct {
	Hash string
	Body []byte
}

// readEvidence reads lines until the last one, which counts them.
func readEvidence(body io.Reader) (*sentEvidence, error) {
	s := &sentEvidence{plans: map[evidence.PlanHash]*portolan.Plan{}}
	lines := json.NewDecoder(body)
	for {
		var line struct {
			Head  *sentHead
			Entry *sentEntry
			Plan  *sentPlan
			Batch *sentBatch
			End   *struct{ Batches, Entries int }
		}
		if err := lines.Decode(&line); err != nil {
			return nil, fmt.Errorf("it was cut off: %w", err)
		}
		var err error
		switch {
		case line.Head != nil:
			s.head = *line.Head
		case line.Entry != nil:
			err = s.addEntry(line.Entry)
		case line.Plan != nil:
			err = s.addPlan(line.Plan)
		case line.Batch != nil:
			err = s.addBatch(line.Batch)
		case line.End != nil && (line.End.Batches != len(s.links) || line.End.Entries != len(s.entries)):
			return nil, fmt.Errorf("%d batches and %d entries came, of %d and %d", len(s.links), len(s.entries), line.End.Batches, line.End.Entries)
		case line.End != nil:
			return s, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (s *sentEvidence) addEntry(e *sentEntry) error {
	entry := evidence.Entry{
		Number: e.Number, At: portolan.InstantOf(e.At), Kind: e.Kind, Subject: e.Subject, Body: []byte(e.Body), Signature: e.Signature,
	}
	var err, err2 error
	entry.Previous, err = evidence.ParseHash(e.Previous)
	entry.Hash, err2 = evidence.ParseHash(e.Hash)
	s.entries = append(s.entries, entry)
	return errors.Join(err, err2)
}

func (s *sentEvidence) addPlan(p *sentPlan) error {
	plan, err := evidence.ReadPlan(p.Body)
	if err != nil {
		return err
	}
	if hash := evidence.HashPlan(plan); hash.String() != p.Hash {
		return fmt.Errorf("plan %s: its hash is %s", p.Hash, hash)
	}
	s.plans[evidence.HashPlan(plan)] = plan
	return nil
}

func (s *sentEvidence) addBatch(b *sentBatch) error {
	l := ledger.Link{
		Position: b.Position, First: b.First, Number: b.Number, Lane: b.Lane, ReceivedAt: portolan.InstantOf(b.ReceivedAt),
		Status: statusOf(b.Status), Reason: ledger.ReasonNone,
	}
	if b.Reason == ledger.ReasonBrokenChain.String() {
		l.Reason = ledger.ReasonBrokenChain
	}
	var errs [4]error
	l.Chain.Agent = b.Agent
	l.Chain.Stream, errs[0] = portolan.ParseStream(b.Stream)
	l.Previous, errs[1] = evidence.ParseHash(b.Previous)
	l.Hash, errs[2] = evidence.ParseHash(b.Hash)
	if b.Bytes != "" {
		l.Bytes, errs[3] = base64.StdEncoding.DecodeString(b.Bytes)
	}
	if b.From != nil && b.To != nil {
		l.Content.Span = portolan.Span{From: portolan.InstantOf(*b.From), To: portolan.InstantOf(*b.To)}
	}
	s.links = append(s.links, l)
	return errors.Join(errs[:]...)
}

func statusOf(name string) ledger.Status {
	for _, status := range []ledger.Status{ledger.Accepted, ledger.Waiting, ledger.Refused, ledger.Missing, ledger.Forgotten} {
		if status.String() == name {
			return status
		}
	}
	return ledger.StatusUnknown
}

// Read implements projection.Chains.
func (s *sentEvidence) Read(_ context.Context, q ledger.Query) ([]ledger.Link, error) {
	from, _ := slices.BinarySearchFunc(s.links, q.After+1, func(l ledger.Link, at ledger.Position) int { return int(l.Position - at) })
	var found []ledger.Link
	for _, l := range s.links[from:] {
		if len(found) == q.Limit || q.UpTo != 0 && l.Position > q.UpTo {
			break
		}
		if q.Chain.Agent == "" || q.Chain.Agent == l.Chain.Agent {
			found = append(found, l)
		}
	}
	return found, nil
}

// ReadJournal implements projection.Chains.
func (s *sentEvidence) ReadJournal(_ context.Context, after uint64, limit int) ([]evidence.Entry, error) {
	from := min(after, uint64(len(s.entries)))
	return s.entries[from:min(uint64(len(s.entries)), from+uint64(limit))], nil
}

// Plan implements projection.Chains: a batch that names a plan for the first time carries it.
func (s *sentEvidence) Plan(_ context.Context, hash evidence.PlanHash) (*portolan.Plan, error) {
	if plan := s.plans[hash]; plan != nil {
		return plan, nil
	}
	for _, l := range s.links {
		if l.Status != ledger.Accepted {
			continue
		}
		e, err := evidence.Open(l.Bytes, evidence.Limits{})
		if err != nil || e.Plan != hash {
			continue
		}
		if b, err := e.Decode(nil); err == nil && b.CarriesPlan {
			return b.PlanBody, nil
		}
	}
	return nil, fmt.Errorf("plan %s: %w", hash, ledger.ErrNotFound)
}

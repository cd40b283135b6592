package fleet

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"portolan"
	"portolan/evidence"
)

// agent is one workstation as the collector sees it.
type agent struct {
	f      *fleet
	key    *ecdsa.PrivateKey
	dice   *dice
	wire   wire
	next   evidence.Batch
	signed time.Time // when a batch was last signed
	// first is when the runs with sequence numbers from 1 were due; turns counts from there.
	first portolan.Instant
	// live is the turn that is due next as news; held are earlier ones that wait, in order.
	live uint64
	held []uint64
}

// How an agent behaves.
const (
	signEvery    = time.Minute
	ripe         = 30 * time.Second // from the last start of a turn until its runs have ended
	turnsAtOnce  = 40               // in a batch of backlog
	firstRetry   = 200 * time.Millisecond
	longestRetry = 30 * time.Second
)

func (f *fleet) newAgent(ctx context.Context, n int) (*agent, error) {
	id := f.name(n)
	plan := planOf(id.Port(), f.o.Series, f.o.Interval)
	a := &agent{f: f, dice: newDice(f.o.Seed, id), next: evidence.Batch{
		Agent: id, Plan: evidence.HashPlan(plan), PlanBody: plan, CarriesPlan: true, Clock: evidence.Clock{Age: -1},
	}}
	if _, err := crand.Read(a.next.Stream[:]); err != nil {
		return nil, err
	}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), crand.Reader); err != nil {
		return nil, err
	}
	a.wire = wire{host: strings.TrimPrefix(f.o.Collector, "https://"), dialer: tls.Dialer{Config: &tls.Config{RootCAs: f.o.Roots}}}
	certificate, err := a.enroll(ctx)
	if err != nil {
		return nil, err
	}
	a.wire.close() // the next connection shows the certificate
	a.wire.dialer.Config.Certificates = []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: a.key}}
	a.schedule(n)
	return a, nil
}

// enroll trades a token for a certificate, in DER.
func (a *agent) enroll(ctx context.Context) ([]byte, error) {
	token, err := a.f.o.Token(a.next.Agent)
	if err != nil {
		return nil, err
	}
	subject := &x509.CertificateRequest{Subject: pkix.Name{CommonName: string(a.next.Agent)}}
	csr, err := x509.CreateCertificateRequest(crand.Reader, subject, a.key)
	if err != nil {
		return nil, err
	}
	request, err := json.Marshal(map[string]string{
		"token": token, "agent": string(a.next.Agent), "csr": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})),
	})
	if err != nil {
		return nil, err
	}
	answer, err := a.wire.post(ctx, "/enroll/v1/agents", "application/json", portolan.Live, request)
	if err != nil {
		return nil, err
	}
	var issued struct{ Certificate string }
	if err := json.Unmarshal(answer.body, &issued); err != nil || answer.status != http.StatusOK {
		return nil, fmt.Errorf("answered %d %s", answer.status, answer.body)
	}
	block, _ := pem.Decode([]byte(issued.Certificate))
	if block == nil {
		return nil, errors.New("answered with no certificate")
	}
	return block.Bytes, nil
}

// schedule spreads the agents over the interval, and gives each the backlog it begins with.
func (a *agent) schedule(n int) {
	now := time.Now()
	a.live = uint64(a.f.o.Backlog / a.f.o.Interval)
	a.held = make([]uint64, a.live)
	for turn := range a.held {
		a.held[turn] = uint64(turn)
	}
	offset := time.Duration(float64(a.f.o.Interval) * float64(n) / float64(a.f.o.Agents))
	a.first = portolan.InstantOf(now.Add(offset - ripe - time.Duration(a.live+1)*a.f.o.Interval))
}

// ready returns when a turn's runs have ended and can be sent.
func (a *agent) ready(turn uint64) time.Time {
	return a.first.Add(time.Duration(turn+1)*a.f.o.Interval + ripe).Time()
}

// play delivers news until that is over, and backlog between, until there is none.
func (a *agent) play(ctx, news context.Context) {
	defer a.wire.close()
	for ctx.Err() == nil {
		a.age(time.Now())
		over := news.Err() != nil
		switch wait := time.Until(a.ready(a.live)); {
		case !over && wait <= 0:
			a.live++
			a.deliver(ctx, news, portolan.Live, []uint64{a.live - 1})
		case len(a.held) > 0 && (!over || a.f.o.Backlog > 0):
			turns := a.held[:min(len(a.held), turnsAtOnce)]
			a.held = a.held[len(turns):]
			a.deliver(ctx, news, portolan.Backlog, turns)
		case over:
			return
		default:
			pause(news, wait)
		}
	}
}

// age holds back what is no longer news, as after a time without an answer.
func (a *agent) age(now time.Time) {
	for now.Sub(a.ready(a.live)) > max(a.f.o.Interval, ripe) {
		a.held = append(a.held, a.live)
		a.live++
	}
}

// deliver seals the results of some turns and sends them, byte for byte again, until they are acknowledged or refused.
func (a *agent) deliver(ctx, news context.Context, lane portolan.Lane, turns []uint64) {
	sealed, err := a.seal(lane, turns)
	if err != nil {
		a.f.count(func(r *Report) { r.LastError = err.Error() })
		return
	}
	results := len(a.next.Records)
	a.f.count(func(r *Report) { r.Drawn += uint64(results) })
	begun, ended := time.Now(), time.Time{}
	for retry := firstRetry; ctx.Err() == nil; retry = min(2*retry, longestRetry) {
		answer, err := a.wire.post(ctx, "/ingest/v1/batches", evidence.MediaType, lane, sealed.Bytes)
		if err == nil && a.judge(answer, sealed, lane, time.Since(begun)) {
			return
		}
		if err != nil {
			a.f.count(func(r *Report) { r.Cut++; r.LastError = err.Error() })
		}
		if news.Err() != nil && ended.IsZero() {
			ended = time.Now()
		}
		if !ended.IsZero() && time.Since(ended) > lastDelivery {
			return
		}
		pause(ctx, answer.retry+retry/2+rand.N(retry))
	}
}

// judge returns whether the batch is done with.
func (a *agent) judge(answer answer, sealed evidence.Sealed, lane portolan.Lane, took time.Duration) bool {
	said := answer.said()
	switch answer.status {
	case http.StatusOK, http.StatusAccepted:
		if said.Number != a.next.Number || said.Hash != sealed.Hash.String() {
			break
		}
		a.next.CarriesPlan = false
		a.f.acknowledged(lane, len(a.next.Records), took)
		return true
	case http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusInternalServerError:
		a.f.count(func(r *Report) { r.Deferred++ })
		return false
	}
	a.f.count(func(r *Report) {
		r.Refused++
		r.LastError = fmt.Sprintf("batch %d of %s: answered %d %s %s", a.next.Number, a.next.Agent, answer.status, said.Error.Code, said.Error.Message)
	})
	return true
}

// seal makes the next batch of the chain.
func (a *agent) seal(lane portolan.Lane, turns []uint64) (evidence.Sealed, error) {
	now := time.Now()
	b := &a.next
	b.Number++
	b.Lane, b.SentAt, b.Backlog = lane, portolan.InstantOf(now), uint64(len(a.held)*len(b.PlanBody.Series))
	b.Records = b.Records[:0]
	for _, turn := range turns {
		a.draw(turn)
	}
	if now.Sub(a.signed) < signEvery {
		return a.follow(evidence.Seal(*b, nil))
	}
	a.signed = now
	return a.follow(evidence.Seal(*b, a.key))
}

func (a *agent) follow(sealed evidence.Sealed, err error) (evidence.Sealed, error) {
	if err != nil {
		return sealed, fmt.Errorf("seal batch %d of %s: %w", a.next.Number, a.next.Agent, err)
	}
	a.next.Previous = sealed.Hash
	return sealed, nil
}

// draw appends one result of each series.
func (a *agent) draw(turn uint64) {
	series := a.next.PlanBody.Series
	from := a.first.Add(time.Duration(turn) * a.f.o.Interval)
	for n := range series {
		start := from.Add((a.f.o.Interval * time.Duration(n) / time.Duration(len(series))).Truncate(time.Microsecond))
		seq := portolan.Seq(turn)*portolan.Seq(len(series)) + portolan.Seq(n) + 1
		a.next.Records = append(a.next.Records, evidence.Record{Result: a.dice.result(seq, &series[n], start)})
	}
}

// pause waits, until ctx is done at the longest.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

package agent

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"portolan/agent/uplink"
)

const (
	day  = 24 * time.Hour
	life = 90 * day
)

// issuer is a collector that certifies, and a transport that leads to nothing else.
type issuer struct {
	key *ecdsa.PrivateKey

	mu     sync.Mutex             // guards everything that follows
	judge  func(token string) int // the status of the answer; 0 for no answer
	asked  []string               // the tokens that came
	closed int                    // how often idle connections were closed
	last   []byte                 // the certificate issued last, in DER
	repeat bool                   // issue the last one again
}

var _ http.RoundTripper = (*issuer)(nil)

func (i *issuer) CloseIdleConnections() { i.change(func() { i.closed++ }) }

// change changes what the issuer does from now on.
func (i *issuer) change(apply func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	apply()
}

func (i *issuer) RoundTrip(request *http.Request) (*http.Response, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var q struct{ Token, Agent, CSR string }
	if err := json.NewDecoder(request.Body).Decode(&q); err != nil {
		return nil, err
	}
	i.asked = append(i.asked, q.Token)
	status := i.judge(q.Token)
	if status == 0 {
		return nil, errors.New("no route to host")
	}
	body := []byte(`{"error":{"code":"token_invalid"}}`)
	if status == http.StatusOK {
		certificate, err := i.issue(q.CSR)
		if err != nil {
			return nil, err
		}
		body, err = json.Marshal(map[string]string{"certificate": string(certificate), "ca": "none"})
		if err != nil {
			return nil, err
		}
	}
	answer := &http.Response{StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(bytes.NewReader(body)), Request: request}
	return answer, nil
}

func (i *issuer) issue(csr string) ([]byte, error) {
	block, _ := pem.Decode([]byte(csr))
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, err
	}
	if !i.repeat {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(len(i.asked))), Subject: pkix.Name{CommonName: request.Subject.CommonName},
			NotBefore: time.Now(), NotAfter: time.Now().Add(life),
		}
		if i.last, err = x509.CreateCertificate(rand.Reader, template, template, request.PublicKey, i.key); err != nil {
			return nil, err
		}
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.last}), nil
}

// tokens returns those that came.
func (i *issuer) tokens() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.asked)
}

// closings returns how often idle connections were closed.
func (i *issuer) closings() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.closed
}

// grants answers each attempt with success.
func grants(string) int { return http.StatusOK }

// startRenewal enrolls an agent in the bubble with the token "first", and runs its renewal until the test ends, over TLS
// unless it is changed.
func startRenewal(t *testing.T, change func(*renewal)) (*renewal, *issuer) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	id, err := loadIdentity(dir)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: key, judge: grants}
	r := &renewal{
		enrollment: enrollment{
			agent: "MIA-1", identity: id, dir: dir, tokenFile: filepath.Join(dir, "token"),
			url: "https://collector.example", client: &http.Client{Transport: i},
		},
		secure: true, doubts: make(chan struct{}, 1), log: zap.NewNop(),
		ahead:  func() time.Duration { return 0 },
		failed: func(error) {},
	}
	if change != nil {
		change(r)
	}
	putToken(t, r, "first")
	if err := r.untilEnrolled(t.Context(), r.log); err != nil {
		t.Fatal(err)
	}
	i.change(func() { i.asked, i.closed = nil, 0 })
	go r.run(t.Context())
	synctest.Wait()
	return r, i
}

func putToken(t *testing.T, r *renewal, token string) {
	t.Helper()
	if err := os.WriteFile(r.tokenFile, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// pass lets time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestRenewal_RenewsAtTwoThirdsOfLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, i := startRenewal(t, nil)
		former := r.identity.certificate()
		pass(60*day - time.Second)
		if len(i.tokens()) != 0 {
			t.Fatalf("asked %q before two thirds of the life were over", i.tokens())
		}
		pass(2 * time.Hour)
		if got := i.tokens(); !slices.Equal(got, []string{""}) {
			t.Fatalf("asked with tokens %q, want once with none", got)
		}
		shown := r.identity.certificate()
		if shown.Equal(former) || !r.identity.key.PublicKey.Equal(shown.PublicKey) {
			t.Error("connections do not show the new certificate over the same key")
		}
		if i.closings() != 1 {
			t.Errorf("idle connections closed %d times, want once: they show the former certificate", i.closings())
		}
		again, err := loadIdentity(r.dir)
		if err != nil || !again.certificate().Equal(shown) {
			t.Errorf("the data folder does not hold the new certificate (%v)", err)
		}
		pass(59 * day)
		if len(i.tokens()) != 1 {
			t.Errorf("asked %d times, want no more until the new certificate ages", len(i.tokens()))
		}
	})
}

func TestRenewal_FollowsTheCollectorsClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, i := startRenewal(t, func(r *renewal) { r.ahead = func() time.Duration { return 61 * day } })
		pass(2 * time.Hour)
		if len(i.tokens()) == 0 {
			t.Error("did not ask, though the certificate is old by the collector's clock")
		}
	})
}

func TestRenewal_GoesOnAskingWithAnExpiredCertificate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, i := startRenewal(t, nil)
		i.change(func() {
			i.judge = func(string) int { return http.StatusServiceUnavailable * (len(i.asked) % 2) }
		})
		pass(life + day)
		if n := len(i.tokens()); n < 100 || strings.Join(i.tokens(), "") != "" {
			t.Fatalf("asked %d times with %q, want again and again, and the token kept: nobody refused", n, strings.Join(i.tokens(), ""))
		}
		i.change(func() { i.judge = grants })
		pass(2 * time.Hour)
		if !r.identity.certificate().NotAfter.After(time.Now()) {
			t.Error("has no valid certificate after the collector came back")
		}
	})
}

func TestRenewal_EnrollsAnewWhenRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, i := startRenewal(t, nil)
		i.change(func() {
			i.judge = func(token string) int {
				if token == "second" {
					return http.StatusOK
				}
				return http.StatusForbidden
			}
		})
		pass(60*day + 3*time.Hour)
		if got := i.tokens(); len(got) < 2 || got[0] != "" || got[1] != "first" {
			t.Fatalf("asked with %q, want the certificate, then the token", got)
		}
		putToken(t, r, "second")
		pass(2 * time.Hour)
		if got := i.tokens(); got[len(got)-1] != "second" || i.closings() != 1 {
			t.Errorf("asked with %q and got %d certificates, want one for the new token", got, i.closings())
		}
	})
}

func TestRenewal_OverPlainHTTPTakesATokenAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told error
		r, i := startRenewal(t, func(r *renewal) {
			r.secure, r.failed = false, func(err error) { told = err }
		})
		i.change(func() { i.repeat = true }) // as the collector does for a token and key that it knows
		pass(61 * day)
		if told == nil || !strings.Contains(told.Error(), "used before") || !strings.Contains(told.Error(), "valid until 2000-03-31") {
			t.Errorf("told %v, want that the token was used, and until when the certificate is valid", told)
		}
		if n := len(i.tokens()); n > 48 {
			t.Errorf("asked %d times in a day", n)
		}
		i.change(func() { i.repeat = false })
		putToken(t, r, "second")
		pass(2 * time.Hour)
		if got := i.tokens(); slices.Contains(got, "") || i.closings() != 1 {
			t.Errorf("asked with %q and got %d certificates, want one, and a token each time", got, i.closings())
		}
	})
}

func TestRenewal_AsksAtOnceWhenBatchesAreRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, i := startRenewal(t, nil)
		for _, err := range []error{&uplink.AttemptError{Status: 503}, &uplink.AttemptError{Err: io.EOF}, io.EOF} {
			r.doubt(err)
		}
		pass(time.Minute)
		if len(i.tokens()) != 0 {
			t.Fatal("asked, though nobody doubted the certificate")
		}
		refused := func(times int) {
			for range times {
				r.doubt(&uplink.AttemptError{Status: http.StatusForbidden})
				pass(time.Second)
			}
		}
		i.change(func() { i.judge = func(string) int { return http.StatusForbidden } })
		refused(120)
		if n := len(i.tokens()); n < 4 || n > 8 { // each attempt shows the certificate, then the token
			t.Errorf("asked %d times in two minutes of refusals, want an attempt each minute", n)
		}
		i.change(func() { i.judge, i.asked = grants, nil })
		refused(1800)
		pass(2 * time.Hour)
		if n := len(i.tokens()); n != 1 {
			t.Errorf("asked %d times, want once: the doubts came before the renewal could show", n)
		}
	})
}

func TestIdentity_RefusesACertificateOverAnotherKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, _ := startRenewal(t, nil)
		if err := os.Remove(filepath.Join(r.dir, keyFile)); err != nil {
			t.Fatal(err)
		}
		if _, err := loadIdentity(r.dir); err == nil || !strings.Contains(err.Error(), certificateFile) {
			t.Errorf("got %v, want an error that names the certificate", err)
		}
	})
}

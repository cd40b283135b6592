package agent

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"portolan"
)

// centerFake answers the question for directives, and nothing else.
type centerFake struct {
	mu     sync.Mutex // guards everything that follows
	answer func() (status int, body string)
	asked  []time.Time
}

var _ http.RoundTripper = (*centerFake)(nil)

func (c *centerFake) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, time.Now())
	if r.Method != http.MethodGet || r.URL.String() != "https://center.test/config/v1/agent?agent=MIA-1" {
		return nil, errors.New("asked " + r.Method + " " + r.URL.String())
	}
	status, body := c.answer()
	if status == 0 {
		return nil, errors.New("the line is cut")
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}}, nil
}

// times returns how often the center was asked.
func (c *centerFake) times() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.asked)
}

// following runs an agent's loop beside the test, in a bubble.
func following(t *testing.T, answer func() (int, string), check func(*director, *centerFake)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fake := &centerFake{answer: answer}
		a := &agent{
			log: zap.NewNop(), director: newTestDirector(t, t.TempDir()),
			plan:    portolan.Plan{Series: []portolan.PlannedSeries{{Interval: time.Minute}}},
			renewal: &renewal{enrollment: enrollment{agent: "MIA-1", url: "https://center.test", client: &http.Client{Transport: fake}}},
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); a.follow(ctx) }()
		synctest.Wait()
		check(a.director, fake)
		stop()
		<-done
	})
}

// saying returns an answer with one stop, under a tag.
func saying(t *testing.T, tag string, systems ...portolan.SystemID) func() (int, string) {
	t.Helper()
	c := portolan.AgentConfig{Tag: tag, ValidSeconds: 300}
	for _, s := range systems {
		c.Stops = append(c.Stops, portolan.Stop{System: s})
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return func() (int, string) { return http.StatusOK, string(text) }
}

func TestFollow_AsksAtOnceThenWhereNothingConfirms(t *testing.T) {
	t.Parallel()
	following(t, saying(t, "a", "tpac"), func(d *director, center *centerFake) {
		if d.order("tpac", time.Now()).stop == nil || center.times() != 1 {
			t.Fatalf("asked %d times, and does not follow", center.times())
		}
		for range 20 { // acknowledgements of ten minutes
			<-time.After(29 * time.Second)
			d.confirm("a", time.Now())
		}
		if n := center.times(); n != 1 {
			t.Errorf("asked %d times although acknowledgements confirmed the directives", n)
		}
		<-time.After(10 * time.Minute)
		if n := center.times(); n < 11 || n > 41 {
			t.Errorf("asked %d times in ten minutes without a word, want about every 15 to 30 s", n)
		}
	})
}

func TestFollow_AsksWhenAnAcknowledgementNamesAnotherTag(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	answer := saying(t, "a")
	following(t, func() (int, string) { mu.Lock(); defer mu.Unlock(); return answer() }, func(d *director, _ *centerFake) {
		mu.Lock()
		answer = saying(t, "b", "tpac")
		mu.Unlock()
		d.confirm("b", time.Now())
		<-time.After(time.Second)
		synctest.Wait()
		if d.order("tpac", time.Now()).stop == nil {
			t.Error("a second after the acknowledgement the stop is not followed")
		}
	})
}

func TestFollow_KeepsOnAskingAndKeepsItsOrders(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func() (int, string){
		"cut":     func() (int, string) { return 0, "" },
		"refused": func() (int, string) { return http.StatusForbidden, `{"error":{"code":"unknown_agent"}}` },
		"portal":  func() (int, string) { return http.StatusOK, "<html>sign in</html>" },
		"empty":   func() (int, string) { return http.StatusOK, "{}" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			answer := saying(t, "a", "tpac")
			following(t, func() (int, string) { mu.Lock(); defer mu.Unlock(); return answer() }, func(d *director, center *centerFake) {
				mu.Lock()
				answer = broken
				mu.Unlock()
				<-time.After(time.Hour)
				if d.order("tpac", time.Now()).stop == nil {
					t.Error("the stop is forgotten")
				}
				if n := center.times(); n < 50 || n > 130 {
					t.Errorf("asked %d times in an hour, want about once a minute", n)
				}
				mu.Lock()
				answer = saying(t, "b")
				mu.Unlock()
				<-time.After(2 * time.Minute)
				if d.order("tpac", time.Now()).stop != nil {
					t.Error("two minutes after the collector is back its word is not followed")
				}
			})
		})
	}
}

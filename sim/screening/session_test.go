package screening

import (
	"testing"
	"time"
)

func TestSessions_LastFromTheirLastUse(t *testing.T) {
	t.Parallel()
	s := newSessions(Settings{SessionFor: 10 * time.Minute})
	begun := time.Unix(1000, 0)
	if expires, ok := s.begin("a", "user", "MIA-1", begun); !ok || !expires.Equal(begun.Add(10*time.Minute)) {
		t.Fatalf("begin: got %v %v", expires, ok)
	}
	for _, c := range []struct {
		at   time.Duration
		want bool
	}{{9 * time.Minute, true}, {18 * time.Minute, true}, {28 * time.Minute, false}, {18 * time.Minute, false}} {
		if got := s.use("a", begun.Add(c.at)); got != c.want {
			t.Errorf("after %v: got %v, want %v", c.at, got, c.want)
		}
	}
}

func TestSessions_ExpiredMakeRoom(t *testing.T) {
	t.Parallel()
	s := newSessions(Settings{SessionFor: time.Minute, Sessions: 1})
	now := time.Unix(1000, 0)
	s.begin("a", "user", "MIA-1", now)
	if _, ok := s.begin("b", "user", "MIA-1", now.Add(59*time.Second)); ok {
		t.Error("a second session was opened while the first was open")
	}
	if _, ok := s.begin("b", "user", "MIA-1", now.Add(time.Minute)); !ok {
		t.Error("an expired session keeps its place")
	}
	if s.use("a", now) {
		t.Error("the expired session is still open")
	}
}

func TestSessions_KeepTheLatestQueries(t *testing.T) {
	t.Parallel()
	s := newSessions(Settings{})
	now := time.Unix(1000, 0)
	s.begin("a", "user", "MIA-1", now)
	s.begin("b", "user", "MIA-1", now)
	first := query{"1", "SYN000001"}
	s.note("a", first)
	if !s.asked("a", first) || s.asked("b", first) || s.asked("a", query{"1", "SYN000002"}) || s.asked("none", first) {
		t.Error("a query belongs to another session or traveler, or to none")
	}
	for range queriesKept {
		s.note("a", query{"2", "SYN000001"})
	}
	if s.asked("a", first) {
		t.Error("more queries are kept than there is room for")
	}
}

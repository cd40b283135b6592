package fault

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"portolan"
)

// recorded is a board whose applied lists are kept.
type recorded struct {
	*Board

	mu sync.Mutex
	// mu guards everything that follows: the clock applies in goroutines of its own.
	applied [][]Effect
	refuse  Effect // apply fails while this effect is in force
	failed  []error
}

// log returns what was applied and what failed.
func (r *recorded) log() ([][]Effect, []error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.applied), slices.Clone(r.failed)
}

func (r *recorded) refuses(e Effect) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = e
}

func newRecorded() *recorded {
	r := &recorded{}
	r.Board = NewBoard(func(active []Fault) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		effects := []Effect{}
		for _, f := range active {
			if f.Effect == r.refuse {
				return errors.New("cannot be had")
			}
			effects = append(effects, f.Effect)
		}
		r.applied = append(r.applied, effects)
		return nil
	}, func(err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failed = append(r.failed, err)
	})
	return r
}

func tpacFault(at, lasts time.Duration, e Effect) Fault {
	return Fault{At: at, For: lasts, Where: Where{System: "tpac"}, Effect: e}
}

func active(b *Board) []Effect {
	var effects []Effect
	faults, _ := b.Active()
	for _, f := range faults {
		effects = append(effects, f.Effect)
	}
	return effects
}

func TestBoard_FaultsBeginAndEndByTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newRecorded()
		defer b.Close()
		if err := b.Put(time.Now(), []Fault{tpacFault(0, 10*time.Minute, Hang), tpacFault(5*time.Minute, 0, Wrong)}); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			after time.Duration
			want  []Effect
		}{
			{0, []Effect{Hang}},
			{5*time.Minute - 1, []Effect{Hang}},
			{1, []Effect{Hang, Wrong}},
			{5*time.Minute - 1, []Effect{Hang, Wrong}},
			{1, []Effect{Wrong}},
			{1000 * time.Hour, []Effect{Wrong}},
		} {
			<-time.After(step.after) // the bubble's clock, not the wall's
			synctest.Wait()
			if got := active(b.Board); !slices.Equal(got, step.want) {
				t.Errorf("%v later: got %v, want %v", step.after, got, step.want)
			}
		}
		want := [][]Effect{{Hang}, {Hang, Wrong}, {Wrong}}
		if applied, _ := b.log(); !slices.EqualFunc(applied, want, slices.Equal) {
			t.Errorf("applied %v, want %v", applied, want)
		}
	})
}

func TestBoard_ListPutAgainChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newRecorded()
		defer b.Close()
		begun := time.Now()
		put := []Fault{tpacFault(0, time.Hour, Hang), tpacFault(2*time.Hour, time.Hour, Outage), tpacFault(0, time.Minute, Wrong), tpacFault(0, 0, Slow)}
		if err := b.Put(begun, put); err != nil {
			t.Fatal(err)
		}
		<-time.After(30 * time.Minute)
		want := []Fault{tpacFault(0, 30*time.Minute, Hang), tpacFault(90*time.Minute, time.Hour, Outage), tpacFault(0, 0, Slow)}
		got := b.List(time.Now())
		if !slices.Equal(got, want) {
			t.Fatalf("list: got %v, want %v", got, want)
		}
		if err := b.Put(time.Now(), got); err != nil {
			t.Fatal(err)
		}
		<-time.After(90 * time.Minute)
		synctest.Wait()
		if got, want := active(b.Board), []Effect{Outage, Slow}; !slices.Equal(got, want) {
			t.Errorf("two hours after the beginning: got %v, want %v", got, want)
		}
	})
}

func TestBoard_RefusedListLeavesTheOld(t *testing.T) {
	t.Parallel()
	b := newRecorded()
	defer b.Close()
	b.refuses(Partition)
	if err := b.Put(time.Now(), []Fault{tpacFault(0, 0, Hang)}); err != nil {
		t.Fatal(err)
	}
	if err := b.Put(time.Now(), []Fault{tpacFault(0, 0, Partition)}); err == nil {
		t.Error("a list that cannot be had was taken")
	}
	if got, want := active(b.Board), []Effect{Hang}; !slices.Equal(got, want) {
		t.Errorf("in force: got %v, want %v", got, want)
	}
	if applied, _ := b.log(); !slices.Equal(applied[len(applied)-1], []Effect{Hang}) {
		t.Errorf("applied %v, want hang again at last", applied)
	}
}

func TestBoard_FailureByTheClockIsToldAndTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newRecorded()
		defer b.Close()
		b.refuses(Partition)
		if err := b.Put(time.Now(), []Fault{tpacFault(time.Minute, 0, Partition)}); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		synctest.Wait()
		if _, failed := b.log(); len(failed) != 1 || len(active(b.Board)) != 0 {
			t.Fatalf("told %v, in force %v, want one failure and nothing in force", failed, active(b.Board))
		}
		b.refuses(EffectUnknown)
		<-time.After(retry)
		synctest.Wait()
		if got := active(b.Board); !slices.Equal(got, []Effect{Partition}) {
			t.Errorf("after another try: got %v, want partition", got)
		}
	})
}

func TestBoard_ChangeWakesWaiters(t *testing.T) {
	t.Parallel()
	b := newRecorded()
	defer b.Close()
	_, changed := b.Active()
	if err := b.Put(time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
	default:
		t.Error("the channel of the old list is still open")
	}
}

func TestWhere_Places(t *testing.T) {
	t.Parallel()
	miami := Origin{Agent: "MIA-1", Port: "MIA", Office: "Miami Field Office", Kind: portolan.Air}
	for name, c := range map[string]struct {
		got, want bool
	}{
		"own-system":                  {Where{System: "tpac"}.Served("tpac", "decision", true), true},
		"other-system":                {Where{System: "ident"}.Served("tpac", "decision", true), false},
		"own-step":                    {Where{System: "tpac", Step: "decision"}.Served("tpac", "decision", true), true},
		"other-step":                  {Where{System: "tpac", Step: "sign-on"}.Served("tpac", "decision", true), false},
		"port-acts-on-direct-calls":   {Where{Port: "MIA"}.Served("tpac", "decision", true), true},
		"port-acts-once":              {Where{Port: "MIA"}.Served("ident", "verification", false), false},
		"dependency-is-not-service":   {Where{Dependency: "ident"}.Served("ident", "verification", false), false},
		"dependency-of-all":           {Where{Dependency: "ident"}.Called("tpac", "x", "ident"), true},
		"dependency-of-one":           {Where{System: "e3", Dependency: "ident"}.Called("tpac", "x", "ident"), false},
		"dependency-at-a-step":        {Where{Dependency: "ident", Step: "y"}.Called("tpac", "x", "ident"), false},
		"service-is-not-call":         {Where{System: "ident"}.Called("tpac", "x", "ident"), false},
		"office-in-short":             {Where{Office: "Miami"}.From(miami), true},
		"office-in-full":              {Where{Office: "Miami Field Office"}.From(miami), true},
		"other-office":                {Where{Office: "Seattle"}.From(miami), false},
		"kind":                        {Where{Kind: portolan.Air}.From(miami), true},
		"other-kind":                  {Where{Kind: portolan.Land}.From(miami), false},
		"agent":                       {Where{Agent: "MIA-1"}.From(miami), true},
		"other-agent-of-port":         {Where{Agent: "MIA-2", Port: "MIA"}.From(miami), false},
		"nobody-is-at-no-port":        {Where{Port: "MIA"}.From(Origin{}), false},
		"nobody-is-everywhere":        {Where{System: "tpac"}.From(Origin{}), true},
		"step-is-not-the-whole":       {Where{System: "tpac", Step: "x"}.Whole("tpac"), false},
		"dependency-is-not-the-whole": {Where{System: "tpac", Dependency: "ident"}.Whole("tpac"), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", name, c.got, c.want)
		}
	}
}

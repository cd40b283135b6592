package incident

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

func TestZZDebug(t *testing.T) {
	seed, _ := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	from, _ := time.ParseDuration(os.Getenv("FROM"))
	to, _ := time.ParseDuration(os.Getenv("TO"))
	if to == 0 {
		t.Skip()
	}
	w := newWorld(seed, 328, hours*time.Hour)
	w.draw(4)
	for _, f := range w.faults {
		if f.to > from && f.start() < to {
			fmt.Printf("FAULT %s %s %q %v %v-%v ratio %v\n", f.name, f.scope, f.component(), f.cause, f.from, f.to, f.ratio)
		}
	}
	w.begin, w.length = (from - 2*time.Hour).Truncate(time.Minute), to.Truncate(time.Minute)
	w.play(New(Options{}), func(events []Event) {
		for _, e := range events {
			i := &e.Incident
			fmt.Printf("%v %v %s %s %q %v %v-%v known %v into %v: %s\n", since(e.At), e.Change, i.ID, i.Scope, i.Component, i.Cause, since(i.Start), since(i.End), since(i.Known), i.MergedInto, i.Why)
		}
	})
}

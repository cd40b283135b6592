package audit

import (
	"time"

	"portolan/collector/ledger"
)

// stubs holds batches against the stubs that stand for them.
type stubs struct {
	all  []*Stub
	sums []*sum
}

func newStubs(all []*Stub) stubs {
	s := stubs{all: all}
	for range all {
		s.sums = append(s.sums, newSum())
	}
	return s
}

// add takes in the next batch in the order of positions, and reports whether a stub stands for it: the first one that may.
func (s *stubs) add(l *ledger.Link) bool {
	for i, stub := range s.all {
		if stub.Covers(l) {
			s.sums[i].add(l)
			return true
		}
	}
	return false
}

// end names the stubs that stand for other batches than there are up to a position.
func (s *stubs) end(r *Report, upTo ledger.Position) {
	for i, stub := range s.all {
		if stub.Last > upTo || s.sums[i].digest() == stub.Digest {
			continue
		}
		name := "stub for what was received before " + stub.Before.Format(time.RFC3339)
		r.fault("%s: the batches between positions %d and %d are not those that it names", name, stub.First, stub.Last)
		named := map[StubChain]bool{}
		for _, c := range stub.Chains {
			named[c] = true
		}
		for _, c := range s.sums[i].ends() {
			if !named[c] {
				r.fault("%s: chain of %s, stream %s is not as it names it", name, c.Agent, c.Stream)
			}
		}
	}
}

package ledgertest

import (
	"testing"

	"portolan/collector/ledger"
)

func forget(t *testing.T, l ledger.Ledger) {
	s := NewSender("MIA-1")
	first, second := s.Next(), s.Next()
	mustAppend(t, l, first)
	mustAppend(t, l, second)
	refused := s.Next()
	refused.Status, refused.Reason = ledger.Refused, ledger.ReasonMalformed
	mustAppend(t, l, refused)
	links := must[[]ledger.Link](t)(l.Read(t.Context(), ledger.Query{}))
	for range 2 { // a second time changes nothing
		if err := l.Forget(t.Context(), []ledger.Link{links[0], links[2]}); err != nil {
			t.Fatal(err)
		}
	}
	want := links[0]
	want.Status, want.Bytes = ledger.Forgotten, nil
	equal(t, "links", must[[]ledger.Link](t)(l.Read(t.Context(), ledger.Query{})), []ledger.Link{want, links[1], links[2]})
	equal(t, "those forgotten", must[[]ledger.Link](t)(l.Read(t.Context(), ledger.Query{Status: ledger.Forgotten})), []ledger.Link{want})
	wantVerdict(t, mustAppend(t, l, first), ledger.Duplicate, ledger.Forgotten)
	wantVerdict(t, mustAppend(t, l, s.Next()), ledger.Stored, ledger.Accepted)
}

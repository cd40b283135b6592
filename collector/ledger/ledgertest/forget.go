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

func archived(t *testing.T, l ledger.Ledger) {
	s := NewSender("MIA-1")
	first, second := s.Next(), s.Next()
	mustAppend(t, l, first)
	mustAppend(t, l, second)
	waiting := s.Next()
	waiting.Status, waiting.Reason = ledger.Waiting, ledger.ReasonVersion
	mustAppend(t, l, waiting)
	links := must[[]ledger.Link](t)(l.Read(t.Context(), ledger.Query{}))
	for range 2 { // a second time changes nothing
		if err := l.Archive(t.Context(), []ledger.Link{links[0], links[2]}); err != nil {
			t.Fatal(err)
		}
	}
	want := links[0]
	want.Bytes = nil
	equal(t, "links", must[[]ledger.Link](t)(l.Read(t.Context(), ledger.Query{})), []ledger.Link{want, links[1], links[2]})
	var found []ledger.Link
	for link, err := range l.Overlapping(t.Context(), "MIA-1", want.Content.Span, 0) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, link)
	}
	if len(found) == 0 {
		t.Fatal("an archived link is not found by its span")
	}
	equal(t, "the one found by its span", found[0], want)
	wantVerdict(t, mustAppend(t, l, first), ledger.Duplicate, ledger.Accepted)
	want.Status = ledger.Forgotten
	if err := l.Forget(t.Context(), links[:1]); err != nil {
		t.Fatal(err)
	}
	equal(t, "once forgotten", must[[]ledger.Link](t)(l.Read(t.Context(), ledger.Query{Limit: 1})), []ledger.Link{want})
}

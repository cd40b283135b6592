package archive

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"portolan/collector/ledger"
)

func FuzzUnpack(f *testing.F) {
	f.Add(pack([]ledger.Link{{Position: 3, Bytes: []byte("one")}, {Position: 9, Bytes: []byte("another")}}))
	f.Add(pack(nil))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := unpack(data)
		if err != nil {
			return
		}
		var links []ledger.Link
		for position, b := range found {
			links = append(links, ledger.Link{Position: position, Bytes: b})
		}
		slices.SortFunc(links, func(a, b ledger.Link) int { return cmp.Compare(a.Position, b.Position) })
		again, err := unpack(pack(links))
		if err != nil || len(again) != len(found) {
			t.Fatalf("packed again: %d of %d batches, %v", len(again), len(found), err)
		}
		for position, b := range found {
			if !bytes.Equal(again[position], b) {
				t.Fatalf("position %d: %q became %q", position, b, again[position])
			}
		}
	})
}

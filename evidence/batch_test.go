package evidence_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"portolan"
	"portolan/evidence"
)

var sameRecords = cmp.Options{cmp.AllowUnexported(portolan.PhaseTimes{}), cmpopts.EquateEmpty()}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func mustSeal(t testing.TB, b evidence.Batch, key *ecdsa.PrivateKey) evidence.Sealed {
	t.Helper()
	sealed, err := seal(b, key)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func seal(b evidence.Batch, key *ecdsa.PrivateKey) (evidence.Sealed, error) {
	if key == nil {
		return evidence.Seal(b, nil)
	}
	return evidence.Seal(b, key)
}

func mustOpen(t testing.TB, data []byte) *evidence.Envelope {
	t.Helper()
	e, err := evidence.Open(data, evidence.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestBatch_ComesBackAsItWasSealed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawBatch(t)
		sealed, err := evidence.Seal(want, nil)
		if err != nil {
			t.Fatalf("seal: %v", err)
		}
		e, err := evidence.Open(sealed.Bytes, evidence.Limits{})
		if err != nil {
			t.Fatalf("open: %v", err)
		}
		got, err := e.Decode(func(h evidence.PlanHash) (*portolan.Plan, bool) { return want.PlanBody, h == want.Plan })
		if err != nil {
			t.Fatalf("decode: %v", err)
		}
		if e.Hash != sealed.Hash || e.Count != len(want.Records) {
			t.Fatalf("header: got hash %s and %d records, want %s and %d", e.Hash, e.Count, sealed.Hash, len(want.Records))
		}
		if diff := cmp.Diff(want, *got, sameRecords); diff != "" {
			t.Fatalf("batch changed (-sealed +decoded):\n%s", diff)
		}
	})
}

func TestRecord_ComesBackFromTheSpoolAsItWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		plan := drawPlan(t)
		want := drawRecord(t, &plan).WithSeq(portolan.Seq(drawNumber(t, "seq")))
		got, err := evidence.ReadRecord(evidence.AppendRecord(nil, want))
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		if diff := cmp.Diff(want, got, sameRecords); diff != "" {
			t.Fatalf("record changed (-written +read):\n%s", diff)
		}
	})
}

func TestEnvelope_VerifiesOnlyTheSignersKeyAndContent(t *testing.T) {
	t.Parallel()
	key, other := newKey(t), newKey(t)
	sealed := mustSeal(t, exampleBatch(), key)
	if err := mustOpen(t, sealed.Bytes).VerifySignature(&key.PublicKey); err != nil {
		t.Errorf("own key: %v", err)
	}
	if err := mustOpen(t, sealed.Bytes).VerifySignature(&other.PublicKey); !errors.Is(err, evidence.ErrBadSignature) {
		t.Errorf("other key: got %v, want ErrBadSignature", err)
	}
	if err := mustOpen(t, sealed.Bytes).VerifySignature("no key"); !errors.Is(err, evidence.ErrBadSignature) {
		t.Errorf("no key: got %v, want ErrBadSignature", err)
	}
	unsigned := mustSeal(t, exampleBatch(), nil)
	if err := mustOpen(t, unsigned.Bytes).VerifySignature(&key.PublicKey); !errors.Is(err, evidence.ErrUnsigned) {
		t.Errorf("unsigned: got %v, want ErrUnsigned", err)
	}
	if unsigned.Hash != sealed.Hash {
		t.Errorf("the signature changed the hash: %s and %s", unsigned.Hash, sealed.Hash)
	}
}

func TestEnvelope_NoticesEveryChangedByteOfTheContent(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	sealed := mustSeal(t, exampleBatch(), key)
	for i := range sealed.Bytes {
		data := append([]byte(nil), sealed.Bytes...)
		data[i] ^= 0x10
		e, err := evidence.Open(data, evidence.Limits{})
		if err != nil {
			continue
		}
		if err := e.VerifySignature(&key.PublicKey); err == nil {
			t.Fatalf("byte %d of %d changed, and the signature still fits", i, len(data))
		}
	}
}

func TestBatch_AsksForAPlanItDoesNotCarry(t *testing.T) {
	t.Parallel()
	b := exampleBatch()
	b.CarriesPlan = false
	e := mustOpen(t, mustSeal(t, b, nil).Bytes)
	_, err := e.Decode(nil)
	var unknown *evidence.UnknownPlanError
	if !errors.As(err, &unknown) || unknown.Plan != b.Plan {
		t.Fatalf("got %v, want UnknownPlanError for %s", err, b.Plan)
	}
	got, err := e.Decode(func(evidence.PlanHash) (*portolan.Plan, bool) { return b.PlanBody, true })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, *got, sameRecords); diff != "" {
		t.Fatalf("batch changed (-sealed +decoded):\n%s", diff)
	}
}

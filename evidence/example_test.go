package evidence_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"

	"portolan"
	"portolan/evidence"
)

// An agent seals what it recorded; the collector opens it, checks who sent it, and reads it.
func Example() {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	sealed, err := evidence.Seal(evidence.Batch{
		Agent: "MIA-1", Number: 1, Lane: portolan.Live,
		Records: []evidence.Record{{Farewell: &portolan.Farewell{Seq: 1, At: 1_483_394_400_000_000}}},
	}, key)
	if err != nil {
		fmt.Println(err)
		return
	}
	envelope, err := evidence.Open(sealed.Bytes, evidence.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	batch, err := envelope.Decode(nil)
	fmt.Println(envelope.VerifySignature(&key.PublicKey), err, batch.Records[0].Farewell.At)
	// Output: <nil> <nil> 2017-01-02T22:00:00.000000Z
}

package web_test

import (
	"encoding/json"
	"strings"
	"testing"

	"portolan"
	"portolan/probe"
)

// page is an answer that is not what was asked for, with something in it that is nobody's business.
const page = `<html>Traveler ROE, JOHN is on the list. Down for maintenance.</html>`

// digestOf runs a step whose answer has the body, and returns its result with the digests that it measured.
func digestOf(t *testing.T, o probe.Options, definition, body string) (portolan.Result, []*probe.Failure, []int64) {
	t.Helper()
	tr := transaction(t, definition)
	tr.Values["endpoint"] = answering(t, 200, "text/html", body)
	result, failures := probe.NewRunner(o).Run(t.Context(), tr, 0, 1)
	var digests []int64
	for _, step := range result.Steps {
		for _, m := range step.Measures {
			if m.Measure == portolan.BodyDigest {
				digests = append(digests, m.Value)
			}
		}
	}
	return result, failures, digests
}

const wantsJSON = "{url: '${endpoint}', expect: ['json.answer == 1']}"

func TestWay_BodiesAreMeasuredAndHashedNotKept(t *testing.T) {
	t.Parallel()
	result, _, first := digestOf(t, probe.Options{}, wantsJSON, page)
	if result.Steps[0].Bytes != int64(len(page)) {
		t.Errorf("measured %d bytes, want %d", result.Steps[0].Bytes, len(page))
	}
	const want = int64(0x337355d54b9a5a74 >> 1) // the first 16 digits that sha256sum prints of it, without the last bit
	if len(first) != 1 || first[0] != want {
		t.Fatalf("digests %x, want %x", first, want)
	}
	kept, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"ROE", "maintenance", "html"} {
		if strings.Contains(string(kept), word) {
			t.Errorf("the result holds %q of the body: %s", word, kept)
		}
	}
	if _, _, again := digestOf(t, probe.Options{}, wantsJSON, page); len(again) != 1 || again[0] != first[0] {
		t.Errorf("the same page has digest %x, then %x", first, again)
	}
	if _, _, other := digestOf(t, probe.Options{}, wantsJSON, page+" "); len(other) != 1 || other[0] == first[0] {
		t.Errorf("another page has the same digest %x", other)
	}
}

func TestWay_NoDigestOfWhatIsRightOrEmptyOrHoldsASecret(t *testing.T) {
	t.Parallel()
	secret := probe.Options{Secrets: func(string) (string, error) { return "marked-secret", nil }}
	for name, c := range map[string]struct{ definition, body string }{
		"right":  {"{url: '${endpoint}', expect: ['body contains \"ROE\"']}", page},
		"empty":  {"{url: '${endpoint}', expect: ['body contains \"ROE\"']}", ""},
		"secret": {"{url: '${endpoint}', headers: {Token: '${secret:x}'}, expect: ['body contains \"ROE\"']}", "you said marked-secret"},
	} {
		if _, _, digests := digestOf(t, secret, c.definition, c.body); len(digests) != 0 {
			t.Errorf("%s: digest %x, want none", name, digests)
		}
	}
}

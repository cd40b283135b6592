package probe

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// secretPrefix begins a reference to a secret, ${secret:tpac-login}. No other value's name can hold a colon.
const secretPrefix = "secret:"

var secretForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// SecretName returns the name of the secret that a reference is to: "tpac-login" for "secret:tpac-login". It is
// not ok for the name of any other value.
func SecretName(reference string) (name string, ok bool) {
	name, ok = strings.CutPrefix(reference, secretPrefix)
	return name, ok && len(name) <= maxSecretName && secretForm.MatchString(name)
}

const maxSecretName = 64

// Secrets returns the names of the secrets that the transaction's steps refer to, sorted, each once.
func (t *Transaction) Secrets() []string {
	var names []string
	for _, step := range t.Steps {
		if step.Action == nil {
			continue
		}
		for _, need := range step.Action.Needs() {
			if name, ok := SecretName(need); ok {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unlock looks up what the transaction refers to as secrets, anew for each run, so that a changed one is used
// from the next run on.
func (r *Run) unlock(t *Transaction) error {
	for _, name := range t.Secrets() {
		if r.options.Secrets == nil {
			return fmt.Errorf("look up secret %q: there are no secrets here", name)
		}
		value, err := r.options.Secrets(name)
		if err != nil {
			return fmt.Errorf("look up secret %q: %w", name, err)
		}
		r.secrets[secretPrefix+name] = value
		r.veil.add(value)
	}
	return nil
}

// veil covers secrets in texts that people will read.
type veil struct {
	pieces map[string]bool // of the secrets and their usual encodings, in lower case
	sizes  []int           // of the pieces
}

const (
	// longestPiece is how much of a secret may stand in a text before it is covered: what quotes an answer may cut it
	// anywhere.
	longestPiece = 8
	// leastPiece is what an encoding must have to be told from any other text.
	leastPiece = 4
	// longestText bounds what is looked through.
	longestText = 4 << 10
	cover       = "[secret]"
)

// add has the veil cover a secret, and what it looks like where a system echoes it.
func (v *veil) add(secret string) {
	if v.pieces == nil {
		v.pieces = map[string]bool{}
	}
	for _, text := range spellings(secret) {
		size := min(longestPiece, len(text))
		if size < leastPiece && text != secret {
			continue
		}
		text = strings.ToLower(text)
		for i := 0; size > 0 && i+size <= len(text); i++ {
			v.pieces[text[i:i+size]] = true
		}
		if !slices.Contains(v.sizes, size) {
			v.sizes = append(v.sizes, size)
		}
	}
}

// spellings returns a secret as it is, and as requests and answers encode it. Base64 comes three times: what
// stands before the secret, as a user's name does, moves it.
func spellings(secret string) []string {
	quoted, _ := json.Marshal(secret) // a string has no encoding that fails
	all := []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret), hex.EncodeToString([]byte(secret)),
		strings.Trim(string(quoted), `"`), strings.Trim(strconv.Quote(secret), `"`),
	}
	for before := range 3 {
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			encoded := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
			first := []int{0, 2, 3}[before]                               // letters that depend on what stands before
			last := len(encoded) - []int{0, 1, 1}[(before+len(secret))%3] // and one on what stands after
			all = append(all, encoded[first:max(first, last)])
		}
	}
	return all
}

// over returns the text with every piece of a secret covered.
func (v *veil) over(text string) string {
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "") + "..."
	}
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // a letter whose lower case is longer: places would not agree
		text = lower
	}
	covered := make([]bool, len(text))
	for _, size := range v.sizes {
		for i := 0; i+size <= len(lower); i++ {
			if v.pieces[lower[i:i+size]] {
				for j := i; j < i+size; j++ {
					covered[j] = true
				}
			}
		}
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !covered[i]:
			b.WriteByte(text[i])
		case i == 0 || !covered[i-1]:
			b.WriteString(cover)
		}
	}
	return b.String()
}

// conceal returns the failure as it may be told. Of a run with secrets only the error's text is left: what it
// wraps may hold an answer, and the answer an echo.
func (r *Run) conceal(f *Failure) *Failure {
	if f == nil || f.Err == nil || len(r.secrets) == 0 {
		return f
	}
	return &Failure{Phase: f.Phase, Kind: f.Kind, Err: r.concealError(f.Err)}
}

func (r *Run) concealError(err error) error {
	if len(r.secrets) == 0 {
		return err
	}
	return errors.New(r.veil.over(err.Error()))
}

// Digest returns the first 63 bits of the SHA-256 of an answer's body. It is not ok for an empty body, and for one that
// holds a piece of a secret: whoever had the digest could try what the secret is.
func (r *Run) Digest(body []byte) (digest int64, ok bool) {
	if len(body) == 0 || r.veil.covers(string(body)) {
		return 0, false
	}
	sum := sha256.Sum256(body)
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 1), true
}

// covers reports whether the text holds a piece of a secret.
func (v *veil) covers(text string) bool {
	if len(v.pieces) == 0 {
		return false
	}
	text = strings.ToLower(text)
	for _, size := range v.sizes {
		for i := 0; i+size <= len(text); i++ {
			if v.pieces[text[i:i+size]] {
				return true
			}
		}
	}
	return false
}

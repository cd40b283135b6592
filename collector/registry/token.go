package registry

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"portolan"
)

// Errors of tokens, for errors.Is.
var (
	// ErrToken says that a token was not made by this collector, or not for this agent.
	ErrToken = errors.New("token is not valid for this agent")
	// ErrTokenExpired says that a token came too late.
	ErrTokenExpired = errors.New("token has expired")
)

// Token lets one agent enroll once, before it expires. It carries everything that the collector needs to
// know it again, authenticated by the collector's secret, so that no list of open tokens is kept.
type Token struct {
	Agent   portolan.AgentID  `json:"agent"`
	Port    portolan.PortCode `json:"port"`
	Made    portolan.Instant  `json:"made"`
	Expires portolan.Instant  `json:"expires"`
	Nonce   []byte            `json:"nonce"`
}

const (
	tokenPrefix = "portolan1"
	nonceLength = 16
	maxToken    = 1024
)

// write returns the token as people copy it: a version, what it says, and the HMAC-SHA-256 over both.
func (t Token) write(secret []byte) (string, error) {
	payload, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("encode token: %w", err)
	}
	said := tokenPrefix + "." + base64.RawURLEncoding.EncodeToString(payload)
	return said + "." + base64.RawURLEncoding.EncodeToString(authenticate(secret, said)), nil
}

func authenticate(secret []byte, said string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(said))
	return h.Sum(nil)
}

// readToken returns what a token says, once it is known to be one of the secret's owner's.
func readToken(secret []byte, text string) (Token, error) {
	if len(text) > maxToken {
		return Token{}, ErrToken
	}
	said, code, ok := cutLast(text, ".")
	if !ok {
		return Token{}, ErrToken
	}
	mac, err := base64.RawURLEncoding.DecodeString(code)
	if err != nil || !hmac.Equal(mac, authenticate(secret, said)) {
		return Token{}, ErrToken
	}
	return parseToken(said)
}

func parseToken(said string) (Token, error) {
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(said, tokenPrefix+"."))
	if err != nil {
		return Token{}, ErrToken
	}
	var t Token
	if err := json.Unmarshal(payload, &t); err != nil || len(t.Nonce) != nonceLength {
		return Token{}, ErrToken
	}
	return t, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

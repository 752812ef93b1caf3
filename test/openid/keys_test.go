package openid

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// jwks is a new private key as a JWK, and the set of its public half.
func jwks(t *testing.T, alg string) (private, set string) {
	t.Helper()
	var key any
	var err error
	switch alg {
	case "EdDSA":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "RS256":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	mine := jose.JSONWebKey{Key: key, KeyID: "k1", Algorithm: alg, Use: "sig"}
	p, err1 := json.Marshal(mine)
	s, err2 := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{mine.Public()}})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return string(p), string(s)
}

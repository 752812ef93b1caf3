package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"

	"holdfast/spec/ijson"
)

// Algorithms are the signature algorithms that Verify knows: RFC 7518 §3.1,
// RFC 8037, and RFC 9864's name for the same as EdDSA with Ed25519.
var Algorithms = []string{"ES256", "EdDSA", "Ed25519", "PS256", "RS256"}

// Signed is a JWS in compact serialization (RFC 7515 §7.1) that was read.
// Nothing of it may be believed before Verify.
type Signed struct {
	Header ijson.Value // an object
	Claims ijson.Value // an object: the payload
	input  string
	sig    []byte
}

var errJWS = errors.New("it is no JWT in compact form")

// ReadJWT reads a JWT. It refuses extensions that must be understood (crit,
// RFC 7515 §4.1.11), a payload that is not encoded (b64, RFC 7797), and a
// second spelling of the same bytes.
func ReadJWT(text string) (Signed, error) {
	parts := strings.Split(text, ".")
	if len(text) > MaxBytes || len(parts) != 3 || strings.ContainsAny(text, "\r\n") {
		return Signed{}, errJWS
	}
	var raw [3][]byte
	for i, p := range parts {
		b, err := base64.RawURLEncoding.Strict().DecodeString(p)
		if err != nil {
			return Signed{}, errJWS
		}
		raw[i] = b
	}
	s := Signed{input: parts[0] + "." + parts[1], sig: raw[2]}
	var err error
	if s.Header, err = ijson.Parse(raw[0], limits); err != nil {
		return Signed{}, err
	}
	if s.Claims, err = ijson.Parse(raw[1], limits); err != nil {
		return Signed{}, err
	}
	if s.Header.Kind() != ijson.Object || s.Claims.Kind() != ijson.Object {
		return Signed{}, errJWS
	}
	for _, name := range []string{"crit", "b64"} {
		if s.Header.Get(name).Kind() != ijson.Missing {
			return Signed{}, errors.New("its header has " + name + ", which is not understood")
		}
	}
	for _, name := range []string{"alg", "kid", "typ"} {
		if k := s.Header.Get(name).Kind(); k != ijson.String && (k != ijson.Missing || name == "alg") {
			return Signed{}, errors.New("its header's " + name + " is no string")
		}
	}
	return s, nil
}

// Algorithm is what the header says.
func (s Signed) Algorithm() string { return s.Header.Get("alg").Text() }

// Fits says whether the key may be used with alg: each key is for one
// algorithm, but an RSA key that names none is for both.
func (k Key) Fits(alg string) bool {
	switch alg {
	case "EdDSA", "Ed25519":
		return k.Algorithm == "EdDSA" || k.Algorithm == "Ed25519"
	case "RS256", "PS256":
		_, isRSA := k.Public.(*rsa.PublicKey)
		return isRSA && (k.Algorithm == "" || k.Algorithm == alg)
	}
	return k.Algorithm == alg
}

// Verify says whether k signed s, with the algorithm that its header names and
// that k is for.
func (s Signed) Verify(k Key) bool {
	if !k.Fits(s.Algorithm()) {
		return false
	}
	sum := sha256.Sum256([]byte(s.input))
	switch pub := k.Public.(type) {
	case *ecdsa.PublicKey:
		if s.Algorithm() != "ES256" || len(s.sig) != 64 { // RFC 7518 §3.4
			return false
		}
		return ecdsa.Verify(pub, sum[:], new(big.Int).SetBytes(s.sig[:32]), new(big.Int).SetBytes(s.sig[32:]))
	case ed25519.PublicKey:
		return ed25519.Verify(pub, []byte(s.input), s.sig)
	case *rsa.PublicKey:
		if s.Algorithm() == "PS256" { // RFC 7518 §3.5: the salt is as long as the hash
			return rsa.VerifyPSS(pub, crypto.SHA256, sum[:], s.sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(pub, crypto.SHA256, sum[:], s.sig) == nil
	}
	return false
}

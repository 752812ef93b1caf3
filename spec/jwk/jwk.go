// Package jwk reads the public JSON Web Keys (RFC 7517, 7518, 8037) by which
// an application or a browser proves itself, and names a key by its thumbprint
// (RFC 7638).
//
// It refuses what is no public signature key: symmetric keys, sets with a
// private member in them (whoever sends one has just given it away), RSA keys
// below 2048 bits, points that are not on their curve, and JSON in which a
// member stands twice.
package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"holdfast/spec/ijson"
)

// Key is a public signature key.
type Key struct {
	ID         string // kid; may be empty
	Algorithm  string // alg, as the key states it or as its type implies it; empty for an RSA key that states none
	Thumbprint string // RFC 7638, SHA-256, base64url
	Public     crypto.PublicKey
}

// ErrPrivate is of a key that carries its private half.
var ErrPrivate = errors.New("the key carries private members; send the public key alone")

var limits = ijson.Limits{Depth: 4, Bytes: MaxBytes}

// MaxBytes bounds what is read.
const MaxBytes = 32 << 10

// Parse reads one JWK.
func Parse(text []byte) (Key, error) {
	v, err := ijson.Parse(text, limits)
	if err != nil {
		return Key{}, err
	}
	return read(v)
}

// ParseSet reads a JWK set of 1 to 10 keys (RFC 7517 §5). Two keys of one kid
// are refused: nobody could say which is meant.
func ParseSet(text []byte) ([]Key, error) {
	v, err := ijson.Parse(text, limits)
	if err != nil {
		return nil, err
	}
	list := v.Get("keys").List()
	if len(list) == 0 || len(list) > 10 {
		return nil, fmt.Errorf("a key set has 1 to 10 keys under \"keys\", not %d", len(list))
	}
	var keys []Key
	for i, item := range list {
		k, err := read(item)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		for _, other := range keys {
			if other.ID == k.ID {
				return nil, fmt.Errorf("key %d: the kid %q stands twice", i+1, k.ID)
			}
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// private are the members of RFC 7518 §6.2.2, §6.3.2, §6.4.1 and RFC 8037 §2.
var private = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

func read(v ijson.Value) (Key, error) {
	for _, name := range private {
		if v.Get(name).Kind() != ijson.Missing {
			return Key{}, ErrPrivate
		}
	}
	for _, name := range []string{"kid", "alg", "use"} {
		if kind := v.Get(name).Kind(); kind != ijson.Missing && kind != ijson.String {
			return Key{}, fmt.Errorf("%s is %v, not a string", name, kind)
		}
	}
	if use := v.Get("use").Text(); use != "" && use != "sig" {
		return Key{}, fmt.Errorf("use %q: a key for signatures has use sig, or none", use)
	}
	k := Key{ID: v.Get("kid").Text(), Algorithm: v.Get("alg").Text()}
	var implied, canonical string
	var err error
	switch kty := v.Get("kty").Text(); kty {
	case "EC":
		k.Public, canonical, err = readEC(v)
		implied = "ES256"
	case "OKP":
		k.Public, canonical, err = readOKP(v)
		implied = "EdDSA"
		if k.Algorithm == "Ed25519" { // RFC 9864 §2.2
			implied = k.Algorithm
		}
	case "RSA":
		k.Public, canonical, err = readRSA(v)
	default:
		err = fmt.Errorf("kty %.20q: use EC, OKP or RSA", kty)
	}
	if err != nil {
		return Key{}, err
	}
	switch {
	case k.Algorithm == "":
		k.Algorithm = implied
	case implied == "" && k.Algorithm != "RS256" && k.Algorithm != "PS256",
		implied != "" && k.Algorithm != implied:
		return Key{}, fmt.Errorf("alg %.20q does not fit the key; use ES256, EdDSA, RS256 or PS256", k.Algorithm)
	}
	sum := sha256.Sum256([]byte(canonical))
	k.Thumbprint = base64.RawURLEncoding.EncodeToString(sum[:])
	return k, nil
}

func readEC(v ijson.Value) (crypto.PublicKey, string, error) {
	if crv := v.Get("crv").Text(); crv != "P-256" {
		return nil, "", fmt.Errorf("crv %.20q: use P-256", crv)
	}
	x, xText, err := member(v, "x")
	if err != nil {
		return nil, "", err
	}
	y, yText, err := member(v, "y")
	if err != nil {
		return nil, "", err
	}
	if len(x) != 32 || len(y) != 32 { // RFC 7518 §6.2.1.2: full size
		return nil, "", errors.New("x and y of a P-256 key have 32 bytes each")
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, "", errors.New("the point is not on the curve")
	}
	return pub, `{"crv":"P-256","kty":"EC","x":"` + xText + `","y":"` + yText + `"}`, nil
}

func readOKP(v ijson.Value) (crypto.PublicKey, string, error) {
	if crv := v.Get("crv").Text(); crv != "Ed25519" {
		return nil, "", fmt.Errorf("crv %.20q: use Ed25519", crv)
	}
	x, text, err := member(v, "x")
	if err != nil {
		return nil, "", err
	}
	if len(x) != ed25519.PublicKeySize {
		return nil, "", errors.New("x of an Ed25519 key has 32 bytes")
	}
	return ed25519.PublicKey(x), `{"crv":"Ed25519","kty":"OKP","x":"` + text + `"}`, nil
}

func readRSA(v ijson.Value) (crypto.PublicKey, string, error) {
	n, nText, err := member(v, "n")
	if err != nil {
		return nil, "", err
	}
	e, eText, err := member(v, "e")
	if err != nil {
		return nil, "", err
	}
	exponent := new(big.Int).SetBytes(e)
	pub := &rsa.PublicKey{N: new(big.Int).SetBytes(n)}
	switch bits := pub.N.BitLen(); {
	case bits < 2048 || bits > 8192: // larger ones cost us more than the sender
		return nil, "", fmt.Errorf("an RSA key has 2048 to 8192 bits, not %d", bits)
	case n[0] == 0 || e[0] == 0:
		return nil, "", errors.New("n and e are written without leading zeros")
	case exponent.BitLen() > 31 || exponent.Cmp(big.NewInt(3)) < 0 || exponent.Bit(0) == 0:
		return nil, "", errors.New("the RSA exponent is odd and from 3 to 2^31-1; use 65537")
	}
	pub.E = int(exponent.Int64())
	return pub, `{"e":"` + eText + `","kty":"RSA","n":"` + nText + `"}`, nil
}

// member reads base64url in its only spelling: a second one would give the
// same key another thumbprint.
func member(v ijson.Value, name string) ([]byte, string, error) {
	text := v.Get(name).Text()
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) == 0 || strings.ContainsAny(text, "\r\n") { // which the decoder skips
		return nil, "", fmt.Errorf("%s is no base64url", name)
	}
	return b, text, nil
}

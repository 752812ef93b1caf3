package cose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

const (
	// minRSABits is what NIST SP 800-131A still allows (112 bits of strength).
	minRSABits = 2048
	// maxRSABits bounds the work that a stranger's key can cause: one check
	// with 8192 bits takes about 0.5 ms. No authenticator makes longer keys.
	maxRSABits = 8192
	// minRSAExponent: FIPS 186-5 §A.1.1 asks for an odd exponent above 2^16.
	// With e = 1 every message is its own signature; small odd ones have a
	// history of forgeries and no authenticator uses them.
	minRSAExponent = 65537
	// maxKeyLen holds an RSA key of 8192 bits with its labels.
	maxKeyLen = 1100
)

// Key is a sound public key together with the only algorithm it may be used
// with. The zero Key verifies nothing.
type Key struct {
	alg    Algorithm
	public crypto.PublicKey
}

// Algorithm is the key's alg parameter.
func (k Key) Algorithm() Algorithm { return k.alg }

// Public is *ecdsa.PublicKey, ed25519.PublicKey or *rsa.PublicKey.
func (k Key) Public() crypto.PublicKey { return k.public }

// encoded is a COSE_Key of any type that this package knows: kty and alg
// (RFC 9052 §7.1), then crv, x, y of EC2 and OKP (RFC 9053 §7) or n, e of RSA
// (RFC 8230 §4). WebAuthn L3 §6.5.1.1 forbids every other label.
type encoded struct {
	Kty  int64           `cbor:"1,keyasint"`
	Alg  int64           `cbor:"3,keyasint"`
	CrvN cbor.RawMessage `cbor:"-1,keyasint"` // an integer, or a byte string
	XE   cbor.ByteString `cbor:"-2,keyasint"` // ByteString: an array of numbers is no byte string
	Y    cbor.ByteString `cbor:"-3,keyasint"`

	pairs byte // how many members the map has
}

const (
	ktyOKP = 1
	ktyEC2 = 2
	ktyRSA = 3

	crvP256    = 1
	crvP384    = 2
	crvP521    = 3
	crvEd25519 = 6
)

// decoding refuses what CTAP2 forbids once more, and names unknown labels.
var decoding = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
	}.DecMode()
	if err != nil {
		panic("cose: internal error: " + err.Error())
	}
	return mode
}()

// PeekAlgorithm reads the alg parameter of a COSE_Key without judging the key,
// so that a ceremony can say "not asked for" before "not sound".
func PeekAlgorithm(data []byte) (Algorithm, error) {
	e, err := decode(data)
	if err != nil {
		return 0, err
	}
	return Algorithm(e.Alg), nil
}

// ParseKey reads a COSE_Key. data must hold nothing else. It is cheap enough
// to run at each sign-in (a few microseconds), so that nothing rests on what
// an earlier version let through.
func ParseKey(data []byte) (Key, error) {
	e, err := decode(data)
	if err != nil {
		return Key{}, err
	}
	public, err := e.public()
	if err != nil {
		return Key{}, err
	}
	return Key{Algorithm(e.Alg), public}, nil
}

func decode(data []byte) (e encoded, err error) {
	if len(data) > maxKeyLen {
		return e, fmt.Errorf("COSE key is longer than %d bytes", maxKeyLen)
	}
	_, rest, err := CutItem(data)
	if err != nil {
		return e, err
	}
	if len(rest) > 0 {
		return e, fmt.Errorf("%d bytes follow the COSE key", len(rest))
	}
	if data[0]>>5 != 5 {
		return e, errors.New("COSE key is not a CBOR map")
	}
	if err := decoding.Unmarshal(data, &e); err != nil {
		return e, fmt.Errorf("COSE key: %w", err)
	}
	e.pairs = data[0] & 31
	if e.Kty == 0 || e.Alg == 0 {
		return e, errors.New("COSE key lacks kty or alg")
	}
	return e, nil
}

func (e encoded) public() (crypto.PublicKey, error) {
	switch Algorithm(e.Alg) {
	case ES256:
		return e.ec2(elliptic.P256(), crvP256, 32)
	case ES384:
		return e.ec2(elliptic.P384(), crvP384, 48)
	case ES512:
		return e.ec2(elliptic.P521(), crvP521, 66)
	case EdDSA:
		return e.okp()
	case RS256, PS256:
		return e.rsa()
	}
	return nil, fmt.Errorf("algorithm %d is not supported", e.Alg)
}

// ec2 checks RFC 9053 §7.1.1. The coordinates have the full length of the
// field; the compressed form (y as a sign bit) is forbidden by WebAuthn L3
// §5.8.5, and decode has refused it already, since y must be a byte string.
func (e encoded) ec2(curve elliptic.Curve, crv int64, size int) (crypto.PublicKey, error) {
	if err := e.typed(ktyEC2, crv, 5); err != nil {
		return nil, err
	}
	if len(e.XE) != size || len(e.Y) != size {
		return nil, fmt.Errorf("%v key: coordinates of %d and %d bytes, not %d", Algorithm(e.Alg), len(e.XE), len(e.Y), size)
	}
	var room [1 + 2*66]byte
	room[0] = 4 // uncompressed, SEC 1 §2.3.3
	point := append(append(room[:1], e.XE...), e.Y...)
	key, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, fmt.Errorf("%v key: not a point on the curve", Algorithm(e.Alg))
	}
	return key, nil
}

func (e encoded) okp() (crypto.PublicKey, error) {
	if err := e.typed(ktyOKP, crvEd25519, 4); err != nil {
		return nil, err
	}
	key := ed25519.PublicKey(e.XE)
	if err := checkEd25519(key); err != nil {
		return nil, err
	}
	return key, nil
}

// typed checks that kty and crv are those that alg goes with, and that no
// member is missing or too many.
func (e encoded) typed(kty, crv int64, pairs byte) error {
	if e.Kty != kty {
		return fmt.Errorf("alg %v does not go with kty %d", Algorithm(e.Alg), e.Kty)
	}
	if e.pairs != pairs {
		return fmt.Errorf("%v key with %d members instead of %d", Algorithm(e.Alg), e.pairs, pairs)
	}
	var got int64
	if err := decoding.Unmarshal(e.CrvN, &got); err != nil {
		return errors.New("crv is missing or no integer")
	}
	if got != crv {
		return fmt.Errorf("alg %v does not go with crv %d", Algorithm(e.Alg), got)
	}
	return nil
}

// rsa checks RFC 8230 §4: n and e as unsigned integers in as few bytes as
// possible.
func (e encoded) rsa() (crypto.PublicKey, error) {
	if e.Kty != ktyRSA {
		return nil, fmt.Errorf("alg %v does not go with kty %d", Algorithm(e.Alg), e.Kty)
	}
	if e.pairs != 4 {
		return nil, fmt.Errorf("%v key with %d members instead of 4", Algorithm(e.Alg), e.pairs)
	}
	var n cbor.ByteString
	if err := decoding.Unmarshal(e.CrvN, &n); err != nil {
		return nil, errors.New("RSA key: n is missing or no byte string")
	}
	if len(n) == 0 || n[0] == 0 || len(e.XE) == 0 || e.XE[0] == 0 {
		return nil, errors.New("RSA key: n or e is empty or has a leading zero")
	}
	exponent := new(big.Int).SetBytes([]byte(e.XE))
	if exponent.BitLen() > 31 {
		return nil, errors.New("RSA key: exponent above 2^31")
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes([]byte(n)), E: int(exponent.Int64())}
	return key, checkRSA(key)
}

func checkRSA(key *rsa.PublicKey) error {
	switch bits := key.N.BitLen(); {
	case bits < minRSABits:
		return fmt.Errorf("RSA key of %d bits: at least %d are needed", bits, minRSABits)
	case bits > maxRSABits:
		return fmt.Errorf("RSA key of %d bits: at most %d are allowed", bits, maxRSABits)
	case key.N.Bit(0) == 0:
		return errors.New("RSA key: even modulus")
	case key.E < minRSAExponent || key.E%2 == 0:
		return fmt.Errorf("RSA key: exponent %d; an odd one of at least %d is needed", key.E, minRSAExponent)
	}
	return nil
}

// CheckPublic judges a key that did not come as COSE_Key, such as that of a
// certificate, by the same measure. Curves: P-256, P-384, P-521, Ed25519.
func CheckPublic(public crypto.PublicKey) error {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		if !slices.Contains([]elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()}, key.Curve) {
			return fmt.Errorf("curve %s is not supported", key.Curve.Params().Name)
		}
		_, err := key.Bytes() // checks that the point is on the curve
		return err
	case ed25519.PublicKey:
		return checkEd25519(key)
	case *rsa.PublicKey:
		return checkRSA(key)
	}
	return fmt.Errorf("keys of type %T are not supported", public)
}

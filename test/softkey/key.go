package softkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"math/big"

	"github.com/fxamacker/cbor/v2"
)

// Alg is a COSE algorithm identifier (IANA COSE Algorithms).
type Alg int

const (
	ES256 Alg = -7
	EdDSA Alg = -8
	ES384 Alg = -35
	ES512 Alg = -36
	RS256 Alg = -257
)

// Algs are all that this authenticator can do, the fastest first.
var Algs = [...]Alg{ES256, EdDSA, ES384, ES512, RS256}

func (g Alg) known() bool {
	for _, k := range Algs {
		if k == g {
			return true
		}
	}
	return false
}

// Key is a credential key pair.
type Key struct {
	Alg     Alg
	Private crypto.Signer
}

// NewKey makes a key for alg; RSA has 2048 bits.
func NewKey(alg Alg) (*Key, error) {
	var s crypto.Signer
	var err error
	switch alg {
	case ES256:
		s, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case ES384:
		s, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case ES512:
		s, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case EdDSA:
		_, s, err = ed25519.GenerateKey(rand.Reader)
	case RS256:
		s, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		err = fmt.Errorf("softkey: algorithm %d is not known here", alg)
	}
	if err != nil {
		return nil, err
	}
	return &Key{alg, s}, nil
}

// Sign signs message as COSE says for the key's algorithm (RFC 9053 §2,
// RFC 8812 §2), ECDSA as DER as WebAuthn L3 §6.5.5 wants it.
func (k *Key) Sign(message []byte) ([]byte, error) {
	hash := map[Alg]crypto.Hash{ES256: crypto.SHA256, ES384: crypto.SHA384, ES512: crypto.SHA512, RS256: crypto.SHA256}[k.Alg]
	if hash == 0 { // EdDSA signs the message itself
		return k.Private.Sign(rand.Reader, message, crypto.Hash(0))
	}
	h := hash.New()
	h.Write(message)
	return k.Private.Sign(rand.Reader, h.Sum(nil), hash)
}

// COSE is the public key as a COSE_Key in CTAP2 canonical CBOR.
func (k *Key) COSE() ([]byte, error) {
	m := map[int]any{3: int(k.Alg)}
	switch pub := k.Private.Public().(type) {
	case *ecdsa.PublicKey:
		point, err := pub.Bytes()
		if err != nil {
			return nil, err
		}
		n := (len(point) - 1) / 2 // 04 ‖ x ‖ y
		m[1], m[-1], m[-2], m[-3] = 2, map[Alg]int{ES256: 1, ES384: 2, ES512: 3}[k.Alg], point[1:1+n], point[1+n:]
	case ed25519.PublicKey:
		m[1], m[-1], m[-2] = 1, 6, []byte(pub)
	case *rsa.PublicKey:
		m[1], m[-1], m[-2] = 3, pub.N.Bytes(), big.NewInt(int64(pub.E)).Bytes()
	}
	return encode(m)
}

// SPKI is the public key as getPublicKey() gives it.
func (k *Key) SPKI() ([]byte, error) { return x509.MarshalPKIXPublicKey(k.Private.Public()) }

// encode writes CTAP2 canonical CBOR (CTAP 2.2 §8).
func encode(v any) ([]byte, error) {
	mode, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		return nil, err
	}
	return mode.Marshal(v)
}

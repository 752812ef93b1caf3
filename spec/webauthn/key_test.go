package webauthn_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"holdfast/spec/cose"
	"holdfast/spec/webauthn"
)

// testKey is a credential of a test: it can answer as an authenticator would.
type testKey struct {
	alg    cose.Algorithm
	signer crypto.Signer
	public []byte // COSE_Key
	id     []byte
}

func newKey(t testing.TB, alg cose.Algorithm) testKey {
	t.Helper()
	k := testKey{alg: alg, id: []byte("credential of " + alg.String())}
	switch alg {
	case cose.ES256:
		k.signer, k.public = newEC(t, elliptic.P256(), 1, alg)
	case cose.ES384:
		k.signer, k.public = newEC(t, elliptic.P384(), 2, alg)
	case cose.ES512:
		k.signer, k.public = newEC(t, elliptic.P521(), 3, alg)
	case cose.EdDSA:
		public, private, err := ed25519.GenerateKey(rand.Reader)
		must(t, err)
		k.signer, k.public = private, encodeCBOR(t, map[int]any{1: 1, 3: alg, -1: 6, -2: []byte(public)})
	case cose.RS256, cose.PS256:
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		must(t, err)
		k.signer, k.public = private, encodeCBOR(t, map[int]any{1: 3, 3: alg, -1: private.N.Bytes(), -2: []byte{1, 0, 1}})
	}
	return k
}

func newEC(t testing.TB, curve elliptic.Curve, crv int, alg cose.Algorithm) (crypto.Signer, []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	must(t, err)
	point, err := private.PublicKey.Bytes()
	must(t, err)
	n := (len(point) - 1) / 2
	return private, encodeCBOR(t, map[int]any{1: 2, 3: alg, -1: crv, -2: point[1 : 1+n], -3: point[1+n:]})
}

// sign answers over message with the key's algorithm.
func (k testKey) sign(t testing.TB, message []byte) []byte {
	t.Helper()
	var opts crypto.SignerOpts = crypto.Hash(0)
	digest := message
	switch k.alg {
	case cose.ES256, cose.RS256, cose.PS256:
		opts = crypto.SHA256
	case cose.ES384:
		opts = crypto.SHA384
	case cose.ES512:
		opts = crypto.SHA512
	}
	if opts != crypto.Hash(0) {
		h := opts.HashFunc().New()
		h.Write(message)
		digest = h.Sum(nil)
	}
	if k.alg == cose.PS256 {
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	}
	signature, err := k.signer.Sign(rand.Reader, digest, opts)
	must(t, err)
	return signature
}

const (
	up = 0x01
	uv = 0x04
	be = 0x08
	bs = 0x10
	at = 0x40
	ed = 0x80
)

const (
	rpID   = "example.org"
	origin = "https://example.org"
)

var challenge = []byte("a challenge of 32 bytes, or about")

func party() webauthn.RelyingParty {
	return webauthn.RelyingParty{ID: rpID, Origins: []string{origin}}
}

// authData puts authenticator data together; rest is what flags announce.
func authData(rp string, flags byte, signCount uint32, rest ...[]byte) []byte {
	hash := sha256.Sum256([]byte(rp))
	b := binary.BigEndian.AppendUint32(append(hash[:], flags), signCount)
	for _, r := range rest {
		b = append(b, r...)
	}
	return b
}

func attested(aaguid webauthn.AAGUID, id, public []byte) []byte {
	b := binary.BigEndian.AppendUint16(aaguid[:], uint16(len(id)))
	return append(append(b, id...), public...)
}

func clientJSON(typ string, extra string) []byte {
	return []byte(`{"type":"` + typ + `","challenge":"` + b64(challenge) + `","origin":"` + origin + `"` + extra + `}`)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func encodeCBOR(t testing.TB, v any) []byte {
	t.Helper()
	mode, err := cbor.CTAP2EncOptions().EncMode()
	must(t, err)
	b, err := mode.Marshal(v)
	must(t, err)
	return b
}

func encodeJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// object is a JSON or CBOR object under construction.
type object = map[string]any

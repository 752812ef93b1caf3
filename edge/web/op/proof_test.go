package op_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"holdfast"
	"holdfast/spec/jwk"
)

// signer is an application's, or a browser's, own key.
type signer struct {
	t       testing.TB
	alg     jose.SignatureAlgorithm
	private crypto.Signer
	id      string // kid
}

func newSigner(t testing.TB, alg jose.SignatureAlgorithm) signer {
	t.Helper()
	s := signer{t: t, alg: alg, id: "k1"}
	var err error
	switch alg {
	case jose.EdDSA:
		_, private, e := ed25519.GenerateKey(rand.Reader)
		s.private, err = private, e
	case jose.RS256, jose.PS256:
		s.private, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		s.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s signer) jwk() jose.JSONWebKey {
	return jose.JSONWebKey{Key: s.private.Public(), KeyID: s.id, Algorithm: string(s.alg), Use: "sig"}
}

func (s signer) set() string {
	b, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.jwk()}})
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

func (s signer) thumbprint() string {
	b, _ := s.jwk().MarshalJSON()
	k, err := jwk.Parse(b)
	if err != nil {
		s.t.Fatal(err)
	}
	return k.Thumbprint
}

// sign makes a JWS; header members override what signing needs.
func (s signer) sign(header, claims map[string]any) string {
	s.t.Helper()
	o := (&jose.SignerOptions{}).WithHeader("kid", s.id)
	for name, value := range header {
		o = o.WithHeader(jose.HeaderKey(name), value)
	}
	signing, err := jose.NewSigner(jose.SigningKey{Algorithm: s.alg, Key: s.private}, o)
	if err != nil {
		s.t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		s.t.Fatal(err)
	}
	signed, err := signing.Sign(payload)
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// proof is a DPoP proof for a request; access is empty where no token is shown.
func (s signer) proof(w *world, method, at, access string, edit ...func(header, claims map[string]any)) string {
	key, _ := s.jwk().MarshalJSON()
	header := map[string]any{"typ": "dpop+jwt", "jwk": json.RawMessage(key)}
	claims := map[string]any{"jti": holdfast.NewSecret(), "htm": method, "htu": w.server.URL + at, "iat": w.now().Unix()}
	if access != "" {
		sum := sha256.Sum256([]byte(access))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	for _, e := range edit {
		e(header, claims)
	}
	return s.sign(header, claims)
}

// dpop puts a proof on a request.
func dpop(proof string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Add("DPoP", proof) }
}

// assertion is an application's statement about itself (RFC 7523 §3).
func (s signer) assertion(w *world, client string, edit ...func(claims map[string]any)) string {
	claims := map[string]any{"iss": client, "sub": client, "aud": w.server.URL, "jti": holdfast.NewSecret(),
		"iat": w.now().Unix(), "exp": w.now().Add(time.Minute).Unix()}
	for _, e := range edit {
		e(claims)
	}
	return s.sign(nil, claims)
}

// raw signs a header and claims as they are written, with whatever alg says; an
// alg that the key cannot sign with gets a signature of nonsense.
func (s signer) raw(how jose.SignatureAlgorithm, alg, header, claims string) string {
	s.t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(header)) + "." + encode([]byte(claims))
	var sig []byte
	var err error
	digest := sha256.Sum256([]byte(input))
	switch how {
	case jose.EdDSA:
		sig, err = s.private.Sign(rand.Reader, []byte(input), crypto.Hash(0))
	case jose.RS256:
		sig, err = s.private.Sign(rand.Reader, digest[:], crypto.SHA256)
	case jose.PS256:
		sig, err = s.private.Sign(rand.Reader, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256})
	case jose.RS512:
		long := sha512.Sum512([]byte(input))
		sig, err = s.private.Sign(rand.Reader, long[:], crypto.SHA512)
	case jose.ES256:
		r, v, e := ecdsa.Sign(rand.Reader, s.private.(*ecdsa.PrivateKey), digest[:])
		err, sig = e, make([]byte, 64)
		r.FillBytes(sig[:32])
		v.FillBytes(sig[32:])
	default: // none, HS256, ES384
		sig = []byte(alg)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return input + "." + encode(sig)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

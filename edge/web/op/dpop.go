package op

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"holdfast/flow/authorize"
	"holdfast/spec/ijson"
	"holdfast/spec/jwk"
)

// Of a DPoP proof (RFC 9449 §4.3): how old it may be, and how far ahead the
// sender's clock may run. There is no nonce: a proof counts once on all nodes
// together, so what a nonce would add is to refuse proofs that script in a
// taken-over browser made for later; such script can use the key while it is
// there. It would cost every client a second request.
const (
	proofLife = 2 * time.Minute
	proofSkew = 30 * time.Second
	maxProof  = 8 << 10 // bytes
)

var proofAlgs = []string{"ES256", "EdDSA", "Ed25519", "RS256"}

// algsText is proofAlgs as a WWW-Authenticate header lists them.
var algsText = strings.Join(proofAlgs, " ")

const headerDPoP = "DPoP"

// readProof verifies the proof of r for the address at, and for the access
// token where one is shown with it (empty: none). The zero Proof says that
// there is no header. What it gives is not spent yet.
//
// The library's own check would take an iat of next year, spend the jti before
// it looks at the rest, and call a bad proof invalid_request.
func (p *Provider) readProof(r *http.Request, at, access string) (authorize.Proof, error) {
	values := r.Header.Values(headerDPoP)
	if len(values) == 0 {
		return authorize.Proof{}, nil
	}
	if len(values) > 1 || len(values[0]) > maxProof {
		return authorize.Proof{}, errors.New("send one DPoP header")
	}
	key, s, err := proofKey(values[0])
	if err != nil {
		return authorize.Proof{}, err
	}
	now := p.Flow.Clock()
	text := func(name string) string {
		if v := s.Claims.Get(name); v.Kind() == ijson.String {
			return v.Text()
		}
		return ""
	}
	jti, method := text("jti"), text("htm")
	uri, _, _ := strings.Cut(text("htu"), "?")
	uri, _, _ = strings.Cut(uri, "#")
	issued, ok := instant(s.Claims.Get("iat"))
	sum := sha256.Sum256([]byte(access))
	switch {
	case jti == "" || len(jti) > maxJTI:
		return authorize.Proof{}, errors.New("jti is missing or too long")
	case method != r.Method:
		return authorize.Proof{}, errors.New("htm is not the method of this request")
	case uri != p.Issuer+at:
		return authorize.Proof{}, errors.New("htu is not the address of this request")
	case !ok || issued.After(now.Add(proofSkew)) || issued.Before(now.Add(-proofLife)):
		return authorize.Proof{}, errors.New("iat is missing, too old or ahead of our clock")
	case access != "" && text("ath") != base64.RawURLEncoding.EncodeToString(sum[:]):
		return authorize.Proof{}, errors.New("ath is not the hash of the access token")
	}
	return authorize.Proof{JKT: key.Thumbprint, ID: method + " " + uri + " " + jti, Until: issued.Add(proofLife)}, nil
}

// proofKey verifies a proof by the key in its header, in which no private key
// may be, and no member twice.
func proofKey(text string) (jwk.Key, jwk.Signed, error) {
	s, err := jwk.ReadJWT(text)
	if err != nil {
		return jwk.Key{}, s, err
	}
	if s.Header.Get("typ").Text() != "dpop+jwt" {
		return jwk.Key{}, s, errors.New("typ is not dpop+jwt")
	}
	key, err := jwk.Parse([]byte(s.Header.Get("jwk").Text()))
	switch {
	case err != nil:
		return jwk.Key{}, s, err
	case !slices.Contains(proofAlgs, s.Algorithm()):
		return jwk.Key{}, s, errors.New("alg is none of " + strings.Join(proofAlgs, " "))
	case !s.Verify(key):
		return jwk.Key{}, s, errors.New("the signature does not verify by the key that is shown")
	}
	return key, s, nil
}

// presented is the access token of an Authorization header. The library would
// take one after any word.
func presented(r *http.Request) (scheme, token string) {
	if len(r.Header.Values("Authorization")) != 1 {
		return "", ""
	}
	word, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	for _, scheme := range []string{"Bearer", headerDPoP} {
		if strings.EqualFold(word, scheme) && token != "" {
			return scheme, token
		}
	}
	return "", ""
}

// challengeAccess is the WWW-Authenticate of a 401 at userinfo (RFC 6750 §3,
// RFC 9449 §7.1). Without an error, nothing was shown.
func challengeAccess(h http.Header, scheme, code string) {
	if code == "" {
		h.Add("WWW-Authenticate", `Bearer realm="holdfast"`)
		h.Add("WWW-Authenticate", `DPoP algs="`+algsText+`"`)
		return
	}
	if scheme == headerDPoP {
		h.Set("WWW-Authenticate", `DPoP error="`+code+`", algs="`+algsText+`"`)
		return
	}
	h.Set("WWW-Authenticate", `Bearer realm="holdfast", error="`+code+`"`)
}

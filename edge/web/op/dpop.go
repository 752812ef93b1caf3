package op

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

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

var proofAlgs = []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256}

// algsText is proofAlgs as a WWW-Authenticate header lists them.
const algsText = "ES256 EdDSA RS256"

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
	key, t, err := proofKey(values[0])
	if err != nil {
		return authorize.Proof{}, err
	}
	var c struct {
		ID     string           `json:"jti"`
		Method string           `json:"htm"`
		URI    string           `json:"htu"`
		Issued *jwt.NumericDate `json:"iat"`
		Hash   string           `json:"ath"`
	}
	if err := t.Claims(key.Public, &c); err != nil {
		return authorize.Proof{}, errors.New("the signature does not verify, or the claims cannot be read")
	}
	now := p.Flow.Clock()
	uri, _, _ := strings.Cut(c.URI, "?")
	uri, _, _ = strings.Cut(uri, "#")
	sum := sha256.Sum256([]byte(access))
	switch {
	case c.ID == "" || len(c.ID) > maxJTI:
		return authorize.Proof{}, errors.New("jti is missing or too long")
	case c.Method != r.Method:
		return authorize.Proof{}, errors.New("htm is not the method of this request")
	case uri != p.Issuer+at:
		return authorize.Proof{}, errors.New("htu is not the address of this request")
	case c.Issued == nil || c.Issued.Time().After(now.Add(proofSkew)) || c.Issued.Time().Before(now.Add(-proofLife)):
		return authorize.Proof{}, errors.New("iat is missing, too old or ahead of our clock")
	case access != "" && c.Hash != base64.RawURLEncoding.EncodeToString(sum[:]):
		return authorize.Proof{}, errors.New("ath is not the hash of the access token")
	}
	return authorize.Proof{JKT: key.Thumbprint, ID: c.Method + " " + uri + " " + c.ID, Until: c.Issued.Time().Add(proofLife)}, nil
}

// proofKey reads the header of a proof, in which a member must not stand twice
// and no private key may be.
func proofKey(text string) (jwk.Key, *jwt.JSONWebToken, error) {
	first, _, _ := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		return jwk.Key{}, nil, errors.New("it is no JWT")
	}
	h, err := ijson.Parse(raw, ijson.Limits{Bytes: maxProof, Depth: 4})
	if err != nil {
		return jwk.Key{}, nil, errors.New("its header cannot be read")
	}
	if h.Get("typ").Text() != "dpop+jwt" {
		return jwk.Key{}, nil, errors.New("typ is not dpop+jwt")
	}
	key, err := jwk.Parse([]byte(h.Get("jwk").Text()))
	if err != nil {
		return jwk.Key{}, nil, err
	}
	alg := h.Get("alg").Text()
	if !fits(key, alg) {
		return jwk.Key{}, nil, errors.New("the key is not for the algorithm")
	}
	t, err := jwt.ParseSigned(text, proofAlgs)
	if err != nil || len(t.Headers) != 1 || t.Headers[0].Algorithm != alg {
		return jwk.Key{}, nil, errors.New("it is no JWT that is signed with one of " + algsText)
	}
	return key, t, nil
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

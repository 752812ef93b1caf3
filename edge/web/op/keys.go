package op

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/luikyv/go-oidc/pkg/goidc"
)

// jwks is what the library publishes. It never sees a private key.
func (p *Provider) jwks(ctx context.Context) (goidc.JSONWebKeySet, error) {
	var set goidc.JSONWebKeySet
	all, err := p.Keys.Published(ctx)
	for _, k := range all {
		set.Keys = append(set.Keys, jose.JSONWebKey{KeyID: k.ID, Algorithm: k.Algorithm, Use: "sig", Key: k.Key})
	}
	return set, err
}

func (p *Provider) signer(ctx context.Context, alg goidc.SignatureAlgorithm) (string, crypto.Signer, error) {
	k, err := p.Keys.Signing(ctx, string(alg))
	if err != nil {
		return "", nil, err
	}
	if _, ok := k.Signer.Public().(*ecdsa.PublicKey); ok {
		return k.ID, joseECDSA{k.Signer}, nil
	}
	return k.ID, k.Signer, nil
}

// joseECDSA signs as JOSE wants it, r and s side by side (RFC 7518 §3.4). The
// library passes on what a crypto.Signer gives, which is ASN.1.
type joseECDSA struct{ crypto.Signer }

func (s joseECDSA) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	der, err := s.Signer.Sign(rand, digest, opts)
	if err != nil {
		return nil, err
	}
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return nil, fmt.Errorf("read an ECDSA signature: %w", err)
	}
	size := (s.Public().(*ecdsa.PublicKey).Curve.Params().BitSize + 7) / 8
	out := make([]byte, 2*size)
	sig.R.FillBytes(out[:size])
	sig.S.FillBytes(out[size:])
	return out, nil
}

// hint is an ID token that an application shows us again.
type hint struct {
	Issuer   string       `json:"iss"`
	Subject  string       `json:"sub"`
	Audience jwt.Audience `json:"aud"`
	Session  string       `json:"sid"`
}

// readHint verifies that we signed an ID token. It may have expired: it says
// who was here, and lets nobody in (OpenID Connect RP-Initiated Logout 1.0 §2;
// the library refuses expired ones).
func (p *Provider) readHint(ctx context.Context, raw string) (hint, error) {
	t, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256, jose.ES256})
	if err != nil {
		return hint{}, fmt.Errorf("read id_token_hint: %w", err)
	}
	key, err := p.Keys.Find(ctx, t.Headers[0].KeyID, t.Headers[0].Algorithm)
	if err != nil {
		return hint{}, err
	}
	var h hint
	if err := t.Claims(key, &h); err != nil {
		return hint{}, fmt.Errorf("verify id_token_hint: %w", err)
	}
	if h.Issuer != p.Issuer || h.Subject == "" {
		return hint{}, fmt.Errorf("verify id_token_hint: issued by %q", h.Issuer)
	}
	return h, nil
}

package op

import (
	"context"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// claims are what the discovery document lists.
var claims = []string{"iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "acr", "amr", "sid",
	"name", "preferred_username", "email", "groups"}

// idTokenClaims says how and when the person signed in: always, not only when
// asked for.
func idTokenClaims(ctx context.Context, g *goidc.Grant) map[string]any {
	c := callOf(ctx)
	if string(c.grant.ID) != g.ID {
		panic("op: internal error: an ID token for a grant that was not read")
	}
	out := map[string]any{
		goidc.ClaimAuthTime: unix(c.grant.AuthTime),
		"sid":               string(c.grant.Session),
	}
	if c.grant.ACR != "" {
		out[goidc.ClaimACR] = c.grant.ACR
	}
	if len(c.grant.AMR) > 0 {
		out[goidc.ClaimAMR] = c.grant.AMR
	}
	return out
}

// userInfoClaims gives what the access token's scopes open.
func (p *Provider) userInfoClaims(ctx context.Context, g *goidc.Grant) map[string]any {
	c := callOf(ctx)
	out, err := p.Flow.Claims(ctx, c.grant.Person, c.token.Scopes)
	if err != nil {
		c.fault = err
		return nil
	}
	return out
}

package forward

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"
	"github.com/go-jose/go-jose/v4/jwt"

	"holdfast/domain/grant"
	"holdfast/flow/forward"
)

// assertionLife is how long an application may believe an assertion: it is
// made for one request.
const assertionLife = time.Minute

// assertionType keeps an assertion from being taken for an ID token (RFC 8725 §3.11).
const assertionType = "holdfast-assertion+jwt"

// identify says in headers who is there. All are always set, also where there
// is nothing to say, so that a proxy which copies what it finds never leaves
// one of the browser's.
func (f *Forward) identify(ctx context.Context, to http.Header, h forward.Holder, t told) error {
	names := h.GroupNames()
	assertion, err := f.sign(ctx, assertionType, map[string]any{
		"iss": f.Issuer, "aud": t.origin, "sub": string(h.Person.ID), "sid": string(h.Session.ID), "acr": h.Grant.ACR,
		"email": h.Person.Email, "name": h.Person.Name, "groups": names,
	}, assertionLife)
	if err != nil {
		return err
	}
	to.Set("Remote-User", string(h.Person.ID))
	to.Set("Remote-Email", word(h.Person.Email))
	to.Set("Remote-Name", word(h.Person.Name))
	for i, n := range names {
		names[i] = item(n)
	}
	to.Set("Remote-Groups", strings.Join(names, ","))
	to.Set("X-Holdfast-Assertion", assertion)
	to.Set("Cache-Control", "no-store")
	return nil
}

// word is a value as a header can carry it: UTF-8, without control characters,
// which no name has (person.Name).
func word(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, s)
}

// item is a name in a list: a group called "nurses,admins" is one group and
// not two.
func item(name string) string {
	return strings.NewReplacer("%", "%25", ",", "%2C").Replace(word(name))
}

// hint is an ID token of the application for id_token_hint, which ends the
// session without asking (OpenID Connect RP-Initiated Logout 1.0 §2). It opens
// nothing: nobody but /logout takes it, for a minute.
func (f *Forward) hint(ctx context.Context, app grant.App, g grant.Grant) (string, error) {
	return f.sign(ctx, "JWT", map[string]any{"iss": f.Issuer, "aud": string(app.ID), "sub": string(g.Person), "sid": string(g.Session)}, time.Minute)
}

func (f *Forward) sign(ctx context.Context, kind string, claims map[string]any, life time.Duration) (string, error) {
	now := f.Clock()
	claims["iat"], claims["exp"] = now.Unix(), now.Add(life).Unix()
	kid, key, err := f.Signer(ctx)
	if err != nil {
		return "", err
	}
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(kind)).WithHeader("kid", kid)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: cryptosigner.Opaque(key)}, options)
	if err != nil {
		return "", fmt.Errorf("sign an assertion: %w", err)
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

package op

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/flow/authorize"
)

// managers is the library's storage: clients, grants, refresh tokens and opaque
// access tokens, each read from and spent in flow/authorize. The library's own
// "was it used?" checks stay as they are; what counts is the conditional
// statement behind SaveGrant.
type managers struct{ *Provider }

var (
	_ goidc.GrantManager        = managers{}
	_ goidc.RefreshTokenManager = managers{}
	_ goidc.OpaqueTokenManager  = managers{}
	_ goidc.DCRManager          = managers{}
	_ goidc.AuthManager         = authManager{}
)

var errNoRegistration = errors.New("applications are added by an administrator")

func (m managers) SaveClient(context.Context, *goidc.Client) error { return errNoRegistration }
func (m managers) DeleteClient(context.Context, string) error      { return errNoRegistration }
func (m managers) Client(ctx context.Context, id string) (*goidc.Client, error) {
	c := callOf(ctx)
	switch {
	case c.known && string(c.app.ID) == id:
	case c.known || c.at != atAuthorize && c.at != atUserInfo:
		return nil, goidc.ErrNotFound
	default:
		app, err := m.Flow.App(ctx, holdfast.AppID(id))
		if err != nil {
			return nil, c.fail(err)
		}
		c.app = app
	}
	app := c.app
	return &goidc.Client{
		ID: string(app.ID),
		ClientMeta: goidc.ClientMeta{
			Name:                   app.Name,
			ApplicationType:        goidc.ApplicationTypeWeb,
			RedirectURIs:           app.RedirectURIs,
			PostLogoutRedirectURIs: app.PostLogoutURIs,
			GrantTypes:             []goidc.GrantType{goidc.GrantAuthorizationCode, goidc.GrantRefreshToken},
			ResponseTypes:          []goidc.ResponseType{goidc.ResponseTypeCode},
			ScopeIDs:               strings.Join(grant.Scopes, " "),
			SubIdentifierType:      goidc.SubIdentifierPublic,
			IDTokenSigAlg:          goidc.SigAlgRS256,
			TokenAuthnMethod:       goidc.AuthnMethodNone, // authenticateClient was before
		},
	}, nil
}

// SaveGrant is where everything single-use is used: the request at authorize,
// the code and the refresh token at the token endpoint. Each is one transaction
// that spends it and writes what it becomes.
func (m managers) SaveGrant(ctx context.Context, g *goidc.Grant) error {
	c := callOf(ctx)
	switch {
	case c.at == atAuthorize && g.RevokedAt == 0:
		return m.issue(ctx, c, g)
	case c.at == atToken && g.RevokedAt != 0:
		why := grant.EndedCodeRefused
		if c.token.Status != grant.Active {
			why = grant.EndedCodeReuse
		}
		return m.end(ctx, c, g.ID, why)
	case c.at == atRevoke && g.RevokedAt != 0:
		return m.end(ctx, c, g.ID, grant.EndedRevoked)
	case c.at == atToken && c.code != "" && !c.turned:
		return m.turn(ctx, c, g, c.code, m.Flow.Redeem)
	case c.at == atToken && c.refresh != "" && !c.turned:
		return m.turn(ctx, c, g, c.refresh, m.Flow.Refresh)
	}
	return errors.New("op: a grant cannot be saved here")
}

func (m managers) issue(ctx context.Context, c *call, g *goidc.Grant) error {
	a := grant.Authorization{
		ID:          holdfast.GrantID(g.ID),
		Person:      c.who.Person.ID,
		Session:     c.who.Session.ID,
		Scopes:      strings.Fields(g.Scopes),
		RedirectURI: g.AuthParams.RedirectURI,
		Challenge:   g.AuthParams.CodeChallenge,
		Nonce:       g.AuthParams.Nonce,
		ACR:         c.acr,
		AMR:         c.who.Session.AMR,
		AuthTime:    c.who.Session.AuthTime,
		JKT:         c.asked.JKT,
		Operations:  c.asked.Operations,
	}
	err := m.Flow.Issue(ctx, c.asked.ID, holdfast.AppID(g.ClientID), a, g.AuthCode, c.who)
	if err != nil {
		// The person is here and can read: no use in telling the application.
		c.fault = err
	}
	return err
}

func (m managers) end(ctx context.Context, c *call, id string, why grant.Reason) error {
	if err := m.Flow.End(ctx, c.app.ID, holdfast.GrantID(id), why); err != nil {
		return c.fail(err)
	}
	return nil
}

type turn func(context.Context, holdfast.AppID, string, authorize.Values) error

// turn also tells the library whether it gives a bound token: it knows nothing
// else of DPoP.
func (m managers) turn(ctx context.Context, c *call, g *goidc.Grant, value string, do turn) error {
	c.values.Proof = c.proof
	if err := do(ctx, c.app.ID, value, c.values); err != nil {
		if holdfast.KindOf(err) == holdfast.NotFound {
			return goidc.WrapError(goidc.ErrorCodeInvalidGrant, "invalid grant", err)
		}
		return c.fail(err)
	}
	c.turned, g.JWKThumbprint = true, c.proof.JKT
	return nil
}

// Grant gives the grant of the token that this call is about, and no other: a
// signed ID token that names a grant opens nothing.
func (m managers) Grant(ctx context.Context, id string) (*goidc.Grant, error) {
	c := callOf(ctx)
	if id == "" || string(c.grant.ID) != id {
		return nil, goidc.ErrNotFound
	}
	return c.asLibrary(), nil
}

func (m managers) GrantByRefreshToken(ctx context.Context, value string) (*goidc.Grant, error) {
	c := callOf(ctx)
	var err error
	switch c.at {
	case atToken:
		c.grant, c.token, err = m.Flow.ByRefresh(ctx, c.app.ID, value)
	case atRevoke:
		c.grant, c.token, err = m.Flow.PeekRefresh(ctx, value)
	case atIntrospect:
		c.grant, c.token, err = m.Flow.PeekRefresh(ctx, value)
		if err == nil && c.grant.App != c.app.ID {
			err = goidc.ErrNotFound
		}
		if err == nil {
			if err = m.Flow.Good(ctx, c.grant, c.token); err != nil && c.fail(err) != nil && c.fault == nil {
				err = goidc.ErrNotFound // whatever it is, the token is not good
			}
		}
	default: // userinfo, where the library tries a refresh token as an access token
		err = goidc.ErrNotFound
	}
	switch {
	case errors.Is(err, goidc.ErrNotFound):
		return nil, err
	case err != nil:
		return nil, c.fail(err)
	}
	c.refresh = value
	c.values = authorize.Values{Access: holdfast.NewSecret(), Refresh: holdfast.NewSecret(), Scopes: c.scopes}
	return c.asLibrary(), nil
}

// Token gives an access token that is good. At introspection it is the
// application's own: to all others it is as if it were not there.
func (m managers) Token(ctx context.Context, value string) (*goidc.Token, error) {
	c := callOf(ctx)
	g, t, err := m.Flow.ByAccess(ctx, value)
	if err != nil {
		if c.fail(err); c.fault != nil {
			return nil, err
		}
		return nil, goidc.ErrNotFound
	}
	if c.at == atIntrospect && g.App != c.app.ID && g.Audience != string(c.app.ID) || c.at == atUserInfo && g.Audience != "" {
		return nil, goidc.ErrNotFound
	}
	if c.at == atUserInfo {
		if err := m.shownRightly(ctx, c, t); err != nil {
			return nil, err
		}
	}
	c.grant, c.token = g, t
	out := &goidc.Token{
		ID: value, GrantID: string(g.ID), ClientID: string(g.App), Subject: string(g.Person),
		CreatedAt: unix(t.Issued), ExpiresAt: unix(t.Expires), Format: goidc.TokenFormatOpaque,
		Type: goidc.TokenTypeBearer, Scopes: strings.Join(t.Scopes, " "),
	}
	if t.JKT != "" {
		out.Type = goidc.TokenTypeDPoP
	}
	if c.at == atIntrospect {
		out.JWKThumbprint = t.JKT // the cnf of RFC 9449 §6.2; elsewhere the library would want to check it
	}
	return out, nil
}

// shownRightly says whether an access token came as it has to (RFC 9449 §7): a
// bound one with an unused proof of its key, and no other so; a bound one as
// Bearer is what a thief would try.
func (m managers) shownRightly(ctx context.Context, c *call, t grant.Token) error {
	if (c.scheme == headerDPoP) != (t.JKT != "") || t.JKT != c.proof.JKT {
		return goidc.ErrNotFound
	}
	if err := m.Flow.UseProof(ctx, c.proof); err != nil {
		if c.fail(err); c.fault != nil {
			return err
		}
		return goidc.ErrNotFound
	}
	return nil
}

// SaveToken writes nothing for a new token: it was written when the code or
// the refresh token was spent, in the same transaction.
func (m managers) SaveToken(ctx context.Context, t *goidc.Token) error {
	c := callOf(ctx)
	switch {
	case c.at == atToken && c.turned && t.ID == c.values.Access:
		return nil
	case c.at == atRevoke && t.RevokedAt != 0:
		if err := m.Flow.Revoke(ctx, c.app.ID, holdfast.HashSecret(t.ID)); err != nil {
			return c.fail(err)
		}
		return nil
	}
	return errors.New("op: a token cannot be saved here")
}

// asLibrary is the call's grant as the library knows it.
func (c *call) asLibrary() *goidc.Grant {
	g, t := c.grant, c.token
	out := &goidc.Grant{
		ID: string(g.ID), Subject: string(g.Person), ClientID: string(g.App),
		Scopes: strings.Join(g.Scopes, " "), CreatedAt: unix(g.Created),
		AuthParams: goidc.AuthorizationParameters{
			RedirectURI: g.RedirectURI, Nonce: g.Nonce,
			CodeChallenge: g.CodeChallenge, CodeChallengeMethod: goidc.CodeChallengeMethodSHA256,
		},
	}
	if !g.Ended.IsZero() {
		out.RevokedAt = unix(g.Ended)
	}
	switch t.Kind {
	case grant.Code:
		out.AuthCode, out.AuthCodeExpiresAt = c.code, unix(t.Expires)
		if t.Status != grant.Active {
			out.AuthCodeConsumedAt = unix(t.Issued)
		}
		out.RefreshToken = c.values.Refresh
	case grant.Refresh:
		out.RefreshTokenExpiresAt = unix(t.Expires)
	}
	return out
}

// authManager finds grants by code.
type authManager struct{ *Provider }

func (m authManager) GrantByAuthCode(ctx context.Context, code string) (*goidc.Grant, error) {
	c := callOf(ctx)
	g, t, err := m.Flow.ByCode(ctx, code)
	if err != nil {
		return nil, c.fail(err)
	}
	if !g.Ended.IsZero() {
		return nil, goidc.ErrNotFound // the library would answer expired_token, which is no error of RFC 6749 §5.2
	}
	c.grant, c.token, c.code = g, t, code
	c.values = authorize.Values{Access: holdfast.NewSecret(), Scopes: c.scopes}
	if g.Offline() {
		c.values.Refresh = holdfast.NewSecret()
	}
	return c.asLibrary(), nil
}

// SaveSession has nothing to keep: a request that waits is sealed into the
// address that leads back to it. One that succeeded is spent together with the
// grant that it becomes; one that waited and failed is spent here.
func (m authManager) SaveSession(ctx context.Context, s *goidc.AuthnSession) error {
	c := callOf(ctx)
	if s.Status != goidc.StatusFailure || c.sealed == "" {
		return nil
	}
	err := m.Flow.Drop(ctx, c.asked.ID)
	if err != nil {
		c.fault = err
	}
	return err
}

// Session finds nothing: the library never goes on with a request of its own.
func (m authManager) Session(context.Context, string) (*goidc.AuthnSession, error) {
	return nil, goidc.ErrNotFound
}

func unix(t time.Time) int { return int(t.Unix()) }

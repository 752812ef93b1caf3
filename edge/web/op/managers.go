package op

import (
	"context"
	"encoding/json"
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
	app, err := m.Flow.App(ctx, holdfast.AppID(id))
	if err != nil {
		return nil, c.fail(err)
	}
	c.app = app
	method := goidc.AuthnMethodNone
	switch {
	case app.Confidential && c.basic:
		method = goidc.AuthnMethodSecretBasic
	case app.Confidential:
		method = goidc.AuthnMethodSecretPost
	}
	return &goidc.Client{
		ID:     string(app.ID),
		Secret: app.SecretHash,
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
			TokenAuthnMethod:       method,
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
		return m.turn(ctx, c, c.code, m.Flow.Redeem)
	case c.at == atToken && c.refresh != "" && !c.turned:
		return m.turn(ctx, c, c.refresh, m.Flow.Refresh)
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

func (m managers) turn(ctx context.Context, c *call, value string, do turn) error {
	if err := do(ctx, c.app.ID, value, c.values); err != nil {
		if holdfast.KindOf(err) == holdfast.NotFound {
			return goidc.WrapError(goidc.ErrorCodeInvalidGrant, "invalid grant", err)
		}
		return c.fail(err)
	}
	c.turned = true
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
		if err == nil && (c.grant.App != c.app.ID || !c.token.Good(m.Flow.Clock()) || !c.grant.Live(m.Flow.Clock())) {
			err = goidc.ErrNotFound
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
	if c.at == atIntrospect && g.App != c.app.ID {
		return nil, goidc.ErrNotFound
	}
	c.grant, c.token = g, t
	return &goidc.Token{
		ID: value, GrantID: string(g.ID), ClientID: string(g.App), Subject: string(g.Person),
		CreatedAt: unix(t.Issued), ExpiresAt: unix(t.Expires), Format: goidc.TokenFormatOpaque,
		Type: goidc.TokenTypeBearer, Scopes: strings.Join(t.Scopes, " "),
	}, nil
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

// authManager keeps requests while their people sign in, and finds grants by
// code.
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

// SaveSession keeps a request that waits for its person. One that succeeded is
// spent together with the grant that it becomes; one that failed is dropped.
func (m authManager) SaveSession(ctx context.Context, s *goidc.AuthnSession) error {
	c := callOf(ctx)
	switch s.Status {
	case goidc.StatusPending:
		kept := *s
		kept.ID = "" // a secret, kept as a hash beside the body
		body, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		if err := m.Flow.Keep(ctx, s.ID, holdfast.AppID(s.ClientID), body); err != nil {
			c.fault = err
			return err
		}
	case goidc.StatusFailure:
		if !c.resumed {
			return nil
		}
		if err := m.Flow.Drop(ctx, s.ID); err != nil {
			c.fault = err
			return err
		}
	}
	return nil
}

func (m authManager) Session(ctx context.Context, id string) (*goidc.AuthnSession, error) {
	c := callOf(ctx)
	body, err := m.Flow.Kept(ctx, id)
	if err != nil {
		if c.fail(err); c.fault != nil {
			return nil, err
		}
		return nil, goidc.ErrNotFound
	}
	s := new(goidc.AuthnSession)
	if err := json.Unmarshal(body, s); err != nil {
		return nil, err
	}
	s.ID, c.resumed = id, true
	return s, nil
}

// consumeJTI answers the library, which takes ErrNotFound for success, with an
// error of its own for everything but the first time.
func (p *Provider) consumeJTI(ctx context.Context, jti string) error {
	won, err := p.Flow.SpendJTI(ctx, jti, p.Flow.Clock().Add(jtiLife))
	switch {
	case err != nil:
		callOf(ctx).fault = err
		return errors.New("the jti could not be checked")
	case !won:
		return errors.New("the jti was used before")
	}
	return nil
}

// jtiLife is longer than any signed statement that the library accepts.
const jtiLife = time.Hour

func unix(t time.Time) int { return int(t.Unix()) }

// Package op is the OpenID Connect provider: the addresses that applications
// and their people's browsers come to. The protocol is
// github.com/luikyv/go-oidc behind a port of our own; what is decided and
// stored is flow/authorize; the sign-in itself is the door's.
//
// It refuses every flow but code with PKCE S256, every access token but opaque
// ones that it can end at once, every registration by strangers, and to store
// a code, a token or a secret. What of this the library does by itself, and
// what stands around it because it does not, is in
// docs/decisions/oidc-library.md.
package op

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"
	"github.com/luikyv/go-oidc/pkg/provider"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
	"holdfast/edge/keys"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/flow/authorize"
	"holdfast/flow/device"
)

// Sessions is who is signed in, by the browser's cookie.
type Sessions interface {
	// Current gives the live session of r and whose it is, or an error of kind
	// holdfast.Unsigned when there is none.
	Current(r *http.Request) (session.Record, person.Record, error)
	// SignOut ends the session of r and clears its cookie. Without one it does
	// nothing.
	SignOut(w http.ResponseWriter, r *http.Request) error
}

// Keys are what tokens are signed with. They change while the provider runs.
type Keys interface {
	// Signing gives the key that signs with a JOSE alg now.
	Signing(ctx context.Context, alg string) (keys.Key, error)
	// Published gives what applications verify by, now and soon.
	Published(ctx context.Context) ([]keys.Public, error)
	// Find gives the key of a token of ours that comes back, also one that is
	// not published any more; holdfast.NotFound for none.
	Find(ctx context.Context, kid, alg string) (crypto.PublicKey, error)
}

// Config is what the provider needs. Nothing in it may be nil.
type Config struct {
	Issuer   string // the origin, without a slash at the end
	Flow     *authorize.Flow
	Sessions Sessions
	Keys     Keys
	Pages    *page.Pages
	Frame    func(*http.Request) page.Frame // what all pages share
	Log      *slog.Logger

	Devices *device.Flow               // nil: no device is let in
	Address func(*http.Request) string // of who asks; nil: the peer's

	// Where is where a request comes from; nil: nobody knows.
	Where func(*http.Request) (verdict.Circumstances, error)
}

// Addresses. Those of the library are its defaults.
const (
	PathDiscovery  = "/.well-known/openid-configuration"
	PathJWKS       = "/jwks"
	PathAuthorize  = "/authorize"
	PathToken      = "/token"
	PathUserInfo   = "/userinfo"
	PathIntrospect = "/introspect"
	PathRevoke     = "/revoke"
	PathLogout     = "/logout"
	pathRegister   = "/register"
)

// Provider is the provider. It may be used concurrently.
type Provider struct {
	Config
	library   http.Handler
	discovery []byte
	further   map[string]func(http.ResponseWriter, *http.Request, *call) // grant types that the library does not serve
	sameSite  *http.CrossOriginProtection
}

// New makes the provider. It panics when something is missing: a nil manager
// would mean to the library that grants are kept in memory.
func New(c Config) (*Provider, error) {
	if c.Flow == nil || c.Keys == nil || c.Sessions == nil || c.Pages == nil || c.Frame == nil || c.Log == nil {
		panic("op: internal error: an incomplete Config")
	}
	p := &Provider{Config: c, sameSite: http.NewCrossOriginProtection()}
	p.sameSite.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.problem(w, r, http.StatusForbidden, "cross_origin",
			"This request came from another site and was refused. Open the page here and try again.")
	}))
	p.further = map[string]func(http.ResponseWriter, *http.Request, *call){grantExchange: p.exchange}
	if p.Devices != nil {
		p.further[grantDevice] = p.deviceToken
	}
	library, err := p.newLibrary()
	if err != nil {
		return nil, fmt.Errorf("OpenID Connect provider: %w", err)
	}
	p.library = library.Handler()
	p.discovery, err = p.describe()
	return p, err
}

// Register puts the provider's addresses on mux.
func (p *Provider) Register(mux *route.Mux) {
	mux.HandleFunc("GET "+PathDiscovery, route.Anyone, p.serveDiscovery)
	mux.HandleFunc("GET "+PathJWKS, route.Anyone, p.serveKeys)
	mux.HandleFunc("GET "+PathAuthorize, route.Anyone, p.serveAuthorize)
	mux.HandleFunc("POST "+PathAuthorize, route.Anyone, postToGet)
	mux.HandleFunc("GET "+PathAuthorize+"/{id}", route.Anyone, p.serveResumed)
	mux.Handle("POST "+PathAuthorize+"/{id}/consent", route.Anyone, p.sameSite.Handler(http.HandlerFunc(p.serveResumed)))
	mux.HandleFunc("POST "+PathPushed, route.Client, open(p.servePushed))
	if p.Devices != nil {
		mux.HandleFunc("POST "+PathDeviceAuthorization, route.Client, p.serveDeviceAuthorization)
		mux.HandleFunc("GET "+PathDevice, route.SignedIn, p.serveDevicePage)
		mux.Handle("POST "+PathDevice, route.SignedIn, p.sameSite.Handler(http.HandlerFunc(p.serveDeviceCode)))
		mux.Handle("POST "+PathDevice+"/decide", route.SignedIn, p.sameSite.Handler(http.HandlerFunc(p.serveDeviceDecision)))
	}
	mux.HandleFunc("POST "+PathToken, route.Client, open(p.serveClient(atToken)))
	mux.HandleFunc("POST "+PathIntrospect, route.Client, p.serveClient(atIntrospect))
	mux.HandleFunc("POST "+PathRevoke, route.Client, open(p.serveClient(atRevoke)))
	mux.HandleFunc("GET "+PathUserInfo, route.Bearer, open(p.serveUserInfo))
	mux.HandleFunc("POST "+PathUserInfo, route.Bearer, open(p.serveUserInfo))
	for _, path := range []string{PathPushed, PathToken, PathRevoke, PathUserInfo} {
		mux.HandleFunc("OPTIONS "+path, route.Anyone, preflight)
	}
	mux.HandleFunc("GET "+PathLogout, route.Anyone, p.serveLogout)
	mux.HandleFunc("POST "+PathLogout, route.Anyone, postToGet)
	mux.Handle("POST "+PathLogout+"/confirm", route.Anyone, p.sameSite.Handler(http.HandlerFunc(p.serveLogoutConfirmed)))
	// The library opens registration to anybody as soon as it is given a way to
	// look clients up; none of its registration addresses is reachable.
	mux.Handle(pathRegister, route.Anyone, http.NotFoundHandler())
	mux.Handle(pathRegister+"/", route.Anyone, http.NotFoundHandler())
}

func (p *Provider) newLibrary() (*provider.Provider, error) {
	scopes := make([]goidc.Scope, 0, len(grant.Scopes))
	for _, s := range grant.Scopes {
		scopes = append(scopes, goidc.NewScope(s))
	}
	m := managers{p}
	return provider.New(
		provider.Config{
			Issuer: p.Issuer, Manager: m, JWKS: p.jwks,
			IDTokenAlgs: []goidc.SignatureAlgorithm{goidc.SigAlgRS256},
		},
		provider.WithSigner(p.signer),
		provider.WithScopes(scopes...),
		provider.WithOpenIDScopeRequired(),
		provider.WithGrantIDFunc(func(context.Context) string { return string(holdfast.NewGrantID()) }),
		provider.WithAuthnSessionIDFunc(random),
		provider.WithAuthSessionLifetime(int(authorize.RequestLife.Seconds())),
		provider.WithAuthCodeGrant(
			provider.AuthCodeGrantConfig{Manager: authManager{p}, ResponseTypes: []goidc.ResponseType{goidc.ResponseTypeCode}},
			provider.WithAuthCodeFunc(random),
			provider.WithAuthCodeLifetime(int(grant.CodeLife.Seconds())),
			provider.WithAuthPolicies(goidc.NewPolicy("holdfast", always, p.authenticate)),
			provider.WithPKCE([]goidc.CodeChallengeMethod{goidc.CodeChallengeMethodSHA256}, provider.WithPKCERequired()),
			provider.WithIssuerResponseParameter(),
		),
		provider.WithRefreshTokenGrant(m,
			provider.WithRefreshTokenFunc(nextRefresh),
			provider.WithRefreshTokenLifetime(int(grant.RefreshGap.Seconds())),
			provider.WithRefreshTokenRotation(),
			// The refresh token is made when the code is redeemed, not before: a
			// stored hash cannot be handed out later.
			provider.WithRefreshTokenShouldIssue(func(context.Context, *goidc.Client, *goidc.Grant) bool { return false }),
		),
		provider.WithTokenOptions(func(context.Context, *goidc.Grant, *goidc.Client) goidc.TokenOptions {
			return goidc.NewOpaqueTokenOptions(int(grant.AccessLife.Seconds()))
		}, provider.WithOpaqueTokens(m), provider.WithOpaqueTokenFunc(nextAccess)),
		provider.WithIDTokenLifetime(int(grant.IDLife.Seconds())),
		provider.WithIDTokenClaims(idTokenClaims),
		provider.WithUserInfoClaims(p.userInfoClaims),
		// authenticateClient has done it before the library is asked.
		provider.WithDefaultAuthn(goidc.AuthnMethodNone),
		provider.WithNoneAuthn(),
		provider.WithDCR(m),
		provider.WithJTIConsumer(func(context.Context, string) error { return errors.New("no jti comes here") }),
		provider.WithTokenIntrospection(func(ctx context.Context, c *goidc.Client, i goidc.TokenInfo) bool {
			asks := callOf(ctx)
			return asks.app.Method() != grant.MethodNone && (i.ClientID == c.ID || asks.grant.Audience == c.ID)
		}),
		provider.WithTokenRevocation(func(context.Context, *goidc.Client) bool { return true }),
		provider.WithErrorRenderer(p.renderError),
		provider.WithErrorHandler(p.logError),
	)
}

// renderError shows a person what cannot be told to the application, since it
// is not sure that there is one.
func (p *Provider) renderError(w http.ResponseWriter, r *http.Request, err error) error {
	callOf(r.Context()).rendered = true
	if _, ok := errors.AsType[goidc.Error](err); !ok {
		return p.problem(w, r, http.StatusInternalServerError, "internal", "The request could not be answered. Try again.")
	}
	text := strings.ToLower(err.Error())
	switch {
	case strings.Contains(text, "redirect_uri"):
		return p.problem(w, r, http.StatusBadRequest, "redirect_uri_unknown",
			"The application asked to be answered at an address that is not registered for it. Do not go on; tell the administrator.")
	case strings.Contains(text, "client"):
		return p.problem(w, r, http.StatusBadRequest, "no_such_app",
			"The application that sent you here is not known. Ask the administrator to add it.")
	case strings.Contains(text, "session"):
		return p.problem(w, r, http.StatusGone, "request_spent",
			"This request was answered already, or took too long. Go back to the application and start again.")
	}
	return p.problem(w, r, http.StatusBadRequest, "invalid_request",
		"The application sent a request that cannot be answered. Go back to it and start again.")
}

func (p *Provider) problem(w http.ResponseWriter, r *http.Request, status int, code, text string) error {
	return p.Pages.Render(w, status, &page.Problem{Frame: p.Frame(r), Status: status, Code: code, Text: text})
}

func (p *Provider) logError(ctx context.Context, err error) {
	p.Log.InfoContext(ctx, "openid refused", "at", callOf(ctx).at.String(), "err", err.Error())
}

func random(context.Context) string { return holdfast.NewSecret() }

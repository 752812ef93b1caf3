package client

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// App is an OpenID Connect application as coreos/go-oidc and x/oauth2 make it.
type App struct {
	OAuth    oauth2.Config
	Provider *oidc.Provider
}

// Registered is what `holdfast app create --json` prints.
type Registered struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// NewApp discovers the provider as an application does at its start.
func NewApp(ctx context.Context, issuer string, r Registered, redirectURI string) (*App, error) {
	p, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	return &App{
		Provider: p,
		OAuth: oauth2.Config{ClientID: r.ClientID, ClientSecret: r.ClientSecret, RedirectURL: redirectURI, Endpoint: p.Endpoint(),
			Scopes: []string{oidc.ScopeOpenID, "profile", "email"}},
	}, nil
}

// Authorization is what the application keeps until the callback.
type Authorization struct{ URL, State, Nonce, Verifier string }

// Authorization makes an authorization request with state, nonce and PKCE;
// more adds parameters such as acr_values.
func (a *App) Authorization(more ...oauth2.AuthCodeOption) Authorization {
	z := Authorization{State: oauth2.GenerateVerifier(), Nonce: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier()}
	more = append(more, oidc.Nonce(z.Nonce), oauth2.S256ChallengeOption(z.Verifier))
	z.URL = a.OAuth.AuthCodeURL(z.State, more...)
	return z
}

// Tokens are what the application holds in the end, the ID token verified.
type Tokens struct {
	*oauth2.Token
	ID     *oidc.IDToken
	Claims map[string]any
}

// Redeem is the application's half after the callback: it checks the state,
// redeems the code and verifies the ID token and its nonce.
func (a *App) Redeem(ctx context.Context, z Authorization, callback *url.URL) (*Tokens, error) {
	q := callback.Query()
	if e := q.Get("error"); e != "" {
		return nil, fmt.Errorf("authorization refused: %s: %s", e, q.Get("error_description"))
	}
	if q.Get("state") != z.State {
		return nil, errors.New("the callback's state is not the request's")
	}
	token, err := a.OAuth.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(z.Verifier))
	if err != nil {
		return nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := a.Provider.Verifier(&oidc.Config{ClientID: a.OAuth.ClientID}).Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if id.Nonce != z.Nonce {
		return nil, errors.New("the ID token's nonce is not the request's")
	}
	t := &Tokens{Token: token, ID: id}
	return t, id.Claims(&t.Claims)
}

// Authorize walks from the authorization request to the application's
// callback, which it does not visit, signing in where the server asks for it.
func (c *Client) Authorize(ctx context.Context, z Authorization, redirectURI string) (*url.URL, error) {
	at := z.URL
	for range 4 { // sign-in, then perhaps one page that navigates
		page, err := c.Walk(ctx, at, redirectURI)
		switch {
		case err != nil:
			return nil, err
		case page.Status == 0:
			return page.URL, nil
		case page.URL.Path == "/signin":
			if at, err = c.SignIn(ctx, "", page.URL.Query().Get("return")); err != nil {
				return nil, err
			}
		case page.Status == http.StatusOK && Navigates(page) != "":
			at = Navigates(page)
			if u, err := url.Parse(at); err == nil && len(at) >= len(redirectURI) && at[:len(redirectURI)] == redirectURI {
				return u, nil
			}
		default:
			return nil, fmt.Errorf("authorize: stopped at %s with status %d: %.300s", page.URL, page.Status, page.Body)
		}
	}
	return nil, errors.New("authorize: does not come to an end")
}

// SignInTo is a whole code flow: the person signs in, the application redeems.
func (c *Client) SignInTo(ctx context.Context, a *App, more ...oauth2.AuthCodeOption) (*Tokens, error) {
	z := a.Authorization(more...)
	callback, err := c.Authorize(ctx, z, a.OAuth.RedirectURL)
	if err != nil {
		return nil, err
	}
	return a.Redeem(ctx, z, callback)
}

var refresh = regexp.MustCompile(`(?i)<meta\s+http-equiv="?refresh"?\s+content="[0-9]+;\s*url=([^"]+)"`)

// Navigates is where a page of status 200 goes on to by itself, or "": a
// strict form-action keeps a POST from redirecting to an application.
func Navigates(p *Page) string {
	if m := refresh.FindSubmatch(p.Body); m != nil {
		return html.UnescapeString(string(m[1]))
	}
	return ""
}

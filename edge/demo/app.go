// Package demo is a small application of its own that signs people in through
// OpenID Connect, as any application does: it knows Holdfast by its discovery
// document and nothing else. It runs on its own port in the demo's process.
//
// It refuses to know people by anything but the ID token, and to keep any of
// them: what it was told is sealed into its cookie. All that it remembers is
// which sessions Holdfast has told it are over.
package demo

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"holdfast"
	"holdfast/edge/web/page"
)

// Name is what the demo's own application is called, SecondName the one that a
// newcomer connects.
const (
	Name       = "Tide tables"
	SecondName = "Harbour log"
)

// Addresses.
const (
	CallbackPath = "/callback"
	LogoutPath   = "/backchannel" // for sign-out notices
	signInPath   = "/signin"
	signOutPath  = "/signout"
)

const (
	signedInLife = 8 * time.Hour
	askedLife    = 30 * time.Minute // as long as Holdfast keeps a request
)

// Config is what the application needs.
type Config struct {
	Name     string // of the application
	Issuer   string
	ClientID string
	Secret   string // empty: a public application
	Origin   string // its own, without a slash at the end
	Callback string // path where answers come back: CallbackPath, or what was registered
	Pages    *page.Pages
	Log      *slog.Logger
}

// app is the application. What it knows of the issuer is read when first
// needed, since the issuer may start later.
type app struct {
	Config
	seal  sealer
	http  *http.Client
	ended endings

	// Ports share cookies on one host, so their names carry the client's.
	cookieSignedIn, cookieAsked string

	mu     sync.Mutex // covers issuer
	issuer *oidc.Provider
}

// New makes the application. Its cookies last no longer than the process.
func New(c Config) http.Handler {
	a := &app{Config: c, seal: newSealer(), http: &http.Client{Timeout: 10 * time.Second},
		cookieSignedIn: c.ClientID, cookieAsked: c.ClientID + "_asked"}
	mux := http.NewServeMux()
	mux.Handle("GET "+page.PathAssets, c.Pages.Assets())
	mux.HandleFunc("GET /{$}", a.home)
	mux.HandleFunc("GET "+signInPath, a.signIn)
	mux.HandleFunc("GET "+c.Callback, a.callback)
	mux.HandleFunc("POST "+LogoutPath, a.backchannel)
	mux.HandleFunc("POST "+signOutPath, a.signOut)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		a.render(w, r, http.StatusNotFound, &page.Problem{Frame: a.frame(), Status: http.StatusNotFound})
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

// signedIn is what the cookie of somebody who signed in holds.
type signedIn struct {
	Claims  map[string]any `json:"claims"`
	IDToken string         `json:"id_token"` // shown again at sign-out
}

// session is the session at Holdfast that it came from.
func (s signedIn) session() string {
	sid, _ := s.Claims["sid"].(string)
	return sid
}

// asked is what the cookie of somebody who is signing in holds.
type asked struct {
	State, Nonce, Verifier string
}

func (a *app) home(w http.ResponseWriter, r *http.Request) {
	p := &page.DemoApp{Frame: a.frame(), AppName: a.Name, SignInURL: signInPath}
	var s signedIn
	switch known := a.seal.read(r, a.cookieSignedIn, &s); {
	case known && a.ended.has(s.session()):
		p.Ended = "Signed out by Holdfast: your session there has ended, so it has ended here."
	case known:
		p.SignedIn, p.SignOutURL, p.Claims = true, signOutPath, pairs(s.Claims)
		p.Greeting, _ = s.Claims["name"].(string)
	}
	a.render(w, r, http.StatusOK, p)
}

func (a *app) signIn(w http.ResponseWriter, r *http.Request) {
	_, oauth, err := a.discover(r.Context())
	if err != nil {
		a.refused(w, r, "Holdfast does not answer. Try again in a moment.", err)
		return
	}
	q := asked{State: holdfast.NewSecret(), Nonce: holdfast.NewSecret(), Verifier: oauth2.GenerateVerifier()}
	a.seal.write(w, a.cookieAsked, q, askedLife)
	http.Redirect(w, r, oauth.AuthCodeURL(q.State, oauth2.S256ChallengeOption(q.Verifier), oidc.Nonce(q.Nonce)), http.StatusSeeOther)
}

func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	var q asked
	known := a.seal.read(r, a.cookieAsked, &q)
	drop(w, a.cookieAsked)
	answer := r.URL.Query()
	switch {
	case !known || answer.Get("state") != q.State:
		// Somebody else's answer: accepting it would sign this browser in as them.
		a.refused(w, r, "This sign-in was not started in this browser, or took too long. Start again.", nil)
		return
	case answer.Get("iss") != a.Issuer: // RFC 9207
		a.refused(w, r, "The answer came from somebody else than Holdfast. Start again.", nil)
		return
	case answer.Get("error") == "access_denied":
		a.refused(w, r, "You did not allow the application to see who you are. Nothing was shared.", nil)
		return
	case answer.Get("error") != "":
		a.refused(w, r, "Holdfast refused the sign-in ("+clip(answer.Get("error"))+"). Start again.", nil)
		return
	}
	s, err := a.redeem(r.Context(), answer.Get("code"), q)
	if err != nil {
		a.refused(w, r, "The sign-in could not be completed. Start again.", err)
		return
	}
	a.seal.write(w, a.cookieSignedIn, s, signedInLife)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// redeem turns a code into what the person's ID token and userinfo say.
func (a *app) redeem(ctx context.Context, code string, q asked) (signedIn, error) {
	ctx = oidc.ClientContext(ctx, a.http)
	issuer, oauth, err := a.discover(ctx)
	if err != nil {
		return signedIn{}, err
	}
	token, err := oauth.Exchange(ctx, code, oauth2.VerifierOption(q.Verifier))
	if err != nil {
		return signedIn{}, err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := issuer.Verifier(&oidc.Config{ClientID: a.ClientID}).Verify(ctx, raw)
	if err != nil {
		return signedIn{}, err
	}
	if id.Nonce != q.Nonce {
		return signedIn{}, errors.New("the ID token answers another request")
	}
	s := signedIn{Claims: map[string]any{}, IDToken: raw}
	info, err := issuer.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return signedIn{}, err
	}
	if info.Subject != id.Subject { // OpenID Connect Core §5.3.2
		return signedIn{}, errors.New("userinfo is about somebody else")
	}
	return s, errors.Join(info.Claims(&s.Claims), id.Claims(&s.Claims))
}

// signOut ends the sign-in here and then at Holdfast.
func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	var s signedIn
	known := a.seal.read(r, a.cookieSignedIn, &s)
	drop(w, a.cookieSignedIn)
	issuer, _, err := a.discover(r.Context())
	var more struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if !known || err != nil || issuer.Claims(&more) != nil || more.EndSession == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	q := url.Values{"id_token_hint": {s.IDToken}, "post_logout_redirect_uri": {a.Origin + "/"}}
	// A redirect to another origin after a form post is blocked by form-action 'self'.
	a.render(w, r, http.StatusOK, &page.Navigate{Frame: a.frame(), Name: "Holdfast", Target: more.EndSession + "?" + q.Encode(), Left: true})
}

// discover reads the discovery document, until it was read once.
func (a *app) discover(ctx context.Context) (*oidc.Provider, oauth2.Config, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.issuer == nil {
		// The provider keeps this context for its keys, longer than the request.
		p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), a.http), a.Issuer)
		if err != nil {
			return nil, oauth2.Config{}, err
		}
		a.issuer = p
	}
	return a.issuer, oauth2.Config{ClientID: a.ClientID, ClientSecret: a.Secret, Endpoint: a.issuer.Endpoint(), RedirectURL: a.Origin + a.Callback,
		Scopes: []string{oidc.ScopeOpenID, "profile", "email", "groups"}}, nil
}

func (a *app) refused(w http.ResponseWriter, r *http.Request, text string, cause error) {
	if cause != nil {
		a.Log.WarnContext(r.Context(), "demo application", "err", cause.Error())
	}
	a.render(w, r, http.StatusOK, &page.DemoApp{Frame: a.frame(), AppName: a.Name, SignInURL: signInPath, Failure: text})
}

func (a *app) frame() page.Frame {
	return page.Frame{Organisation: a.Name, Now: time.Now()}
}

func (a *app) render(w http.ResponseWriter, r *http.Request, status int, p page.Page) {
	if err := a.Pages.Render(w, status, p); err != nil {
		a.Log.ErrorContext(r.Context(), "demo application", "err", err.Error())
	}
}

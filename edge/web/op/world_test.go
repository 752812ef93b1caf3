package op_test

import (
	"bytes"
	"encoding/json"
	"holdfast/domain/policy"
	"holdfast/domain/verdict"
	"holdfast/domain/verdict/verdicttest"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/audit"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/edge/keys/keystest"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
	"holdfast/edge/web/op"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/flow/authorize"
	"holdfast/flow/authorize/authorizetest"
	"holdfast/flow/device"
)

const callback = "https://wiki.example.org/callback"

// world is a provider over TCP, a wiki, and Ada at her browser. The clock
// starts at the real time, since the library and the clients look at that.
type world struct {
	t       testing.TB
	mu      sync.Mutex // covers shift
	shift   time.Duration
	store   authorize.Store
	lax     bool                 // AAL1 is enough
	double  *authorizetest.Store // the store, where it is the double
	flow    *authorize.Flow
	devices *device.Flow // on the real store only
	keys    op.Keys      // nil: those that all tests share
	server  *httptest.Server
	browser *http.Client // follows nothing
	ada     person.Record
	wiki    added
	client  *oidc.Provider
	oauth   oauth2.Config
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.shift)
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shift += d
}

func newWorld(t testing.TB, d grant.Draft) *world {
	t.Helper()
	w := &world{t: t}
	w.double = authorizetest.New(w.now)
	return w.open(w.double, d)
}

// onEachEngine runs a test on the real store.
func onEachEngine(t *testing.T, d grant.Draft, test func(*testing.T, *world)) {
	for name, place := range map[string]func(testing.TB) storetest.Place{"SQLite": storetest.SQLite, "PostgreSQL": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			db := place(t).Open(t)
			w := &world{t: t}
			w.devices = device.New(store.Port[device.Tx]{DB: db}, w.now, w.judge())
			test(t, w.open(store.Port[authorize.Tx]{DB: db}, d))
		})
	}
}

// judge is by the preset of a fresh installation, unless a test is about
// sessions that it does not let in.
func (w *world) judge() verdict.Judge {
	if !w.lax {
		return verdicttest.Fresh(w.t)
	}
	text, _ := policy.Preset(policy.DefaultPreset)
	return verdicttest.By(w.t, bytes.ReplaceAll(text, []byte("required: { aal: 2, phr: true }"), []byte("required: { aal: 1, phr: false }")), nil)
}

func (w *world) open(s authorize.Store, d grant.Draft) *world {
	t := w.t
	t.Helper()
	w.store = s
	mux := route.NewMux(nil)
	w.server = httptest.NewServer(mux)
	t.Cleanup(w.server.Close)
	w.flow = authorize.New(authorize.Config{Store: w.store, Clock: w.now, Key: make([]byte, 32), Judge: w.judge(),
		ACRs: []string{assurance.PhishingResistant, assurance.LevelAAL2, assurance.LevelAAL1}})
	if w.keys == nil {
		w.keys = keystest.Ring(w.now)
	}
	pages, err := page.New(page.Config{})
	w.must(err)
	p, err := op.New(op.Config{
		Issuer: w.server.URL, Flow: w.flow, Devices: w.devices, Sessions: cookies{w}, Keys: w.keys, Pages: pages,
		Frame: func(*http.Request) page.Frame { return page.Frame{} }, Log: slog.New(slog.DiscardHandler),
	})
	w.must(err)
	p.Register(mux)
	mux.HandleFunc("GET /signin", route.Anyone, func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "the door") })
	jar, err := cookiejar.New(nil)
	w.must(err)
	w.browser = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	w.ada = w.person("Ada Byron", "ada@example.org")
	if d.Name == "" {
		d.Name = "Wiki"
	}
	d.RedirectURIs = []string{callback}
	w.wiki = w.add(d)
	w.client, err = oidc.NewProvider(t.Context(), w.server.URL)
	w.must(err)
	w.oauth = w.oauthOf(w.wiki)
	return w
}

// added is an application with its secret.
type added struct {
	App    grant.App
	Secret string
}

func (w *world) add(d grant.Draft) (a added) {
	w.t.Helper()
	hash := ""
	if d.NeedsSecret() {
		a.Secret = holdfast.NewSecret()
		hash = holdfast.HashSecret(a.Secret)
	}
	app, events, err := grant.CreateApp(holdfast.NewAppID(), d, hash, w.now())
	w.must(err)
	w.put(events...)
	a.App = app
	return a
}

func (w *world) oauthOf(a added) oauth2.Config {
	return oauth2.Config{ClientID: string(a.App.ID), ClientSecret: a.Secret, Endpoint: w.client.Endpoint(),
		RedirectURL: callback, Scopes: []string{"openid", "profile", "email", "offline_access"}}
}

// put records events outside of any story, to set a scene.
func (w *world) put(events ...audit.Event) {
	w.t.Helper()
	by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: w.now()}
	w.must(w.store.InTx(w.t.Context(), func(tx authorize.Tx) error { return tx.Record(w.t.Context(), by, events...) }))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) person(name, email string) person.Record {
	w.t.Helper()
	p, events, err := person.Add(person.New{Name: name, Email: email}, w.now())
	w.must(err)
	w.put(events...)
	p, events, err = person.Activate(p)
	w.must(err)
	w.put(events...)
	return p
}

// signIn gives Ada's browser a session, as the door does.
func (w *world) signIn() session.Record {
	w.t.Helper()
	s, _, events := session.Open(session.SignIn{Person: w.ada.ID, Assurance: assurance.Of(assurance.Evidence{UV: true})}, w.now())
	w.put(events...)
	u, _ := url.Parse(w.server.URL)
	w.browser.Jar.SetCookies(u, []*http.Cookie{{Name: "holdfast", Value: string(s.ID), Path: "/"}})
	return s
}

// cookies is the double of the door's sessions: a cookie that names one.
type cookies struct{ w *world }

func (c cookies) Current(r *http.Request) (session.Record, person.Record, error) {
	nobody := holdfast.Errorf(holdfast.Unsigned, "not_signed_in", "Sign in first.")
	cookie, err := r.Cookie("holdfast")
	if err != nil {
		return session.Record{}, person.Record{}, nobody
	}
	s, err := c.w.store.Session(r.Context(), holdfast.SessionID(cookie.Value))
	if err != nil || !s.Live(s.AuthTime, c.w.now()) {
		return session.Record{}, person.Record{}, nobody
	}
	p, err := c.w.store.Person(r.Context(), s.Person)
	return s, p, err
}

func (c cookies) SignOut(w http.ResponseWriter, r *http.Request) error {
	s, _, err := c.Current(r)
	if err != nil {
		return nil
	}
	_, events := session.End(s, session.SignedOut, c.w.now())
	c.w.put(events...)
	http.SetCookie(w, &http.Cookie{Name: "holdfast", Path: "/", MaxAge: -1})
	return nil
}

// answer is a response that was read.
type answer struct {
	status   int
	location *url.URL
	header   http.Header
	body     string
}

func (w *world) do(r *http.Request) answer {
	w.t.Helper()
	resp, err := w.browser.Do(r)
	w.must(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	w.must(err)
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(b)}
	if l := resp.Header.Get("Location"); l != "" {
		a.location, err = r.URL.Parse(l)
		w.must(err)
	}
	return a
}

func (w *world) get(u string) answer {
	w.t.Helper()
	if strings.HasPrefix(u, "/") {
		u = w.server.URL + u
	}
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, u, nil)
	w.must(err)
	return w.do(r)
}

func (w *world) post(path string, form url.Values, edit ...func(*http.Request)) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+path, strings.NewReader(form.Encode()))
	w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, e := range edit {
		e(r)
	}
	return w.do(r)
}

// as authenticates an application by its Authorization header.
func as(a added) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(string(a.App.ID), a.Secret) }
}

// ask is the address of an authorization request.
func (w *world) ask(verifier string, options ...oauth2.AuthCodeOption) string {
	return w.oauth.AuthCodeURL("the-state", append([]oauth2.AuthCodeOption{
		oauth2.S256ChallengeOption(verifier), oidc.Nonce("the-nonce")}, options...)...)
}

// with changes parameters of an address; an empty value takes one out.
func with(address string, pairs ...string) string {
	u, _ := url.Parse(address)
	q := u.Query()
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// code signs Ada in and gets a code.
func (w *world) code(options ...oauth2.AuthCodeOption) (code, verifier string) {
	w.t.Helper()
	verifier = oauth2.GenerateVerifier()
	a := w.get(w.ask(verifier, options...))
	if a.status != http.StatusSeeOther || a.location.Query().Get("code") == "" {
		w.t.Fatalf("no code: status %d, location %v, body %s", a.status, a.location, a.body)
	}
	return a.location.Query().Get("code"), verifier
}

// tokens signs Ada in and redeems the code.
func (w *world) tokens(options ...oauth2.AuthCodeOption) *oauth2.Token {
	w.t.Helper()
	code, verifier := w.code(options...)
	t, err := w.oauth.Exchange(w.t.Context(), code, oauth2.VerifierOption(verifier))
	w.must(err)
	return t
}

// idToken verifies the ID token of t by the published keys.
func (w *world) idToken(t *oauth2.Token) (*oidc.IDToken, map[string]any) {
	w.t.Helper()
	raw, _ := t.Extra("id_token").(string)
	id, err := w.client.Verifier(&oidc.Config{ClientID: w.oauth.ClientID, Now: time.Now}).Verify(w.t.Context(), raw)
	w.must(err)
	claims := map[string]any{}
	w.must(id.Claims(&claims))
	return id, claims
}

func (w *world) refresh(t *oauth2.Token) (*oauth2.Token, error) {
	return w.oauth.TokenSource(w.t.Context(), &oauth2.Token{RefreshToken: t.RefreshToken}).Token()
}

func (w *world) userInfo(access string) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.server.URL+op.PathUserInfo, nil)
	w.must(err)
	r.Header.Set("Authorization", "Bearer "+access)
	return w.do(r)
}

func (w *world) introspect(token string, by added) map[string]any {
	w.t.Helper()
	a := w.post(op.PathIntrospect, url.Values{"token": {token}}, as(by))
	if a.status != http.StatusOK {
		w.t.Fatalf("introspection: %d %s", a.status, a.body)
	}
	return object(w.t, a.body)
}

func object(t testing.TB, body string) map[string]any {
	t.Helper()
	m := map[string]any{}
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("no JSON object: %s", body)
	}
	return m
}

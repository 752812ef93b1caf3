package forward_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/verdict"
	"holdfast/domain/verdict/verdicttest"
	"holdfast/edge/accounts"
	"holdfast/edge/store"
	webforward "holdfast/edge/web/forward"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
	"holdfast/edge/web/webtest"
	"holdfast/flow/forward"
)

const (
	wiki   = "https://wiki.example.org"
	issuer = webtest.Origin
)

// site is an application behind a proxy that asks Holdfast.
type site struct {
	*webtest.World
	t   testing.TB
	mux *route.Mux
	key *ecdsa.PrivateKey
	app grant.App
	ada person.Record

	judge verdict.Judge
}

// locate knows one network and one country.
func locate(address string) policy.Net {
	net := policy.Net{IP: address}
	if strings.HasPrefix(address, "203.0.113.") {
		net.Zone = "office"
	}
	if strings.HasPrefix(address, "198.51.100.") {
		net.Country = "KP"
	}
	return net
}

func newSite(t testing.TB, change func(*grant.Draft)) *site {
	t.Helper()
	text, _ := policy.Preset(policy.DefaultPreset)
	text = bytes.ReplaceAll(text, []byte("required: { aal: 2, phr: true }"), []byte("required: { aal: 1, phr: false }"))
	return newSiteBy(t, change, string(bytes.ReplaceAll(text, []byte("user_verification: required"), []byte("user_verification: preferred"))))
}

// newSiteBy is a site whose policy is text.
func newSiteBy(t testing.TB, change func(*grant.Draft), text string) *site {
	t.Helper()
	s := &site{World: webtest.New(t), t: t, judge: verdicttest.By(t, []byte(text), nil)}
	var err error
	if s.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	s.ada = s.Member("Ada Lovelace", "ada@example.org")
	d := grant.Draft{Name: "Wiki", Preset: grant.PresetCaddy, RedirectURIs: []string{wiki + "/"}, Upstream: "http://127.0.0.1:1"}
	if change != nil {
		change(&d)
	}
	s.app = s.add(d)
	flow, err := forward.New(forward.Config{Store: store.Port[forward.Tx]{DB: s.DB}, Clock: s.Now, Key: make([]byte, 32),
		Judge: s.judge, Accounts: accounts.New(s.DB)})
	if err != nil {
		t.Fatal(err)
	}
	c := s.Visits.Config
	c.Proxies = visit.NewProxies(netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("203.0.113.250/32"))
	f, err := webforward.New(webforward.Config{Issuer: issuer, Flow: flow, Visits: visit.New(c), Store: s.DB, Clock: s.Now,
		Locate: locate,
		Signer: func(context.Context) (string, crypto.Signer, error) { return "kid", s.key, nil }, Log: slog.New(slog.NewTextHandler(s.Log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	s.mux = route.NewMux(nil)
	f.Routes(s.mux)
	return s
}

func (s *site) add(d grant.Draft) grant.App {
	s.t.Helper()
	app, events, err := grant.CreateApp(holdfast.NewAppID(), d, "", s.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	s.Record(events...)
	return app
}

// asker is a browser whose requests a proxy passes on.
type asker struct {
	s       *site
	origin  string
	peer    string
	cookies map[string][]string
}

func (s *site) browser() *asker {
	return &asker{s: s, origin: wiki, peer: "10.0.0.1:999", cookies: map[string][]string{}}
}

// at is the same browser at another host: its cookies stay behind.
func (a *asker) at(origin string) *asker {
	return &asker{s: a.s, origin: origin, peer: a.peer, cookies: map[string][]string{}}
}

// request is what the proxy sends: method is the browser's. headers are name,
// value, …; an empty value takes a header away.
func (a *asker) request(path, method, uri string, headers ...string) *http.Request {
	verb := http.MethodGet
	if strings.HasPrefix(path, grant.ForwardSignOut) {
		verb = method
	}
	r := httptest.NewRequest(verb, issuer+path, nil)
	r.RemoteAddr = a.peer
	u, err := url.Parse(a.origin)
	if err != nil {
		a.s.t.Fatal(err)
	}
	for name, v := range map[string]string{"X-Forwarded-Proto": u.Scheme, "X-Forwarded-Host": u.Host, "X-Forwarded-Uri": uri,
		"X-Forwarded-Method": method, "Accept": "text/html,*/*", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"} {
		r.Header.Set(name, v)
	}
	for i := 0; i < len(headers); i += 2 {
		switch {
		case headers[i+1] == "":
			r.Header.Del(headers[i])
		case headers[i] == "Host":
			r.Host = headers[i+1]
		case strings.HasPrefix(headers[i], "+"):
			r.Header.Add(headers[i][1:], headers[i+1])
		default:
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	for name, values := range a.cookies {
		for _, v := range values {
			r.AddCookie(&http.Cookie{Name: name, Value: v})
		}
	}
	return r
}

func (a *asker) send(r *http.Request) *http.Response {
	rec := httptest.NewRecorder()
	a.s.mux.ServeHTTP(rec, r)
	answer := rec.Result()
	for _, c := range answer.Cookies() {
		if c.MaxAge < 0 {
			delete(a.cookies, c.Name)
		} else {
			a.cookies[c.Name] = []string{c.Value}
		}
	}
	return answer
}

// enter asks to open a page, as Caddy does.
func (a *asker) enter(uri string, headers ...string) *http.Response {
	return a.send(a.request(grant.ForwardAuth+"?mode=redirect&app="+string(a.s.app.ID), http.MethodGet, uri, headers...))
}

// begin opens the start page, and gives what goes to /authorize.
func (a *asker) begin(rd string) url.Values {
	a.s.t.Helper()
	answer := a.send(a.request(grant.ForwardStart+"?"+url.Values{"rd": {rd}}.Encode(), http.MethodGet, "/"))
	to, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to.String(), issuer+"/authorize?") {
		a.s.t.Fatalf("start: %s to %s", answer.Status, answer.Header.Get("Location"))
	}
	return to.Query()
}

// consented is what /authorize does of it for somebody who is signed in: the
// parameters of the callback.
func (s *site) consented(asked url.Values, who *webtest.Browser) url.Values {
	s.t.Helper()
	code := holdfast.NewSecret()
	app, err := s.DB.App(context.Background(), holdfast.AppID(asked.Get("client_id")))
	if err != nil {
		s.t.Fatal(err)
	}
	_, _, events, err := grant.IssueCode(app, grant.Authorization{ID: holdfast.NewGrantID(), Person: who.Session.Person, Session: who.Session.ID,
		Scopes: strings.Fields(asked.Get("scope")), RedirectURI: asked.Get("redirect_uri"), Challenge: asked.Get("code_challenge"),
		ACR: "phr", AuthTime: who.Session.AuthTime}, holdfast.HashSecret(code), s.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	s.Record(events...)
	return url.Values{"code": {code}, "state": {asked.Get("state")}, "iss": {issuer}}
}

func (a *asker) callback(q url.Values) *http.Response {
	return a.send(a.request(grant.ForwardCallback+"?"+q.Encode(), http.MethodGet, "/"))
}

// signIn is the whole way, back to rd.
func (a *asker) signIn(who *webtest.Browser, rd string) *http.Response {
	a.s.t.Helper()
	return a.callback(a.s.consented(a.begin(rd), who))
}

// inside is a browser that is signed in to the application.
func (s *site) inside(who *webtest.Browser) *asker {
	s.t.Helper()
	a := s.browser()
	a.signIn(who, "/")
	s.wants(a.enter("/"), http.StatusNoContent)
	return a
}

func (s *site) wants(got *http.Response, status int) {
	s.t.Helper()
	if got.StatusCode != status {
		body := make([]byte, 2000)
		n, _ := got.Body.Read(body)
		s.t.Fatalf("got %s to %q, want %d\n%s\n%s", got.Status, got.Header.Get("Location"), status, body[:n], s.Log)
	}
}

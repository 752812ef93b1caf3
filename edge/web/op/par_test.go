package op_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"holdfast/domain/grant"
	"holdfast/edge/web/op"
)

// form is an authorization request as it is pushed.
func (w *world) form(verifier string) url.Values {
	u, err := url.Parse(w.ask(verifier))
	w.must(err)
	return u.Query()
}

// push pushes a request and gives its request_uri.
func (w *world) push(form url.Values, edit ...func(*http.Request)) string {
	w.t.Helper()
	a := w.post(op.PathPushed, form, edit...)
	got := object(w.t, a.body)
	if a.status != http.StatusCreated || got["expires_in"] != 60.0 {
		w.t.Fatalf("RFC 9126 §2.2: %d %s", a.status, a.body)
	}
	return got["request_uri"].(string)
}

// front is the address that the browser is sent to.
func (w *world) front(uri string, pairs ...string) string {
	q := url.Values{"client_id": {string(w.wiki.App.ID)}, "request_uri": {uri}}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return w.server.URL + op.PathAuthorize + "?" + q.Encode()
}

func TestPushedRequests(t *testing.T) {
	for name, d := range map[string]grant.Draft{"public": {RequirePAR: true}, "confidential": {RequirePAR: true, Confidential: true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, d)
			verifier := oauth2.GenerateVerifier()
			var edit []func(*http.Request)
			if d.Confidential {
				edit = append(edit, as(w.wiki))
			}
			uri := w.push(w.form(verifier), edit...)
			a := w.get(w.front(uri))
			if a.location == nil || a.location.Path != "/signin" {
				t.Fatalf("%d %v", a.status, a.location)
			}
			back := a.location.Query().Get("return")
			w.signIn()
			a = w.get(back)
			q := a.location.Query()
			if q.Get("state") != "the-state" || q.Get("code") == "" {
				t.Fatalf("%v", a.location)
			}
			if got := w.token(codeForm(q.Get("code"), verifier), edit...); got.Access == "" {
				t.Errorf("%+v", got)
			}
			if a = w.get(w.front(uri)); a.status != http.StatusGone || a.location != nil {
				t.Errorf("RFC 9126 §7.3: a second code: %d %v", a.status, a.location)
			}
		})
	}
	t.Run("RFC 9126 §4: what stands beside it in the address is ignored", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		w.signIn()
		uri := w.push(w.form(oauth2.GenerateVerifier()))
		a := w.get(w.front(uri, "state", "evil", "redirect_uri", "https://evil.example/", "scope", "openid groups", "prompt", "none"))
		if a.location == nil || !strings.HasPrefix(a.location.String(), callback+"?") || a.location.Query().Get("state") != "the-state" {
			t.Errorf("%d %v", a.status, a.location)
		}
	})
	t.Run("RFC 9449 §10.1: the key of a proof binds the code", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		w.signIn()
		key := newSigner(t, jose.ES256)
		verifier := oauth2.GenerateVerifier()
		code := func() string {
			uri := w.push(w.form(verifier), dpop(key.proof(w, "POST", op.PathPushed, "")))
			return w.get(w.front(uri)).location.Query().Get("code")
		}
		if got := w.token(codeForm(code(), verifier)); got.Error != "invalid_dpop_proof" {
			t.Errorf("without it: %+v", got)
		}
		if got := w.token(codeForm(code(), verifier), dpop(key.proof(w, "POST", op.PathToken, ""))); got.Type != "DPoP" {
			t.Errorf("with it: %+v", got)
		}
	})
}

func TestPushedRequestsAreRefused(t *testing.T) {
	key, other := newSigner(t, jose.ES256), newSigner(t, jose.ES256)
	for _, c := range []struct {
		name string
		edit func(w *world, f url.Values) []func(*http.Request)
		want string
	}{
		{"§2.1: a request_uri inside", func(_ *world, f url.Values) []func(*http.Request) {
			f.Set("request_uri", "urn:ietf:params:oauth:request_uri:x")
			return nil
		}, "invalid_request"},
		{"a request object", func(_ *world, f url.Values) []func(*http.Request) { f.Set("request", "e30.e30."); return nil }, "request_not_supported"},
		{"§2.1: no authentication", func(_ *world, _ url.Values) []func(*http.Request) {
			return []func(*http.Request){func(r *http.Request) { r.Header.Del("Authorization") }}
		}, "invalid_client"},
		{"a wrong secret", func(w *world, _ url.Values) []func(*http.Request) {
			return []func(*http.Request){as(added{App: w.wiki.App, Secret: "guess"})}
		}, "invalid_client"},
		{"an address that is not registered", func(_ *world, f url.Values) []func(*http.Request) {
			f.Set("redirect_uri", "https://evil.example/")
			return nil
		}, "invalid_request"},
		{"no PKCE", func(_ *world, f url.Values) []func(*http.Request) { f.Del("code_challenge"); return nil }, "invalid_request"},
		{"plain PKCE", func(_ *world, f url.Values) []func(*http.Request) {
			f.Set("code_challenge_method", "plain")
			return nil
		}, "invalid_request"},
		{"implicit", func(_ *world, f url.Values) []func(*http.Request) { f.Set("response_type", "token"); return nil }, "unsupported_response_type"},
		{"no response_type", func(_ *world, f url.Values) []func(*http.Request) { f.Del("response_type"); return nil }, "invalid_request"},
		{"no openid", func(_ *world, f url.Values) []func(*http.Request) { f.Set("scope", "email"); return nil }, "invalid_scope"},
		{"a parameter twice", func(_ *world, f url.Values) []func(*http.Request) { f.Add("state", "x"); return nil }, "invalid_request"},
		{"a state that is too long", func(_ *world, f url.Values) []func(*http.Request) {
			f.Set("state", strings.Repeat("s", 3000))
			return nil
		}, "invalid_request"},
		{"all of it too long", func(_ *world, f url.Values) []func(*http.Request) {
			f.Set("state", strings.Repeat("s", 2000))
			f.Set("acr_values", strings.Repeat("a ", 4000))
			return nil
		}, "invalid_request"},
		{"RFC 9449 §10.1: dpop_jkt of another key", func(w *world, f url.Values) []func(*http.Request) {
			f.Set("dpop_jkt", other.thumbprint())
			return []func(*http.Request){dpop(key.proof(w, "POST", op.PathPushed, ""))}
		}, "invalid_dpop_proof"},
		{"a proof for another address", func(w *world, f url.Values) []func(*http.Request) {
			return []func(*http.Request){dpop(key.proof(w, "POST", op.PathToken, ""))}
		}, "invalid_dpop_proof"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, grant.Draft{Confidential: true})
			f := w.form(oauth2.GenerateVerifier())
			a := w.post(op.PathPushed, f, append([]func(*http.Request){as(w.wiki)}, c.edit(w, f)...)...)
			if got := object(t, a.body); got["error"] != c.want || got["request_uri"] != nil {
				t.Errorf("%d %s, want %s", a.status, a.body, c.want)
			}
		})
	}
	t.Run("a proof of a confidential application, again", func(t *testing.T) {
		w := newWorld(t, grant.Draft{Confidential: true})
		proof := dpop(key.proof(w, "POST", op.PathPushed, ""))
		w.push(w.form(oauth2.GenerateVerifier()), as(w.wiki), proof)
		a := w.post(op.PathPushed, w.form(oauth2.GenerateVerifier()), as(w.wiki), proof)
		if object(t, a.body)["error"] != "invalid_dpop_proof" {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

func TestRequestURIsAreRefused(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	w.signIn()
	uri := w.push(w.form(oauth2.GenerateVerifier()))
	other := w.add(grant.Draft{Name: "Other", RedirectURIs: []string{callback}})
	for name, address := range map[string]string{
		"RFC 9126 §2.2: of another application": with(w.front(uri), "client_id", string(other.App.ID)),
		"of no application":                     with(w.front(uri), "client_id", ""),
		"one that we did not give":              w.front("urn:ietf:params:oauth:request_uri:guess"),
		"changed":                               w.front(uri[:len(uri)-4] + "AAAA"),
	} {
		if a := w.get(address); a.location != nil || a.status < 400 || a.status >= 500 {
			t.Errorf("%s: %d %v", name, a.status, a.location)
		}
	}
	w.pass(time.Minute)
	if a := w.get(w.front(uri)); a.status != http.StatusGone {
		t.Errorf("after its minute: %d", a.status)
	}
	t.Run("§5: an application that must push", func(t *testing.T) {
		w := newWorld(t, grant.Draft{RequirePAR: true})
		w.signIn()
		if a := w.get(w.ask(oauth2.GenerateVerifier())); a.location.Query().Get("error") != "invalid_request" {
			t.Errorf("%v", a.location)
		}
	})
	t.Run("a sealed way back is no request_uri", func(t *testing.T) {
		w := newWorld(t, grant.Draft{RequirePAR: true})
		free := w.add(grant.Draft{Name: "Free", RedirectURIs: []string{callback}})
		w.oauth.ClientID = string(free.App.ID)
		back := w.get(w.ask(oauth2.GenerateVerifier())).location.Query().Get("return")
		sealed := back[strings.LastIndex(back, "/")+1:]
		w.signIn()
		if a := w.get(with(w.front("urn:ietf:params:oauth:request_uri:"+sealed), "client_id", string(free.App.ID))); a.location != nil {
			t.Errorf("%d %v", a.status, a.location)
		}
	})
}

// One request_uri gives one code, on both engines, opened many times at once.
func TestRequestURIRace(t *testing.T) {
	onEachEngine(t, grant.Draft{}, func(t *testing.T, w *world) {
		w.signIn()
		address := w.front(w.push(w.form(oauth2.GenerateVerifier())))
		var codes atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if a := w.get(address); a.location != nil && a.location.Query().Get("code") != "" {
					codes.Add(1)
				}
			})
		}
		all.Wait()
		if codes.Load() != 1 {
			t.Errorf("%d codes from one request_uri", codes.Load())
		}
	})
}

// Whatever strangers ask, nothing is written: they must not fill the disk.
func TestStrangersWriteNothing(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	before := w.double.Texts()
	key := newSigner(t, jose.ES256)
	for range 20 {
		verifier := oauth2.GenerateVerifier()
		a := w.get(w.ask(verifier))
		w.get(a.location.Query().Get("return"))
		w.get(with(w.ask(verifier), "prompt", "none"))
		uri := w.push(w.form(verifier), dpop(key.proof(w, "POST", op.PathPushed, "")))
		w.get(w.front(uri))
		f := w.form(verifier)
		f.Set("prompt", "none")
		w.get(w.front(w.push(f)))
		w.token(codeForm("guess", verifier), dpop(key.proof(w, "POST", op.PathToken, "")))
		w.token(refreshForm("guess"), dpop(key.proof(w, "POST", op.PathToken, "")))
		w.info("DPoP", "guess", dpop(key.proof(w, "GET", op.PathUserInfo, "guess")))
	}
	slices.Sort(before)
	after := w.double.Texts()
	slices.Sort(after)
	if !slices.Equal(before, after) {
		t.Errorf("%d values are stored, %d were", len(after), len(before))
	}
}

func FuzzPushed(f *testing.F) {
	w := newWorld(f, grant.Draft{})
	good := w.form(oauth2.GenerateVerifier()).Encode()
	for _, more := range []string{"", "&request_uri=x", "&dpop_jkt=x", "&claims={", "&max_age=-1", "&prompt=none+login", "&state=%00"} {
		f.Add(good+more, "urn:ietf:params:oauth:request_uri:x")
	}
	f.Fuzz(func(t *testing.T, body, uri string) {
		r := httptest.NewRequest(http.MethodPost, op.PathPushed, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		rec := record(w, r)
		if rec.Code != http.StatusCreated && (rec.Code < 400 || rec.Code >= 500) {
			t.Errorf("%d: %s", rec.Code, rec.Body)
		}
		r = httptest.NewRequest(http.MethodGet, op.PathAuthorize+"?"+url.Values{"client_id": {string(w.wiki.App.ID)}, "request_uri": {uri}}.Encode(), nil)
		if rec = record(w, r); rec.Code >= 500 {
			t.Errorf("%d: %s", rec.Code, rec.Body)
		}
	})
}

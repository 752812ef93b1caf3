package op_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"holdfast/domain/grant"
	"holdfast/edge/web/op"
)

func record(w *world, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	w.server.Config.Handler.ServeHTTP(rec, r)
	return rec
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func asserting(form url.Values, assertion string) url.Values {
	form.Set("client_assertion_type", assertionType)
	form.Set("client_assertion", assertion)
	return form
}

func TestPrivateKeyJWT(t *testing.T) {
	for _, alg := range []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256, jose.PS256} {
		t.Run(string(alg), func(t *testing.T) {
			key := newSigner(t, alg)
			w := newWorld(t, grant.Draft{AuthMethod: grant.MethodKey, JWKS: key.set()})
			w.signIn()
			id := string(w.wiki.App.ID)
			code, verifier := w.code()
			b := w.token(asserting(codeForm(code, verifier), key.assertion(w, id)))
			if b.status != http.StatusOK {
				t.Fatalf("%+v", b)
			}
			if b = w.token(asserting(refreshForm(b.Refresh), key.assertion(w, id))); b.status != http.StatusOK {
				t.Fatalf("refresh: %+v", b)
			}
			a := w.post(op.PathIntrospect, asserting(url.Values{"token": {b.Access}}, key.assertion(w, id)))
			if object(t, a.body)["active"] != true {
				t.Errorf("introspection: %d %s", a.status, a.body)
			}
			a = w.post(op.PathRevoke, asserting(url.Values{"token": {b.Access}}, key.assertion(w, id)))
			if a.status != http.StatusOK || w.userInfo(b.Access).status != http.StatusUnauthorized {
				t.Errorf("revocation: %d %s", a.status, a.body)
			}
		})
	}
}

func TestClientAuthenticationRefuses(t *testing.T) {
	key, other := newSigner(t, jose.ES256), newSigner(t, jose.ES256)
	type edit = func(*http.Request)
	claim := func(name string, value any) func(map[string]any) {
		return func(c map[string]any) { c[name] = value }
	}
	byKey := grant.Draft{AuthMethod: grant.MethodKey, JWKS: key.set()}
	for _, c := range []struct {
		name  string
		draft grant.Draft
		how   func(w *world, id string, f url.Values) []edit
		want  string
	}{
		{"RFC 6749 §2.3: secret in header and form", grant.Draft{Confidential: true}, func(w *world, _ string, f url.Values) []edit {
			f.Set("client_secret", w.wiki.Secret)
			return []edit{as(w.wiki)}
		}, "invalid_request"},
		{"secret in the form, assertion beside it", grant.Draft{Confidential: true}, func(w *world, id string, f url.Values) []edit {
			f.Set("client_secret", w.wiki.Secret)
			asserting(f, key.assertion(w, id))
			return nil
		}, "invalid_request"},
		{"assertion beside the header", byKey, func(w *world, id string, f url.Values) []edit {
			asserting(f, key.assertion(w, id))
			return []edit{as(added{App: w.wiki.App, Secret: "x"})}
		}, "invalid_request"},
		{"a secret where a key is registered", byKey, func(w *world, id string, f url.Values) []edit {
			f.Set("client_secret", "x")
			return nil
		}, "invalid_client"},
		{"nothing where a key is registered", byKey, func(*world, string, url.Values) []edit { return nil }, "invalid_client"},
		{"an assertion where a secret is registered", grant.Draft{Confidential: true}, func(w *world, id string, f url.Values) []edit {
			asserting(f, key.assertion(w, id))
			return nil
		}, "invalid_client"},
		{"an assertion where nothing is registered", grant.Draft{}, func(w *world, id string, f url.Values) []edit {
			asserting(f, key.assertion(w, id))
			return nil
		}, "invalid_client"},
		{"a secret where nothing is registered", grant.Draft{}, func(w *world, id string, f url.Values) []edit {
			f.Set("client_secret", "x")
			return nil
		}, "invalid_client"},
		{"client_id of another application", byKey, func(w *world, id string, f url.Values) []edit {
			asserting(f, key.assertion(w, id))
			f.Set("client_id", "app_other")
			return nil
		}, "invalid_client"},
		{"another type of assertion", byKey, func(w *world, id string, f url.Values) []edit {
			asserting(f, key.assertion(w, id))
			f.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer")
			return nil
		}, "invalid_client"},
		{"RFC 7523 §3-9: by another key", byKey, with1(other), "invalid_client"},
		{"§3-3: aud of somebody else", byKey, with1(key, claim("aud", "https://evil.example/token")), "invalid_client"},
		{"§3-3: aud of us and somebody else", byKey, func(w *world, id string, f url.Values) []edit {
			asserting(f, key.assertion(w, id, claim("aud", []string{w.server.URL, "https://evil.example"})))
			return nil
		}, "invalid_client"},
		{"§3-3: no aud", byKey, with1(key, func(c map[string]any) { delete(c, "aud") }), "invalid_client"},
		{"§3-2: sub of somebody else", byKey, with1(key, claim("sub", "app_other")), "invalid_client"},
		{"§3-4: no exp", byKey, with1(key, func(c map[string]any) { delete(c, "exp") }), "invalid_client"},
		{"§3-4: it has expired", byKey, with1(key, claim("exp", time.Now().Add(-2*time.Minute).Unix())), "invalid_client"},
		{"§3-4: an exp of tomorrow", byKey, with1(key, claim("exp", time.Now().Add(24*time.Hour).Unix())), "invalid_client"},
		{"§3-5: not yet", byKey, with1(key, claim("nbf", time.Now().Add(5*time.Minute).Unix())), "invalid_client"},
		{"§3-7: no jti", byKey, with1(key, func(c map[string]any) { delete(c, "jti") }), "invalid_client"},
		{"alg none", byKey, func(w *world, id string, f url.Values) []edit {
			parts := strings.Split(key.assertion(w, id), ".")
			asserting(f, "eyJhbGciOiJub25lIn0."+parts[1]+".")
			return nil
		}, "invalid_client"},
		{"the public key as an HMAC secret", byKey, func(w *world, id string, f url.Values) []edit {
			mac := signer{t: w.t, alg: jose.HS256, id: "k1"}
			asserting(f, mac.hmac(key.set(), id, w))
			return nil
		}, "invalid_client"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.draft)
			w.signIn()
			code, verifier := w.code()
			f := codeForm(code, verifier)
			f.Set("client_id", string(w.wiki.App.ID))
			got := w.token(f, c.how(w, string(w.wiki.App.ID), f)...)
			if got.Error != c.want || got.Access != "" || (c.want == "invalid_client") != (got.status == http.StatusUnauthorized) {
				t.Errorf("%+v, want %s", got, c.want)
			}
		})
	}
}

func with1(s signer, edit ...func(map[string]any)) func(*world, string, url.Values) []func(*http.Request) {
	return func(w *world, id string, f url.Values) []func(*http.Request) {
		asserting(f, s.assertion(w, id, edit...))
		return nil
	}
}

func (s signer) hmac(secret, id string, w *world) string {
	signing, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(secret)}, nil)
	w.must(err)
	signed, err := signing.Sign([]byte(`{"iss":"` + id + `","sub":"` + id + `","aud":"` + w.server.URL + `","jti":"x","exp":` + "9999999999}"))
	w.must(err)
	out, err := signed.CompactSerialize()
	w.must(err)
	return out
}

// RFC 7523 §3-7: an assertion counts once, on both engines, with many requests
// at once.
func TestAssertionRace(t *testing.T) {
	key := newSigner(t, jose.ES256)
	onEachEngine(t, grant.Draft{AuthMethod: grant.MethodKey, JWKS: key.set()}, func(t *testing.T, w *world) {
		assertion := key.assertion(w, string(w.wiki.App.ID))
		var wins atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if w.post(op.PathIntrospect, asserting(url.Values{"token": {"x"}}, assertion)).status == http.StatusOK {
					wins.Add(1)
				}
			})
		}
		all.Wait()
		if wins.Load() != 1 {
			t.Errorf("%d of 16 requests with one assertion were answered", wins.Load())
		}
	})
}

// RFC 6749 §2.3.1: some libraries encode even the underscore.
func TestBasicIsFormEncodedInside(t *testing.T) {
	w := newWorld(t, grant.Draft{Confidential: true})
	encode := strings.NewReplacer("_", "%5F", "-", "%2D").Replace
	a := w.post(op.PathIntrospect, url.Values{"token": {"x"}}, func(r *http.Request) {
		r.SetBasicAuth(encode(string(w.wiki.App.ID)), encode(w.wiki.Secret))
	})
	if a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func FuzzAssertion(f *testing.F) {
	key := newSigner(f, jose.ES256)
	w := newWorld(f, grant.Draft{AuthMethod: grant.MethodKey, JWKS: key.set()})
	id := string(w.wiki.App.ID)
	good := key.assertion(w, id, func(c map[string]any) { c["aud"] = "https://elsewhere.example" })
	for _, s := range []string{"", "a.b.c", good, good + "x", "eyJhbGciOiJub25lIn0.e30."} {
		f.Add(s, assertionType)
	}
	f.Fuzz(func(t *testing.T, assertion, kind string) {
		form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}, "client_assertion": {assertion}, "client_assertion_type": {kind}}
		r := httptest.NewRequest(http.MethodPost, op.PathToken, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if rec := record(w, r); rec.Code >= 500 || strings.Contains(rec.Body.String(), "invalid_grant") {
			t.Errorf("%d: %s", rec.Code, rec.Body)
		}
	})
}

// RFC 9126 §2: the server is named by its issuer, its token endpoint or the
// endpoint at which the assertion comes.
func TestAssertionAudiences(t *testing.T) {
	key := newSigner(t, jose.ES256)
	w := newWorld(t, grant.Draft{AuthMethod: grant.MethodKey, JWKS: key.set()})
	for name, aud := range map[string]any{
		"the issuer": w.server.URL, "the token endpoint": w.server.URL + op.PathToken,
		"this endpoint": w.server.URL + op.PathIntrospect, "the issuer, in a list": []string{w.server.URL},
	} {
		assertion := key.assertion(w, string(w.wiki.App.ID), func(c map[string]any) { c["aud"] = aud })
		if a := w.post(op.PathIntrospect, asserting(url.Values{"token": {"x"}}, assertion)); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	other := key.assertion(w, string(w.wiki.App.ID), func(c map[string]any) { c["aud"] = w.server.URL + op.PathPushed })
	if a := w.post(op.PathIntrospect, asserting(url.Values{"token": {"x"}}, other)); a.status != http.StatusUnauthorized {
		t.Errorf("another endpoint: %d", a.status)
	}
}

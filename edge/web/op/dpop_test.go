package op_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"holdfast/domain/grant"
	"holdfast/edge/web/op"
)

// bound is an application's tokens, bound to a key.
type bound struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Type    string `json:"token_type"`
	Error   string `json:"error"`
	Text    string `json:"error_description"`
	ID      string `json:"id_token"`
	status  int
}

// token posts to the token endpoint.
func (w *world) token(form url.Values, edit ...func(*http.Request)) (b bound) {
	w.t.Helper()
	if form.Get("client_id") == "" && form.Get("client_assertion") == "" {
		form.Set("client_id", string(w.wiki.App.ID))
	}
	a := w.post(op.PathToken, form, edit...)
	w.must(json.Unmarshal([]byte(a.body), &b))
	b.status = a.status
	return b
}

func codeForm(code, verifier string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
}

func refreshForm(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

// bind signs Ada in and gets tokens that are bound to s.
func (w *world) bind(s signer) bound {
	w.t.Helper()
	code, verifier := w.code()
	b := w.token(codeForm(code, verifier), dpop(s.proof(w, "POST", op.PathToken, "")))
	if b.status != http.StatusOK || b.Type != "DPoP" {
		w.t.Fatalf("no bound tokens: %+v", b)
	}
	return b
}

// info asks userinfo with a token under a scheme.
func (w *world) info(scheme, token string, edit ...func(*http.Request)) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.server.URL+op.PathUserInfo, nil)
	w.must(err)
	r.Header.Set("Authorization", scheme+" "+token)
	for _, e := range edit {
		e(r)
	}
	return w.do(r)
}

func TestBoundTokens(t *testing.T) {
	for _, alg := range []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256} {
		t.Run(string(alg), func(t *testing.T) {
			w := newWorld(t, grant.Draft{})
			w.signIn()
			key := newSigner(t, alg)
			b := w.bind(key)
			if a := w.info("DPoP", b.Access, dpop(key.proof(w, "GET", op.PathUserInfo, b.Access))); a.status != http.StatusOK {
				t.Errorf("userinfo: %d %s", a.status, a.body)
			}
			next := w.token(refreshForm(b.Refresh), dpop(key.proof(w, "POST", op.PathToken, "")))
			if next.status != http.StatusOK || next.Type != "DPoP" {
				t.Fatalf("refresh: %+v", next)
			}
			if a := w.info("DPoP", next.Access, dpop(key.proof(w, "GET", op.PathUserInfo, next.Access))); a.status != http.StatusOK {
				t.Errorf("userinfo after refresh: %d %s", a.status, a.body)
			}
		})
	}
	t.Run("RFC 9449 §6.2: introspection tells the key", func(t *testing.T) {
		w := newWorld(t, grant.Draft{Confidential: true})
		w.signIn()
		key := newSigner(t, jose.ES256)
		code, verifier := w.code()
		b := w.token(codeForm(code, verifier), as(w.wiki), dpop(key.proof(w, "POST", op.PathToken, "")))
		got := w.introspect(b.Access, w.wiki)
		cnf, _ := got["cnf"].(map[string]any)
		if cnf["jkt"] != key.thumbprint() || got["token_type"] != "DPoP" {
			t.Errorf("%v", got)
		}
	})
	t.Run("RFC 9449 §5: a confidential application may change its key, and not do without", func(t *testing.T) {
		w := newWorld(t, grant.Draft{Confidential: true})
		w.signIn()
		code, verifier := w.code()
		b := w.token(codeForm(code, verifier), as(w.wiki), dpop(newSigner(t, jose.ES256).proof(w, "POST", op.PathToken, "")))
		if got := w.token(refreshForm(b.Refresh), as(w.wiki)); got.Error != "invalid_dpop_proof" {
			t.Errorf("without: %+v", got)
		}
		if got := w.token(refreshForm(b.Refresh), as(w.wiki), dpop(newSigner(t, jose.ES256).proof(w, "POST", op.PathToken, ""))); got.Type != "DPoP" {
			t.Errorf("with another: %+v", got)
		}
	})
}

func TestBoundTokensAreRefused(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	w.signIn()
	key, other := newSigner(t, jose.ES256), newSigner(t, jose.ES256)
	b := w.bind(key)
	plain := w.tokens().AccessToken
	good := func() string { return key.proof(w, "GET", op.PathUserInfo, b.Access) }
	used := good()
	w.info("DPoP", b.Access, dpop(used))
	for _, c := range []struct {
		name, scheme, token string
		edit                []func(*http.Request)
		error               string
	}{
		{"RFC 9449 §7.2: as Bearer", "Bearer", b.Access, nil, "invalid_token"},
		{"as Bearer, with a proof", "Bearer", b.Access, []func(*http.Request){dpop(good())}, "invalid_token"},
		{"without a proof", "DPoP", b.Access, nil, "invalid_dpop_proof"},
		{"§4.3-1: two proofs", "DPoP", b.Access, []func(*http.Request){dpop(good()), dpop(good())}, "invalid_dpop_proof"},
		{"§11.1: a proof again", "DPoP", b.Access, []func(*http.Request){dpop(used)}, "invalid_dpop_proof"},
		{"another key", "DPoP", b.Access, []func(*http.Request){dpop(other.proof(w, "GET", op.PathUserInfo, b.Access))}, "invalid_token"},
		{"§4.3-10: for another token", "DPoP", b.Access, []func(*http.Request){dpop(key.proof(w, "GET", op.PathUserInfo, plain))}, "invalid_dpop_proof"},
		{"§4.3-10: for no token", "DPoP", b.Access, []func(*http.Request){dpop(key.proof(w, "GET", op.PathUserInfo, ""))}, "invalid_dpop_proof"},
		{"§4.3-9: for another address", "DPoP", b.Access, []func(*http.Request){dpop(key.proof(w, "GET", op.PathToken, b.Access))}, "invalid_dpop_proof"},
		{"a token that is not bound, as DPoP", "DPoP", plain, []func(*http.Request){dpop(key.proof(w, "GET", op.PathUserInfo, plain))}, "invalid_token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := w.info(c.scheme, c.token, c.edit...)
			if got := a.header.Get("WWW-Authenticate"); a.status != http.StatusUnauthorized || !strings.Contains(got, `error="`+c.error+`"`) || !strings.HasPrefix(got, c.scheme) {
				t.Errorf("%d %q %s, want %s", a.status, got, a.body, c.error)
			}
		})
	}
	if a := w.info("DPoP", b.Access, dpop(good())); a.status != http.StatusOK {
		t.Errorf("none of it may end the token: %d %s", a.status, a.body)
	}
}

// RFC 9449 §4.3, at the token endpoint.
func TestProofsAreRefused(t *testing.T) {
	key := newSigner(t, jose.ES256)
	private, err := jose.JSONWebKey{Key: key.private}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	rs := newSigner(t, jose.RS256)
	for _, c := range []struct {
		name string
		make func(w *world) string
	}{
		{"no JWT", func(*world) string { return "a.b.c" }},
		{"-4: typ of a JWT", edited(key, func(h, _ map[string]any) { h["typ"] = "JWT" })},
		{"-5: alg none", func(w *world) string {
			parts := strings.Split(key.proof(w, "POST", op.PathToken, ""), ".")
			return "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6Im5vbmUifQ." + parts[1] + "."
		}},
		{"-5: an algorithm that is not listed", func(w *world) string { s := rs; s.alg = jose.PS256; return s.proof(w, "POST", op.PathToken, "") }},
		{"-6: signed by another key than it shows", func(w *world) string {
			shown, _ := newSigner(t, jose.ES256).jwk().MarshalJSON()
			return key.proof(w, "POST", op.PathToken, "", func(h, _ map[string]any) { h["jwk"] = json.RawMessage(shown) })
		}},
		{"-7: a private key in the header", edited(key, func(h, _ map[string]any) { h["jwk"] = json.RawMessage(private) })},
		{"no key", edited(key, func(h, _ map[string]any) { delete(h, "jwk") })},
		{"-8: htm of another method", func(w *world) string { return key.proof(w, "GET", op.PathToken, "") }},
		{"-8: htm in small letters", edited(key, func(_, c map[string]any) { c["htm"] = "post" })},
		{"-9: htu of another endpoint", func(w *world) string { return key.proof(w, "POST", "/par", "") }},
		{"-9: htu with a longer path", func(w *world) string { return key.proof(w, "POST", op.PathToken+"/", "") }},
		{"-9: htu of another host", edited(key, func(_, c map[string]any) { c["htu"] = "https://evil.example/token" })},
		{"-11: of three minutes ago", func(w *world) string {
			return key.proof(w, "POST", op.PathToken, "", func(_, c map[string]any) { c["iat"] = w.now().Unix() - 180 })
		}},
		{"-11: of next year", func(w *world) string {
			return key.proof(w, "POST", op.PathToken, "", func(_, c map[string]any) { c["iat"] = w.now().Unix() + 365*86400 })
		}},
		{"no iat", edited(key, func(_, c map[string]any) { delete(c, "iat") })},
		{"no jti", edited(key, func(_, c map[string]any) { delete(c, "jti") })},
		{"a jti that is too long", edited(key, func(_, c map[string]any) { c["jti"] = strings.Repeat("j", 300) })},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, grant.Draft{})
			w.signIn()
			code, verifier := w.code()
			if got := w.token(codeForm(code, verifier), dpop(c.make(w))); got.status != 400 || got.Error != "invalid_dpop_proof" || got.Access != "" {
				t.Errorf("%+v", got)
			}
			if got := w.token(codeForm(code, verifier), dpop(key.proof(w, "POST", op.PathToken, ""))); got.Access == "" {
				t.Errorf("the code was spent by it: %+v", got)
			}
		})
	}
}

func edited(s signer, edit func(h, c map[string]any)) func(*world) string {
	return func(w *world) string { return s.proof(w, "POST", op.PathToken, "", edit) }
}

// One proof counts once, on both engines, with many requests at once.
func TestProofRace(t *testing.T) {
	onEachEngine(t, grant.Draft{}, func(t *testing.T, w *world) {
		w.signIn()
		key := newSigner(t, jose.ES256)
		b := w.bind(key)
		proof := key.proof(w, "GET", op.PathUserInfo, b.Access)
		var wins atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if w.info("DPoP", b.Access, dpop(proof)).status == http.StatusOK {
					wins.Add(1)
				}
			})
		}
		all.Wait()
		if wins.Load() != 1 {
			t.Errorf("%d of 16 requests with one proof were answered", wins.Load())
		}
	})
}

func TestDPoPJKT(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	w.signIn()
	key, other := newSigner(t, jose.ES256), newSigner(t, jose.ES256)
	param := oauth2.SetAuthURLParam("dpop_jkt", key.thumbprint())
	code, verifier := w.code(param)
	if got := w.token(codeForm(code, verifier), dpop(other.proof(w, "POST", op.PathToken, ""))); got.Error != "invalid_dpop_proof" {
		t.Errorf("RFC 9449 §10: by another key: %+v", got)
	}
	code, verifier = w.code(param)
	if got := w.token(codeForm(code, verifier)); got.Error != "invalid_dpop_proof" {
		t.Errorf("by no key: %+v", got)
	}
	code, verifier = w.code(param)
	if got := w.token(codeForm(code, verifier), dpop(key.proof(w, "POST", op.PathToken, ""))); got.Type != "DPoP" {
		t.Errorf("by the key: %+v", got)
	}
	if a := w.get(with(w.ask(verifier), "dpop_jkt", "short")); a.location.Query().Get("error") != "invalid_request" {
		t.Errorf("no thumbprint: %v", a.location)
	}
}

func TestRequireDPoP(t *testing.T) {
	w := newWorld(t, grant.Draft{RequireDPoP: true})
	w.signIn()
	code, verifier := w.code()
	if got := w.token(codeForm(code, verifier)); got.Error != "invalid_dpop_proof" {
		t.Errorf("%+v", got)
	}
	w.bind(newSigner(t, jose.ES256))
}

// Whatever a stranger puts into the DPoP header, no token comes out, and
// nothing breaks.
func FuzzProof(f *testing.F) {
	w := newWorld(f, grant.Draft{})
	key := newSigner(f, jose.ES256)
	good := key.proof(w, "POST", op.PathToken, "")
	for _, s := range []string{"", "a.b.c", "..", good, good[:len(good)-2], "eyJ0eXAiOiJkcG9wK2p3dCIsImp3ayI6e319.e30.", strings.Repeat("a", 9000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, proof string) {
		r, err := http.NewRequest(http.MethodPost, w.server.URL+op.PathToken, strings.NewReader("grant_type=refresh_token&refresh_token=x&client_id="+string(w.wiki.App.ID)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header["Dpop"] = []string{proof}
		rec := record(w, r)
		if rec.Code >= 500 || strings.Contains(rec.Body.String(), "access_token\"") {
			t.Errorf("%d: %s", rec.Code, rec.Body)
		}
	})
}

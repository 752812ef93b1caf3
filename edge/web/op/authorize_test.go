package op_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"holdfast/domain/grant"
	"holdfast/edge/web/op"
)

func TestSignInWithCodeAndPKCE(t *testing.T) {
	for _, confidential := range []bool{true, false} {
		t.Run(map[bool]string{true: "confidential", false: "public"}[confidential], func(t *testing.T) {
			w := newWorld(t, grant.Draft{Confidential: confidential})
			verifier := oauth2.GenerateVerifier()

			a := w.get(w.ask(verifier))
			if a.status != http.StatusSeeOther || a.location.Path != "/signin" {
				t.Fatalf("nobody is signed in: %d %v", a.status, a.location)
			}
			back := a.location.Query().Get("return")
			if !strings.HasPrefix(back, "/authorize/") {
				t.Fatalf("the way back is %q", back)
			}
			s := w.signIn()
			a = w.get(back)
			q := a.location.Query()
			if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location.String(), callback+"?") {
				t.Fatalf("after sign-in: %d %v", a.status, a.location)
			}
			if q.Get("state") != "the-state" || q.Get("iss") != w.server.URL {
				t.Errorf("state %q, iss %q", q.Get("state"), q.Get("iss"))
			}

			tok, err := w.oauth.Exchange(t.Context(), q.Get("code"), oauth2.VerifierOption(verifier))
			w.must(err)
			id, claims := w.idToken(tok)
			if id.Nonce != "the-nonce" || id.Subject != string(w.ada.ID) {
				t.Errorf("nonce %q, sub %q", id.Nonce, id.Subject)
			}
			want := map[string]any{"acr": "phr", "amr": []any{"pop", "user", "mfa"}, "sid": string(s.ID), "auth_time": float64(s.AuthTime.Unix())}
			got := map[string]any{"acr": claims["acr"], "amr": claims["amr"], "sid": claims["sid"], "auth_time": claims["auth_time"]}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			info, err := w.client.UserInfo(t.Context(), oauth2.StaticTokenSource(tok))
			w.must(err)
			if info.Subject != string(w.ada.ID) || info.Email != "ada@example.org" {
				t.Errorf("userinfo %+v", info)
			}
			if strings.Contains(tok.AccessToken, ".") {
				t.Error("the access token is not opaque")
			}
		})
	}
}

func TestClientSecretPost(t *testing.T) {
	w := newWorld(t, grant.Draft{Confidential: true})
	w.signIn()
	w.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	w.tokens()
}

func TestAuthorizeRefuses(t *testing.T) {
	verifier := oauth2.GenerateVerifier()
	cases := []struct {
		name  string
		edit  []string
		page  bool   // told to the person, not to the application
		error string // told to the application
	}{
		{"an application that does not exist", []string{"client_id", "app_nobody"}, true, ""},
		{"no application", []string{"client_id", ""}, true, ""},
		{"RFC 6749 §3.1.2.3: another redirect_uri", []string{"redirect_uri", "https://evil.example/"}, true, ""},
		{"RFC 9700 §2.1: redirect_uri with a longer path", []string{"redirect_uri", callback + "/x"}, true, ""},
		{"RFC 9700 §2.1: redirect_uri with a query", []string{"redirect_uri", callback + "?x=y"}, true, ""},
		{"no redirect_uri", []string{"redirect_uri", ""}, true, ""},
		{"RFC 7636 §4.4.1: no code_challenge", []string{"code_challenge", ""}, false, "invalid_request"},
		{"RFC 7636 §4.3: plain", []string{"code_challenge_method", "plain"}, false, "invalid_request"},
		{"RFC 7636 §4.3: plain by default", []string{"code_challenge_method", ""}, false, "invalid_request"},
		{"RFC 7636 §4.2: a challenge that is none", []string{"code_challenge", "short"}, false, "invalid_request"},
		{"no response_type", []string{"response_type", ""}, false, "invalid_request"},
		{"implicit: token", []string{"response_type", "token"}, false, "unsupported_response_type"},
		{"implicit: id_token", []string{"response_type", "id_token"}, false, "unsupported_response_type"},
		{"hybrid: code id_token", []string{"response_type", "code id_token"}, false, "unsupported_response_type"},
		{"none", []string{"response_type", "none"}, false, "unsupported_response_type"},
		{"response_mode=fragment", []string{"response_mode", "fragment"}, false, "invalid_request"},
		{"response_mode=form_post", []string{"response_mode", "form_post"}, false, "invalid_request"},
		{"Core §3.1.2.1: no openid scope", []string{"scope", "profile"}, false, "invalid_request"},
		{"Core §6.1: a request object", []string{"request", "eyJhbGciOiJub25lIn0.e30."}, false, "request_not_supported"},
		{"Core §6.2: a request_uri", []string{"request_uri", "https://evil.example/r"}, false, "request_uri_not_supported"},
		{"Core §7.2.1: registration", []string{"registration", "{}"}, false, "registration_not_supported"},
		{"max_age that is no number", []string{"max_age", "soon"}, false, "invalid_request"},
		{"a negative max_age", []string{"max_age", "-1"}, false, "invalid_request"},
		{"Core §5.5: claims that cannot be read", []string{"claims", "{"}, false, "invalid_request"},
		{"Core §5.5: an acr demand of another type", []string{"claims", `{"id_token":{"acr":{"essential":true,"value":5}}}`}, false, "invalid_request"},
		{"an id_token_hint that we did not sign", []string{"id_token_hint", "eyJhbGciOiJub25lIn0.e30."}, false, "invalid_request"},
		{"a nonce that is not printable", []string{"nonce", "a\x00b"}, false, "invalid_request"},
		{"prompt=none with another", []string{"prompt", "none login"}, false, "invalid_request"},
		{"Core §3.1.2.6: prompt=none and nobody there", []string{"prompt", "none"}, false, "login_required"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, grant.Draft{})
			a := w.get(with(w.ask(verifier), c.edit...))
			if c.page {
				if a.location != nil || a.status != http.StatusBadRequest || !strings.Contains(a.header.Get("Content-Type"), "text/html") {
					t.Errorf("status %d, location %v", a.status, a.location)
				}
				return
			}
			if a.location == nil || !strings.HasPrefix(a.location.String(), callback+"?") {
				t.Fatalf("status %d, location %v: %s", a.status, a.location, a.body)
			}
			q := a.location.Query()
			if q.Get("error") != c.error || q.Get("state") != "the-state" || q.Get("code") != "" {
				t.Errorf("error %q, state %q, code %q; want %q", q.Get("error"), q.Get("state"), q.Get("code"), c.error)
			}
		})
	}
	t.Run("RFC 6749 §3.1: a parameter twice", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		if a := w.get(w.ask(verifier) + "&redirect_uri=https%3A%2F%2Fevil.example%2F"); a.status != http.StatusBadRequest || a.location != nil {
			t.Errorf("status %d, location %v", a.status, a.location)
		}
	})
	t.Run("a query that is too long", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		if a := w.get(w.ask(verifier) + "&ui_locales=" + strings.Repeat("a", 20<<10)); a.status != http.StatusRequestURITooLong {
			t.Errorf("status %d", a.status)
		}
	})
}

func TestUnknownScopesAndACRValuesAreIgnored(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	w.signIn()
	w.oauth.Scopes = []string{"openid", "phone", "email"}
	tok := w.tokens(oauth2.SetAuthURLParam("acr_values", "urn:unknown aal2"))
	if _, claims := w.idToken(tok); claims["acr"] != "aal2" {
		t.Errorf("acr %v, want the first requested that is met", claims["acr"])
	}
	if got := tok.Extra("scope"); got != "openid email" {
		t.Errorf("scope %v", got)
	}
	if tok.RefreshToken != "" {
		t.Error("a refresh token without offline_access")
	}
}

func TestEssentialACR(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	w.signIn()
	a := w.get(with(w.ask(oauth2.GenerateVerifier()), "claims", `{"id_token":{"acr":{"essential":true,"values":["phrh"]}}}`))
	if got := a.location.Query().Get("error"); got != "unmet_authentication_requirements" {
		t.Errorf("error %q", got)
	}
	tok := w.tokens(oauth2.SetAuthURLParam("claims", `{"id_token":{"acr":{"essential":true,"values":["phrh","aal2"]},"auth_time":null}}`))
	if _, claims := w.idToken(tok); claims["acr"] != "aal2" {
		t.Errorf("acr %v", claims["acr"])
	}
}

func TestMaxAgeAndPromptLogin(t *testing.T) {
	for _, edit := range [][]string{{"max_age", "60"}, {"max_age", "0"}, {"prompt", "login"}} {
		t.Run(strings.Join(edit, "="), func(t *testing.T) {
			w := newWorld(t, grant.Draft{})
			w.signIn()
			w.pass(2 * time.Minute)
			verifier := oauth2.GenerateVerifier()
			a := w.get(with(w.ask(verifier), edit...))
			if a.location.Path != "/signin" || a.location.Query().Get("confirm") != "1" {
				t.Fatalf("no confirmation is asked for: %v", a.location)
			}
			back := a.location.Query().Get("return")
			if again := w.get(back); again.location.Path != "/signin" {
				t.Fatalf("coming back without confirming: %v", again.location)
			}
			s := w.signIn()
			a = w.get(back)
			code := a.location.Query().Get("code")
			if code == "" {
				t.Fatalf("no code after confirming: %v", a.location)
			}
			tok, err := w.oauth.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
			w.must(err)
			if _, claims := w.idToken(tok); claims["auth_time"] != float64(s.AuthTime.Unix()) {
				t.Errorf("auth_time %v, want %d", claims["auth_time"], s.AuthTime.Unix())
			}
		})
	}
}

func TestPromptNone(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	w.signIn()
	w.tokens(oauth2.SetAuthURLParam("prompt", "none"))
	third := newWorld(t, grant.Draft{ThirdParty: true})
	third.signIn()
	a := third.get(with(third.ask(oauth2.GenerateVerifier()), "prompt", "none"))
	if got := a.location.Query().Get("error"); got != "consent_required" {
		t.Errorf("error %q", got)
	}
}

func TestIDTokenHint(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	w.signIn()
	raw := w.tokens().Extra("id_token").(string)
	w.pass(time.Hour) // it has expired, and still says who is meant
	w.signIn()
	w.tokens(oauth2.SetAuthURLParam("id_token_hint", raw), oauth2.SetAuthURLParam("prompt", "none"))
	w.ada = w.person("Eve", "eve@example.org")
	w.signIn()
	a := w.get(with(w.ask(oauth2.GenerateVerifier()), "id_token_hint", raw))
	if got := a.location.Query().Get("error"); got != "login_required" {
		t.Errorf("somebody else is signed in: error %q", got)
	}
}

func TestConsent(t *testing.T) {
	open := func(t *testing.T) (*world, string, string) {
		w := newWorld(t, grant.Draft{ThirdParty: true})
		w.signIn()
		verifier := oauth2.GenerateVerifier()
		a := w.get(w.ask(verifier))
		if a.status != http.StatusOK || !strings.Contains(a.body, "ada@example.org") || !strings.Contains(a.body, "wiki.example.org") {
			t.Fatalf("no consent page: %d %s", a.status, a.body)
		}
		_, rest, _ := strings.Cut(a.body, `action="`)
		action, _, _ := strings.Cut(rest, `"`)
		return w, action, verifier
	}
	target := func(t *testing.T, a answer) *url.URL {
		t.Helper()
		if a.status != http.StatusOK || a.location != nil {
			t.Fatalf("form-action 'self' blocks this: %d %v", a.status, a.location)
		}
		i := strings.Index(a.body, "https://wiki.example.org/callback")
		if i < 0 {
			t.Fatalf("the page leads nowhere: %s", a.body)
		}
		text, _, _ := strings.Cut(a.body[i:], `"`)
		u, err := url.Parse(strings.ReplaceAll(text, "&amp;", "&"))
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	t.Run("yes", func(t *testing.T) {
		w, action, verifier := open(t)
		u := target(t, w.post(action, url.Values{"decision": {"allow"}}))
		_, err := w.oauth.Exchange(t.Context(), u.Query().Get("code"), oauth2.VerifierOption(verifier))
		w.must(err)
		w.tokens() // not asked again
	})
	t.Run("no", func(t *testing.T) {
		w, action, _ := open(t)
		u := target(t, w.post(action, url.Values{"decision": {"deny"}}))
		if u.Query().Get("error") != "access_denied" || u.Query().Get("state") != "the-state" {
			t.Errorf("told the application %v", u)
		}
		if a := w.post(action, url.Values{"decision": {"allow"}}); a.status != http.StatusGone {
			t.Errorf("after no, yes: %d", a.status)
		}
	})
	t.Run("another site says yes", func(t *testing.T) {
		w, action, _ := open(t)
		a := w.post(action, url.Values{"decision": {"allow"}}, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
		if a.status != http.StatusForbidden {
			t.Errorf("status %d", a.status)
		}
	})
	t.Run("yes after signing out", func(t *testing.T) {
		w, action, _ := open(t)
		w.browser.Jar = nil
		if a := w.post(action, url.Values{"decision": {"allow"}}); a.location == nil || a.location.Path != "/signin" {
			t.Errorf("status %d, location %v", a.status, a.location)
		}
	})
}

func TestARequestIsAnsweredOnce(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	a := w.get(w.ask(oauth2.GenerateVerifier()))
	back := a.location.Query().Get("return")
	w.signIn()
	if a := w.get(back); a.location.Query().Get("code") == "" {
		t.Fatalf("no code: %v", a.location)
	}
	if a := w.get(back); a.status != http.StatusGone || a.location != nil {
		t.Errorf("a second time: %d %v", a.status, a.location)
	}
	if a := w.get("/authorize/nothing"); a.status != http.StatusGone {
		t.Errorf("an address that was never given: %d", a.status)
	}
}

func TestAPostedRequestKeepsTheSession(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	w.signIn()
	u, _ := url.Parse(w.ask(oauth2.GenerateVerifier()))
	a := w.post(op.PathAuthorize, u.Query())
	if a.status != http.StatusSeeOther || a.location.Path != op.PathAuthorize {
		t.Fatalf("status %d, location %v", a.status, a.location)
	}
	if a = w.get(a.location.String()); a.location.Query().Get("code") == "" {
		t.Errorf("no code: %v", a.location)
	}
}

package op_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/edge/web/op"
)

func TestUserInfoTakesAccessTokensOnly(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	w.signIn()
	tok := w.tokens()
	for name, value := range map[string]string{
		"nothing": "", "a guess": "guess", "a refresh token": tok.RefreshToken, "an ID token": tok.Extra("id_token").(string),
		"the hash": holdfast.HashSecret(tok.AccessToken),
	} {
		if a := w.userInfo(value); a.status != http.StatusUnauthorized || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: %d %q", name, a.status, a.header.Get("WWW-Authenticate"))
		}
	}
	a := w.post(op.PathUserInfo, url.Values{}, func(r *http.Request) { r.Header.Set("Authorization", "Basic "+tok.AccessToken) })
	if a.status != http.StatusUnauthorized {
		t.Errorf("after another word than Bearer: %d", a.status)
	}
	w.pass(grant.AccessLife)
	if a := w.userInfo(tok.AccessToken); a.status != http.StatusUnauthorized {
		t.Errorf("after its life: %d", a.status)
	}
}

func TestIntrospection(t *testing.T) {
	w := newWorld(t, grant.Draft{Confidential: true})
	w.signIn()
	tok := w.tokens()
	got := w.introspect(tok.AccessToken, w.wiki)
	if got["active"] != true || got["sub"] != string(w.ada.ID) || got["client_id"] != string(w.wiki.App.ID) || got["scope"] == "" {
		t.Errorf("the access token: %v", got)
	}
	if got := w.introspect(tok.RefreshToken, w.wiki); got["active"] != true {
		t.Errorf("the refresh token: %v", got)
	}
	second, err := w.refresh(tok)
	w.must(err)
	inactive := map[string]any{"active": false}
	if d := cmp.Diff(inactive, w.introspect(tok.RefreshToken, w.wiki)); d != "" {
		t.Errorf("a replaced refresh token: %s", d)
	}
	if got := w.introspect(second.AccessToken, w.wiki); got["active"] != true {
		t.Error("asking about a replaced token ended the family")
	}
	other := w.add(grant.Draft{Name: "Other", RedirectURIs: []string{callback}, Confidential: true})
	for _, value := range []string{second.AccessToken, second.RefreshToken, "guess", second.Extra("id_token").(string)} {
		if d := cmp.Diff(inactive, w.introspect(value, other)); d != "" {
			t.Errorf("another application learns: %s", d)
		}
	}
	public := w.add(grant.Draft{Name: "Public", RedirectURIs: []string{callback}})
	a := w.post(op.PathIntrospect, url.Values{"token": {second.AccessToken}, "client_id": {string(public.App.ID)}})
	if strings.Contains(a.body, `"active":true`) {
		t.Errorf("a public application learns: %s", a.body)
	}
	if a := w.post(op.PathIntrospect, url.Values{"token": {second.AccessToken}}); a.status != http.StatusUnauthorized {
		t.Errorf("nobody asks: %d", a.status)
	}
}

func TestRevocation(t *testing.T) {
	start := func(t *testing.T) (*world, *oauth2.Token) {
		w := newWorld(t, grant.Draft{Confidential: true})
		w.signIn()
		return w, w.tokens()
	}
	revoke := func(w *world, value string) answer {
		return w.post(op.PathRevoke, url.Values{"token": {value}}, as(w.wiki))
	}
	t.Run("RFC 7009 §2.1: an access token goes alone", func(t *testing.T) {
		w, tok := start(t)
		if a := revoke(w, tok.AccessToken); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if a := w.userInfo(tok.AccessToken); a.status != http.StatusUnauthorized {
			t.Errorf("it lives: %d", a.status)
		}
		if _, err := w.refresh(tok); err != nil {
			t.Errorf("the refresh token went too: %v", err)
		}
	})
	t.Run("RFC 7009 §2.1: a refresh token takes all", func(t *testing.T) {
		w, tok := start(t)
		if a := revoke(w, tok.RefreshToken); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if a := w.userInfo(tok.AccessToken); a.status != http.StatusUnauthorized {
			t.Errorf("the access token lives: %d", a.status)
		}
		if _, err := w.refresh(tok); err == nil {
			t.Error("the refresh token lives")
		}
	})
	t.Run("RFC 7009 §2.2: what never was is revoked", func(t *testing.T) {
		w, _ := start(t)
		if a := revoke(w, "guess"); a.status != http.StatusOK {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("RFC 7009 §2.1: another application's stays", func(t *testing.T) {
		w, tok := start(t)
		other := w.add(grant.Draft{Name: "Other", RedirectURIs: []string{callback}, Confidential: true})
		for _, value := range []string{tok.AccessToken, tok.RefreshToken} {
			w.post(op.PathRevoke, url.Values{"token": {value}}, as(other))
		}
		if a := w.userInfo(tok.AccessToken); a.status != http.StatusOK {
			t.Errorf("it is gone: %d", a.status)
		}
		if _, err := w.refresh(tok); err != nil {
			t.Errorf("the family is gone: %v", err)
		}
	})
}

func TestDiscovery(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	d := object(t, w.get(op.PathDiscovery).body)
	want := map[string]any{
		"issuer":                                w.server.URL,
		"authorization_endpoint":                w.server.URL + "/authorize",
		"token_endpoint":                        w.server.URL + "/token",
		"userinfo_endpoint":                     w.server.URL + "/userinfo",
		"jwks_uri":                              w.server.URL + "/jwks",
		"introspection_endpoint":                w.server.URL + "/introspect",
		"revocation_endpoint":                   w.server.URL + "/revoke",
		"end_session_endpoint":                  w.server.URL + "/logout",
		"response_types_supported":              []any{"code"},
		"response_modes_supported":              []any{"query"},
		"grant_types_supported":                 []any{"authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_types_supported":               []any{"public"},
		"id_token_signing_alg_values_supported": []any{"RS256"},
		"code_challenge_methods_supported":      []any{"S256"},
		"scopes_supported":                      []any{"openid", "profile", "email", "groups", "offline_access"},
		"acr_values_supported":                  []any{"phr", "aal2", "aal1"},
		"prompt_values_supported":               []any{"none", "login", "consent", "select_account"},
		"claims_supported": []any{"iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "acr", "amr", "sid",
			"name", "preferred_username", "email", "groups"},
		"claim_types_supported":           []any{"normal"},
		"request_parameter_supported":     false,
		"request_uri_parameter_supported": false,
		"claims_parameter_supported":      true,
		"backchannel_logout_supported":    true, "backchannel_logout_session_supported": true,
		"authorization_response_iss_parameter_supported": true,
		"token_endpoint_auth_methods_supported":          []any{"client_secret_basic", "client_secret_post", "private_key_jwt", "none"},
		"revocation_endpoint_auth_methods_supported":     []any{"client_secret_basic", "client_secret_post", "private_key_jwt", "none"},
		"introspection_endpoint_auth_methods_supported":  []any{"client_secret_basic", "client_secret_post", "private_key_jwt"},
		"pushed_authorization_request_endpoint":          w.server.URL + "/par",
		"require_pushed_authorization_requests":          false,
		"dpop_signing_alg_values_supported":              []any{"ES256", "EdDSA", "Ed25519", "RS256"},
	}
	for _, endpoint := range []string{"token", "revocation", "introspection"} {
		want[endpoint+"_endpoint_auth_signing_alg_values_supported"] = []any{"ES256", "EdDSA", "Ed25519", "PS256", "RS256"}
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
}

func TestKeysArePublicOnly(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	body := w.get(op.PathJWKS).body
	for _, k := range object(t, body)["keys"].([]any) {
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			if _, ok := k.(map[string]any)[private]; ok {
				t.Errorf("the member %s of a private key is published", private)
			}
		}
	}
	if !strings.Contains(body, `"RS256"`) || !strings.Contains(body, `"ES256"`) {
		t.Errorf("keys are missing: %s", body)
	}
}

func TestNobodyRegisters(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	for _, path := range []string{"/register", "/register/", "/register/" + string(w.wiki.App.ID)} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			r, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+path, strings.NewReader(`{"redirect_uris":["https://evil.example/"]}`))
			w.must(err)
			r.Header.Set("Content-Type", "application/json")
			if a := w.do(r); a.status != http.StatusNotFound {
				t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
			}
		}
	}
}

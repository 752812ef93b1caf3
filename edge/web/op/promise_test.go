package op_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"holdfast/domain/grant"
	"holdfast/edge/web/op"
)

// What the discovery document promises is done, and what it does not promise is
// refused: each list of it is tried, with what a client could ask for beside.
func TestDiscoveryIsTrue(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	d := object(t, w.get(op.PathDiscovery).body)
	list := func(name string) (out []string) {
		t.Helper()
		for _, v := range d[name].([]any) {
			out = append(out, v.(string))
		}
		return out
	}
	// check tries what is promised and what could be asked for beside it.
	check := func(name string, others []string, works func(string) bool) {
		t.Helper()
		promised := list(name)
		for _, v := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(promised, others)))) {
			if got, want := works(v), slices.Contains(promised, v); got != want {
				t.Errorf("%s: %s works %v, promised %v", name, v, got, want)
			}
		}
	}
	w.signIn()
	ask := w.ask(oauth2.GenerateVerifier())
	coded := func(pairs ...string) bool {
		a := w.get(with(ask, pairs...))
		return a.location != nil && a.location.Query().Get("code") != ""
	}

	check("response_types_supported", []string{"token", "id_token", "code id_token", "none"}, func(v string) bool { return coded("response_type", v) })
	check("response_modes_supported", []string{"fragment", "form_post", "jwt"}, func(v string) bool { return coded("response_mode", v) })
	check("code_challenge_methods_supported", []string{"plain"}, func(v string) bool { return coded("code_challenge_method", v) })
	check("grant_types_supported", []string{"password", "implicit", "urn:openid:params:grant-type:ciba", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, func(v string) bool {
		return w.token(url.Values{"grant_type": {v}}).Error != "unsupported_grant_type"
	})
	check("scopes_supported", []string{"phone", "address"}, func(v string) bool {
		w.oauth.Scopes = []string{"openid", v}
		defer func() { w.oauth.Scopes = []string{"openid", "profile", "email", "offline_access"} }()
		granted, _ := w.tokens().Extra("scope").(string)
		return slices.Contains(strings.Fields(granted), v)
	})
	check("acr_values_supported", []string{"phrh", "aal3", "urn:mace:incommon:iap:silver"}, func(v string) bool {
		a := w.get(with(ask, "claims", `{"id_token":{"acr":{"essential":true,"value":"`+v+`"}}}`))
		return a.location.Query().Get("error") != "unmet_authentication_requirements"
	})
	check("token_endpoint_auth_methods_supported", []string{"client_secret_jwt", "tls_client_auth"}, func(v string) bool { return w.authenticates(v) })

	signing := []string{"ES384", "RS512", "HS256", "none"}
	for _, endpoint := range []string{"token", "introspection", "revocation"} {
		check(endpoint+"_endpoint_auth_signing_alg_values_supported", signing, func(v string) bool { return w.asserting(v) })
	}
	check("dpop_signing_alg_values_supported", signing, func(v string) bool { return w.binds(v) })
	check("id_token_signing_alg_values_supported", []string{"ES256", "none"}, func(v string) bool {
		signed, err := jose.ParseSignedCompact(w.tokens().Extra("id_token").(string), []jose.SignatureAlgorithm{jose.RS256, jose.ES256})
		w.must(err)
		return signed.Signatures[0].Header.Algorithm == v
	})

	_, claims := w.idToken(w.tokens(oauth2.SetAuthURLParam("nonce", "n")))
	w.oauth.Scopes = list("scopes_supported")
	info := object(t, w.userInfo(w.tokens().AccessToken).body)
	for _, name := range list("claims_supported") {
		_, inToken := claims[name]
		_, inInfo := info[name]
		if !inToken && !inInfo {
			t.Errorf("claims_supported: nobody gives %s", name)
		}
		delete(claims, name)
		delete(info, name)
	}
	if len(claims)+len(info) > 0 {
		t.Errorf("claims that are given and not promised: %v %v", claims, info)
	}
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "introspection_endpoint",
		"revocation_endpoint", "end_session_endpoint", "pushed_authorization_request_endpoint"} {
		address, _ := d[name].(string)
		if a := w.get(address); !strings.HasPrefix(address, w.server.URL) || a.status == http.StatusNotFound {
			t.Errorf("%s: %q answers %d", name, address, a.status)
		}
	}
}

// authenticates says whether an application that proves itself by method is
// let in to the token endpoint.
func (w *world) authenticates(method string) bool {
	form := refreshForm("guess")
	switch method {
	case "none":
		return w.token(form).Error == "invalid_grant"
	case "private_key_jwt":
		return w.asserting("ES256")
	}
	a := w.add(grant.Draft{Name: "Other", RedirectURIs: []string{callback}, Confidential: true})
	form.Set("client_id", string(a.App.ID))
	switch method {
	case "client_secret_basic":
		return w.token(form, as(a)).Error == "invalid_grant"
	case "client_secret_post":
		form.Set("client_secret", a.Secret)
	case "client_secret_jwt":
		asserting(form, signer{t: w.t, alg: jose.HS256}.hmac(a.Secret, string(a.App.ID), w))
	}
	return w.token(form).Error == "invalid_grant"
}

// key is a key for an algorithm that is tried, of the kind that fits it.
func (w *world) key(alg string) (s signer, name jose.SignatureAlgorithm) {
	switch alg {
	case "EdDSA", "Ed25519":
		return newSigner(w.t, jose.EdDSA), jose.EdDSA
	case "PS256", "RS256", "RS512":
		s = newSigner(w.t, jose.RS256)
	default:
		s = newSigner(w.t, jose.ES256)
	}
	return s, jose.SignatureAlgorithm(alg)
}

// asserting says whether an assertion that is signed with alg is taken.
func (w *world) asserting(alg string) bool {
	s, name := w.key(alg)
	a := w.add(grant.Draft{Name: "Other", RedirectURIs: []string{callback}, AuthMethod: grant.MethodKey,
		JWKS: strings.Replace(s.set(), `"alg":"RS256",`, "", 1)})
	claims := `{"iss":"` + string(a.App.ID) + `","sub":"` + string(a.App.ID) + `","aud":"` + w.server.URL + `","jti":"` + alg + `","exp":9999999999}`
	claims = strings.Replace(claims, "9999999999", itoa(w.now().Unix()+60), 1)
	jws := s.raw(name, alg, `{"alg":"`+alg+`"}`, claims)
	return w.token(asserting(refreshForm("guess"), jws)).Error == "invalid_grant"
}

// binds says whether a proof that is signed with alg is taken.
func (w *world) binds(alg string) bool {
	s, name := w.key(alg)
	key, err := jose.JSONWebKey{Key: s.private.Public()}.MarshalJSON()
	w.must(err)
	jws := s.raw(name, alg, `{"typ":"dpop+jwt","alg":"`+alg+`","jwk":`+string(key)+`}`,
		`{"jti":"`+alg+`","htm":"POST","htu":"`+w.server.URL+op.PathToken+`","iat":`+itoa(w.now().Unix())+`}`)
	code, verifier := w.code()
	return w.token(codeForm(code, verifier), dpop(jws)).Type == "DPoP"
}

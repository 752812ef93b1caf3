package op_test

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/grant"
	"holdfast/domain/signingkey"
	"holdfast/edge/keys"
	"holdfast/edge/keys/keystest"
	"holdfast/edge/web/op"
	"holdfast/flow/authorize/authorizetest"
)

// rotating is a world with keys of its own.
func rotating(t *testing.T) (*world, keys.Master, *keystest.Store) {
	t.Helper()
	m, s := keystest.Master(t), &keystest.Store{}
	w := &world{t: t, lax: true}
	w.must(m.Found(t.Context(), s, w.now()))
	w.double = authorizetest.New(w.now)
	w.keys = keys.NewRing(m, s, w.now)
	return w.open(w.double, grant.Draft{}), m, s
}

// cached is the key set as an application keeps it: it asks no more.
func (w *world) cached() *oidc.IDTokenVerifier {
	w.t.Helper()
	var set jose.JSONWebKeySet
	w.must(json.Unmarshal([]byte(w.get(op.PathJWKS).body), &set))
	static := &oidc.StaticKeySet{}
	for _, k := range set.Keys {
		static.PublicKeys = append(static.PublicKeys, k.Key)
	}
	return oidc.NewVerifier(w.server.URL, static, &oidc.Config{ClientID: w.oauth.ClientID, Now: time.Now})
}

func TestRotationBreaksNoSignIn(t *testing.T) {
	w, m, s := rotating(t)
	w.signInAs(assurance.Evidence{}) // a session that outlives a rotation
	verifies := func(what string, v *oidc.IDTokenVerifier, raw string, want bool) {
		t.Helper()
		if _, err := v.Verify(t.Context(), raw); (err == nil) != want {
			t.Errorf("%s: %v", what, err)
		}
	}
	id := func() string { return w.tokens().Extra("id_token").(string) }

	before := id()
	_, err := m.Rotate(t.Context(), s, holdfast.Actor{Kind: holdfast.ActorHost}, signingkey.Overlap, w.now())
	w.must(err)
	w.pass(31 * time.Second)
	during := w.cached() // an application that reads the keys now, and then keeps them
	verifies("of before the rotation", during, before, true)
	verifies("of the overlap", during, id(), true)

	w.pass(signingkey.Overlap)
	after := id()
	verifies("by the new key, with keys that were read in the overlap", during, after, true)
	verifies("by the old key, with the keys of now", w.cached(), before, true)

	w.pass(2 * time.Hour)
	verifies("by the dropped key, with the keys of now", w.cached(), before, false)
	verifies("by the new key, with the keys of now", w.cached(), after, true)
}

// A hint that a retired key signed still signs its session out at once, and
// says who is meant; one of a withdrawn key does neither.
func TestHintsAcrossRotations(t *testing.T) {
	w, m, s := rotating(t)
	w.signInAs(assurance.Evidence{}) // a session that outlives a rotation
	hint := w.tokens().Extra("id_token").(string)
	by := holdfast.Actor{Kind: holdfast.ActorHost}
	_, err := m.Rotate(t.Context(), s, by, signingkey.Overlap, w.now())
	w.must(err)
	w.pass(signingkey.Overlap + 2*time.Hour)
	ask := with(w.ask("0123456789012345678901234567890123456789012"), "prompt", "none", "id_token_hint", hint)
	if q := w.get(ask).location.Query(); q.Get("code") == "" {
		t.Errorf("the hint of a dropped key: %v", q)
	}
	_, err = m.Withdraw(t.Context(), s, by, w.now())
	w.must(err)
	w.pass(31 * time.Second)
	if q := w.get(ask).location.Query(); q.Get("error") != "invalid_request" {
		t.Errorf("the hint of a withdrawn key: %v", q)
	}
	fresh := w.tokens().Extra("id_token").(string)
	logout := func(hint string) answer {
		return w.get(op.PathLogout + "?" + url.Values{"id_token_hint": {hint}}.Encode())
	}
	logout(hint)
	if q := w.get(with(ask, "id_token_hint", "")).location.Query(); q.Get("code") == "" {
		t.Fatalf("a withdrawn key's hint signed out: %v", q)
	}
	_, err = m.Rotate(t.Context(), s, by, signingkey.Overlap, w.now())
	w.must(err)
	w.pass(signingkey.Overlap + 2*time.Hour)
	logout(fresh)
	if q := w.get(with(ask, "id_token_hint", "")).location.Query(); q.Get("error") != "login_required" {
		t.Errorf("a retired key's hint did not sign out: %v", q)
	}
}

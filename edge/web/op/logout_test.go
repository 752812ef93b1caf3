package op_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"holdfast/domain/grant"
	"holdfast/domain/session"
	"holdfast/edge/web/op"
)

func TestLogout(t *testing.T) {
	start := func(t *testing.T) (*world, session.Record, string) {
		w := newWorld(t, grant.Draft{PostLogoutURIs: []string{"https://wiki.example.org/bye"}})
		s := w.signIn()
		return w, s, w.tokens().Extra("id_token").(string)
	}
	ended := func(w *world, s session.Record) bool {
		got, err := w.store.Session(t.Context(), s.ID)
		w.must(err)
		return !got.Ended.IsZero()
	}
	address := func(pairs ...string) string { return with(op.PathLogout, pairs...) }
	t.Run("with an ID token of this session, long expired", func(t *testing.T) {
		w, s, raw := start(t)
		w.pass(30 * time.Minute)
		a := w.get(address("id_token_hint", raw, "post_logout_redirect_uri", "https://wiki.example.org/bye", "state", "x"))
		if a.status != http.StatusOK || !ended(w, s) || !strings.Contains(a.body, "https://wiki.example.org/bye?state=x") {
			t.Errorf("status %d, ended %v: %s", a.status, ended(w, s), a.body)
		}
	})
	t.Run("posted by the application", func(t *testing.T) {
		w, s, raw := start(t)
		a := w.post(op.PathLogout, url.Values{"id_token_hint": {raw}})
		if a.status != http.StatusSeeOther {
			t.Fatalf("status %d", a.status)
		}
		if w.get(a.location.String()); !ended(w, s) {
			t.Error("the session lives")
		}
	})
	for name, pairs := range map[string][]string{
		"without a hint":                 nil,
		"with a hint that is not signed": {"id_token_hint", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."},
		"with a link of another site":    {"decision", "signout"},
	} {
		t.Run(name+" it asks first", func(t *testing.T) {
			w, s, _ := start(t)
			a := w.get(address(pairs...))
			if a.status != http.StatusOK || ended(w, s) || !strings.Contains(a.body, `action="/logout/confirm"`) {
				t.Fatalf("status %d, ended %v: %s", a.status, ended(w, s), a.body)
			}
			if a := w.post("/logout/confirm", url.Values{"decision": {"stay"}}); a.status != http.StatusSeeOther || ended(w, s) {
				t.Errorf("staying: %d, ended %v", a.status, ended(w, s))
			}
			cross := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
			if a := w.post("/logout/confirm", url.Values{"decision": {"signout"}}, cross); a.status != http.StatusForbidden || ended(w, s) || !strings.Contains(a.body, "cross_origin") {
				t.Errorf("confirmed by another site: %d, ended %v: %s", a.status, ended(w, s), a.body)
			}
			if a := w.post("/logout/confirm", url.Values{"decision": {"signout"}}); a.status != http.StatusOK || !ended(w, s) {
				t.Errorf("leaving: %d, ended %v", a.status, ended(w, s))
			}
		})
	}
	t.Run("an ID token of an earlier session asks first", func(t *testing.T) {
		w, _, raw := start(t)
		s := w.signIn()
		if a := w.get(address("id_token_hint", raw)); a.status != http.StatusOK || ended(w, s) {
			t.Errorf("status %d, ended %v", a.status, ended(w, s))
		}
	})
	t.Run("to an address that is not registered", func(t *testing.T) {
		w, s, raw := start(t)
		for _, pairs := range [][]string{{"id_token_hint", raw}, {"client_id", w.oauth.ClientID}, {}} {
			a := w.get(address(append(pairs, "post_logout_redirect_uri", "https://evil.example/")...))
			if a.status != http.StatusBadRequest || a.location != nil || strings.Contains(a.body, "evil.example") || ended(w, s) {
				t.Errorf("%v: status %d, location %v, ended %v", pairs, a.status, a.location, ended(w, s))
			}
		}
	})
	t.Run("nobody is signed in", func(t *testing.T) {
		w, _, raw := start(t)
		w.browser.Jar = nil
		a := w.get(address("id_token_hint", raw, "post_logout_redirect_uri", "https://wiki.example.org/bye"))
		if a.status != http.StatusOK || !strings.Contains(a.body, "https://wiki.example.org/bye") {
			t.Errorf("status %d: %s", a.status, a.body)
		}
	})
}

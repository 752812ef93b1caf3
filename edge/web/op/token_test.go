package op_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/session"
	"holdfast/edge/web/op"
)

func TestTokenRefuses(t *testing.T) {
	cases := []struct {
		name   string
		change func(w *world, form url.Values) []func(*http.Request)
		status int
		error  string
	}{
		{"RFC 7636 §4.6: another verifier", func(_ *world, f url.Values) []func(*http.Request) {
			f.Set("code_verifier", oauth2.GenerateVerifier())
			return nil
		}, 400, "invalid_grant"},
		{"RFC 7636 §4.6: the challenge as verifier", func(_ *world, f url.Values) []func(*http.Request) {
			sum := sha256.Sum256([]byte(f.Get("code_verifier")))
			f.Set("code_verifier", base64.RawURLEncoding.EncodeToString(sum[:]))
			return nil
		}, 400, "invalid_grant"},
		{"RFC 7636 §4.6: no verifier", func(_ *world, f url.Values) []func(*http.Request) { f.Del("code_verifier"); return nil }, 400, "invalid_grant"},
		{"RFC 6749 §4.1.3: another redirect_uri", func(_ *world, f url.Values) []func(*http.Request) {
			f.Set("redirect_uri", callback+"2")
			return nil
		}, 400, "invalid_grant"},
		{"RFC 6749 §4.1.3: no redirect_uri", func(_ *world, f url.Values) []func(*http.Request) { f.Del("redirect_uri"); return nil }, 400, "invalid_grant"},
		{"RFC 6749 §4.1.3: another application", func(w *world, f url.Values) []func(*http.Request) {
			return []func(*http.Request){as(w.add(grant.Draft{Name: "Other", RedirectURIs: []string{callback}, Confidential: true}))}
		}, 400, "invalid_grant"},
		{"RFC 6749 §2.3: no authentication", func(w *world, f url.Values) []func(*http.Request) {
			f.Set("client_id", string(w.wiki.App.ID))
			return []func(*http.Request){func(r *http.Request) { r.Header.Del("Authorization") }}
		}, 401, "invalid_client"},
		{"RFC 6749 §2.3: a wrong secret", func(w *world, f url.Values) []func(*http.Request) {
			return []func(*http.Request){func(r *http.Request) { r.SetBasicAuth(string(w.wiki.App.ID), "guess") }}
		}, 401, "invalid_client"},
		{"the stored hash as the secret", func(w *world, f url.Values) []func(*http.Request) {
			return []func(*http.Request){func(r *http.Request) { r.SetBasicAuth(string(w.wiki.App.ID), w.wiki.App.SecretHash) }}
		}, 401, "invalid_client"},
		{"an application that was removed", func(w *world, f url.Values) []func(*http.Request) {
			_, events, err := grant.RemoveApp(w.wiki.App, nil, w.now())
			w.must(err)
			w.put(events...)
			return nil
		}, 401, "invalid_client"},
		{"after its life", func(w *world, f url.Values) []func(*http.Request) { w.pass(grant.CodeLife); return nil }, 400, "invalid_grant"},
		{"after the session ended", func(w *world, f url.Values) []func(*http.Request) {
			_, events := session.End(w.signedIn(), session.EndedByAdmin, w.now())
			w.put(events...)
			return nil
		}, 400, "invalid_grant"},
		{"a code that never was", func(_ *world, f url.Values) []func(*http.Request) { f.Set("code", "guess"); return nil }, 400, "invalid_grant"},
		{"no code", func(_ *world, f url.Values) []func(*http.Request) { f.Del("code"); return nil }, 400, "invalid_request"},
		{"the password grant", func(_ *world, f url.Values) []func(*http.Request) { f.Set("grant_type", "password"); return nil }, 400, "unsupported_grant_type"},
		{"client_credentials", func(_ *world, f url.Values) []func(*http.Request) {
			f.Set("grant_type", "client_credentials")
			return nil
		}, 400, "unsupported_grant_type"},
		{"a parameter twice", func(_ *world, f url.Values) []func(*http.Request) { f.Add("code", "x"); return nil }, 400, "invalid_request"},
		{"a form that is too long", func(_ *world, f url.Values) []func(*http.Request) {
			f.Set("x", strings.Repeat("a", 20<<10))
			return nil
		}, 400, "invalid_request"},
		{"more scope than granted", func(w *world, f url.Values) []func(*http.Request) { f.Set("scope", "groups"); return nil }, 400, "invalid_scope"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, grant.Draft{Confidential: true})
			w.signIn()
			code, verifier := w.code()
			form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
			edits := append([]func(*http.Request){as(w.wiki)}, c.change(w, form)...)
			a := w.post(op.PathToken, form, edits...)
			if got := object(t, a.body)["error"]; a.status != c.status || got != c.error {
				t.Errorf("status %d, error %v; want %d, %s", a.status, got, c.status, c.error)
			}
			if strings.Contains(a.body, "access_token") {
				t.Error("a token was given")
			}
			if a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control %q", a.header.Get("Cache-Control"))
			}
		})
	}
}

func (w *world) signedIn() session.Record {
	w.t.Helper()
	u, _ := url.Parse(w.server.URL)
	s, err := w.store.Session(w.t.Context(), holdfast.SessionID(w.browser.Jar.Cookies(u)[0].Value))
	w.must(err)
	return s
}

func TestCodeRace(t *testing.T) {
	onEachEngine(t, grant.Draft{}, func(t *testing.T, w *world) {
		w.signIn()
		code, verifier := w.code()
		var wins atomic.Int64
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				if _, err := w.oauth.Exchange(t.Context(), code, oauth2.VerifierOption(verifier)); err == nil {
					wins.Add(1)
				}
			})
		}
		all.Wait()
		if wins.Load() != 1 {
			t.Errorf("%d of 64 redemptions won", wins.Load())
		}
	})
}

func TestCodeReuseEndsWhatItGave(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	w.signIn()
	code, verifier := w.code()
	tok, err := w.oauth.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
	w.must(err)
	if _, err := w.oauth.Exchange(t.Context(), code, oauth2.VerifierOption(verifier)); err == nil {
		t.Fatal("the code was redeemed twice")
	}
	if a := w.userInfo(tok.AccessToken); a.status != http.StatusUnauthorized {
		t.Errorf("the access token lives: %d", a.status)
	}
	if _, err := w.refresh(tok); err == nil {
		t.Error("the refresh token lives")
	}
}

func TestRefresh(t *testing.T) {
	w := newWorld(t, grant.Draft{Confidential: true})
	s := w.signIn()
	first := w.tokens()
	second, err := w.refresh(first)
	w.must(err)
	if second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken {
		t.Error("nothing was rotated")
	}
	if _, claims := w.idToken(second); claims["sid"] != string(s.ID) || claims["auth_time"] != float64(s.AuthTime.Unix()) {
		t.Errorf("claims after refresh %v", claims)
	}
	if a := w.userInfo(second.AccessToken); a.status != http.StatusOK {
		t.Errorf("userinfo %d", a.status)
	}
	t.Run("less scope", func(t *testing.T) {
		a := w.post(op.PathToken, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {second.RefreshToken}, "scope": {"openid"}}, as(w.wiki))
		o := object(t, a.body)
		if o["scope"] != "openid" {
			t.Fatalf("%s", a.body)
		}
		info := object(t, w.userInfo(o["access_token"].(string)).body)
		if d := cmp.Diff(map[string]any{"sub": string(w.ada.ID)}, info); d != "" {
			t.Errorf("a token for openid opens more: %s", d)
		}
	})
}

func TestRefreshReuseKillsTheFamily(t *testing.T) {
	onEachEngine(t, grant.Draft{}, func(t *testing.T, w *world) {
		w.signIn()
		first := w.tokens()
		second, err := w.refresh(first)
		w.must(err)
		if _, err := w.refresh(first); err == nil {
			t.Fatal("a replaced refresh token was accepted")
		}
		if _, err := w.refresh(second); err == nil {
			t.Error("the successor lives on")
		}
		for i, tok := range []*oauth2.Token{first, second} {
			if a := w.userInfo(tok.AccessToken); a.status != http.StatusUnauthorized {
				t.Errorf("access token %d lives on: %d", i+1, a.status)
			}
		}
	})
}

func TestRefreshRace(t *testing.T) {
	onEachEngine(t, grant.Draft{}, func(t *testing.T, w *world) {
		w.signIn()
		tok := w.tokens()
		var wins atomic.Int64
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				if _, err := w.refresh(tok); err == nil {
					wins.Add(1)
				}
			})
		}
		all.Wait()
		if wins.Load() != 1 {
			t.Errorf("%d of 64 won", wins.Load())
		}
		if a := w.userInfo(tok.AccessToken); a.status != http.StatusUnauthorized {
			t.Errorf("the family lives: %d", a.status)
		}
	})
}

func TestAnEndedSessionEndsEverything(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	s := w.signIn()
	tok := w.tokens()
	_, events := session.End(s, session.EverywhereByOwner, w.now())
	w.put(events...)
	if a := w.userInfo(tok.AccessToken); a.status != http.StatusUnauthorized {
		t.Errorf("the access token lives: %d", a.status)
	}
	if _, err := w.refresh(tok); err == nil {
		t.Error("the refresh token lives")
	}
}

func TestADatabaseThatIsAwayIsNobodysFault(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	w.signIn()
	code, verifier := w.code()
	tok := w.tokens()
	w.double.Tail = func() error { return holdfast.Errorf(holdfast.Unavailable, "store_away", "Try again.") }
	for _, form := range []url.Values{
		{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}, "client_id": {w.oauth.ClientID}},
		{"grant_type": {"refresh_token"}, "refresh_token": {tok.RefreshToken}, "client_id": {w.oauth.ClientID}},
	} {
		a := w.post(op.PathToken, form)
		if a.status != http.StatusServiceUnavailable || object(t, a.body)["error"] != "temporarily_unavailable" {
			t.Errorf("%s: %d %s", form.Get("grant_type"), a.status, a.body)
		}
	}
	if a := w.get(w.ask(oauth2.GenerateVerifier())); a.status != http.StatusServiceUnavailable || a.location != nil {
		t.Errorf("authorize: %d %v", a.status, a.location)
	}
	w.double.Tail = nil
	if _, err := w.refresh(tok); err != nil {
		t.Errorf("the refresh token was lost: %v", err)
	}
}

func TestNoSecretIsStored(t *testing.T) {
	w := newWorld(t, grant.Draft{Confidential: true})
	a := w.get(w.ask(oauth2.GenerateVerifier()))
	back := strings.TrimPrefix(a.location.Query().Get("return"), "/authorize/")
	w.signIn()
	code, verifier := w.code()
	tok, err := w.oauth.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
	w.must(err)
	for _, text := range w.double.Texts() {
		for name, s := range map[string]string{"code": code, "access token": tok.AccessToken, "refresh token": tok.RefreshToken,
			"client secret": w.wiki.Secret, "ID token": tok.Extra("id_token").(string), "address of a request": back} {
			if strings.Contains(text, s) {
				t.Errorf("the %s is stored in the clear", name)
			}
		}
	}
}

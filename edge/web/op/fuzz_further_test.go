package op_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
	"holdfast/edge/web/op"
	"holdfast/flow/authorize"
	"holdfast/flow/device"
)

// forFuzzing is a world on a real store, with devices.
func forFuzzing(f *testing.F, d grant.Draft) *world {
	f.Helper()
	db := storetest.SQLite(f).Open(f)
	w := &world{t: f}
	w.devices = device.New(store.Port[device.Tx]{DB: db}, w.now, w.judge())
	return w.open(store.Port[authorize.Tx]{DB: db}, d)
}

// posts sends a form that is no form, perhaps, from an address of its own, so
// that nothing is turned away for coming often.
func (w *world) posts(n int, at, form string, edit ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, w.server.URL+at, strings.NewReader(form))
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:9", n>>16&255, n>>8&255, n&255)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, e := range edit {
		e(r)
	}
	rec := httptest.NewRecorder()
	w.server.Config.Handler.ServeHTTP(rec, r)
	return rec
}

// Whatever somebody who is signed in is made to type, or a stranger posts, a
// device whose code they do not know stays outside, and what was typed never
// becomes part of the page.
func FuzzDevice(f *testing.F) {
	w := forFuzzing(f, grant.Draft{})
	tv := w.add(grant.Draft{Name: "Television", Kinds: []string{grant.KindDevice}})
	w.signIn()
	b := w.begin(tv)
	for _, form := range []string{"", "code=WDJB-MJHT", "code=wdjb+mjht&decision=allow", "code=%00&decision=deny", "code=<fuzz>&decision=x",
		"code=%25&code=_&decision=allow", "%", "code=" + strings.Repeat("B", 5000), "code=%C5%BF%C4%B1BBBBBB&decision=allow", "decision=allow;code=BBBBBBBB"} {
		for _, at := range []string{op.PathDevice, op.PathDevice + "/decide", op.PathDeviceAuthorization} {
			f.Add(at, form)
		}
	}
	f.Add(op.PathDeviceAuthorization, "client_id="+string(tv.App.ID)+"&scope=openid+%00+root&client_secret=x")
	f.Add(op.PathDeviceAuthorization, "client_id="+string(tv.App.ID)+"&scope="+strings.Repeat("openid+", 1000))
	n := 0
	f.Fuzz(func(t *testing.T, at, form string) {
		if at != op.PathDevice && at != op.PathDevice+"/decide" && at != op.PathDeviceAuthorization {
			return
		}
		w.t = t
		if n++; n%8 == 0 { // or they would have tried too often
			w.ada = w.person("Ada", fmt.Sprintf("ada-%s@example.org", strings.ToLower(string(holdfast.NewAppID())[4:])))
			w.signIn()
		}
		u, _ := url.Parse(w.server.URL)
		rec := w.posts(n, at, form, func(r *http.Request) {
			for _, c := range w.browser.Jar.Cookies(u) {
				r.AddCookie(c)
			}
		})
		if rec.Code >= 500 || strings.Contains(rec.Body.String(), "access_token") {
			t.Errorf("%d: %s", rec.Code, rec.Body)
		}
		if typed, err := url.ParseQuery(form); err == nil {
			if code := typed.Get("code"); len(code) > 2 && strings.ContainsAny(code, `<>"`) && strings.Contains(rec.Body.String(), code) {
				t.Errorf("what was typed is part of the page: %s", rec.Body)
			}
		}
		err := w.devices.Poll(t.Context(), tv.App.ID, b.DeviceCode)
		if errors.Is(err, device.ErrExpired) {
			b = w.begin(tv)
		} else if !errors.Is(err, device.ErrPending) && !errors.Is(err, device.ErrSlow) {
			t.Errorf("the device hears %v", err)
		}
	})
}

// Whatever a service adds to a request for a token by one of the further grants,
// it gets no more than the subject's token is worth, and nothing for a device
// that was not let in.
func FuzzFurtherToken(f *testing.F) {
	w := forFuzzing(f, grant.Draft{Confidential: true, Kinds: []string{grant.KindExchange, grant.KindDevice}})
	ledger := w.add(grant.Draft{Name: "Ledger", RedirectURIs: []string{"https://ledger.example.org/cb"}, Confidential: true})
	w.signIn()
	subject := w.tokens()
	worth := strings.Fields(subject.Extra("scope").(string))
	a := w.post(op.PathDeviceAuthorization, url.Values{"scope": {"openid"}}, as(w.wiki))
	waiting := object(f, a.body)["device_code"].(string)
	exchange := url.Values{"grant_type": {exchangeGrant}, "subject_token": {subject.AccessToken}, "subject_token_type": {accessType}, "audience": {string(ledger.App.ID)}}.Encode()
	wait := url.Values{"grant_type": {deviceGrant}, "device_code": {waiting}}.Encode()
	for _, more := range []string{"", "&scope=openid+email", "&scope=openid+root", "&scope=+", "&audience=x", "&resource=https://x", "&actor_token=x", "&requested_token_type=" + accessType,
		"&subject_token_type=x", "&device_code=x", "&client_id=x", "&%", "&code=x&code_verifier=y", ";scope=root", "&grant_type=refresh_token"} {
		f.Add(false, more)
		f.Add(true, more)
	}
	n := 0
	f.Fuzz(func(t *testing.T, device bool, more string) {
		w.t = t
		n++
		form := exchange
		if device {
			form = wait
		}
		rec := w.posts(n, op.PathToken, form+more, as(w.wiki))
		switch {
		case rec.Code >= 500:
			t.Errorf("%d: %s", rec.Code, rec.Body)
		case rec.Code >= 400:
			if object(t, rec.Body.String())["error"] == nil {
				t.Errorf("RFC 6749 §5.2: %d %s", rec.Code, rec.Body)
			}
		case device:
			t.Errorf("a device that waits got %d: %s", rec.Code, rec.Body)
		default:
			got := object(t, rec.Body.String())
			for _, s := range strings.Fields(got["scope"].(string)) {
				if !slices.Contains(worth, s) {
					t.Errorf("scope %s was not the subject's: %v", s, got)
				}
			}
			if got["refresh_token"] != nil || got["id_token"] != nil || got["expires_in"].(float64) > grant.AccessLife.Seconds() {
				t.Errorf("it got more than it gave: %v", got)
			}
		}
	})
}

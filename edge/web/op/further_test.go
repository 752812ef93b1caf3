package op_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"holdfast/domain/grant"
	"holdfast/domain/session"
	"holdfast/edge/web/op"
)

const (
	deviceGrant   = "urn:ietf:params:oauth:grant-type:device_code"
	exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange"
	accessType    = "urn:ietf:params:oauth:token-type:access_token"
)

// television is a public application that lets devices in.
func (w *world) television() added {
	return w.add(grant.Draft{Name: "Television", Kinds: []string{grant.KindDevice}})
}

type begun struct {
	DeviceCode      string `json:"device_code"`
	UserCode        string `json:"user_code"`
	VerificationURI string `json:"verification_uri"`
	Complete        string `json:"verification_uri_complete"`
	ExpiresIn       int    `json:"expires_in"`
	Interval        int    `json:"interval"`
}

func (w *world) begin(tv added) (b begun) {
	w.t.Helper()
	a := w.post(op.PathDeviceAuthorization, url.Values{"client_id": {string(tv.App.ID)}, "scope": {"openid offline_access"}})
	if a.status != http.StatusOK {
		w.t.Fatalf("begin: %d %s", a.status, a.body)
	}
	w.must(json.Unmarshal([]byte(a.body), &b))
	return b
}

func (w *world) poll(tv added, b begun) (status int, answer map[string]any) {
	w.t.Helper()
	a := w.post(op.PathToken, url.Values{"client_id": {string(tv.App.ID)}, "grant_type": {deviceGrant}, "device_code": {b.DeviceCode}})
	return a.status, object(w.t, a.body)
}

func (w *world) mustPoll(tv added, b begun, want string) {
	w.t.Helper()
	if status, got := w.poll(tv, b); status != http.StatusBadRequest || got["error"] != want {
		w.t.Errorf("poll: %d %v, want %s", status, got, want)
	}
}

func (w *world) types(code string) answer {
	w.t.Helper()
	return w.post(op.PathDevice, url.Values{"code": {code}})
}

func (w *world) decide(code, decision string) answer {
	w.t.Helper()
	return w.post(op.PathDevice+"/decide", url.Values{"code": {code}, "decision": {decision}})
}

func TestDeviceAuthorization(t *testing.T) {
	onEachEngine(t, grant.Draft{}, func(t *testing.T, w *world) {
		tv := w.television()
		b := w.begin(tv)
		if b.Complete != "" || b.VerificationURI != w.server.URL+"/device" || b.Interval != 5 || b.ExpiresIn != 600 || len(b.UserCode) != 9 {
			t.Errorf("RFC 8628 §3.2: %+v", b)
		}
		w.mustPoll(tv, b, "authorization_pending")
		w.mustPoll(tv, b, "slow_down")
		w.pass(grant.DeviceInterval)
		w.mustPoll(tv, b, "authorization_pending")

		if a := w.get(op.PathDevice); a.status != http.StatusSeeOther || a.location.Path != "/signin" {
			t.Errorf("signed out, the page answers %d %v", a.status, a.location)
		}
		w.signIn()
		if a := w.get(op.PathDevice + "?user_code=" + b.UserCode + "&code=" + b.UserCode); a.status != 200 || strings.Contains(a.body, b.UserCode) {
			t.Errorf("a link carries a code: %d", a.status)
		}
		if a := w.types("BCDF-GHJK"); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a code that is none: %d", a.status)
		}
		typed := strings.ToLower(strings.ReplaceAll(b.UserCode, "-", " "))
		if a := w.types(typed); a.status != 200 || !strings.Contains(a.body, "Television") || !strings.Contains(a.body, b.UserCode) {
			t.Errorf("what is let in is not shown: %d %s", a.status, a.body)
		}
		if a := w.decide(b.UserCode, "allow"); a.status != 200 {
			t.Fatalf("allow: %d %s", a.status, a.body)
		}
		if a := w.decide(b.UserCode, "deny"); a.status != http.StatusUnprocessableEntity {
			t.Errorf("decided twice: %d", a.status)
		}
		other := w.television()
		if status, got := w.poll(other, b); status != 400 || got["error"] != "invalid_grant" {
			t.Errorf("another application's code: %d %v", status, got)
		}
		status, got := w.poll(tv, b)
		if status != 200 || got["refresh_token"] == nil || got["token_type"] != "Bearer" {
			t.Fatalf("tokens: %d %v", status, got)
		}
		id, err := w.client.Verifier(&oidc.Config{ClientID: string(tv.App.ID), Now: w.now}).Verify(t.Context(), got["id_token"].(string))
		w.must(err)
		if id.Subject != string(w.ada.ID) || id.VerifyAccessToken(got["access_token"].(string)) != nil {
			t.Errorf("ID token of %s", id.Subject)
		}
		if a := w.userInfo(got["access_token"].(string)); a.status != 200 {
			t.Errorf("userinfo: %d", a.status)
		}
		if status, again := w.poll(tv, b); status != 400 || again["error"] != "invalid_grant" {
			t.Errorf("the code works twice: %d %v", status, again)
		}
		if a := w.userInfo(got["access_token"].(string)); a.status != http.StatusUnauthorized {
			t.Errorf("a device code that came twice left its family alive: %d", a.status)
		}
	})
}

func TestDeviceRefused(t *testing.T) {
	onEachEngine(t, grant.Draft{}, func(t *testing.T, w *world) {
		tv := w.television()
		t.Run("an application that may not", func(t *testing.T) {
			a := w.post(op.PathDeviceAuthorization, url.Values{"client_id": {string(w.wiki.App.ID)}})
			if a.status != 400 || !strings.Contains(a.body, "unauthorized_client") {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
		t.Run("denied", func(t *testing.T) {
			b := w.begin(tv)
			w.signIn()
			w.decide(b.UserCode, "deny")
			w.mustPoll(tv, b, "access_denied")
		})
		t.Run("expired", func(t *testing.T) {
			b := w.begin(tv)
			w.pass(grant.DeviceCodeLife)
			w.mustPoll(tv, b, "expired_token")
			w.signIn()
			if a := w.decide(b.UserCode, "allow"); a.status != http.StatusUnprocessableEntity {
				t.Errorf("an expired code was let in: %d", a.status)
			}
		})
		t.Run("not confirmed lately", func(t *testing.T) {
			b := w.begin(tv)
			w.signIn()
			w.pass(session.Fresh - time.Minute)
			if a := w.types(b.UserCode); a.status != http.StatusUnprocessableEntity { // the code has expired; the session has not
				t.Errorf("%d", a.status)
			}
			w.pass(2 * time.Minute)
			b = w.begin(tv)
			for _, a := range []answer{w.get(op.PathDevice), w.types(b.UserCode), w.decide(b.UserCode, "allow")} {
				if a.status != http.StatusSeeOther || a.location.Query().Get("confirm") != "1" {
					t.Errorf("let in without confirming: %d %v", a.status, a.location)
				}
			}
		})
		t.Run("a session that has ended", func(t *testing.T) {
			b := w.begin(tv)
			s := w.signIn()
			w.decide(b.UserCode, "allow")
			_, events := session.End(s, session.EndedByAdmin, w.now())
			w.put(events...)
			if status, got := w.poll(tv, b); status != 400 || got["error"] != "invalid_grant" {
				t.Errorf("%d %v", status, got)
			}
		})
		t.Run("demands of the application", func(t *testing.T) {
			strict := w.add(grant.Draft{Name: "Strict", Kinds: []string{grant.KindDevice}, MinAAL: 3})
			b := w.begin(strict)
			w.signIn()
			if a := w.decide(b.UserCode, "allow"); a.status != http.StatusUnprocessableEntity {
				t.Errorf("let in: %d", a.status)
			}
			w.mustPoll(strict, b, "authorization_pending")
		})
		t.Run("from another site", func(t *testing.T) {
			b := w.begin(tv)
			w.signIn()
			a := w.post(op.PathDevice+"/decide", url.Values{"code": {b.UserCode}, "decision": {"allow"}},
				func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
			if a.status != http.StatusForbidden {
				t.Errorf("%d", a.status)
			}
		})
		t.Run("guessing", func(t *testing.T) {
			w.signIn()
			last := answer{}
			for range 11 {
				last = w.types("BCDF-GHJK")
			}
			if last.status != http.StatusTooManyRequests {
				t.Errorf("the eleventh guess: %d", last.status)
			}
		})
		t.Run("guessing by what decides", func(t *testing.T) {
			w.pass(10 * time.Minute) // another window
			w.signIn()
			last := answer{}
			for range 11 {
				last = w.decide("BCDF-GHJK", "deny")
			}
			if last.status != http.StatusTooManyRequests {
				t.Errorf("the eleventh guess: %d", last.status)
			}
		})
	})
}

// Many ask at once for what one code gives: one gets it, and it ends with the
// second.
func TestDeviceRace(t *testing.T) {
	onEachEngine(t, grant.Draft{}, func(t *testing.T, w *world) {
		tv := w.television()
		b := w.begin(tv)
		w.signIn()
		w.decide(b.UserCode, "allow")
		var mu sync.Mutex
		won := 0
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				res, err := http.PostForm(w.server.URL+op.PathToken, url.Values{"client_id": {string(tv.App.ID)}, "grant_type": {deviceGrant}, "device_code": {b.DeviceCode}})
				if err != nil {
					return
				}
				res.Body.Close()
				mu.Lock()
				defer mu.Unlock()
				if res.StatusCode == 200 {
					won++
				}
			})
		}
		wg.Wait()
		if won != 1 {
			t.Errorf("%d got tokens", won)
		}
	})
}

func TestTokenExchange(t *testing.T) {
	onEachEngine(t, grant.Draft{Confidential: true, Kinds: []string{grant.KindExchange}}, func(t *testing.T, w *world) {
		ledger := w.add(grant.Draft{Name: "Ledger", RedirectURIs: []string{"https://ledger.example.org/cb"}, Confidential: true, Kinds: []string{grant.KindExchange}})
		vault := w.add(grant.Draft{Name: "Vault", RedirectURIs: []string{"https://vault.example.org/cb"}, Confidential: true})
		strict := w.add(grant.Draft{Name: "Strict", RedirectURIs: []string{"https://strict.example.org/cb"}, Confidential: true, MinAAL: 3})
		bound := w.add(grant.Draft{Name: "Bound", RedirectURIs: []string{"https://bound.example.org/cb"}, Confidential: true, RequireDPoP: true})
		stranger := w.add(grant.Draft{Name: "Stranger", RedirectURIs: []string{"https://stranger.example/"}, ThirdParty: true, Confidential: true})
		s := w.signIn()
		tokens := w.tokens()
		ask := func(by added, subject, audience string, more ...string) answer {
			form := url.Values{"grant_type": {exchangeGrant}, "subject_token": {subject}, "subject_token_type": {accessType}, "audience": {audience}}
			for i := 0; i < len(more); i += 2 {
				form.Set(more[i], more[i+1])
			}
			return w.post(op.PathToken, form, as(by))
		}
		got := ask(w.wiki, tokens.AccessToken, string(ledger.App.ID), "scope", "openid email")
		if got.status != 200 {
			t.Fatalf("exchange: %d %s", got.status, got.body)
		}
		o := object(t, got.body)
		if o["issued_token_type"] != accessType || o["refresh_token"] != nil || o["id_token"] != nil || o["scope"] != "openid email" {
			t.Errorf("RFC 8693 §2.2.1: %v", o)
		}
		passed := o["access_token"].(string)
		if i := w.introspect(passed, ledger); i["active"] != true || i["sub"] != string(w.ada.ID) {
			t.Errorf("to its audience it is %v", i)
		}
		if i := w.introspect(passed, vault); i["active"] != false {
			t.Errorf("to somebody else it is %v", i)
		}
		if a := w.userInfo(passed); a.status != http.StatusUnauthorized {
			t.Errorf("userinfo, which is not its audience: %d", a.status)
		}
		on := ask(ledger, passed, string(vault.App.ID))
		if on.status != 200 {
			t.Errorf("the audience passes it on: %d %s", on.status, on.body)
		}
		for _, c := range []struct {
			name   string
			a      answer
			wanted string
		}{
			{"overheard", ask(ledger, tokens.AccessToken, string(vault.App.ID)), "invalid_grant"},
			{"exchanged already, by the one who did", ask(w.wiki, passed, string(vault.App.ID)), "invalid_grant"},
			{"may not exchange", ask(vault, tokens.AccessToken, string(ledger.App.ID)), "unauthorized_client"},
			{"for itself", ask(w.wiki, tokens.AccessToken, string(w.wiki.App.ID)), "invalid_target"},
			{"for a stranger", ask(w.wiki, tokens.AccessToken, string(stranger.App.ID)), "invalid_target"},
			{"for one whose tokens are bound, by none", ask(w.wiki, tokens.AccessToken, string(bound.App.ID)), "invalid_target"},
			{"for one that demands more", ask(w.wiki, tokens.AccessToken, string(strict.App.ID)), "invalid_target"},
			{"for nobody", ask(w.wiki, tokens.AccessToken, "app_none"), "invalid_target"},
			{"without audience", ask(w.wiki, tokens.AccessToken, ""), "invalid_target"},
			{"more scope", ask(w.wiki, tokens.AccessToken, string(ledger.App.ID), "scope", "openid groups"), "invalid_scope"},
			{"a refresh token", ask(w.wiki, tokens.RefreshToken, string(ledger.App.ID)), "invalid_grant"},
			{"an actor", ask(w.wiki, tokens.AccessToken, string(ledger.App.ID), "actor_token", "x"), "invalid_request"},
			{"another type", ask(w.wiki, tokens.AccessToken, string(ledger.App.ID), "requested_token_type", "urn:ietf:params:oauth:token-type:id_token"), "invalid_request"},
		} {
			if c.a.status != 400 || object(t, c.a.body)["error"] != c.wanted {
				t.Errorf("%s: %d %s, want %s", c.name, c.a.status, c.a.body, c.wanted)
			}
		}
		d := grant.DraftOf(ledger.App)
		d.MinAAL = 3
		stricter, changed, err := grant.Change(ledger.App, d, w.now())
		w.must(err)
		w.put(changed...)
		if i := w.introspect(passed, ledger); i["active"] != false {
			t.Errorf("after its audience demands more: %v", i)
		}
		d.MinAAL = 0
		_, changed, err = grant.Change(stricter, d, w.now())
		w.must(err)
		w.put(changed...)
		if i := w.introspect(passed, ledger); i["active"] != true {
			t.Errorf("after its audience demands what it did: %v", i)
		}
		_, events := session.End(s, session.EndedByAdmin, w.now())
		w.put(events...)
		if a := ask(w.wiki, tokens.AccessToken, string(ledger.App.ID)); a.status != 400 {
			t.Errorf("after the session: %d", a.status)
		}
		if i := w.introspect(passed, ledger); i["active"] != false {
			t.Errorf("after the session, what was exchanged is %v", i)
		}
	})
}

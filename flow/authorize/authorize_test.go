package authorize_test

import (
	"context"
	"errors"
	"holdfast/domain/verdict/verdicttest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/flow/authorize"
	"holdfast/flow/authorize/authorizetest"
)

const (
	redirect  = "https://wiki.example.org/callback"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// world is a wiki, Ada, and the session that she signed in to at noon.
type world struct {
	t     *testing.T
	now   time.Time
	store *authorizetest.Store
	flow  *authorize.Flow
	app   grant.App
	ada   authorize.SignedIn
}

func newWorld(t *testing.T, d grant.Draft) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	w.store = authorizetest.New(clock)
	w.flow = authorize.New(authorize.Config{Store: w.store, Clock: clock, Key: make([]byte, 32), Judge: verdicttest.Fresh(t),
		ACRs: []string{assurance.PhishingResistant, assurance.LevelAAL2, assurance.LevelAAL1}})
	p, events, err := person.Add(person.New{Name: "Ada Byron", Email: "ada@example.org"}, w.now)
	w.must(err)
	w.store.Put(events...)
	p, events, err = person.Activate(p)
	w.must(err)
	w.store.Put(events...)
	s, _, events := session.Open(session.SignIn{Person: p.ID, Assurance: assurance.Of(assurance.Evidence{UV: true})}, w.now)
	w.store.Put(events...)
	w.ada = authorize.SignedIn{Session: s, Person: p}
	if d.Name == "" {
		d.Name = "Wiki"
	}
	d.RedirectURIs = []string{redirect}
	w.app, events, err = grant.CreateApp("app_wiki", d, "", w.now)
	w.must(err)
	w.store.Put(events...)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

// code lets the wiki in and gives its code.
func (w *world) code(request string) (string, error) {
	code := holdfast.NewSecret()
	return code, w.flow.Issue(w.t.Context(), request, w.app.ID, grant.Authorization{
		ID: holdfast.NewGrantID(), Person: w.ada.Person.ID, Session: w.ada.Session.ID,
		Scopes: []string{"openid", "offline_access"}, RedirectURI: redirect, Challenge: challenge,
		ACR: "phr", AMR: w.ada.Session.AMR, AuthTime: w.ada.Session.AuthTime,
	}, code, w.ada)
}

func values() authorize.Values {
	return authorize.Values{Access: holdfast.NewSecret(), Refresh: holdfast.NewSecret()}
}

// redeemed is a family with its first tokens.
func (w *world) redeemed() authorize.Values {
	w.t.Helper()
	code, err := w.code(holdfast.NewSecret())
	w.must(err)
	v := values()
	w.must(w.flow.Redeem(w.t.Context(), w.app.ID, code, v))
	return v
}

func (w *world) good(access string) bool {
	_, _, err := w.flow.ByAccess(w.t.Context(), access)
	return err == nil
}

func TestDecide(t *testing.T) {
	zero, minute := time.Duration(0), time.Minute
	type req = authorize.Request
	cases := []struct {
		name   string
		draft  grant.Draft
		nobody bool
		later  time.Duration // between sign-in and the request
		edit   func(*req)
		again  bool // the person confirmed after the request began
		next   authorize.Next
		err    string
		acr    string
	}{
		{name: "nobody is signed in", nobody: true, next: authorize.SignIn},
		{name: "prompt=none, nobody is signed in", nobody: true, edit: func(r *req) { r.Prompt = []string{"none"} }, next: authorize.Refuse, err: "login_required"},
		{name: "prompt=none with another", edit: func(r *req) { r.Prompt = []string{"none", "login"} }, next: authorize.Refuse, err: "invalid_request"},
		{name: "somebody is", next: authorize.Allow, acr: "phr"},
		{name: "prompt=none, somebody is", edit: func(r *req) { r.Prompt = []string{"none"} }, next: authorize.Allow, acr: "phr"},
		{name: "prompt=login", later: time.Second, edit: func(r *req) { r.Prompt = []string{"login"} }, next: authorize.StepUp},
		{name: "prompt=login, confirmed since", later: time.Second, edit: func(r *req) { r.Prompt = []string{"login"} }, again: true, next: authorize.Allow, acr: "phr"},
		{name: "max_age kept", later: time.Second, edit: func(r *req) { r.MaxAge = &minute }, next: authorize.Allow, acr: "phr"},
		{name: "max_age passed", later: time.Minute + 1, edit: func(r *req) { r.MaxAge = &minute }, next: authorize.StepUp},
		{name: "max_age passed, prompt=none", later: time.Hour, edit: func(r *req) { r.MaxAge = &minute; r.Prompt = []string{"none"} }, next: authorize.Refuse, err: "login_required"},
		{name: "max_age=0 is a sign-in now", later: time.Nanosecond * 1000, edit: func(r *req) { r.MaxAge = &zero }, next: authorize.StepUp},
		{name: "max_age=0, confirmed since", later: time.Second, edit: func(r *req) { r.MaxAge = &zero }, again: true, next: authorize.Allow, acr: "phr"},
		{name: "it must be somebody else", edit: func(r *req) { r.Subject = "per_mallory" }, next: authorize.Refuse, err: "login_required"},
		{name: "acr: the first that is met", edit: func(r *req) { r.ACRValues = []string{"phrh", "aal2", "phr"} }, next: authorize.Allow, acr: "aal2"},
		{name: "acr: none is reachable, wanted only", later: time.Second, edit: func(r *req) { r.ACRValues = []string{"phrh"} }, next: authorize.Allow, acr: "phr"},
		{name: "acr: none is reachable, essential", later: time.Second, edit: func(r *req) { r.ACRValues = []string{"phrh"}; r.Essential = true }, next: authorize.Refuse, err: "unmet_authentication_requirements"},
		{name: "acr: essential and met", edit: func(r *req) { r.ACRValues = []string{"phr"}; r.Essential = true }, next: authorize.Allow, acr: "phr"},
		{name: "a third party asks for consent", draft: grant.Draft{ThirdParty: true}, next: authorize.Consent},
		{name: "a third party, prompt=none", draft: grant.Draft{ThirdParty: true}, edit: func(r *req) { r.Prompt = []string{"none"} }, next: authorize.Refuse, err: "consent_required"},
		{name: "a third party, agreed just now", draft: grant.Draft{ThirdParty: true}, edit: func(r *req) { r.Agreed = true }, next: authorize.Allow, acr: "phr"},
		{name: "prompt=consent asks for our own too", edit: func(r *req) { r.Prompt = []string{"consent"} }, next: authorize.Consent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.draft)
			w.pass(c.later)
			r := authorize.Request{App: w.app.ID, Scopes: []string{"openid"}, Began: w.now}
			if c.edit != nil {
				c.edit(&r)
			}
			who := &w.ada
			if c.nobody {
				who = nil
			}
			if c.again {
				w.pass(time.Second)
				s := w.ada.Session
				s.AuthTime = w.now
				who = &authorize.SignedIn{Session: s, Person: w.ada.Person}
				w.pass(time.Hour) // thinking it over does not ask again
			}
			d, err := w.flow.Decide(t.Context(), r, who)
			w.must(err)
			if d.Next != c.next || d.Error != c.err || d.ACR != c.acr {
				t.Errorf("next %d, error %q (%s), acr %q; want %d, %q, %q", d.Next, d.Error, d.Text, d.ACR, c.next, c.err, c.acr)
			}
		})
	}
}

func TestDecideStepsUpOnceForAReachableACR(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	weak := w.ada
	weak.Session.ACR = []string{"aal1"}
	w.pass(time.Minute)
	r := authorize.Request{App: w.app.ID, ACRValues: []string{"phr"}, Essential: true, Began: w.now}
	d, err := w.flow.Decide(t.Context(), r, &weak)
	w.must(err)
	if d.Next != authorize.StepUp {
		t.Fatalf("next %d, want a step up", d.Next)
	}
	w.pass(time.Second)
	weak.Session.AuthTime = w.now
	d, err = w.flow.Decide(t.Context(), r, &weak)
	w.must(err)
	if d.Next != authorize.Refuse || d.Error != authorize.UnmetRequirements {
		t.Errorf("after a sign-in that is no stronger: next %d, error %q", d.Next, d.Error)
	}
	r.Prompt = []string{"none"}
	w.ada.Session.ACR = []string{"aal1"}
	if d, _ = w.flow.Decide(t.Context(), r, &w.ada); d.Error != authorize.UnmetRequirements {
		t.Errorf("with prompt=none: %d %q", d.Next, d.Error)
	}
}

func TestConsentIsRememberedAndCoversNoMore(t *testing.T) {
	w := newWorld(t, grant.Draft{ThirdParty: true})
	w.must(w.flow.Agree(t.Context(), w.app.ID, []string{"openid"}, w.ada))
	r := authorize.Request{App: w.app.ID, Scopes: []string{"openid"}, Began: w.now}
	if d, _ := w.flow.Decide(t.Context(), r, &w.ada); d.Next != authorize.Allow {
		t.Errorf("next %d, want none asked", d.Next)
	}
	r.Scopes = append(r.Scopes, "email")
	if d, _ := w.flow.Decide(t.Context(), r, &w.ada); d.Next != authorize.Consent {
		t.Errorf("more scopes: next %d, want the person asked", d.Next)
	}
}

func TestOneRequestGivesOneCode(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	_, err := w.code("req-1")
	w.must(err)
	if _, err := w.code("req-1"); holdfast.CodeOf(err) != "request_spent" {
		t.Errorf("second code: %v", err)
	}
}

func TestIssueLooksAgain(t *testing.T) {
	cases := map[string]func(*world){
		"the session was ended": func(w *world) {
			_, events := session.End(w.ada.Session, session.EndedByAdmin, w.now)
			w.store.Put(events...)
		},
		"the person was suspended": func(w *world) {
			_, events, _ := person.Suspend(w.ada.Person, "")
			w.store.Put(events...)
		},
		"the application was removed": func(w *world) {
			_, events, err := grant.RemoveApp(w.app, nil, w.now)
			w.must(err)
			w.store.Put(events...)
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, grant.Draft{})
			change(w)
			if _, err := w.code("r"); err == nil {
				t.Error("a code was given")
			}
			if slices.Contains(w.store.Types(), grant.Issued) {
				t.Error("the grant stayed")
			}
		})
	}
}

// 64 at once with one code, one refresh token or one jti: one wins.
func TestRace(t *testing.T) {
	race := func(try func() error) (wins int) {
		var mu sync.Mutex
		var all sync.WaitGroup
		start := make(chan struct{})
		for range 64 {
			all.Go(func() {
				<-start
				if try() == nil {
					mu.Lock()
					wins++
					mu.Unlock()
				}
			})
		}
		close(start)
		all.Wait()
		return wins
	}
	t.Run("code", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		code, err := w.code("r")
		w.must(err)
		if wins := race(func() error { return w.flow.Redeem(t.Context(), w.app.ID, code, values()) }); wins != 1 {
			t.Errorf("%d wins", wins)
		}
		if n := count(w, grant.Ended); n != 1 {
			t.Errorf("the family ended %d times, want once, by the second to come", n)
		}
	})
	t.Run("refresh token", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		v := w.redeemed()
		if wins := race(func() error { return w.flow.Refresh(t.Context(), w.app.ID, v.Refresh, values()) }); wins != 1 {
			t.Errorf("%d wins", wins)
		}
		if w.good(v.Access) {
			t.Error("the family lives")
		}
	})
	t.Run("jti", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		if wins := race(func() error {
			won, err := w.flow.SpendJTI(context.Background(), "x", w.now)
			if err == nil && !won {
				err = errors.New("spent")
			}
			return err
		}); wins != 1 {
			t.Errorf("%d wins", wins)
		}
	})
}

func count[T comparable](w *world, what T) (n int) {
	for _, x := range w.store.Types() {
		if any(x) == any(what) {
			n++
		}
	}
	return n
}

func TestReuseOfARefreshTokenKillsTheFamily(t *testing.T) {
	for _, how := range []string{"by Refresh", "by ByRefresh"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t, grant.Draft{})
			first := w.redeemed()
			second := values()
			w.must(w.flow.Refresh(t.Context(), w.app.ID, first.Refresh, second))
			if !w.good(first.Access) || !w.good(second.Access) {
				t.Fatal("tokens are not good before the reuse")
			}
			var err error
			if how == "by Refresh" {
				err = w.flow.Refresh(t.Context(), w.app.ID, first.Refresh, values())
			} else {
				_, _, err = w.flow.ByRefresh(t.Context(), w.app.ID, first.Refresh)
			}
			if err == nil {
				t.Fatal("the replaced token was accepted")
			}
			if w.good(first.Access) || w.good(second.Access) {
				t.Error("an access token outlived the family")
			}
			if err := w.flow.Refresh(t.Context(), w.app.ID, second.Refresh, values()); err == nil {
				t.Error("the newest refresh token outlived the family")
			}
		})
	}
}

func TestPeekingKillsNothing(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	first := w.redeemed()
	second := values()
	w.must(w.flow.Refresh(t.Context(), w.app.ID, first.Refresh, second))
	_, _, err := w.flow.PeekRefresh(t.Context(), first.Refresh)
	w.must(err)
	if !w.good(second.Access) {
		t.Error("asking about a token ended its family")
	}
}

func TestAnotherApplicationGetsNothing(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	code, err := w.code("r")
	w.must(err)
	if err := w.flow.Redeem(t.Context(), "app_other", code, values()); err == nil {
		t.Error("another application redeemed the code")
	}
	w.must(w.flow.Redeem(t.Context(), w.app.ID, code, values()))
	v := w.redeemed()
	if err := w.flow.Refresh(t.Context(), "app_other", v.Refresh, values()); err == nil {
		t.Error("another application refreshed")
	}
	if err := w.flow.Revoke(t.Context(), "app_other", holdfast.HashSecret(v.Access)); err == nil || !w.good(v.Access) {
		t.Error("another application revoked")
	}
	for _, kind := range []string{v.Access, code} {
		if err := w.flow.Refresh(t.Context(), w.app.ID, kind, values()); err == nil {
			t.Error("something else than a refresh token was refreshed")
		}
	}
	if w.good(v.Refresh) || w.good(code) {
		t.Error("something else than an access token was accepted as one")
	}
}

func TestWhatATokenRestsOn(t *testing.T) {
	cases := map[string]struct {
		change         func(*world)
		access, offers bool // what is good afterwards
	}{
		"nothing changed":   {func(*world) {}, true, true},
		"the session ended": {func(w *world) { _, e := session.End(w.ada.Session, session.SignedOut, w.now); w.store.Put(e...) }, false, false},
		"the session ran out; the application has offline_access": {func(w *world) { w.pass(25 * time.Hour) }, false, true},
		"the person was suspended":                                {func(w *world) { _, e, _ := person.Suspend(w.ada.Person, ""); w.store.Put(e...) }, false, false},
		"the refresh token lay too long":                          {func(w *world) { w.pass(grant.RefreshGap) }, false, false},
		"the access token is old":                                 {func(w *world) { w.pass(grant.AccessLife) }, false, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, grant.Draft{})
			v := w.redeemed()
			c.change(w)
			if got := w.good(v.Access); got != c.access {
				t.Errorf("access token good: %v, want %v", got, c.access)
			}
			if got := w.flow.Refresh(t.Context(), w.app.ID, v.Refresh, values()) == nil; got != c.offers {
				t.Errorf("refresh accepted: %v, want %v", got, c.offers)
			}
		})
	}
}

func TestAFailedTransactionSpendsNothing(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	code, err := w.code("r")
	w.must(err)
	full := errors.New("the disk is full")
	w.store.Tail = func() error { return full }
	v := values()
	if err := w.flow.Redeem(t.Context(), w.app.ID, code, v); !errors.Is(err, full) {
		t.Fatalf("error %v", err)
	}
	w.store.Tail = nil
	if w.good(v.Access) {
		t.Error("a token was kept")
	}
	w.must(w.flow.Redeem(t.Context(), w.app.ID, code, v))
	if !w.good(v.Access) {
		t.Error("the code was spent by the transaction that failed")
	}
}

func TestNoSecretIsStored(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	code, err := w.code("r")
	w.must(err)
	v := values()
	w.must(w.flow.Redeem(t.Context(), w.app.ID, code, v))
	next := values()
	w.must(w.flow.Refresh(t.Context(), w.app.ID, v.Refresh, next))
	secrets := []string{code, v.Access, v.Refresh, next.Access, next.Refresh}
	for _, text := range w.store.Texts() {
		for i, s := range secrets {
			if s == "" || strings.Contains(text, s) {
				t.Errorf("secret %d is stored in the clear: %q", i, text)
			}
		}
	}
}

func TestARemovedApplicationIsGone(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	v := w.redeemed()
	_, events, err := grant.RemoveApp(w.app, nil, w.now)
	w.must(err)
	w.store.Put(events...)
	if w.good(v.Access) || w.flow.Refresh(t.Context(), w.app.ID, v.Refresh, values()) == nil {
		t.Error("its tokens outlived the application")
	}
	if _, err := w.flow.App(t.Context(), w.app.ID); holdfast.KindOf(err) != holdfast.NotFound {
		t.Errorf("the removed application: %v", err)
	}
	d, err := w.flow.Decide(t.Context(), authorize.Request{App: w.app.ID, Began: w.now}, &w.ada)
	w.must(err)
	if d.Next != authorize.Refuse || d.Error != authorize.AccessDenied {
		t.Errorf("next %d, error %q", d.Next, d.Error)
	}
}

func TestClaims(t *testing.T) {
	w := newWorld(t, grant.Draft{})
	g, events, err := person.AddGroup("Nurses", w.now)
	w.must(err)
	w.store.Put(events...)
	_, events = person.Join(w.ada.Person, g, w.now)
	w.store.Put(events...)
	got, err := w.flow.Claims(t.Context(), w.ada.Person.ID, []string{"openid", "profile", "email", "groups"})
	w.must(err)
	want := map[string]any{"name": "Ada Byron", "preferred_username": "ada@example.org", "email": "ada@example.org", "groups": []string{"Nurses"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	got, err = w.flow.Claims(t.Context(), w.ada.Person.ID, []string{"openid"})
	w.must(err)
	if len(got) != 0 {
		t.Errorf("openid alone tells %v", got)
	}
}

package op_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/session"
)

// change edits an application as an administrator does.
func (w *world) change(edit func(*grant.Draft)) {
	w.t.Helper()
	d := grant.DraftOf(w.wiki.App)
	edit(&d)
	app, events, err := grant.Change(w.wiki.App, d, w.now())
	w.must(err)
	w.put(events...)
	w.wiki.App = app
}

// away is where a page of refusal leads: back to the application.
func away(t *testing.T, a answer) url.Values {
	t.Helper()
	if a.status != http.StatusForbidden || a.location != nil {
		t.Fatalf("no page: %d %v", a.status, a.location)
	}
	_, rest, _ := strings.Cut(a.body, `href="`+callback)
	query, _, _ := strings.Cut(rest, `"`)
	q, err := url.ParseQuery(strings.TrimPrefix(html.UnescapeString(query), "?"))
	if err != nil || q.Get("state") != "the-state" || q.Get("iss") == "" || strings.Contains(query, "Nurses") {
		t.Fatalf("the page leads to %q: %s", query, a.body)
	}
	return q
}

func TestGroupsAreDemanded(t *testing.T) {
	onEachEngine(t, grant.Draft{}, func(t *testing.T, w *world) {
		g, events, err := person.AddGroup("Nurses", w.now())
		w.must(err)
		w.put(events...)
		w.change(func(d *grant.Draft) { d.Groups = []string{string(g.ID)} })
		w.signIn()
		ask := w.ask(oauth2.GenerateVerifier())
		a := w.get(ask)
		if !strings.Contains(a.body, "Wiki is for members of Nurses") || !strings.Contains(a.body, "app_needs_group") {
			t.Errorf("the page does not say what is missing: %s", a.body)
		}
		if got := away(t, a).Get("error"); got != "access_denied" {
			t.Errorf("the application is told %q", got)
		}
		if got := w.get(with(ask, "prompt", "none")).location.Query().Get("error"); got != "access_denied" {
			t.Errorf("prompt=none: %q", got)
		}
		m, events := person.Join(w.ada, g, w.now())
		w.put(events...)
		tok := w.tokens()
		w.put(person.Leave(m)...)
		if got := w.userInfo(tok.AccessToken).status; got != http.StatusUnauthorized {
			t.Errorf("userinfo after leaving the group: %d", got)
		}
		if _, err := w.refresh(tok); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("refresh after leaving the group: %v", err)
		}
		_, events = person.Join(w.ada, g, w.now())
		w.put(events...)
		if _, err := w.refresh(tok); err == nil {
			t.Error("the family lived on")
		}
	})
}

func TestAssuranceIsDemanded(t *testing.T) {
	t.Run("phrh is refused, since no hardware is proven yet", func(t *testing.T) {
		w := newWorld(t, grant.Draft{RequireACR: "phrh"})
		w.signIn()
		a := w.get(w.ask(oauth2.GenerateVerifier()))
		if got := away(t, a).Get("error"); got != "unmet_authentication_requirements" || !strings.Contains(a.body, "hardware") {
			t.Errorf("%q: %s", got, a.body)
		}
	})
	t.Run("a sign-in below is asked for a stronger one, then refused", func(t *testing.T) {
		w := newWorld(t, grant.Draft{MinAAL: holdfast.AAL2, RequireACR: "phr"})
		w.signInAs(assurance.Evidence{})
		a := w.get(w.ask(oauth2.GenerateVerifier()))
		if a.location == nil || a.location.Query().Get("confirm") != "1" {
			t.Fatalf("no step-up: %d %v", a.status, a.location)
		}
		back := a.location.Query().Get("return")
		w.signInAs(assurance.Evidence{})
		if got := away(t, w.get(back)).Get("error"); got != "unmet_authentication_requirements" {
			t.Errorf("%q", got)
		}
	})
	t.Run("the stronger sign-in is enough", func(t *testing.T) {
		w := newWorld(t, grant.Draft{MinAAL: holdfast.AAL2, RequireACR: "phr"})
		w.signInAs(assurance.Evidence{})
		back := w.get(w.ask(oauth2.GenerateVerifier())).location.Query().Get("return")
		w.signIn()
		if a := w.get(back); a.location == nil || a.location.Query().Get("code") == "" {
			t.Errorf("%d %v", a.status, a.location)
		}
	})
	t.Run("the age of the sign-in", func(t *testing.T) {
		w := newWorld(t, grant.Draft{MaxAge: 300})
		w.signIn()
		w.tokens()
		w.pass(6 * time.Minute)
		ask := w.ask(oauth2.GenerateVerifier())
		if got := w.get(with(ask, "prompt", "none")).location.Query().Get("error"); got != "login_required" {
			t.Errorf("prompt=none: %q", got)
		}
		a := w.get(ask)
		if a.location.Query().Get("confirm") != "1" {
			t.Fatalf("%v", a.location)
		}
		s := w.signIn()
		code := w.get(a.location.Query().Get("return")).location.Query().Get("code")
		if code == "" || s.AuthTime.IsZero() {
			t.Error("no code after signing in again")
		}
	})
}

// signInAs gives Ada's browser a session of another strength.
func (w *world) signInAs(e assurance.Evidence) session.Record {
	w.t.Helper()
	s, _, events := session.Open(session.SignIn{Person: w.ada.ID, Assurance: assurance.Of(e)}, w.now())
	w.put(events...)
	u, _ := url.Parse(w.server.URL)
	w.browser.Jar.SetCookies(u, []*http.Cookie{{Name: "holdfast", Value: string(s.ID), Path: "/"}})
	return s
}

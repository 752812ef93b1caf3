package authorize_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/flow/authorize"
)

// change edits the wiki as an administrator does.
func (w *world) change(edit func(*grant.Draft)) {
	w.t.Helper()
	d := grant.DraftOf(w.app)
	edit(&d)
	app, events, err := grant.Change(w.app, d, w.now)
	w.must(err)
	w.store.Put(events...)
	w.app = app
}

// nurses is a group; Ada is in it when she has joined.
func (w *world) nurses() person.Group {
	w.t.Helper()
	g, events, err := person.AddGroup("Nurses", w.now)
	w.must(err)
	w.store.Put(events...)
	return g
}

func (w *world) join(g person.Group) person.Membership {
	m, events := person.Join(w.ada.Person, g, w.now)
	w.store.Put(events...)
	return m
}

func TestDecideByDemands(t *testing.T) {
	type req = authorize.Request
	for _, c := range []struct {
		name  string
		edit  func(*grant.Draft)
		ask   func(*req)
		later time.Duration // between sign-in and request
		next  authorize.Next
		err   string
		lack  grant.Lack
		says  string
	}{
		{name: "phr is met", edit: func(d *grant.Draft) { d.RequireACR = "phr" }, next: authorize.Allow},
		{name: "AAL2 is met", edit: func(d *grant.Draft) { d.MinAAL = holdfast.AAL2 }, next: authorize.Allow},
		{name: "phrh: nothing here reaches it", edit: func(d *grant.Draft) { d.RequireACR = "phrh" }, later: time.Minute,
			next: authorize.Refuse, err: "unmet_authentication_requirements", lack: grant.LackACR, says: "hardware"},
		{name: "AAL3: nothing here reaches it", edit: func(d *grant.Draft) { d.MinAAL = holdfast.AAL3 }, later: time.Minute,
			next: authorize.Refuse, err: "unmet_authentication_requirements", lack: grant.LackAAL},
		{name: "too old", edit: func(d *grant.Draft) { d.MaxAge = 60 }, later: 61 * time.Second, next: authorize.StepUp},
		{name: "just in time", edit: func(d *grant.Draft) { d.MaxAge = 60 }, later: 60 * time.Second, next: authorize.Allow},
		{name: "too old, prompt=none", edit: func(d *grant.Draft) { d.MaxAge = 60 }, later: 61 * time.Second,
			ask: func(r *req) { r.Prompt = []string{"none"} }, next: authorize.Refuse, err: "login_required"},
		{name: "in no group", edit: func(d *grant.Draft) { d.Groups = []string{"grp_gone"} }, next: authorize.Refuse,
			err: "access_denied", lack: grant.LackGroup, says: "does not exist any more"},
		{name: "RFC 9126 §5: not pushed", edit: func(d *grant.Draft) { d.RequirePAR = true }, next: authorize.Refuse, err: "invalid_request"},
		{name: "pushed", edit: func(d *grant.Draft) { d.RequirePAR = true }, ask: func(r *req) { r.Pushed = true }, next: authorize.Allow},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, grant.Draft{})
			w.change(c.edit)
			w.pass(c.later)
			r := req{App: w.app.ID, Scopes: []string{"openid"}, Began: w.now}
			if c.ask != nil {
				c.ask(&r)
			}
			d, err := w.flow.Decide(t.Context(), r, &w.ada)
			w.must(err)
			if d.Next != c.next || d.Error != c.err || d.Lack != c.lack || !strings.Contains(d.Text, c.says) {
				t.Errorf("next %d, error %q, lack %q, %q", d.Next, d.Error, d.Lack, d.Text)
			}
			if refused := slices.Contains(w.store.Types(), grant.AppRefused); refused != (c.lack != "") {
				t.Errorf("on record: %v", refused)
			}
		})
	}
	t.Run("a sign-in without user verification is asked for one more, once", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		w.change(func(d *grant.Draft) { d.MinAAL = holdfast.AAL2 })
		w.ada.Session.AAL, w.ada.Session.ACR = holdfast.AAL1, []string{"aal1"}
		w.pass(time.Minute)
		r := req{App: w.app.ID, Began: w.now}
		if d, err := w.flow.Decide(t.Context(), r, &w.ada); err != nil || d.Next != authorize.StepUp {
			t.Errorf("next %d, %v, want one more sign-in", d.Next, err)
		}
		w.ada.Session.AuthTime = w.now // again without
		if d, err := w.flow.Decide(t.Context(), r, &w.ada); err != nil || d.Error != authorize.UnmetRequirements {
			t.Errorf("error %q, %v", d.Error, err)
		}
	})
	t.Run("a member of one of the groups", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		g := w.nurses()
		w.change(func(d *grant.Draft) { d.Groups = []string{"grp_doctors", string(g.ID)} })
		r := req{App: w.app.ID, Began: w.now}
		if d, _ := w.flow.Decide(t.Context(), r, &w.ada); d.Error != authorize.AccessDenied || !strings.Contains(d.Text, "Nurses") {
			t.Errorf("not a member: %q %q", d.Error, d.Text)
		}
		w.join(g)
		if d, _ := w.flow.Decide(t.Context(), r, &w.ada); d.Next != authorize.Allow {
			t.Errorf("a member: %d %q", d.Next, d.Error)
		}
	})
}

func TestDemandsHoldForTokens(t *testing.T) {
	t.Run("who left the group has no access at the next request", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		g := w.nurses()
		m := w.join(g)
		w.change(func(d *grant.Draft) { d.Groups = []string{string(g.ID)} })
		v := w.redeemed()
		if !w.good(v.Access) {
			t.Fatal("a member's token is not good")
		}
		w.store.Put(person.Leave(m)...)
		if w.good(v.Access) {
			t.Error("the access token is still good")
		}
		if err := w.flow.Refresh(t.Context(), w.app.ID, v.Refresh, values()); holdfast.CodeOf(err) != "requirements_unmet" {
			t.Errorf("refresh: %v", err)
		}
		w.join(g)
		if err := w.flow.Refresh(t.Context(), w.app.ID, v.Refresh, values()); err == nil {
			t.Error("the family lives")
		}
		if !slices.Contains(w.store.Types(), grant.AppRefused) {
			t.Error("it is not on record")
		}
	})
	t.Run("the age of the sign-in counts at each use", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		w.change(func(d *grant.Draft) { d.MaxAge = 3600 })
		v, next := w.redeemed(), values()
		w.pass(time.Hour)
		w.must(w.flow.Refresh(t.Context(), w.app.ID, v.Refresh, next))
		if !w.good(next.Access) {
			t.Error("it is not good in time")
		}
		w.pass(time.Second)
		if w.good(next.Access) {
			t.Error("an access token is good for longer than the application wants its people's sign-ins to be")
		}
		if g, token, err := w.flow.PeekRefresh(t.Context(), next.Refresh); err != nil || w.flow.Good(t.Context(), g, token) == nil {
			t.Errorf("asked about, the refresh token is good, %v", err)
		}
		if err := w.flow.Refresh(t.Context(), w.app.ID, next.Refresh, values()); holdfast.CodeOf(err) != "requirements_unmet" {
			t.Errorf("%v", err)
		}
	})
}

func proof(jkt, id string, w *world) authorize.Proof {
	return authorize.Proof{JKT: jkt, ID: id, Until: w.now.Add(time.Minute)}
}

// RFC 9449 §5, §11.1.
func TestBoundTokens(t *testing.T) {
	bound := func(w *world, jkt, id string) authorize.Values {
		v := values()
		v.Proof = proof(jkt, id, w)
		return v
	}
	t.Run("a public application refreshes with the same key", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		code, err := w.code("r")
		w.must(err)
		v := bound(w, "key-a", "1")
		w.must(w.flow.Redeem(t.Context(), w.app.ID, code, v))
		if err := w.flow.Refresh(t.Context(), w.app.ID, v.Refresh, values()); holdfast.CodeOf(err) != "dpop_required" {
			t.Errorf("without a key: %v", err)
		}
		if err := w.flow.Refresh(t.Context(), w.app.ID, v.Refresh, bound(w, "key-b", "2")); holdfast.CodeOf(err) != "dpop_key" {
			t.Errorf("with another key: %v", err)
		}
		if err := w.flow.Refresh(t.Context(), w.app.ID, v.Refresh, bound(w, "key-a", "1")); holdfast.CodeOf(err) != "dpop_replay" {
			t.Errorf("with a used proof: %v", err)
		}
		next := bound(w, "key-a", "3")
		w.must(w.flow.Refresh(t.Context(), w.app.ID, v.Refresh, next)) // none of it spent the token
		if _, tok, err := w.flow.ByAccess(t.Context(), next.Access); err != nil || tok.JKT != "key-a" {
			t.Errorf("bound to %q, %v", tok.JKT, err)
		}
	})
	t.Run("dpop_jkt: the code is for one key", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		code := holdfast.NewSecret()
		w.must(w.flow.Issue(t.Context(), "r", w.app.ID, grant.Authorization{
			ID: holdfast.NewGrantID(), Person: w.ada.Person.ID, Session: w.ada.Session.ID, Scopes: []string{"openid"},
			RedirectURI: redirect, Challenge: challenge, JKT: "key-a",
		}, code, w.ada))
		if err := w.flow.Redeem(t.Context(), w.app.ID, code, bound(w, "key-b", "1")); holdfast.CodeOf(err) != "dpop_key" {
			t.Errorf("with another key: %v", err)
		}
		if err := w.flow.Redeem(t.Context(), w.app.ID, code, values()); holdfast.CodeOf(err) != "dpop_required" {
			t.Errorf("without a key: %v", err)
		}
		w.must(w.flow.Redeem(t.Context(), w.app.ID, code, bound(w, "key-a", "2")))
	})
	t.Run("an application that must bind", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		w.change(func(d *grant.Draft) { d.RequireDPoP = true })
		code, err := w.code("r")
		w.must(err)
		if err := w.flow.Redeem(t.Context(), w.app.ID, code, values()); holdfast.CodeOf(err) != "dpop_required" {
			t.Errorf("%v", err)
		}
	})
	t.Run("two keys may use one jti", func(t *testing.T) {
		w := newWorld(t, grant.Draft{})
		w.must(w.flow.UseProof(t.Context(), proof("key-a", "1", w)))
		w.must(w.flow.UseProof(t.Context(), proof("key-b", "1", w)))
		if err := w.flow.UseProof(t.Context(), proof("key-a", "1", w)); holdfast.CodeOf(err) != "dpop_replay" {
			t.Errorf("%v", err)
		}
	})
}

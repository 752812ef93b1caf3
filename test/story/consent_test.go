package story

import (
	"testing"

	"holdfast/domain/grant"
	"holdfast/flow/authorize"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
)

// TestConsentEndsWithWhatItLet: whoever ends what an application may do is not
// taken to agree to it still.
func TestConsentEndsWithWhatItLet(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	ctx := t.Context()
	key := Key(softkey.Config{})
	ada := w.Join(t, "Ada", "ada@harbour.example", key)
	theirs := func(d *grant.Draft) { d.ThirdParty = true }
	app, other := w.App(t, "tides", theirs), w.App(t, "moon", theirs)
	session := ada.Session
	asked := func(a grant.App) bool {
		t.Helper()
		d, err := w.Ask(t, a, session, authorize.Request{Began: w.Now()})
		must(t, err)
		return d.Next == authorize.Consent
	}
	agree := func(a grant.App) Tokens {
		t.Helper()
		who, err := w.signedIn(t, session.ID)
		must(t, err)
		must(t, w.Authorize.Agree(ctx, a.ID, []string{grant.ScopeOpenID, grant.ScopeOffline}, who))
		d, err := w.Ask(t, a, session, authorize.Request{Began: w.Now()})
		must(t, err)
		k, err := w.Authorized(t, a, session, d)
		must(t, err)
		return k
	}
	if !asked(app) {
		t.Fatal("nobody is asked")
	}
	k := agree(app)
	agree(other)
	if asked(app) || asked(other) {
		t.Fatal("it was agreed")
	}
	must(t, w.Govern.EndGrant(ctx, Host, k.Grant))
	if !asked(app) {
		t.Error("an administrator has ended it, and it may again")
	}
	if asked(other) {
		t.Error("that was another application")
	}
	agree(app)
	must(t, w.Account.SignOutEverywhere(ctx, session))
	in, err := w.Enter(t, key, signin.Start{}, "")
	must(t, err)
	session = in.Session
	if !asked(app) || !asked(other) {
		t.Error("the person has ended everything, and it may again")
	}
	w.Check(t)
}

package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/flow/forward"
)

// One read gives all that a secret rests on, on both engines.
func TestHolderOf(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		ada := d.person("ada", time.Time{})
		s := d.session(ada, true)
		app, events, err := grant.CreateApp("app_wiki", grant.Draft{Name: "Wiki", Preset: grant.PresetNginx, Upstream: "http://127.0.0.1:1",
			RedirectURIs: []string{"https://wiki.example.org/"}}, "", d.now)
		d.record(events, err)
		_, events, err = grant.CreateApp("app_other", grant.Draft{Name: "Other", RedirectURIs: []string{"https://other.example.org/"}}, "", d.now)
		d.record(events, err)
		g := grant.Grant{ID: "gra_1", App: app.ID, Person: ada.ID, Session: s.ID, Scopes: []string{"openid"}, Created: d.now,
			RedirectURI: app.RedirectURIs[0]}
		secret := holdfast.NewSecret()
		token := grant.Token{ID: holdfast.HashSecret(secret), Grant: g.ID, Kind: grant.Forward, Status: grant.Active, Issued: d.now, Expires: s.Expires}
		d.record([]audit.Event{audit.New(grant.Issued, string(g.ID), ada.ID, audit.Set(&g), audit.Set(&token))}, nil)

		holder := func() forward.Holder { return must[forward.Holder](t)(d.HolderOf(ctx, token.ID)) }
		got := holder()
		if got.Token.ID != token.ID || got.Grant.ID != g.ID || got.App.ID != app.ID || got.Session.ID != s.ID || got.Person.ID != ada.ID ||
			len(got.Groups) != 0 || !got.LastSeen.IsZero() {
			t.Errorf("got %+v", got)
		}
		want(t, "application", app, got.App)
		want(t, "person", must[person.Record](t)(d.Person(ctx, ada.ID)), got.Person)

		for _, name := range []string{"Nurses", "Admins"} {
			grp, events, err := person.AddGroup(name, d.now)
			d.record(events, err)
			_, events = person.Join(ada, grp, d.now)
			d.record(events, nil)
		}
		d.now = d.now.Add(time.Minute)
		if err := d.Seen(ctx, s.ID, d.now); err != nil {
			t.Fatal(err)
		}
		got = holder()
		if diff := cmp.Diff([]string{"Admins", "Nurses"}, got.GroupNames()); diff != "" || !got.LastSeen.Equal(d.now) {
			t.Errorf("last seen %v, groups:\n%s", got.LastSeen, diff)
		}
		if _, err := d.HolderOf(ctx, "nobody"); holdfast.KindOf(err) != holdfast.NotFound {
			t.Errorf("nobody's: %v", err)
		}
		apps := must[[]grant.App](t)(d.AppsWithDomains(ctx))
		if !slices.EqualFunc(apps, []holdfast.AppID{app.ID}, func(a grant.App, id holdfast.AppID) bool { return a.ID == id }) {
			t.Errorf("with hosts: %v", apps)
		}
	})
}

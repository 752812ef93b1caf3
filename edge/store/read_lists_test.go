package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/edge/store"
)

// walk reads a list part by part, there and back, and wants both ways to tell
// the same.
func walk[R any](t *testing.T, what string, id func(R) string, read func(store.Span) ([]R, bool, error)) []string {
	t.Helper()
	var there, back []string
	for k := (store.Span{Limit: 3}); ; {
		rows, more, err := read(k)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			there = append(there, id(r))
		}
		if !more {
			break
		}
		if len(rows) != 3 {
			t.Fatalf("%s: a part of %d rows, and more behind it", what, len(rows))
		}
		k.After = id(rows[2])
	}
	if len(there) == 0 {
		return nil
	}
	back = there[len(there)-1:]
	for k := (store.Span{Limit: 3, Before: back[0]}); ; {
		rows, more, err := read(k)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range rows {
			ids = append(ids, id(r))
		}
		back = append(ids, back...)
		if !more {
			break
		}
		k.Before = ids[0]
	}
	want(t, what+": back", there, back)
	return there
}

func TestPeoplePart(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		ids := map[holdfast.PersonID]string{}
		var all []person.Record
		for _, name := range []string{"Ada Lovelace", "ada king", "Grace Brewster Murray Hopper", "Özil", "zoe", "Bo Bo", "Eve Ended", "100%", "Lovel_ace"} {
			d.now = d.now.Add(time.Second)
			p, events, err := person.Add(person.New{Name: name, Email: strings.ToLower(strings.Fields(name)[0]) + fmt.Sprint(len(all)) + "@example.org"}, d.now)
			d.record(events, err)
			ids[p.ID] = name
			all = append(all, p)
		}
		change := func(i int, do func(*person.New)) {
			n := all[i].Told()
			do(&n)
			p, events, err := person.Describe(all[i], n)
			d.record(events, err)
			all[i] = p
		}
		role := func(i int, r person.Role, ends time.Time) {
			p, events, err := person.SetRole(all[i], r, ends, d.now)
			d.record(events, err)
			all[i] = p
		}
		change(1, func(n *person.New) { n.Manager, n.Employment = all[0].ID, person.Contractor })
		change(4, func(n *person.New) { n.Manager = all[0].ID })
		change(6, func(n *person.New) { n.Ends = d.now })
		role(0, person.Administrator, time.Time{})
		role(2, person.Auditor, d.now.Add(time.Hour))
		role(4, person.HelpDesk, d.now.Add(time.Minute))
		d.now = d.now.Add(30 * time.Minute) // the help desk's role is over
		for _, c := range []struct {
			what  string
			f     store.PeopleFilter
			names string
		}{
			{"all", store.PeopleFilter{}, "100% ada king Ada Lovelace Bo Bo Eve Ended Grace Brewster Murray Hopper Lovel_ace zoe Özil"},
			{"newest", store.PeopleFilter{Order: store.ByNewest}, "Lovel_ace 100% Eve Ended Bo Bo zoe Özil Grace Brewster Murray Hopper ada king Ada Lovelace"},
			{"by address", store.PeopleFilter{Order: store.ByEmail}, "100% Ada Lovelace ada king Bo Bo Eve Ended Grace Brewster Murray Hopper Lovel_ace zoe Özil"},
			{"first name", store.PeopleFilter{Begins: "ADA"}, "ada king Ada Lovelace"},
			{"last name", store.PeopleFilter{Begins: "love"}, "Ada Lovelace Lovel_ace"},
			{"the whole of it", store.PeopleFilter{Begins: "grace brewster m"}, "Grace Brewster Murray Hopper"},
			{"the last of four", store.PeopleFilter{Begins: "hop"}, "Grace Brewster Murray Hopper"},
			{"a middle name", store.PeopleFilter{Begins: "MURRAY"}, "Grace Brewster Murray Hopper"},
			{"two words from the middle", store.PeopleFilter{Begins: "brewster mur"}, "Grace Brewster Murray Hopper"},
			{"the middle of a word", store.PeopleFilter{Begins: "urray"}, ""},
			{"a pattern in the middle", store.PeopleFilter{Begins: "m_rray"}, ""},
			{"a middle name, within", store.PeopleFilter{Text: "murray"}, "Grace Brewster Murray Hopper"},
			{"address", store.PeopleFilter{Begins: "grace2@"}, "Grace Brewster Murray Hopper"},
			{"twice the same word", store.PeopleFilter{Begins: "bo"}, "Bo Bo"},
			{"beyond a to z", store.PeopleFilter{Begins: "Öz"}, "Özil"},
			{"no pattern", store.PeopleFilter{Begins: "%"}, ""},
			{"no pattern either", store.PeopleFilter{Begins: "lovel_"}, "Lovel_ace"},
			{"nothing like it", store.PeopleFilter{Begins: "zzz"}, ""},
			{"administrators", store.PeopleFilter{Role: person.Administrator}, "Ada Lovelace"},
			{"help desk, over", store.PeopleFilter{Role: person.HelpDesk}, ""},
			{"any role", store.PeopleFilter{Role: store.AnyRole}, "Ada Lovelace Grace Brewster Murray Hopper"},
			{"contractors", store.PeopleFilter{Employment: person.Contractor}, "ada king"},
			{"of a manager", store.PeopleFilter{Manager: all[0].ID}, "ada king zoe"},
			{"of a manager, named", store.PeopleFilter{Manager: all[0].ID, Begins: "z"}, "zoe"},
			{"ended", store.PeopleFilter{State: store.Ended}, "Eve Ended"},
		} {
			found := walk(t, c.what, func(p person.Record) string { return string(p.ID) },
				func(k store.Span) ([]person.Record, bool, error) { return d.PeoplePart(ctx, c.f, k) })
			var names []string
			for _, id := range found {
				names = append(names, ids[holdfast.PersonID(id)])
			}
			want(t, c.what, c.names, strings.Join(names, " "))
			want(t, c.what+": counted", int64(len(found)), must[int64](t)(d.CountPeopleWhere(ctx, c.f, 0)))
			want(t, c.what+": counted to 2", int64(min(len(found), 3)), must[int64](t)(d.CountPeopleWhere(ctx, c.f, 2)))
		}
	})
}

func (d *desk) credential(id string, p person.Record, status credential.Status, be bool, aaguid, provenance string) credential.Record {
	d.t.Helper()
	d.now = d.now.Add(time.Second)
	c := credential.Record{ID: holdfast.CredentialID(id), Person: p.ID, Name: "Key " + id, Status: status, BE: be, AAGUID: aaguid, Provenance: provenance, Created: d.now}
	d.record([]audit.Event{audit.New("credential.enrolled", id, p.ID, audit.Set(&c))}, nil)
	return c
}

func TestCredentialsWhere(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		ada, bob := d.person("ada", time.Time{}), d.person("bob", time.Time{})
		a := d.credential("a1", ada, credential.Active, true, "x", "invitation:tic_1")
		d.credential("b2", bob, credential.Active, false, "y", "session:ses_1")
		d.credential("b3", bob, credential.Suspended, true, "x", "conditional create:ses_1")
		d.credential("b4", bob, credential.Removed, false, "z", "setup:tic_2")
		made := d.now.Add(time.Second)
		d.now = d.now.Add(48 * time.Hour)
		_, used, err := credential.Observe(a, credential.Use{UV: true, BE: true, BS: true}, d.now)
		d.record(used, err)
		yes, no := true, false
		for _, c := range []struct {
			what string
			f    store.CredentialFilter
			ids  string
		}{
			{"all", store.CredentialFilter{}, "b4 b3 b2 a1"},
			{"active", store.CredentialFilter{Status: credential.Active}, "b2 a1"},
			{"synced", store.CredentialFilter{Synced: &yes}, "b3 a1"},
			{"this device", store.CredentialFilter{Synced: &no}, "b4 b2"},
			{"two providers", store.CredentialFilter{AAGUID: []string{"x", "z"}}, "b4 b3 a1"},
			{"by invitation", store.CredentialFilter{Origin: "invitation"}, "a1"},
			{"by the browser", store.CredentialFilter{Origin: "conditional create"}, "b3"},
			{"unused", store.CredentialFilter{Unused: made}, "b4 b3 b2"},
			{"of bob", store.CredentialFilter{Text: "BOB"}, "b4 b3 b2"},
			{"by its id", store.CredentialFilter{Text: "b3"}, "b3"},
			{"by its name", store.CredentialFilter{Text: "key b"}, "b4 b3 b2"},
			{"all at once", store.CredentialFilter{Text: "bob", Status: credential.Suspended, Synced: &yes, AAGUID: []string{"x"}, Origin: "conditional create", Unused: made}, "b3"},
			{"none", store.CredentialFilter{Text: "zoe"}, ""},
		} {
			found := walk(t, c.what, func(k credential.Record) string { return string(k.ID) },
				func(k store.Span) ([]credential.Record, bool, error) { return d.CredentialsWhere(ctx, c.f, k) })
			want(t, c.what, c.ids, strings.Join(found, " "))
			n := int64(0)
			for _, alike := range must[[]store.CredentialCount](t)(d.CountCredentialsWhere(ctx, c.f)) {
				if alike.Matches(c.f) {
					n += alike.N
				}
			}
			want(t, c.what+": counted", int64(len(found)), n)
		}
		var called []string
		for _, k := range must[[]credential.Record](t)(d.CredentialsCalled(ctx, "KEY B", 10)) {
			called = append(called, string(k.ID))
		}
		want(t, "called, not removed", "b3 b2", strings.Join(called, " "))
		if ks := must[[]credential.Record](t)(d.CredentialsCalled(ctx, "b4", 10)); len(ks) != 1 || ks[0].ID != "b4" {
			t.Errorf("by id, also removed: %v", ks)
		}
	})
}

func TestTokensWhere(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		grown := func(name string) person.Record {
			p := d.person(name, time.Time{})
			p.Status, p.Role = person.Active, person.Administrator
			d.record([]audit.Event{audit.New("person.activated", string(p.ID), p.ID, audit.Set(&p))}, nil)
			return p
		}
		ada, bob := grown("ada"), grown("bob")
		words := map[string]string{}
		make := func(p person.Record, name string, life time.Duration) apitoken.Record {
			d.now = d.now.Add(time.Second)
			tk, _, events, err := apitoken.Create(apitoken.New{Name: name, Scopes: []string{"people:read"}, Life: life}, p, authority.Everything(),
				holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(p.ID)}, d.now)
			d.record(events, err)
			words[string(tk.ID)] = name
			return tk
		}
		make(ada, "a", time.Hour)
		gone := make(ada, "b", time.Hour)
		make(bob, "c", time.Minute)
		make(bob, "d", time.Hour)
		_, events, err := apitoken.Revoke(gone, d.now)
		d.record(events, err)
		d.now = d.now.Add(10 * time.Minute)
		for _, c := range []struct {
			f     store.TokenFilter
			names string
		}{
			{store.TokenFilter{}, "d c b a"},
			{store.TokenFilter{State: store.TokensLive}, "d a"},
			{store.TokenFilter{State: store.TokensOver}, "c b"},
			{store.TokenFilter{Owner: bob.ID}, "d c"},
			{store.TokenFilter{Owner: bob.ID, State: store.TokensLive}, "d"},
		} {
			found := walk(t, c.f.State, func(tk apitoken.Record) string { return string(tk.ID) },
				func(k store.Span) ([]apitoken.Record, bool, error) { return d.TokensWhere(ctx, c.f, k) })
			var names []string
			for _, id := range found {
				names = append(names, words[id])
			}
			want(t, fmt.Sprint(c.f), c.names, strings.Join(names, " "))
			want(t, fmt.Sprint(c.f), int64(len(found)), must[int64](t)(d.CountTokensWhere(ctx, c.f, 0)))
		}
		if one := must[[]apitoken.Record](t)(d.APITokensStarting(ctx, string(gone.ID)[:12], 3)); len(one) != 1 || one[0].ID != gone.ID {
			t.Errorf("by the beginning of its id: %v", one)
		}
	})
}

// recordBy is record of somebody else than Holdfast itself.
func (d *desk) recordBy(a holdfast.Actor, events ...audit.Event) {
	d.t.Helper()
	err := d.InTx(context.Background(), func(tx *store.Tx) error {
		return tx.Record(context.Background(), audit.By{Actor: a, At: d.now}, events...)
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// What the indexes leave out is found all the same: whatever the filter, a page
// and the count are what looking at every record gives.
func TestLogPageLosesNothing(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		ada, bob := d.person("ada", time.Time{}), d.person("bob", time.Time{})
		app := holdfast.Actor{Kind: holdfast.ActorApp, ID: "app_a"}
		as := func(p person.Record) holdfast.Actor {
			return holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(p.ID)}
		}
		host := holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}
		g, made, err := person.AddGroup("Engineering", d.now)
		d.record(made, err)
		var s session.Record
		for i := range 30 {
			d.now = d.now.Add(20 * time.Minute)
			p := []person.Record{ada, bob}[i%2]
			var events []audit.Event
			s, _, events = session.Open(session.SignIn{Person: p.ID, Credential: "cred"}, d.now)
			d.recordBy(as(p), append(events, audit.New("credential.used", "cred"+string(p.ID), p.ID))...)
			d.recordBy(as(p), audit.New(grant.Issued, "gra_"+fmt.Sprint(i), p.ID))
			d.recordBy(app, audit.New(grant.Redeemed, "gra_"+fmt.Sprint(i), p.ID), audit.New(grant.Refreshed, "gra_"+fmt.Sprint(i), p.ID))
			if i%7 == 0 {
				d.recordBy(as(ada), audit.New("person.suspended", string(bob.ID), bob.ID))
				d.recordBy(host, audit.New("group.joined", string(g.ID), bob.ID))
			}
		}
		var everything []store.Leaf
		for f := (store.LogFilter{}); ; {
			page, more, err := d.LogPage(ctx, f, 50)
			if err != nil {
				t.Fatal(err)
			}
			everything = append(everything, page...)
			if !more {
				break
			}
			f.Before = page[len(page)-1].Index
		}
		has := func(f store.LogFilter, l store.Leaf) bool {
			about := f.About == "" || string(l.Person) == f.About || !strings.HasPrefix(f.About, "per_") && l.Subject == f.About
			return about && (f.Type == "" || l.Type == f.Type) && (len(f.Actor) == 0 || slices.Contains(f.Actor, l.Actor)) &&
				(f.Since.IsZero() || !l.At.Before(f.Since)) && (f.Until.IsZero() || l.At.Before(f.Until))
		}
		people := []string{"", "person:" + string(ada.ID), "person:" + string(bob.ID), "app:app_a", "host:root"}
		for _, kind := range []audit.Type{"", "session.opened", "grant.redeemed", "person.suspended", "group.joined"} {
			for _, actor := range people {
				for _, about := range []string{"", string(ada.ID), string(g.ID), string(s.ID), "gra_3", "cred" + string(bob.ID)} {
					for _, times := range [][2]time.Duration{{0, 0}, {5 * time.Hour, 0}, {0, 3 * time.Hour}, {2 * time.Hour, 150 * time.Minute}} {
						f := store.LogFilter{Type: kind, About: about}
						if actor != "" {
							f.Actor = []string{actor, "nobody"}
						}
						if times[0] > 0 {
							f.Since = noon.Add(times[0])
						}
						if times[1] > 0 {
							f.Until = noon.Add(times[1])
						}
						var expected []int64
						for _, l := range everything {
							if has(f, l) {
								expected = append(expected, l.Index)
							}
						}
						what := fmt.Sprintf("%q by %q about %q, %v", kind, actor, about, times)
						want(t, what+": counted", int64(len(expected)), must[int64](t)(d.CountLog(ctx, f)))
						page, more, err := d.LogPage(ctx, f, 4)
						if err != nil {
							t.Fatal(err)
						}
						var got []int64
						for _, l := range page {
							got = append(got, l.Index)
						}
						want(t, what, expected[:min(4, len(expected))], got)
						want(t, what+": more", len(expected) > 4, more)
					}
				}
			}
		}
	})
}

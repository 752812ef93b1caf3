package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/ticket"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// desk is a store with a clock, for both engines.
type desk struct {
	*store.DB
	t   *testing.T
	now time.Time
}

func desks(t *testing.T, story func(t *testing.T, d *desk)) {
	for name, place := range map[string]func(testing.TB) storetest.Place{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			p, d := place(t), &desk{t: t, now: noon}
			p.Config.Clock = func() time.Time { return d.now }
			d.DB = p.Open(t)
			story(t, d)
		})
	}
}

func (d *desk) record(events []audit.Event, err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	err = d.InTx(context.Background(), func(tx *store.Tx) error {
		return tx.Record(context.Background(), audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: d.now}, events...)
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) person(name string, ends time.Time) person.Record {
	d.t.Helper()
	p, events, err := person.Add(person.New{Name: name, Email: name + "_x@example.org", Ends: ends}, d.now)
	d.record(events, err)
	return p
}

func (d *desk) session(p person.Record, uv bool) session.Record {
	d.t.Helper()
	s, _, events := session.Open(session.SignIn{Person: p.ID, Credential: "cred", Assurance: assurance.Of(assurance.Evidence{UV: uv})}, d.now)
	d.record(events, nil)
	return s
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func want(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestPeopleWhere(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		ada, bob, eve := d.person("ada", time.Time{}), d.person("Bob", noon), d.person("eve", noon.Add(time.Hour))
		zoe := d.person("zoe", time.Time{})
		_, erased, err := person.Erase(zoe)
		d.record(erased, err)
		_, suspended, err := person.Suspend(eve, "")
		d.record(suspended, err)
		g, made, err := person.AddGroup("Engineering", d.now)
		d.record(made, err)
		for _, p := range []person.Record{ada, bob} {
			_, joined := person.Join(p, g, d.now)
			d.record(joined, nil)
		}
		for _, c := range []struct {
			f     store.PeopleFilter
			total int64
			names []string
		}{
			{store.PeopleFilter{}, 3, []string{"Bob", "ada", "eve"}},
			{store.PeopleFilter{Text: "ADA"}, 1, []string{"ada"}},
			{store.PeopleFilter{Text: "b_x@"}, 1, []string{"Bob"}},
			{store.PeopleFilter{Text: "a%"}, 0, nil},
			{store.PeopleFilter{Text: "_x"}, 3, []string{"Bob", "ada", "eve"}},
			{store.PeopleFilter{State: person.Invited}, 1, []string{"ada"}},
			{store.PeopleFilter{State: person.Suspended}, 1, []string{"eve"}},
			{store.PeopleFilter{State: store.Ended}, 1, []string{"Bob"}},
			{store.PeopleFilter{State: person.Erased}, 1, []string{""}},
			{store.PeopleFilter{Group: g.ID}, 2, []string{"Bob", "ada"}},
			{store.PeopleFilter{Group: "grp_none"}, 0, nil},
		} {
			people, total, err := d.PeopleWhere(ctx, c.f, store.Page{Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, p := range people {
				names = append(names, p.Name)
			}
			want(t, fmt.Sprintf("%+v", c.f), c.names, names)
			want(t, "total", c.total, total)
		}
		part, total, err := d.PeopleWhere(ctx, store.PeopleFilter{}, store.Page{Limit: 1, Offset: 1})
		if err != nil || total != 3 || len(part) != 1 || part[0].Name != "ada" {
			t.Errorf("the second page of one: %v of %d, %v", part, total, err)
		}
		byID := must[map[holdfast.PersonID]person.Record](t)(d.PeopleByID(ctx, []holdfast.PersonID{ada.ID, "per_none"}))
		want(t, "by id", map[holdfast.PersonID]person.Record{ada.ID: ada}, byID)
		byID = must[map[holdfast.PersonID]person.Record](t)(d.PeopleByID(ctx, nil))
		want(t, "by no id", map[holdfast.PersonID]person.Record{}, byID)
		groups := must[map[holdfast.PersonID][]string](t)(d.GroupNamesOf(ctx, []holdfast.PersonID{ada.ID, eve.ID}))
		want(t, "groups", map[holdfast.PersonID][]string{ada.ID: {"Engineering"}}, groups)
	})
}

func TestWhatIsKnownOfPeople(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		ada, bob := d.person("ada", time.Time{}), d.person("bob", time.Time{})
		d.session(ada, true)
		d.now = d.now.Add(time.Minute)
		last := d.session(ada, true)
		for i, status := range []credential.Status{credential.Active, credential.Suspended, credential.Removed} {
			c := credential.Record{ID: holdfast.CredentialID(fmt.Sprint("c", i)), Person: ada.ID, Status: status, Created: d.now}
			d.record([]audit.Event{audit.New("credential.enrolled", string(c.ID), ada.ID, audit.Set(&c))}, nil)
		}
		both := []holdfast.PersonID{ada.ID, bob.ID}
		want(t, "last sign-ins", map[holdfast.PersonID]time.Time{ada.ID: last.AuthTime}, must[map[holdfast.PersonID]time.Time](t)(d.LastSignIns(ctx, both)))
		want(t, "passkeys", map[holdfast.PersonID]int64{ada.ID: 2}, must[map[holdfast.PersonID]int64](t)(d.PasskeysOf(ctx, both)))
	})
}

// The SQL says of every session what session.Record.Live says.
func TestLiveSessionsWhere(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		ada := d.person("ada", time.Time{})
		all := []session.Record{d.session(ada, true), d.session(ada, false)}
		over, ended := session.End(d.session(ada, true), session.SignedOut, d.now)
		d.record(ended, nil)
		all = append(all, over, d.session(ada, true))
		if err := d.Seen(ctx, all[3].ID, noon.Add(50*time.Minute)); err != nil {
			t.Fatal(err)
		}
		seen := map[holdfast.SessionID]time.Time{all[3].ID: noon.Add(50 * time.Minute)}
		for _, later := range []time.Duration{0, 59 * time.Minute, time.Hour, 109 * time.Minute, 110 * time.Minute, 7*24*time.Hour - time.Minute, 7 * 24 * time.Hour} {
			d.now = noon.Add(later)
			live := map[holdfast.SessionID]bool{}
			for _, s := range all {
				if s.Live(seen[s.ID], d.now) {
					live[s.ID] = true
				}
			}
			vs, more, err := d.LiveSessionsWhere(ctx, "ADA", store.Span{Limit: 10})
			if err != nil || more {
				t.Fatal(err, more)
			}
			total := must[int64](t)(d.CountLiveSessionsWhere(ctx, "ADA", store.Many))
			got := map[holdfast.SessionID]bool{}
			for _, v := range vs {
				got[v.Session.ID] = true
			}
			want(t, later.String(), live, got)
			want(t, later.String()+" total", int64(len(live)), total)
		}
		if vs, _, err := d.LiveSessionsWhere(ctx, "bob", store.Span{Limit: 10}); len(vs) != 0 || err != nil {
			t.Errorf("sessions of nobody: %v, %v", vs, err)
		}
	})
}

// The SQL says of every invitation what ticket.Record.State says.
func TestInvitationsWhere(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		var all []ticket.Record
		issue := func(kind ticket.Kind, life time.Duration) ticket.Record {
			tk, _, events, err := ticket.Issue(kind, "per_x", holdfast.Actor{Kind: holdfast.ActorSystem}, life, d.now)
			d.record(events, err)
			return tk
		}
		issue(ticket.Setup, time.Hour)
		used, events, err := ticket.Redeem(issue(ticket.Invitation, time.Hour), d.now)
		d.record(events, err)
		revoked, events, err := ticket.Revoke(issue(ticket.Invitation, time.Hour), d.now)
		d.record(events, err)
		all = append(all, used, revoked, issue(ticket.Invitation, time.Hour), issue(ticket.Invitation, 2*time.Hour))
		d.now = d.now.Add(time.Hour)
		for _, state := range []ticket.State{"", ticket.Open, ticket.Used, ticket.Revoked, ticket.Expired} {
			ids, got := map[holdfast.TicketID]bool{}, map[holdfast.TicketID]bool{}
			for _, tk := range all {
				if state == "" || tk.State(d.now) == state {
					ids[tk.ID] = true
				}
			}
			f := store.InvitationFilter{State: state}
			ts, more, err := d.InvitationsWhere(ctx, f, store.Span{Limit: 10})
			if err != nil || more {
				t.Fatal(err, more)
			}
			total := must[int64](t)(d.CountInvitationsWhere(ctx, f, 0))
			for _, tk := range ts {
				got[tk.ID] = true
			}
			want(t, string(state), ids, got)
			want(t, string(state)+" total", int64(len(ids)), total)
		}
	})
}

func TestAppsInUse(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		begun := must[store.Beginnings](t)
		want(t, "nothing begun", store.Beginnings{}, begun(d.Begun(ctx)))
		ada := d.person("ada", time.Time{})
		one, two := d.session(ada, true), d.session(ada, true)
		let := func(app holdfast.AppID, s session.Record) {
			d.now = d.now.Add(time.Second)
			g := grant.Grant{ID: holdfast.NewGrantID(), App: app, Person: ada.ID, Session: s.ID, Created: d.now}
			d.record([]audit.Event{audit.New(grant.Issued, string(g.ID), ada.ID, audit.Set(&g))}, nil)
		}
		let("app_a", one)
		let("app_b", one)
		let("app_a", one)
		let("app_a", two)
		want(t, "by one", []store.AppUse{{App: "app_a", Session: two.ID, Last: noon.Add(4 * time.Second)},
			{App: "app_a", Session: one.ID, Last: noon.Add(3 * time.Second)}, {App: "app_b", Session: one.ID, Last: noon.Add(2 * time.Second)}},
			must[[]store.AppUse](t)(d.AppsUsedBy(ctx, ada.ID)))
		last := map[holdfast.AppID]time.Time{}
		for _, u := range must[[]store.AppUse](t)(d.AppsLastUsed(ctx)) {
			last[u.App] = u.Last
		}
		want(t, "by all", map[holdfast.AppID]time.Time{"app_a": noon.Add(4 * time.Second), "app_b": noon.Add(2 * time.Second)}, last)
		want(t, "people in a", int64(1), must[int64](t)(d.CountPeopleIn(ctx, "app_a")))
		d.now = noon.Add(2 * time.Hour)
		want(t, "people in a, later", int64(0), must[int64](t)(d.CountPeopleIn(ctx, "app_a")))
		want(t, "begun", store.Beginnings{AppUsed: true}, begun(d.Begun(ctx)))
	})
}

func TestLogPage(t *testing.T) {
	desks(t, func(t *testing.T, d *desk) {
		ctx := context.Background()
		ada, bob := d.person("ada", time.Time{}), d.person("bob", time.Time{}) // 0, 1
		g, made, err := person.AddGroup("Engineering", d.now)                  // 2
		d.record(made, err)
		_, joined := person.Join(ada, g, d.now) // 3
		d.now = d.now.Add(time.Hour)
		d.record(joined, nil)
		d.session(bob, true) // 4
		for _, c := range []struct {
			what    string
			f       store.LogFilter
			limit   int
			indexes []int64
			more    bool
		}{
			{"all", store.LogFilter{}, 10, []int64{4, 3, 2, 1, 0}, false},
			{"the newest", store.LogFilter{}, 2, []int64{4, 3}, true},
			{"before", store.LogFilter{Before: 3}, 2, []int64{2, 1}, true},
			{"before, the last", store.LogFilter{Before: 2}, 2, []int64{1, 0}, false},
			{"from", store.LogFilter{From: 1}, 2, []int64{2, 1}, true},
			{"from, the last", store.LogFilter{From: 3}, 2, []int64{4, 3}, false},
			{"type", store.LogFilter{Type: "person.added"}, 10, []int64{1, 0}, false},
			{"actor", store.LogFilter{Actor: []string{"host:root", "system"}}, 10, []int64{3, 2, 1, 0}, false}, // 4 is of a kind that only people and applications write
			{"another actor", store.LogFilter{Actor: []string{"host:root"}}, 10, nil, false},
			{"a person", store.LogFilter{About: string(ada.ID)}, 10, []int64{3, 0}, false},
			{"a group", store.LogFilter{About: string(g.ID)}, 10, []int64{3, 2}, false},
			{"since", store.LogFilter{Since: noon.Add(time.Hour)}, 10, []int64{4, 3}, false},
			{"until", store.LogFilter{Until: noon.Add(time.Hour)}, 10, []int64{2, 1, 0}, false},
		} {
			leaves, more, err := d.LogPage(ctx, c.f, c.limit)
			if err != nil {
				t.Fatal(err)
			}
			var indexes []int64
			for _, l := range leaves {
				indexes = append(indexes, l.Index)
			}
			want(t, c.what, c.indexes, indexes)
			want(t, c.what+": more", c.more, more)
		}
	})
}

package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/edge/store"
)

func diff(t testing.TB, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// whole checks the invariants of the whole database.
func whole(t testing.TB, db *store.DB) store.Report {
	t.Helper()
	r, err := db.Verify(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		t.Errorf("verify: %s", f.Text)
	}
	return r
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func readsPeople(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	var all []Person
	for n := range 25 {
		p, events := Somebody(t, n)
		record(t, db, events...)
		all = append(all, p)
	}
	people := must[[]person.Record](t)
	var paged []person.Record
	for after := holdfast.PersonID(""); ; {
		page := people(db.People(ctx, after, 10))
		paged = append(paged, page...)
		if len(page) < 10 {
			break
		}
		after = page[9].ID
	}
	if len(paged) != 25 || paged[0].ID != all[0].Record.ID || paged[24].ID != all[24].Record.ID {
		t.Errorf("pages: %s", emails(paged))
	}
	for text, want := range map[string]string{
		"PERSON <007>": "p007", "p013@": "p013", "söhne": emails(paged[:5]), "%": "", "_": "", `\`: "", "<02": "p020 p021 p022 p023 p024",
	} {
		if got := emails(people(db.SearchPeople(ctx, text, 5))); got != want {
			t.Errorf("search %q: %q, want %q", text, got, want)
		}
	}
	p := all[3].Record
	diff(t, p, must[person.Record](t)(db.PersonByEmail(ctx, p.Email)))
	diff(t, p, must[person.Record](t)(db.PersonByHandle(ctx, p.Handle)))
	_, err := db.PersonByEmail(ctx, "")
	wantKind(t, err, holdfast.NotFound, "no_such_person")
	diff(t, map[person.Status]int64{person.Active: 25}, must[map[person.Status]int64](t)(db.CountPeople(ctx)))

	diff(t, []person.Record(nil), people(db.Administrators(ctx)))
	admin, events, err := person.SetRole(p, person.Administrator, time.Time{}, p.Created)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	diff(t, []person.Record{admin}, people(db.Administrators(ctx)))

	g, events, err := person.AddGroup("Ward 7", Now())
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	m, events := person.Join(p, g, Now())
	record(t, db, events...)
	diff(t, []person.Group{g}, must[[]person.Group](t)(db.GroupsOf(ctx, p.ID)))
	diff(t, []person.Record{admin}, people(db.MembersOf(ctx, g.ID)))
	diff(t, []person.Membership{m}, must[[]person.Membership](t)(db.MembershipsOf(ctx, p.ID)))
	diff(t, []person.Membership{m}, must[[]person.Membership](t)(db.MembershipsOfGroup(ctx, g.ID)))
	diff(t, g, must[person.Group](t)(db.GroupByName(ctx, "Ward 7")))
	diff(t, map[holdfast.GroupID]int64{g.ID: 1}, must[map[holdfast.GroupID]int64](t)(db.GroupSizes(ctx)))
	record(t, db, person.Leave(m)...)
	diff(t, []person.Group(nil), must[[]person.Group](t)(db.GroupsOf(ctx, p.ID)))
	readsCredentials(t, db, all)
	whole(t, db)
}

func readsCredentials(t *testing.T, db *store.DB, all []Person) {
	ctx := context.Background()
	c := all[3].Credential
	diff(t, []credential.Record{c}, must[[]credential.Record](t)(db.CredentialsOf(ctx, c.Person)))
	got, owner, err := db.CredentialAndOwner(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, c, got)
	diff(t, must[person.Record](t)(db.Person(ctx, c.Person)), owner)
	if _, _, err := db.CredentialAndOwner(ctx, "none"); holdfast.KindOf(err) != holdfast.NotFound {
		t.Errorf("a credential that is not there: %v", err)
	}
	raw := must[credential.Registration](t)(db.Registration(ctx, c.ID))
	if string(raw.ClientDataJSON) != `{"a":"<&>"}` {
		t.Errorf("registration: %q", raw.ClientDataJSON)
	}
	one := must[credential.Record](t)
	diff(t, c, one(db.CredentialAfter(ctx, c.ID)))
	first := one(db.CredentialAfter(ctx, ""))
	diff(t, first, one(db.CredentialAfter(ctx, "zzzz"))) // goes round
	for _, p := range all {
		if p.Credential.ID < first.ID {
			t.Errorf("%s comes before %s", p.Credential.ID, first.ID)
		}
	}
	_, events, err := credential.Suspend(c)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	if next := one(db.CredentialAfter(ctx, c.ID)); next.ID == c.ID || next.Status != credential.Active {
		t.Errorf("a suspended credential is given: %v", next.ID)
	}
	diff(t, []credential.Record(nil), must[[]credential.Record](t)(db.ActiveCredentialsOf(ctx, c.Person)))
	diff(t, map[credential.Status]int64{credential.Active: 24, credential.Suspended: 1},
		must[map[credential.Status]int64](t)(db.CountCredentials(ctx)))
}

func readsSessions(t *testing.T, place Place) {
	ctx := context.Background()
	now := Now()
	place.Config.Clock = func() time.Time { return now }
	db := place.Open(t)
	p, events := Somebody(t, 1)
	record(t, db, events...)
	s, secret, events := SignIn(t, p, now)
	s.Expires = now.Add(time.Hour)
	events[len(events)-1].Puts = []audit.Put{audit.Set(&s)}
	record(t, db, events...)

	hash := holdfast.HashSecret(secret)
	want := store.Visit{Session: s, Person: p.Record, Credential: credential.Active}
	diff(t, want, must[store.Visit](t)(db.SessionBySecret(ctx, hash)))
	for _, at := range []time.Duration{time.Minute, time.Second} { // the earlier one comes late
		if err := db.InTx(ctx, func(tx *store.Tx) error { return tx.Touch(ctx, s.ID, now.Add(at)) }); err != nil {
			t.Fatal(err)
		}
	}
	want.LastSeen = now.Add(time.Minute)
	diff(t, want, must[store.Visit](t)(db.SessionBySecret(ctx, hash)))
	visits := must[[]store.Visit](t)
	diff(t, []store.Visit{want}, visits(db.OpenSessions(ctx, 10)))
	diff(t, []store.Visit{want}, visits(db.OpenSessionsOf(ctx, p.Record.ID)))
	held, err := db.HeldBy(ctx, p.Record.ID)
	if err != nil || len(held.Sessions) != 1 || len(held.Grants) != 0 {
		t.Error(held, err)
	}
	_, err = db.SessionBySecret(ctx, secret) // the secret itself is stored nowhere
	wantKind(t, err, holdfast.NotFound, "no_such_session")

	now = now.Add(time.Hour)
	diff(t, []store.Visit(nil), visits(db.OpenSessions(ctx, 10)))
	if n, err := db.Sweep(ctx, now); n != 1 || err != nil {
		t.Errorf("swept %d, want when the session was last seen; %v", n, err)
	}
	if _, err := db.Session(ctx, s.ID); err != nil {
		t.Error(err) // a record is not swept
	}
	whole(t, db)
}

func readsLog(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	p, events := Somebody(t, 1)
	q, more := Somebody(t, 2)
	record(t, db, events...)
	record(t, db, more...)
	_, _, signedIn := SignIn(t, p, Now())
	err := db.InTx(ctx, func(tx *store.Tx) error {
		return tx.Record(ctx, audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(p.Record.ID)}, At: Now().Add(time.Hour)}, signedIn...)
	})
	if err != nil {
		t.Fatal(err)
	}
	types := func(f store.Filter) (out string) {
		t.Helper()
		ls, err := db.Tail(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range ls {
			out += fmt.Sprintf("%d %s\n", l.Index, l.Type)
		}
		return out
	}
	signIn := "7 session.opened\n6 credential.used\n"
	his := signIn + "2 credential.enrolled\n1 person.activated\n0 person.added\n"
	hers := "5 credential.enrolled\n4 person.activated\n3 person.added\n"
	for _, c := range []struct {
		f    store.Filter
		want string
	}{
		{store.Filter{Person: p.Record.ID}, his},
		{store.Filter{Person: q.Record.ID}, hers},
		{store.Filter{Limit: 2}, signIn},
		{store.Filter{Before: 6, Limit: 3}, hers},
		{store.Filter{Actor: "person:*"}, signIn},
		{store.Filter{Actor: "person:" + string(p.Record.ID)}, signIn},
		{store.Filter{Actor: "system:test", Person: q.Record.ID}, hers},
		{store.Filter{Type: "session.opened"}, "7 session.opened\n"},
		{store.Filter{Type: "credential.*", Person: p.Record.ID}, "6 credential.used\n2 credential.enrolled\n"},
		{store.Filter{Subject: string(q.Credential.ID)}, "5 credential.enrolled\n"},
		{store.Filter{Since: Now().Add(time.Minute)}, signIn},
		{store.Filter{Type: "nothing"}, ""},
	} {
		if got := types(c.f); got != c.want {
			t.Errorf("%+v:\n%swant\n%s", c.f, got, c.want)
		}
	}
	_, err = db.Leaf(ctx, 8)
	wantKind(t, err, holdfast.NotFound, "no_such_record")
	l := must[store.Leaf](t)(db.Leaf(ctx, 0))
	e := must[audit.Entry](t)(audit.Decode(l.Body))
	values := must[map[string][]byte](t)(db.Openings(ctx, 0))
	if got := string(values[e.Puts[0].Columns[1].Commitment]); got != `"Person <001> & Söhne"` {
		t.Errorf("the name is opened as %s", got)
	}
}

func nodes(t *testing.T, place Place) {
	ctx := context.Background()
	dbs := []*store.DB{place.Open(t)}
	if place.Shared {
		dbs = append(dbs, place.Open(t), place.Open(t))
	}
	const writers, each = 24, 12
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				_, events := Somebody(t, 100*w+i)
				db := dbs[w%len(dbs)]
				if err := db.InTx(ctx, func(tx *store.Tx) error { return tx.Record(ctx, By(), events...) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, db := range dbs {
		if r := whole(t, db); r.Records != 3*writers*each || r.Checkpoint.Size != r.Records {
			t.Errorf("%d records, the head says %d", r.Records, r.Checkpoint.Size)
		}
	}
}

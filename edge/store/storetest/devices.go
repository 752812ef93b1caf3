package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/device"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/edge/store"
)

func devices(t *testing.T, place Place) {
	ctx := context.Background()
	now := Now()
	place.Config.Clock = func() time.Time { return now }
	db := place.Open(t)
	ada, events := Somebody(t, 1)
	bob, more := Somebody(t, 2)
	record(t, db, append(events, more...)...)
	size := func() int64 {
		t.Helper()
		return must[[]store.Leaf](t)(db.Tail(ctx, store.Filter{Limit: 1}))[0].Index
	}
	before := size()

	see := func(hash string, p Person, said device.Capabilities) {
		t.Helper()
		if err := db.SeeDevice(ctx, hash, p.Record.ID, "Browser 1", said, now); err != nil {
			t.Fatal(err)
		}
	}
	of := func(p Person) []device.Record { return must[[]device.Record](t)(db.DevicesOf(ctx, p.Record.ID)) }
	_, err := db.Device(ctx, "laptop", ada.Record.ID)
	wantKind(t, err, holdfast.NotFound, "no_such_device")

	autofill := device.Capabilities{device.ConditionalGet: true, "extension:prf": false}
	see("laptop", ada, autofill)
	want := device.Record{Device: "laptop", Person: ada.Record.ID, UserAgent: "Browser 1", Capabilities: autofill, FirstSeen: now, LastSeen: now}
	diff(t, want, must[device.Record](t)(db.Device(ctx, "laptop", ada.Record.ID)))
	see("laptop", bob, autofill) // the same browser, shared
	see("phone", bob, device.Capabilities{device.ConditionalGet: false, device.PlatformPasskey: true})
	diff(t, device.Readiness{Browsers: 2, Autofill: 1, Platform: 1}, must[device.Readiness](t)(db.Readiness(ctx)))

	now = now.Add(device.Again)
	see("laptop", ada, device.Capabilities{})
	want.Capabilities, want.LastSeen = device.Capabilities{}, now
	diff(t, []device.Record{want}, of(ada))

	for i := range device.Most + 5 { // somebody clears their cookies again and again
		now = now.Add(time.Second)
		see(fmt.Sprint("browser ", i), ada, autofill)
	}
	if got := of(ada); len(got) != device.Most || got[0].Device != fmt.Sprint("browser ", device.Most+4) {
		t.Errorf("%d browsers are kept, the first is %q", len(got), got[0].Device)
	}

	if err := db.InTx(ctx, func(tx *store.Tx) error { return tx.Erase(ctx, bob.Record.ID) }); err != nil {
		t.Fatal(err)
	}
	if got := of(bob); len(got) != 0 {
		t.Errorf("after erasure there is %+v", got)
	}
	erased, events, err := person.Erase(ada.Record)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)
	had := len(of(ada))
	see("late", Person{Record: erased}, autofill)
	if got := of(ada); len(got) != had {
		t.Errorf("somebody who was erased has %d browsers, before %d", len(got), had)
	}
	now = now.Add(device.Life)
	if got := of(ada); len(got) != 0 {
		t.Errorf("%d browsers are remembered for ever", len(got))
	}
	if n := must[int64](t)(db.Sweep(ctx, now)); n != device.Most {
		t.Errorf("swept %d, want %d", n, device.Most)
	}
	if grown := size() - before; grown != int64(len(events)) {
		t.Errorf("the log grew by %d: what browsers can do is no part of it", grown)
	}
}

func originUsers(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	const a, b, c = "https://a.example", "https://b.example", "https://c.example"
	signIn := func(p Person, origin string, at time.Time) {
		t.Helper()
		_, _, opened := session.Open(session.SignIn{Person: p.Record.ID, Credential: p.Credential.ID, Origin: origin}, at)
		record(t, db, opened...)
	}
	var people []Person
	for n := range 6 {
		p, events := Somebody(t, n)
		record(t, db, events...)
		people = append(people, p)
	}
	day := func(n int) time.Time { return Now().AddDate(0, 0, n) }
	signIn(people[0], "", day(1)) // own origin only
	signIn(people[1], a, day(1))
	signIn(people[1], a, day(3)) // only a, twice
	signIn(people[2], a, day(2))
	signIn(people[2], "", day(4)) // a, and its own
	signIn(people[3], a, day(5))
	signIn(people[3], b, day(6)) // a and b
	signIn(people[4], b, day(7))
	signIn(people[5], a, day(8)) // erased below
	_, erased, err := person.Erase(people[5].Record)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, erased...)

	user := func(n int, last time.Time, elsewhere bool) org.OriginUser {
		p := people[n].Record
		return org.OriginUser{Person: p.ID, Name: p.Name, Last: last, Elsewhere: elsewhere}
	}
	for _, x := range []struct {
		name       string
		gone, stay []string
		want       []org.OriginUser
	}{
		{"a goes", []string{a}, []string{b}, []org.OriginUser{user(1, day(3), false), user(2, day(2), true), user(3, day(5), true)}},
		{"both go", []string{a, b}, nil, []org.OriginUser{user(1, day(3), false), user(2, day(2), true), user(3, day(6), false), user(4, day(7), false)}},
		{"b goes, a was gone before", []string{b}, nil, []org.OriginUser{user(3, day(6), false), user(4, day(7), false)}},
		{"nobody used it", []string{c}, []string{a, b}, nil},
		{"nothing goes", nil, []string{a, b}, nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			diff(t, x.want, must[[]org.OriginUser](t)(db.OriginUsers(ctx, x.gone, x.stay)))
		})
	}
	whole(t, db)
}

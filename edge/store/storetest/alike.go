package storetest

import (
	"context"
	"sync"
	"testing"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/person"
	"holdfast/edge/store"
)

// alike has the closures of one batch write what could travel as one statement:
// they come out as if each had been alone. A unique value that one row gives up
// another takes, the last change of a row stays, what was removed is there when
// it is put again, and who changes what is not there fails alone.
func alike(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	var all []person.Record
	for n := range 5 {
		p, events := Somebody(t, n)
		record(t, db, events...)
		all = append(all, p.Record)
	}
	g := person.Group{ID: "grp_one", Name: "one"}
	m := person.Membership{ID: "mem_one", Person: all[3].ID, Group: g.ID}
	record(t, db, audit.New("group.added", string(g.ID), "", audit.Set(&g)))
	set := func(i int, email string) func(*store.Tx) error {
		p := all[i]
		p.Email = email
		return put(p.ID, audit.Set(&p))
	}
	change := func(i int, name string) func(*store.Tx) error {
		p := all[i]
		p.Name = name
		return put(p.ID, audit.Change(&p, "name"))
	}
	nobody := person.Record{ID: "per_nobody"}
	errs := together(t, db,
		set(0, "free@example.org"), set(1, all[0].Email), set(2, all[1].Email),
		change(3, "First"), change(4, "Other"), change(3, "Last"),
		set(4, "fifth@example.org"), change(4, "Latest"),
		put(m.Person, audit.Set(&m)), put(m.Person, audit.Remove(&m)), put(m.Person, audit.Set(&m)))
	for i, err := range errs {
		if err != nil {
			t.Errorf("closure %d: %v", i, err)
		}
	}
	if n := emails(must[[]person.Record](t)(db.People(ctx, "", 20))); n != "p003 fifth free p000 p001" {
		t.Errorf("the addresses are %s", n)
	}
	errs = together(t, db, change(0, "Zero"), put(nobody.ID, audit.Change(&nobody, "name")), change(1, "One"),
		put(nobody.ID, audit.Change(&nobody, "name")), set(2, "free@example.org"))
	for i, want := range []string{"", "no_such_person", "", "no_such_person", "already_exists"} {
		if got := holdfast.CodeOf(errs[i]); errs[i] != nil && got != want || errs[i] == nil && want != "" {
			t.Errorf("closure %d: %v, want %q", i, errs[i], want)
		}
	}
	for i, want := range []string{"Zero", "One", "", "Last", ""} {
		p, err := db.Person(ctx, all[i].ID)
		if err != nil || want != "" && p.Name != want {
			t.Errorf("%d is called %q, %v; want %q", i, p.Name, err, want)
		}
	}
	whole(t, db)
}

func put(who holdfast.PersonID, p audit.Put) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		return tx.Record(context.Background(), By(), audit.New("person.changed", string(who), who, p))
	}
}

// askedAtOnce has many ask for credentials at the same time: each gets the one
// that they asked for, as it stands, and what is nobody's or no text is nowhere.
func askedAtOnce(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	var all []Person
	for n := range 3 {
		p, events := Somebody(t, n)
		record(t, db, events...)
		all = append(all, p)
	}
	ids := []holdfast.CredentialID{all[0].Credential.ID, "nobody's", all[1].Credential.ID, "no\x00text", "\xff", all[2].Credential.ID, all[0].Credential.ID}
	owners := []holdfast.PersonID{all[0].Record.ID, "", all[1].Record.ID, "", "", all[2].Record.ID, all[0].Record.ID}
	var wg sync.WaitGroup
	for i := range 16 * len(ids) {
		wg.Go(func() {
			id, owner := ids[i%len(ids)], owners[i%len(ids)]
			c, p, err := db.CredentialAndOwner(ctx, id)
			switch {
			case owner != "" && (err != nil || c.ID != id || p.ID != owner):
				t.Errorf("%q: got %q of %q, %v", id, c.ID, p.ID, err)
			case owner == "" && (err == nil || holdfast.CodeOf(err) != "no_such_credential"):
				t.Errorf("%q: got %q, %v", id, c.ID, err)
			}
		})
	}
	wg.Wait()
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := db.CredentialAndOwner(gone, ids[0]); err != nil && holdfast.CodeOf(err) != "store_cancelled" {
		t.Errorf("who has left is answered %v", err)
	}
}

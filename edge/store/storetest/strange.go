package storetest

import (
	"context"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/edge/store"
)

// What is no text is nowhere: anybody can ask for an application of such a name.
func strange(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	p, events := Somebody(t, 1)
	record(t, db, events...)
	for _, odd := range []string{"\x00", "\xff", string(p.Record.ID) + "\x00", p.Record.Email + "\xc3"} {
		for name, ask := range map[string]func() error{
			"an application": func() error { _, err := db.App(ctx, holdfast.AppID(odd)); return err },
			"a person":       func() error { _, err := db.Person(ctx, holdfast.PersonID(odd)); return err },
			"an address":     func() error { _, err := db.PersonByEmail(ctx, odd); return err },
			"a credential":   func() error { _, err := db.Credential(ctx, holdfast.CredentialID(odd)); return err },
			"in a transaction": func() error {
				return db.InTx(ctx, func(tx *store.Tx) error { _, err := tx.Group(ctx, holdfast.GroupID(odd)); return err })
			},
			"a token": func() error { _, err := db.TokenBySecret(ctx, odd); return err },
		} {
			if err := ask(); holdfast.KindOf(err) != holdfast.NotFound {
				t.Errorf("%s by %q: %v, want that it is not found", name, odd, err)
			}
		}
		if found, err := db.ListPeople(ctx, store.PeopleList{PeopleFilter: store.PeopleFilter{Text: odd, State: person.Active}}, store.Cut{}, 10); err != nil || len(found) != 0 {
			t.Errorf("people by %q: %v, %v", odd, found, err)
		}
		if found, err := db.Tail(ctx, store.Filter{Subject: odd, Limit: 10}); err != nil || len(found) != 0 {
			t.Errorf("records by %q: %v, %v", odd, found, err)
		}
		err := db.InTx(ctx, func(tx *store.Tx) error {
			_, err := tx.Throttle(ctx, "of "+odd, time.Minute, 3, Now())
			return err
		})
		if err != nil {
			t.Errorf("an attempt by %q: %v", odd, err)
		}
	}
	whole(t, db)
}

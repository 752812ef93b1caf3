package store_test

import (
	"context"
	"testing"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/person"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
)

func TestSmoke(t *testing.T) {
	for name, place := range map[string]func(testing.TB) storetest.Place{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			db := place(t).Open(t)
			ctx := context.Background()
			p, ev, err := person.Add(person.New{Name: "Ada", Email: "ada@example.org"}, storetest.Now())
			if err != nil {
				t.Fatal(err)
			}
			by := audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: storetest.Now()}
			for i := range 600 {
				if err := db.InTx(ctx, func(tx *store.Tx) error {
					ok, err := tx.Spend(ctx, "x", string(rune(i+1000)), storetest.Now())
					if !ok || err != nil {
						t.Error(ok, err)
					}
					return tx.Record(ctx, by, ev...)
				}); err != nil {
					t.Fatal(err)
				}
			}
			got, err := db.Person(ctx, p.ID)
			if err != nil || got.Email != p.Email {
				t.Fatal(got, err)
			}
			t.Log(db.PersonByEmail(ctx, "x"))
			t.Log(db.People(ctx, "", 10))
			t.Log(db.People(ctx, p.ID, 10))
			t.Log(db.SearchPeople(ctx, "ad", 10))
			t.Log(db.Administrators(ctx))
			t.Log(db.SessionBySecret(ctx, "q"))
			t.Log(db.OpenSessions(ctx, 3))
			t.Log(db.HeldBy(ctx, p.ID))
			t.Log(db.Sweep(ctx, storetest.Now()))
			t.Log(db.CredentialAfter(ctx, "x"))
		})
	}
}

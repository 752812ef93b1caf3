package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
	"holdfast/edge/store"
)

func surroundingsRead(t *testing.T, place Place) {
	ctx := context.Background()
	now := Now()
	db := place.Open(t)
	ada, events := Somebody(t, 1)
	record(t, db, events...)
	bob, events := Somebody(t, 2)
	record(t, db, events...)
	type records = []surroundings.Record
	declare := func(d surroundings.Declaration) surroundings.Record {
		t.Helper()
		r, events, err := surroundings.Declare(d, now)
		if err != nil {
			t.Fatal(err)
		}
		record(t, db, events...)
		diff(t, r, must[surroundings.Record](t)(db.Surrounding(ctx, r.ID)))
		if _, events, err := surroundings.Change(must[surroundings.Record](t)(db.Surrounding(ctx, r.ID)), r.Declaration(), now); err != nil || len(events) > 0 {
			t.Errorf("%s, as it was read, is changed by saying it again: %d events, %v", d.Name, len(events), err)
		}
		return r
	}
	account := declare(surroundings.Declaration{Kind: surroundings.SyncAccount, Name: "b cloud", Person: ada.Record.ID, Provider: "cloud", Primary: true,
		SignIn: []string{"password+code", "passkey"}, Recovery: []string{"2-of-3-devices"}, Devices: []string{"a", "ß", `"c"`},
		From: now.Add(-time.Hour), Until: now.Add(time.Hour)})
	mailbox := declare(surroundings.Declaration{Kind: surroundings.Mailbox, Name: "ada@home.example", Person: ada.Record.ID, Said: true, Status: surroundings.Assumed})
	phone := declare(surroundings.Declaration{Kind: surroundings.Phone, Name: "+49 30 1", Person: bob.Record.ID, Source: "HR"})
	desk := declare(surroundings.Declaration{Kind: surroundings.Power, Name: "desk", Over: surroundings.OverPrimary,
		Holders: []string{"person:" + string(bob.Record.ID), "night shift"}, K: 2, Check: surroundings.CheckAsked})
	mail := declare(surroundings.Declaration{Kind: surroundings.Power, Name: "a mail admin", Over: surroundings.OverMail, Target: "example.org", Holders: []string{"hoster"}})
	old, events, err := surroundings.Withdraw(declare(surroundings.Declaration{Kind: surroundings.Phone, Name: "old", Person: ada.Record.ID}), now)
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, events...)

	for _, c := range []struct {
		name  string
		f     store.SurroundingList
		after store.Cut
		most  int
		want  records
	}{
		{"all", store.SurroundingList{}, store.Cut{}, 9, records{phone, mail, mailbox, account, desk}},
		{"behind one", store.SurroundingList{}, store.Cut{Text: mail.Name, ID: string(mail.ID)}, 2, records{mailbox, account}},
		{"of a kind", store.SurroundingList{Kind: surroundings.Power}, store.Cut{}, 9, records{mail, desk}},
		{"of a person", store.SurroundingList{Person: ada.Record.ID}, store.Cut{}, 9, records{mailbox, account}},
		{"of a person and a kind", store.SurroundingList{Person: ada.Record.ID, Kind: surroundings.Mailbox}, store.Cut{}, 9, records{mailbox}},
		{"withdrawn", store.SurroundingList{Gone: true}, store.Cut{}, 9, records{old}},
	} {
		t.Run(c.name, func(t *testing.T) {
			diff(t, c.want, must[records](t)(db.ListSurroundings(ctx, c.f, c.after, c.most)))
			diff(t, true, must[int64](t)(db.CountSurroundingsWhere(ctx, c.f, 0)) >= int64(len(c.want)))
			if c.after.ID != "" {
				return
			}
			got, more, err := db.SurroundingsWhere(ctx, c.f, store.Span{Limit: c.most})
			if err != nil || more {
				t.Fatal(more, err)
			}
			diff(t, c.want, got)
			diff(t, int64(len(c.want)), must[int64](t)(db.CountSurroundingsWhere(ctx, c.f, 0)))
		})
	}

	diff(t, desk, must[surroundings.Record](t)(db.SurroundingByName(ctx, "desk")))
	for _, name := range []string{"old", "Desk", ""} {
		_, err = db.SurroundingByName(ctx, name)
		wantKind(t, err, holdfast.NotFound, "no_such_surrounding")
	}
	shared := must[records](t)(db.SharedSurroundings(ctx))
	slices.SortFunc(shared, func(a, b surroundings.Record) int { return strings.Compare(a.Name, b.Name) })
	diff(t, records{mail, desk}, shared)
	diff(t, records(nil), must[records](t)(db.SurroundingsOf(ctx, nil)))
	diff(t, records{mailbox, account}, must[records](t)(db.SurroundingsOf(ctx, []holdfast.PersonID{ada.Record.ID, "per_nobody"})))
	diff(t, 3, len(must[records](t)(db.SurroundingsOf(ctx, []holdfast.PersonID{ada.Record.ID, bob.Record.ID, ""}))))
	diff(t, records{mailbox, account, old}, must[records](t)(db.AllSurroundingsOf(ctx, ada.Record.ID)))
	diff(t, records(nil), must[records](t)(db.AllSurroundingsOf(ctx, "")))

	// A name that was withdrawn is free again; one that stands is not.
	declare(surroundings.Declaration{Kind: surroundings.Phone, Name: "old", Person: ada.Record.ID})
	_, again, err := surroundings.Declare(surroundings.Declaration{Kind: surroundings.Phone, Name: "old", Person: bob.Record.ID}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.InTx(ctx, func(tx *store.Tx) error { return tx.Record(ctx, By(), again...) }); err == nil {
		t.Error("two that stand have one name")
	}

	// What is personal goes with its owner, and the log still verifies.
	_, events, err = person.Erase(ada.Record)
	if err != nil {
		t.Fatal(err)
	}
	c, raw := must[credential.Record](t)(db.Credential(ctx, ada.Credential.ID)), must[credential.Registration](t)(db.Registration(ctx, ada.Credential.ID))
	_, _, forgotten := credential.Forget(c, raw)
	events = append(events, forgotten...)
	for _, r := range must[records](t)(db.AllSurroundingsOf(ctx, ada.Record.ID)) {
		_, forgotten := surroundings.Forget(r, now)
		events = append(events, forgotten...)
	}
	if err := db.InTx(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.Record(ctx, By(), events...), tx.Erase(ctx, ada.Record.ID))
	}); err != nil {
		t.Fatal(err)
	}
	for _, r := range must[records](t)(db.AllSurroundingsOf(ctx, ada.Record.ID)) {
		if r.Name != "" || len(r.Devices) > 0 || r.State() != surroundings.Gone {
			t.Errorf("%+v is left", r)
		}
	}
	whole(t, db)
}

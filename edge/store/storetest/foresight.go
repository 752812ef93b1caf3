package storetest

import (
	"context"
	"sync"
	"testing"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/edge/store"
)

// foresees has closures of one batch read what they said they would read, and
// change it for each other: each sees all before it, also after one of them
// fails and all is run again.
func foresees(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	a, events := Somebody(t, 1)
	record(t, db, events...)
	b, events := Somebody(t, 2)
	record(t, db, events...)
	refused := holdfast.Errorf(holdfast.Denied, "refused", "No.")

	var names, status []string
	rename := func(name string, err error) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			c, p, e := tx.CredentialAndOwner(ctx, a.Credential.ID)
			if e != nil || p.ID != a.Record.ID {
				t.Errorf("%v, %v", p.ID, e)
			}
			names = append(names, c.Name)
			_, events, e := credential.Rename(c, name)
			if e == nil {
				e = tx.Record(ctx, By(), events...)
			}
			if e == nil {
				e = err
			}
			return e
		}
	}
	look := func(tx *store.Tx) error {
		_, p, err := tx.CredentialAndOwner(ctx, b.Credential.ID)
		status = append(status, string(p.Status))
		return err
	}
	suspend := func(tx *store.Tx) error {
		p, err := tx.Person(ctx, b.Record.ID)
		if err != nil {
			return err
		}
		_, events, err := person.Suspend(p, "test")
		if err != nil {
			return err
		}
		return tx.Record(ctx, By(), events...)
	}
	h := hold(t, db)
	ids := []holdfast.CredentialID{a.Credential.ID, a.Credential.ID, a.Credential.ID, b.Credential.ID, "", b.Credential.ID, "nobody's"}
	fns := []func(*store.Tx) error{rename("one", nil), rename("two", refused), rename("three", nil), look, suspend, look,
		func(tx *store.Tx) error { _, _, err := tx.CredentialAndOwner(ctx, "nobody's"); return err }}
	errs := make([]error, len(fns))
	var wg sync.WaitGroup
	for i, fn := range fns {
		wg.Go(func() { errs[i] = db.InTxFor(ctx, ids[i], fn) })
		queued(db, i+1)
	}
	close(h.letGo)
	wg.Wait()
	<-h.done
	for i, err := range errs {
		want := map[int]string{1: "refused", 6: "no_such_credential"}[i]
		if want == "" && err != nil || want != "" && holdfast.CodeOf(err) != want {
			t.Errorf("closure %d: %v, want %q", i, err, want)
		}
	}
	// Once in trust, to the one that fails; then all again, each for itself.
	diff(t, []string{"Key", "one", "Key", "one", "one"}, names)
	diff(t, []string{string(person.Active), string(person.Suspended)}, status)
	if c, err := db.Credential(ctx, a.Credential.ID); err != nil || c.Name != "three" {
		t.Errorf("it is called %q, %v", c.Name, err)
	}
	whole(t, db)
}

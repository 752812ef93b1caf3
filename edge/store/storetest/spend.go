package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"holdfast"
	"holdfast/edge/store"
)

// mustSpends has closures that spend one thing among others that do not: one
// wins, the losers fail with what they said, and nobody else notices. That a
// loser learns it late must not let anything of it be written.
func mustSpends(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	spent := holdfast.Errorf(holdfast.Conflict, "was_spent", "This was spent.")
	redeem := func(n int, id string) func(*store.Tx) error {
		_, events := Somebody(t, n)
		return func(tx *store.Tx) error {
			if err := tx.MustSpend(ctx, "must", id, Now().Add(time.Hour), spent); err != nil {
				return err
			}
			return tx.Record(ctx, By(), events...)
		}
	}
	check := func(errs []error, want ...error) {
		t.Helper()
		for i, err := range errs {
			if !errors.Is(err, want[i]) {
				t.Errorf("closure %d: got %v, want %v", i+1, err, want[i])
			}
		}
	}
	check(together(t, db, redeem(1, "a"), redeem(2, "a"), redeem(3, "b"), redeem(4, "a"), redeem(5, "c")), nil, spent, nil, spent, nil)
	check(together(t, db, redeem(6, "a"), redeem(7, "d")), spent, nil)
	check([]error{db.InTx(ctx, redeem(8, "a")), db.InTx(ctx, redeem(9, "e"))}, spent, nil)
	people, err := db.People(ctx, "", 20)
	if err != nil {
		t.Fatal(err)
	}
	if got := emails(people); got != "p001 p003 p005 p007 p009" {
		t.Errorf("those who spent are %s", got)
	}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		if spend(t, db, "must", id) {
			t.Errorf("%s can be spent again", id)
		}
	}
	var fns []func(*store.Tx) error
	for i := range 64 {
		fns = append(fns, redeem(100+i, fmt.Sprint("race", i%2)))
	}
	won := 0
	for _, err := range together(t, db, fns...) {
		if err == nil {
			won++
		} else if !errors.Is(err, spent) {
			t.Error(err)
		}
	}
	if won != 2 {
		t.Errorf("two things were spent %d times", won)
	}
	whole(t, db)
}

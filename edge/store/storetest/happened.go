package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"holdfast/domain/audit"
	"holdfast/edge/store"
)

// happens: what others of the same batch have recorded before is seen, although
// it enters the log with the batch.
func happens(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	p, events := Somebody(t, 1)
	id := string(p.Record.ID)
	const callers = 8
	var seen []int // closures are serial
	fns := make([]func(*store.Tx) error, callers)
	for i := range fns {
		fns[i] = func(tx *store.Tx) error {
			told := []audit.Event{audit.New("test.happened", id, p.Record.ID).With("n", "one"), audit.New("test.else", id, p.Record.ID), audit.New("test.happened", "grp_1", "")}
			if len(seen) == 0 {
				told = append(told, events...)
			}
			if err := tx.Record(ctx, By(), told...); err != nil {
				return err
			}
			all, err := tx.Happened(ctx, id, By().At, "test.happened")
			seen = append(seen, len(all))
			return err
		}
	}
	for _, err := range together(t, db, fns...) {
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(seen)
	diff(t, []int{1, 2, 3, 4, 5, 6, 7, 8}, seen)
	err := db.InTx(ctx, func(tx *store.Tx) error {
		for _, c := range []struct {
			about string
			since time.Time
			want  int
		}{{id, By().At, callers}, {"grp_1", By().At, callers}, {"grp_2", By().At, 0}, {id, By().At.Add(time.Microsecond), 0}} {
			got, err := tx.Happened(ctx, c.about, c.since, "test.happened")
			if err != nil {
				return err
			}
			if len(got) != c.want {
				t.Errorf("%s since %s: %d records, want %d", c.about, c.since, len(got), c.want)
			}
			if len(got) > 0 && c.about == id && (got[0].Detail("n") != "one" || got[0].Detail("m") != "" || got[0].Actor.Kind != By().Actor.Kind) {
				t.Errorf("%+v", got[0])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	whole(t, db)
}

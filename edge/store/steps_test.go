package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"holdfast"
	"holdfast/edge/store"
	"holdfast/edge/store/migrate"
	"holdfast/edge/store/storetest"
)

// later are today's steps and some more.
func later(t *testing.T, texts ...string) []migrate.Step {
	t.Helper()
	steps, err := migrate.Steps()
	if err != nil {
		t.Fatal(err)
	}
	steps = slices.Clone(steps)
	for _, text := range texts {
		v := steps[len(steps)-1].Version + 1
		steps = append(steps, migrate.Step{Version: v, Name: "later.sql", Text: text})
	}
	return steps
}

// A migration that fails half-way leaves everything as it was: the steps before
// the failing one, the statements of its own that went well, the rows.
func TestFailedMigrationLeavesWhatWasThere(t *testing.T) {
	for name, place := range map[string]func(testing.TB) storetest.Place{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			p := place(t)
			fill(t, p)
			before := contents(t, p)
			steps := later(t,
				"create table later_one (id TEXT primary key); alter table person add column later TEXT not null default '';",
				"update person set name = 'nobody'; delete from setting; create table later_two (id TEXT primary key); insert into nowhere (id) values (1);")
			if _, err := store.OpenWith(t.Context(), p.Config, steps); err == nil {
				t.Fatal("a step that cannot work did")
			}
			if after := contents(t, p); after != before {
				t.Errorf("it left\n%s\ninstead of\n%s", after, before)
			}
			db := p.Open(t) // and today's Holdfast goes on
			if r, err := db.Verify(t.Context(), nil); err != nil || !r.Whole() {
				t.Errorf("%+v, %v", r, err)
			}
			db.Close()
			// Without the failing statement the same steps work.
			steps[len(steps)-1].Text = "create table later_two (id TEXT primary key);"
			db, err := store.OpenWith(t.Context(), p.Config, steps)
			if err != nil {
				t.Fatal(err)
			}
			db.Close()
			// And then there is no way back.
			if _, err := store.Open(t.Context(), p.Config); holdfast.CodeOf(err) != "store_newer" {
				t.Errorf("an older Holdfast: %v", err)
			}
			if err := store.Dump(t.Context(), p.Config, &lines{}); holdfast.CodeOf(err) != "store_newer" {
				t.Errorf("an older Holdfast's backup: %v", err)
			}
		})
	}
}

func fill(t *testing.T, p storetest.Place) {
	t.Helper()
	db := p.Open(t)
	for i := range 3 {
		_, events := storetest.Somebody(t, i)
		if err := db.InTx(t.Context(), func(tx *store.Tx) error { return tx.Record(t.Context(), storetest.By(), events...) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// contents is all that a backup would hold.
func contents(t *testing.T, p storetest.Place) string {
	t.Helper()
	var l lines
	if err := store.Dump(t.Context(), p.Config, &l); err != nil {
		t.Fatal(err)
	}
	return strings.Join(l, "\n")
}

func TestStepsAreLeftOrNeeded(t *testing.T) {
	for name, place := range map[string]func(testing.TB) storetest.Place{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			p := place(t)
			old := later(t)[:1]
			db, err := store.OpenWith(t.Context(), p.Config, old)
			if err != nil {
				t.Fatal(err)
			}
			db.Close()
			need := p.Config
			need.Steps = store.NeedSteps
			if _, err := store.Open(t.Context(), need); holdfast.CodeOf(err) != "steps_pending" {
				t.Errorf("needed: %v", err)
			}
			leave := p.Config
			leave.Steps = store.LeaveSteps
			if db, err = store.Open(t.Context(), leave); err != nil {
				t.Fatal(err)
			}
			db.Close()
			at, plan, err := store.Plan(t.Context(), p.Config)
			if err != nil || at != 1 || len(plan) != len(later(t))-1 {
				t.Errorf("at %d, %d steps, %v", at, len(plan), err)
			}
			p.Open(t).Close()
			if db, err = store.Open(t.Context(), need); err != nil {
				t.Errorf("needed, and had: %v", err)
			} else {
				db.Close()
			}
			if at, plan, err = store.Plan(t.Context(), p.Config); err != nil || len(plan) != 0 {
				t.Errorf("at %d, %d steps, %v", at, len(plan), err)
			}
		})
	}
}

func TestPlanOfNothing(t *testing.T) {
	for name, place := range map[string]func(testing.TB) storetest.Place{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := store.Plan(t.Context(), place(t).Config); holdfast.CodeOf(err) != "no_database" {
				t.Errorf("%v", err)
			}
		})
	}
}

// A Taker that fails ends the dump with its error.
func TestDumpEnds(t *testing.T) {
	p := storetest.SQLite(t)
	fill(t, p)
	full := errors.New("the disk is full")
	if err := store.Dump(t.Context(), p.Config, failing{full}); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
}

package accounts

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/standing"
)

type database struct {
	reads int
	held  credential.Status
	fail  error
}

func (d *database) Standing(_ context.Context, p person.Record) (standing.Account, error) {
	d.reads++
	return standing.Account{Person: p, Credentials: []credential.Record{{ID: "c", Status: d.held}}}, d.fail
}

func TestAnAccountIsReadOncePerRecordAboutItsPerson(t *testing.T) {
	db := &database{held: credential.Active}
	a := New(db)
	at := func(p person.Record, version int64) standing.Account {
		t.Helper()
		got, err := a.At(t.Context(), p, version)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for range 3 {
		at(person.Record{ID: "ada"}, 7)
	}
	if db.reads != 1 {
		t.Errorf("read %d times", db.reads)
	}
	db.held = credential.Suspended
	if got := at(person.Record{ID: "ada", Name: "Ada L."}, 8); got.Credentials[0].Status != credential.Suspended || got.Person.Name != "Ada L." {
		t.Errorf("after a record: %+v", got)
	}
	if got := at(person.Record{ID: "ada", Role: person.Administrator}, 8); got.Person.Role != person.Administrator {
		t.Error("the person is the one of before, not the caller's")
	}
	// A node that is behind another (a read before the record, an answer after
	// it) must not take the newer for the older, nor keep the older.
	at(person.Record{ID: "ada"}, 7)
	if db.reads != 3 {
		t.Errorf("read %d times", db.reads)
	}
}

func TestAFailureIsNotKept(t *testing.T) {
	db := &database{fail: errors.New("disk")}
	a := New(db)
	if _, err := a.At(t.Context(), person.Record{ID: "ada"}, 1); err == nil {
		t.Fatal("no error")
	}
	db.fail = nil
	if _, err := a.At(t.Context(), person.Record{ID: "ada"}, 1); err != nil {
		t.Fatal(err)
	}
}

func TestItStaysBounded(t *testing.T) {
	a := New(&database{})
	for i := range most + 100 {
		if _, err := a.At(t.Context(), person.Record{ID: holdfast.PersonID(fmt.Sprint(i))}, 1); err != nil {
			t.Fatal(err)
		}
	}
	if len(a.known) != most || a.recent.Len() != most {
		t.Errorf("it keeps %d, %d", len(a.known), a.recent.Len())
	}
}

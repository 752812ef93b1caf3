// Package audit is the vocabulary of everything that ever happens: what an
// event is, which rows it sets or removes, and the canonical bytes that enter
// the Merkle log.
//
// A state change and its event are one value: an Event carries the rows it
// puts, so the log alone rebuilds the tables (Fold), and nothing can change
// without saying so. Personal values enter the log as salted commitments; the
// value and its salt are kept beside the log, so that a person can be erased
// and the log still verifies.
//
// Package audit refuses to know where rows are stored or who reads them.
package audit

import (
	"slices"
	"strings"
	"time"

	"holdfast"
)

// Type names what happened, subject first: "credential.enrolled".
type Type string

// A Detail is one thing worth reading about an event that is no row of its own.
type Detail struct {
	Name  string
	Value string
}

// An Event is one fact. At and Actor are filled in by By when it is recorded.
type Event struct {
	Type    Type
	Subject string            // the id of what it is about
	Person  holdfast.PersonID // whose it is, if anyone's
	Details []Detail
	Puts    []Put
}

// By says who did it and when. The zero By is refused by the store.
type By struct {
	Actor holdfast.Actor
	At    time.Time
}

// A Put sets a row (Columns filled), changes some columns of one that is there
// (Partial), or removes it (Removed).
type Put struct {
	Table   string
	Key     string
	Columns []Column // of a Partial put: the changed ones only, without id
	Partial bool
	Removed bool
}

// A Record is a row that knows its table and its columns. The first column is
// "id", a text, and is the key. Columns is the one mapping used to write SQL,
// to scan it, to enter the log and to fold the log back: a field that it
// forgets is nowhere.
type Record interface {
	Table() string
	Columns(*Columns)
}

// KeyOf is the value of r's first column.
func KeyOf(r Record) string { return keyOf(r, ColumnsOf(r)) }

func keyOf(r Record, c []Column) string {
	if len(c) == 0 || c[0].Name != "id" || c[0].Kind != Text {
		panic("audit: internal error: the first column of " + r.Table() + " is not a text named id")
	}
	return c[0].Value().(string)
}

// Set is the Put that stores r as it is now.
func Set(r Record) Put {
	cs := ColumnsOf(r)
	return Put{Table: r.Table(), Key: keyOf(r, cs), Columns: cs}
}

// Change is the Put that changes the named columns of r's row, which must be
// there. What is frequent is written so, to keep the log small.
func Change(r Record, names ...string) Put {
	cs := ColumnsOf(r)
	p := Put{Table: r.Table(), Key: keyOf(r, cs), Columns: make([]Column, 0, len(names)), Partial: true}
	for _, c := range cs {
		if slices.Contains(names, c.Name) {
			p.Columns = append(p.Columns, c)
		}
	}
	if len(p.Columns) != len(names) {
		panic("audit: internal error: " + r.Table() + " does not have all of " + strings.Join(names, ", "))
	}
	return p
}

// Remove is the Put that removes r.
func Remove(r Record) Put {
	return Put{Table: r.Table(), Key: KeyOf(r), Removed: true}
}

// New is an event about subject that puts the given rows.
func New(t Type, subject string, person holdfast.PersonID, puts ...Put) Event {
	return Event{Type: t, Subject: subject, Person: person, Puts: puts}
}

// With returns a copy of e with one more detail. Details are public: nothing
// personal and nothing secret goes there.
func (e Event) With(name, value string) Event {
	e.Details = append(e.Details[:len(e.Details):len(e.Details)], Detail{name, value})
	return e
}

package world

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
)

// Verified is what "audit verify --json" prints.
type Verified struct {
	OK       bool              `json:"ok"`
	Records  int64             `json:"records"`
	Rows     int64             `json:"rows"`
	Findings []json.RawMessage `json:"findings"`
}

// Verify reads the whole log and every row, and fails the test where anything
// is wrong. It leaves no record itself.
func (w *World) Verify(t testing.TB) Verified {
	t.Helper()
	text, err := w.Host("audit", "verify", "--json")
	var v Verified
	if len(text) > 0 {
		if e := json.Unmarshal(text, &v); e != nil {
			t.Fatalf("audit verify printed %s: %v", text, e)
		}
	}
	if err != nil || !v.OK {
		t.Fatalf("audit verify: %v: %s", err, text)
	}
	if v.Records < w.last {
		t.Fatalf("the log has %d records and had %d", v.Records, w.last)
	}
	w.last = v.Records
	return v
}

// Records is how many records the log had when it was last verified.
func (w *World) Records() int64 { return w.last }

// Somebody is a person as the host's command line shows one.
type Somebody struct{ ID, Name, Email, Status, Role string }

// People lists everybody.
func (w *World) People(t testing.TB) []Somebody {
	t.Helper()
	var list []Somebody
	w.CLI(t, &list, "person", "list")
	return list
}

// Passkey is a credential as the host's command line shows one.
type Passkey struct{ ID, Name, Status, Distribution string }

// Passkeys lists those of a person that were not removed.
func (w *World) Passkeys(t testing.TB, person string) []Passkey {
	t.Helper()
	var list []Passkey
	w.CLI(t, &list, "credential", "list", person)
	return slices.DeleteFunc(list, func(p Passkey) bool { return p.Status == "removed" })
}

// Check looks whether what must always hold does hold: everybody who is active
// has a passkey that works, but for those that an administrator shut out on
// purpose, by e-mail address; once there is an administrator there is always
// one who can sign in; the log is whole and explains every row. Looking at
// people is recorded, verifying is not: the records counted are the last.
func (w *World) Check(t testing.TB, shutOut ...string) Verified {
	t.Helper()
	people := w.People(t)
	active := func(p Somebody) bool { return p.Status == "active" }
	administrators := 0
	for _, p := range people {
		if !active(p) {
			continue
		}
		usable := slices.ContainsFunc(w.Passkeys(t, p.ID), func(k Passkey) bool { return k.Status == "active" })
		if !usable && !slices.Contains(shutOut, p.Email) {
			t.Errorf("%s is active and has no way in", p.Email)
		}
		if usable && p.Role == "administrator" {
			administrators++
		}
	}
	if administrators == 0 && slices.ContainsFunc(people, active) {
		t.Error("nobody can administer the organisation any more")
	}
	return w.Verify(t)
}

// Unchanged runs what must be refused, and sees that it left no trace: the log
// has as many records as before, and still explains every row.
func (w *World) Unchanged(t testing.TB, do func() error) error {
	t.Helper()
	before := w.Verify(t).Records
	err := do()
	if after := w.Verify(t).Records; after != before {
		t.Errorf("a refusal added %d records to the log: %v", after-before, err)
	}
	return err
}

// Refused says whether err is a refusal of the command line.
func Refused(err error) bool { return errors.As(err, new(*Refusal)) }

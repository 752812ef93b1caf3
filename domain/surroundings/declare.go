package surroundings

import (
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

// Declaration is what somebody says: the fields of a Record that they may say.
type Declaration struct {
	Kind   Kind
	Name   string
	Person holdfast.PersonID

	Provider string
	Primary  bool
	SignIn   []string
	Recovery []string
	Said     bool
	Devices  []string

	Over    string
	Target  string
	Holders []string
	K       int
	Check   string

	Status      string // empty: declared
	Source      string
	ReviewBy    time.Time // zero: ReviewAfter from now, or as it was
	From, Until time.Time
}

// ReviewAfter is when something is to be looked at again where nobody says.
const ReviewAfter = 365 * 24 * time.Hour

// Again is the day, ReviewAfter from now, by which to look again.
func Again(now time.Time) time.Time { return now.Add(ReviewAfter).UTC().Truncate(24 * time.Hour) }

// Declaration is what r says.
func (r Record) Declaration() Declaration {
	return Declaration{Kind: r.Kind, Name: r.Name, Person: r.Person,
		Provider: r.Provider, Primary: r.Primary, SignIn: r.SignIn, Recovery: r.Recovery, Said: r.Said, Devices: r.Devices,
		Over: r.Over, Target: r.Target, Holders: r.Holders, K: r.K, Check: r.Check,
		Status: r.Status, Source: r.Source, ReviewBy: r.ReviewBy, From: r.From, Until: r.Until}
}

// Declare takes what somebody says. That Person and the people among the
// holders exist, and that nothing else that counts has the name, is for the
// caller to see to.
func Declare(d Declaration, now time.Time) (Record, []audit.Event, error) {
	d, err := d.checked(now)
	if err != nil {
		return Record{}, nil, err
	}
	r := d.record()
	r.ID, r.Declared = holdfast.NewSurroundingID(), now
	return r, r.event("surrounding.declared"), nil
}

// Change says it otherwise. Of what kind it is, and whose, never changes; a
// review_by that is not said stays. What says the same as before leaves no
// event.
func Change(before Record, d Declaration, now time.Time) (Record, []audit.Event, error) {
	if _, ok := Life.Next(before.State(), "surrounding.changed"); !ok {
		return before, nil, errGone
	}
	if d.Kind != before.Kind || d.Person != before.Person {
		return before, nil, holdfast.Errorf(holdfast.Conflict, "surrounding_fixed",
			"Of what kind a declaration is, and whose, does not change. Withdraw %q and declare it anew.", before.Name)
	}
	if d.ReviewBy.IsZero() {
		d.ReviewBy = before.ReviewBy // to say it again is not to look again
	}
	d, err := d.checked(now)
	if err != nil {
		return before, nil, err
	}
	r := d.record()
	r.ID, r.Declared = before.ID, before.Declared
	if r.same(before) {
		return before, nil, nil
	}
	return r, r.event("surrounding.changed"), nil
}

// AtGroup and AtSegment begin a target that is people, by the name of what they
// are in.
const (
	AtGroup   = "group:"
	AtSegment = "segment:"
)

// Aim says that r is over target, which is what it was over under another name.
func Aim(r Record, target string) (Record, []audit.Event) {
	r.Target = target
	return r, r.event("surrounding.changed")
}

// Reaches says whether the people that r is aimed at by group or segment are
// there, of groups and segments by name. Where they are not, r counts for
// nobody.
func (r Record) Reaches(groups, segments map[string]bool) bool {
	if name, of := strings.CutPrefix(r.Target, AtGroup); of {
		return groups[name]
	}
	if name, of := strings.CutPrefix(r.Target, AtSegment); of {
		return segments[name]
	}
	return true
}

// Withdraw takes a declaration back: it never counts again.
func Withdraw(r Record, now time.Time) (Record, []audit.Event, error) {
	if _, ok := Life.Next(r.State(), "surrounding.withdrawn"); !ok {
		return r, nil, errGone
	}
	r.Withdrawn = now
	return r, []audit.Event{audit.New("surrounding.withdrawn", string(r.ID), r.Person, audit.Change(&r, "withdrawn"))}, nil
}

// Forget withdraws r, if it was not, and blanks what is personal, for the
// erasure of whose it is.
func Forget(r Record, now time.Time) (Record, []audit.Event) {
	if r.State() == Gone && r.Name == "" && r.Source == "" && len(r.Devices) == 0 {
		return r, nil
	}
	event, columns := audit.Type("surrounding.forgotten"), []string{"name", "devices", "source"}
	if r.State() == Stands {
		event, columns, r.Withdrawn = "surrounding.withdrawn", append(columns, "withdrawn"), now
	}
	r.Name, r.Devices, r.Source = "", nil, ""
	return r, []audit.Event{audit.New(event, string(r.ID), r.Person, audit.Change(&r, columns...))}
}

func (d Declaration) record() Record {
	return Record{Kind: d.Kind, Name: d.Name, Person: d.Person,
		Provider: d.Provider, Primary: d.Primary, SignIn: d.SignIn, Recovery: d.Recovery, Said: d.Said, Devices: d.Devices,
		Over: d.Over, Target: d.Target, Holders: d.Holders, K: d.K, Check: d.Check,
		Status: d.Status, Source: d.Source, ReviewBy: d.ReviewBy, From: d.From, Until: d.Until}
}

// same compares as the log would: column by column.
func (r Record) same(other Record) bool {
	return slices.EqualFunc(audit.ColumnsOf(&r), audit.ColumnsOf(&other), func(a, b audit.Column) bool {
		return a.Name == b.Name && a.Value() == b.Value() // there are no columns of bytes
	})
}

var errGone = holdfast.Errorf(holdfast.NotFound, "no_such_surrounding", "Nothing of that name or id is declared.")

// event sets the whole row.
func (r Record) event(t audit.Type) []audit.Event {
	return []audit.Event{audit.New(t, string(r.ID), r.Person, audit.Set(&r)).With("kind", string(r.Kind))}
}

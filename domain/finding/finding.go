// Package finding is about what somebody ought to know and act on: a provider's
// profile that is over, metadata that is too old, a nightly assertion that
// failed. A finding is opened once for one subject and closes when it is no
// longer true. It refuses to change anything but itself.
package finding

import (
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

// Severity is how bad it is.
type Severity string

const (
	High   Severity = "high"
	Medium Severity = "medium"
	Low    Severity = "low"
)

// Record is a finding.
type Record struct {
	ID       holdfast.FindingID
	Code     string // stable: "provider_overdue", "metadata_stale", "assertion_failed", "model_status"
	Subject  string // what it is about: a provider's name, a credential's id
	Person   holdfast.PersonID
	Severity Severity
	Text     string // what is wrong
	Remedy   string // what to do
	Opened   time.Time
	Ended    time.Time
}

func (*Record) Table() string { return "finding" }

func (f *Record) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &f.ID)
	audit.StringColumn(c, "code", &f.Code)
	audit.StringColumn(c, "subject", &f.Subject)
	audit.StringColumn(c, "person", &f.Person)
	audit.StringColumn(c, "severity", &f.Severity)
	audit.StringColumn(c, "text", &f.Text)
	audit.StringColumn(c, "remedy", &f.Remedy)
	c.Time("opened", &f.Opened)
	c.Time("ended", &f.Ended)
}

// Key is what there is one open finding of.
func (f Record) Key() string { return f.Code + "/" + f.Subject }

// Reconcile opens what is found and not open, and closes what is open and not
// found any more.
func Reconcile(open, found []Record, now time.Time) []audit.Event {
	is, was := map[string]bool{}, map[string]bool{}
	for _, f := range found {
		is[f.Key()] = true
	}
	var events []audit.Event
	for _, f := range open {
		was[f.Key()] = true
		if !is[f.Key()] {
			f.Ended = now
			events = append(events, f.event("finding.closed"))
		}
	}
	for _, f := range found {
		if !was[f.Key()] {
			was[f.Key()] = true
			f.ID, f.Opened = holdfast.NewFindingID(), now
			events = append(events, f.event("finding.opened"))
		}
	}
	return events
}

func (f Record) event(t audit.Type) audit.Event {
	return audit.New(t, string(f.ID), f.Person, audit.Set(&f)).With("code", f.Code)
}

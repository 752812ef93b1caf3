package rules

import (
	"time"

	"holdfast/domain/surroundings"
)

// Turns is the next moment at which something of the account changes by itself,
// so that it must be read again: a link or a declaration ends, a review is
// overdue, employment or a departure comes. Zero: nothing does.
func (a *Account) Turns() time.Time {
	var next time.Time
	look := func(t time.Time) {
		if t.After(a.At) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	look(a.User.EndDate)
	look(a.Left)
	for i := range a.Links {
		look(a.Links[i].Until)
	}
	for i := range a.Tokens {
		look(a.Tokens[i].Until)
	}
	for _, rs := range [][]surroundings.Record{a.Syncs, a.Mailboxes, a.Phones, a.Kept} {
		for i := range rs {
			look(rs[i].Until)
			look(rs[i].ReviewBy.AddDate(0, 0, 1).Add(1)) // surroundings.Record.Standing
		}
	}
	return next
}

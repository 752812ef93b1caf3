package rules

import "time"

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
	for i := range a.Syncs {
		look(a.Syncs[i].Until)
		look(a.Syncs[i].ReviewBy.AddDate(0, 0, 1).Add(1))
	}
	for i := range a.Mailboxes {
		look(a.Mailboxes[i].Until)
		look(a.Mailboxes[i].ReviewBy.AddDate(0, 0, 1).Add(1))
	}
	for i := range a.Phones {
		look(a.Phones[i].Until)
		look(a.Phones[i].ReviewBy.AddDate(0, 0, 1).Add(1))
	}
	for i := range a.Kept {
		look(a.Kept[i].Until)
		look(a.Kept[i].ReviewBy.AddDate(0, 0, 1).Add(1))
	}
	return next
}

package revision

import (
	"slices"
	"strings"
	"time"

	"holdfast"
)

// Settling is how long what somebody was given stays tied to the hand that gave
// it. An author who makes an accomplice must leave the accomplice in sight of
// everybody else for as long before the two count as two.
const Settling = 7 * 24 * time.Hour

// Gift is what makes an approver out of somebody: the power itself, and what
// lets whoever holds it sign in.
type Gift string

const (
	Account     Gift = "account"     // added
	Role        Gift = "role"        // of Holdfast
	Group       Gift = "group"       // put into one that approves, or the group was named so
	Passkey     Gift = "passkey"     // made by a link that a hand had seen
	Reinstated  Gift = "reinstated"  // their suspension ended
	Unsuspended Gift = "unsuspended" // a passkey's did
	Described   Gift = "described"   // the end of their employment was put off, or their links go to another address
)

// A Deed is a gift to somebody by a hand, both as a log names people:
// "person:per_…". Who acts by a token, or by a link, is the person behind it.
type Deed struct {
	To, By string
	What   Gift
	At     time.Time
}

// ties says whether d still ties its two together, for a revision proposed at
// created: within Settling, and in any case where it was done after the
// proposal. Otherwise an author who waits would have an approver by waiting.
func (d Deed) ties(created, now time.Time) bool {
	return now.Before(d.At.Add(Settling)) || !d.At.Before(created)
}

// Deeds tell who was given what by whom. The host's are not among them: whoever
// has the host needs no accomplice.
type Deeds []Deed

// Path is how one and the other hang together: by a gift of one to the other, by
// the chain of those who passed a power on, by one hand that made both. Nil: they
// are two. It is symmetric, since an accomplice who proposes what their maker
// approves is no better than the reverse.
func (ds Deeds) Path(one, other string, created, now time.Time) []Deed {
	if one == other {
		return nil
	}
	from := map[string]Deed{one: {}}
	for queue := []string{one}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, d := range ds {
			next, ok := d.across(at)
			if _, seen := from[next]; !ok || seen || !d.ties(created, now) {
				continue
			}
			from[next] = d
			if next == other {
				return trail(from, one, other)
			}
			queue = append(queue, next)
		}
	}
	return nil
}

func trail(from map[string]Deed, one, at string) (out []Deed) {
	for at != one {
		d := from[at]
		out = append(out, d)
		at, _ = d.across(at)
	}
	slices.Reverse(out)
	return out
}

// across is who is at the other end of d.
func (d Deed) across(at string) (string, bool) {
	switch at {
	case d.To:
		return d.By, d.By != d.To
	case d.By:
		return d.To, d.By != d.To
	}
	return "", false
}

// Until is when one and the other are two again, for a revision proposed at
// created; zero: never. For one that is proposed later, pass its day, or now.
func (ds Deeds) Until(one, other string, created, now time.Time) time.Time {
	var ends []time.Time
	for _, d := range ds {
		if end := d.At.Add(Settling); end.After(now) {
			ends = append(ends, end)
		}
	}
	slices.SortFunc(ends, time.Time.Compare)
	for _, end := range append([]time.Time{now}, ends...) {
		if ds.Path(one, other, created, end) == nil {
			return end
		}
	}
	return time.Time{}
}

// Apart keeps of people those who are two with author and with each who was kept
// before: the most that can approve as so many.
func (ds Deeds) Apart(author string, people []string, created, now time.Time) (out []string) {
	for _, p := range people {
		if p == author || ds.Path(author, p, created, now) != nil {
			continue
		}
		if !slices.ContainsFunc(out, func(q string) bool { return q == p || ds.Path(p, q, created, now) != nil }) {
			out = append(out, p)
		}
	}
	return out
}

// IsPerson says whether an actor of the log is somebody.
func IsPerson(actor string) (holdfast.PersonID, bool) {
	id, ok := strings.CutPrefix(actor, string(holdfast.ActorPerson)+":")
	return holdfast.PersonID(id), ok
}

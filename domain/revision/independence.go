package revision

import (
	"maps"
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
// approves is no better than the reverse. Two who gave something to a third stay
// two.
func (ds Deeds) Path(one, other string, created, now time.Time) (path []Deed) {
	if one == other {
		return nil
	}
	up, down := ds.above(one, created, now), ds.above(other, created, now)
	for _, who := range slices.Sorted(maps.Keys(up)) {
		way, both := down[who]
		if both && (path == nil || len(up[who])+len(way) < len(path)) {
			path = slices.Clone(way)
			slices.Reverse(path)
			path = slices.Concat(up[who], path)
		}
	}
	return path
}

// above is who stands behind who, hand after hand, with the way there.
func (ds Deeds) above(who string, created, now time.Time) map[string][]Deed {
	out := map[string][]Deed{who: {}}
	for queue := []string{who}; len(queue) > 0; queue = queue[1:] {
		for _, d := range ds {
			if _, seen := out[d.By]; d.To == queue[0] && !seen && d.ties(created, now) {
				out[d.By] = append(slices.Clone(out[queue[0]]), d)
				queue = append(queue, d.By)
			}
		}
	}
	return out
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
// before: the most that can approve as so many. Those behind whom fewer stand
// come first, for one who was given something by two would stand for both.
func (ds Deeds) Apart(author string, people []string, created, now time.Time) (out []string) {
	people = slices.Clone(people)
	slices.SortStableFunc(people, func(a, b string) int {
		return len(ds.above(a, created, now)) - len(ds.above(b, created, now))
	})
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

package rejudge

import (
	"cmp"
	"context"
	"slices"

	"holdfast"
	"holdfast/domain/person"
)

// OpenSessions is how many sessions of somebody have not ended that rest on a
// passkey.
type OpenSessions struct {
	Credential holdfast.CredentialID
	Sessions   int64
}

type counting struct {
	Impact
	before, after *rules
	asOnRecord    bool // attestations need not be verified again
	moves         map[[2]string]*Move
	causes        map[[2]string]*cause // by segment and code
	locked        []lockedOut
}

type cause struct {
	Cause
	place int
}

type lockedOut struct {
	id  holdfast.PersonID
	why *cause
}

func (c *counting) countAll(ctx context.Context, f *Flow, people []Subject) error {
	var fresh judgements
	if !c.asOnRecord {
		var err error
		if fresh, err = f.again(ctx, c.after, people); err != nil {
			return err
		}
	}
	var hit []holdfast.PersonID
	goes := map[holdfast.CredentialID]bool{}
	for i := range people {
		before := len(goes)
		c.count(f, &people[i], fresh, goes)
		if len(goes) > before {
			hit = append(hit, people[i].Person.ID)
		}
	}
	if len(hit) == 0 {
		return nil
	}
	open, err := f.Store.SessionsResting(ctx, hit, f.Clock())
	for _, o := range open {
		if goes[o.Credential] {
			c.Sessions += o.Sessions
		}
	}
	return err
}

// count counts somebody, and the passkeys of theirs that would go.
func (c *counting) count(f *Flow, s *Subject, fresh judgements, goes map[holdfast.CredentialID]bool) {
	now := f.Clock()
	if s.Person.Status == person.Erased {
		return
	}
	c.People++
	was, will := c.before.verdict(s, nil, now), c.after.verdict(s, fresh, now)
	if s.Person.MaySignIn(now) {
		c.move(s.Person.ID, was.segment, will.segment)
	}
	if will.uncovered {
		c.Uncovered++
	}
	c.Credentials += int64(len(will.keys))
	for _, k := range will.keys {
		switch {
		case k.now.accepted:
		case k.now.lapsed():
			c.Lapsed++
		default:
			c.Suspended++
			goes[k.c.ID] = true
			if len(c.Suspends) < listed {
				why := k.now.reason()
				c.Suspends = append(c.Suspends, Suspend{k.c.ID, s.Person.ID, why.Code, why.Text})
			}
		}
	}
	if shutOut(was, will) {
		c.lockOut(s.Person.ID, will)
	}
	if isAdministrator(s.Person, now) {
		c.AdministratorsBefore += one(was.any())
		c.AdministratorsAfter += one(will.left())
	}
}

// shutOut says whether somebody signs in by was, and cannot by will.
func shutOut(was, will verdict) bool { return was.any() && !will.left() }

// left says whether one of the keys stays.
func (v verdict) left() bool {
	return slices.ContainsFunc(v.keys, func(k key) bool { return k.now.accepted })
}

func (c *counting) move(id holdfast.PersonID, from, to string) {
	m := c.moves[[2]string{from, to}]
	if m == nil {
		m = &Move{From: from, To: to}
		c.moves[[2]string{from, to}] = m
	}
	m.People++
	if from != to && len(m.Who) < examples {
		m.Who = append(m.Who, id)
	}
}

func (c *counting) lockOut(id holdfast.PersonID, will verdict) {
	c.LockedOut++
	if len(c.Examples) < examples {
		c.Examples = append(c.Examples, id)
	}
	reason := will.obstacle()
	at := [2]string{will.segment, reason.Code}
	why := c.causes[at]
	if why == nil {
		why = &cause{Cause: Cause{Segment: will.segment, Code: reason.Code, Why: reason.Text, Way: c.after.way(will.segment, reason.Code)}}
		c.causes[at] = why
	}
	why.People++
	c.locked = append(c.locked, lockedOut{id, why})
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (c *counting) result() (Counted, error) {
	for _, m := range c.moves {
		c.Moves = append(c.Moves, *m)
	}
	slices.SortFunc(c.Moves, func(a, b Move) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	var causes []*cause
	for _, why := range c.causes {
		causes = append(causes, why)
	}
	slices.SortFunc(causes, func(a, b *cause) int {
		return cmp.Or(cmp.Compare(b.People, a.People), cmp.Compare(a.Segment, b.Segment), cmp.Compare(a.Code, b.Code))
	})
	for i, why := range causes {
		why.place = i
		c.Causes = append(c.Causes, why.Cause)
	}
	out := Counted{Locked: make([]holdfast.PersonID, len(c.locked))}
	for i, l := range c.locked {
		out.Locked[i] = l.id
		if i < listed {
			c.Locked = append(c.Locked, Locked{l.id, l.why.place})
		}
	}
	var err error
	c.Digest, err = c.digest(c.before.Digest(), c.after.Digest())
	out.Impact = c.Impact
	return out, err
}

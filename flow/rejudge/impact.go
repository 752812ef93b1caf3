package rejudge

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/policy"
)

// Impact is what a policy would do to everybody if it came into force now.
// Counting it writes nothing.
type Impact struct {
	People      int64  `json:"people"`
	Moves       []Move `json:"moves"` // between segments; also those who stay
	Credentials int64  `json:"credentials"`
	Suspended   int64  `json:"suspended"`  // passkeys that work now and would be suspended
	Lapsed      int64  `json:"lapsed"`     // that would be refused until something is reviewed
	LockedOut   int64  `json:"locked_out"` // people who can sign in now and could not afterwards
	Uncovered   int64  `json:"uncovered"`  // people whom no segment would cover

	// Some of those who would be locked out, by id.
	Examples []holdfast.PersonID `json:"examples,omitempty"`

	AdministratorsBefore int64 `json:"administrators_before"` // who can sign in
	AdministratorsAfter  int64 `json:"administrators_after"`
}

// Move is how many people go from one segment to another.
type Move struct {
	From   string `json:"from"` // empty: none
	To     string `json:"to"`
	People int64  `json:"people"`
}

// Refusal says why the policy must not come into force, or nil: somebody must
// be left who can administer.
func (i Impact) Refusal() error {
	if i.AdministratorsAfter > 0 || i.AdministratorsBefore == 0 {
		return nil
	}
	return holdfast.Errorf(holdfast.Conflict, "no_administrator_left",
		"Under this policy no administrator could sign in. Have one make a passkey that it accepts first, or accept what they have.")
}

// examples is how many are named.
const examples = 20

// Impact counts what candidate would do, against what is in force.
func (f *Flow) Impact(ctx context.Context, candidate *policy.Policy) (Impact, error) {
	before, _, err := f.deciding(ctx) // also a stand-in: this is how it is put right
	if err != nil {
		return Impact{}, err
	}
	after := newRules(candidate, "")
	c := counting{before: before, after: after, moves: map[[2]string]int64{}}
	for behind := holdfast.PersonID(""); ; {
		if err := ctx.Err(); err != nil {
			return Impact{}, err
		}
		people, err := f.Store.SubjectsAfter(ctx, behind, f.Batch)
		if err != nil {
			return Impact{}, err
		}
		if len(people) == 0 {
			return c.result(), nil
		}
		fresh, err := f.again(ctx, after, people)
		if err != nil {
			return Impact{}, err
		}
		for i := range people {
			c.count(f, &people[i], fresh)
		}
		behind = people[len(people)-1].Person.ID
	}
}

// Evidence gives the judgements of passkeys as they would be under candidate: by
// the roots that it pins, and the metadata of today. One that cannot differ from
// what is on record is left out.
func (f *Flow) Evidence(ctx context.Context, from registrations, candidate *policy.Policy, of []credential.Record) ([]evidence.Judgement, error) {
	fresh, err := f.judgements(ctx, from, newRules(candidate, ""), of)
	return slices.Collect(maps.Values(fresh)), err
}

type counting struct {
	Impact
	before, after *rules
	moves         map[[2]string]int64
}

func (c *counting) count(f *Flow, s *Subject, fresh judgements) {
	now := f.Clock()
	if s.Person.Status == person.Erased {
		return
	}
	c.People++
	was, will := c.before.verdict(s, nil, now), c.after.verdict(s, fresh, now)
	if s.Person.MaySignIn(now) {
		c.moves[[2]string{was.segment, will.segment}]++
	}
	if will.uncovered {
		c.Uncovered++
	}
	c.Credentials += int64(len(will.keys))
	left := false
	for _, k := range will.keys {
		switch {
		case k.now.accepted:
			left = true
		case k.now.lapsed():
			c.Lapsed++
		default:
			c.Suspended++
		}
	}
	if was.any() && !left {
		c.LockedOut++
		if len(c.Examples) < examples {
			c.Examples = append(c.Examples, s.Person.ID)
		}
	}
	if isAdministrator(s.Person, now) {
		c.AdministratorsBefore += one(was.any())
		c.AdministratorsAfter += one(left)
	}
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (c *counting) result() Impact {
	for m, n := range c.moves {
		c.Moves = append(c.Moves, Move{m[0], m[1], n})
	}
	slices.SortFunc(c.Moves, func(a, b Move) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	return c.Impact
}

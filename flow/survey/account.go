package survey

import (
	"context"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/policy"
)

// ground is what all accounts share, and as of when.
type ground struct {
	*rules.Organisation
	basis answer.Basis
}

// ground gives what all accounts share, for an account: from the census where it
// knows of everything that matters, else from the store.
func (f *Flow) ground(ctx context.Context, h rules.Held) (ground, error) {
	size, err := f.Store.LogSize(ctx) // before the rest: what it says is then at least as new
	if err != nil {
		return ground{}, err
	}
	if s := f.look(); s != nil && s.whole {
		current, err := f.current(ctx, s, size)
		if err != nil {
			return ground{}, err
		}
		if current {
			return groundOf(s.census.Organisation(), s.at, size), nil
		}
	}
	o, err := f.organisation(ctx, h)
	if err != nil {
		return ground{}, err
	}
	return groundOf(o, o.At, size), nil
}

func groundOf(o *rules.Organisation, at time.Time, size int64) ground {
	return ground{o, answer.Basis{AsOf: at.UTC(), PolicyRev: o.Policy.Digest(), FactsRev: size}}
}

// current says whether nothing that matters happened since s was settled.
func (f *Flow) current(ctx context.Context, s *seen, size int64) (bool, error) {
	if !s.due.IsZero() && !f.Clock().Before(s.due) || size < s.facts || size-s.facts > step {
		return false, nil
	}
	if size == s.facts {
		return true, nil
	}
	entries, err := f.Store.Happened(ctx, s.facts, size, watches)
	return len(entries) == 0, err
}

// organisation reads what all accounts share, as far as it bears on an account:
// of those who vouch for others, only those whose word leads to it.
func (f *Flow) organisation(ctx context.Context, h rules.Held) (*rules.Organisation, error) {
	p, err := f.Policies.InForce(ctx, f.Store)
	if err != nil {
		return nil, err
	}
	powers, err := f.Store.SharedSurroundings(ctx)
	if err != nil {
		return nil, err
	}
	ids, err := f.Store.Powerful(ctx, pools(p))
	if err != nil {
		return nil, err
	}
	for _, r := range powers {
		ids = append(ids, r.People()...)
	}
	slices.Sort(ids)
	held, err := f.Store.Held(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	held = slices.DeleteFunc(held, func(h rules.Held) bool { return !rules.IsCore(p, h, powers) })
	o := &rules.Organisation{Policy: p, At: f.Clock(), Shared: powers}
	return o, f.gather(ctx, o, h, held)
}

// gather puts the core into o, with those who vouch for somebody in it.
func (f *Flow) gather(ctx context.Context, o *rules.Organisation, of rules.Held, core []rules.Held) error {
	there := map[string]bool{}
	vouching := rules.Vouches(o.From(of))
	for len(core) > 0 || len(vouching) > 0 {
		for _, h := range core {
			a := o.From(h)
			there[a.ID] = true
			o.Core = append(o.Core, a)
			vouching = append(vouching, rules.Vouches(a)...)
		}
		var next []holdfast.PersonID
		for _, id := range vouching {
			if !there[id] {
				there[id] = true
				next = append(next, holdfast.PersonID(id))
			}
		}
		vouching = nil
		var err error
		if core, err = f.Store.Held(ctx, next); err != nil {
			return err
		}
	}
	slices.SortFunc(o.Core, func(a, b rules.Account) int { return strings.Compare(a.ID, b.ID) })
	return nil
}

// pools are the groups that have a say in a procedure. A role that is not one of
// Holdfast's own is a group's name.
func pools(p *policy.Policy) []string {
	d := p.Document()
	var out []string
	for _, procedures := range []policy.Map[*policy.Procedure]{d.Recovery, d.Enrolment} {
		for _, name := range procedures.Names {
			for _, s := range procedures.Of[name].Steps {
				if s.Approve == nil {
					continue
				}
				group, ok := s.Approve.From.Group()
				if role, is := s.Approve.From.Role(); is {
					group, ok = role, true
				}
				if ok && !slices.Contains(out, group) {
					out = append(out, group)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// held reads one account.
func (f *Flow) held(ctx context.Context, id holdfast.PersonID) (rules.Held, error) {
	some, err := f.Store.Held(ctx, []holdfast.PersonID{id})
	if err == nil && len(some) == 0 {
		err = errNobody
	}
	if err != nil {
		return rules.Held{}, err
	}
	return some[0], nil
}

// A way to examine an account: answer.Examine, or answer.Look.
type way func(answer.Basis, *rules.Organisation, rules.Account) (*answer.Case, error)

// examined is an account, examined on the spot.
func (f *Flow) examined(ctx context.Context, text string, examine way) (*answer.Case, error) {
	s, err := f.subject(ctx, text)
	if err != nil {
		return nil, err
	}
	h, err := f.held(ctx, s.person.ID)
	if err != nil {
		return nil, err
	}
	g, err := f.ground(ctx, h)
	if err != nil {
		return nil, err
	}
	c, err := examine(g.basis, g.Organisation, g.From(h))
	if err != nil || s.credential == "" {
		return c, err
	}
	by, ok, err := c.ByCredential(string(s.credential))
	if err == nil && !ok {
		err = holdfast.Errorf(holdfast.Conflict, "credential_opens_nothing",
			"This passkey of %s opens nothing: it was suspended or removed, or the policy does not admit it. Ask about the account.", s.person.Name)
	}
	return by, err
}

// WhoCan says who can get at an account, or at it through one passkey.
func (f *Flow) WhoCan(ctx context.Context, subject string) (answer.WhoCan, error) {
	c, err := f.examined(ctx, subject, answer.Look)
	if err != nil {
		return answer.WhoCan{}, err
	}
	return c.Who(), nil
}

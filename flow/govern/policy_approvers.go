package govern

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/revision"
)

// approvers is who may approve a revision, as things stand.
type approvers struct {
	set    policy.ApproverSet // of the policy in force
	people []person.Record    // of the set, who hold policy:approve and can sign in
	host   string             // why the host's administrator may approve; empty: they may not
	able   int                // administrators who can sign in
}

// setFor is the approver set of a change: the one of policy m, which is in
// force, never that of the text that asks to be let in.
func setFor(m policy.Metadata, lowers bool) policy.ApproverSet {
	all := policy.ApproverSet{Approvers: m.ChangeControl.Approvers, From: m.ChangeControl.From}
	switch {
	case lowers && m.Lower.Approvers > 0:
		return m.Lower
	case !lowers && m.Raise.Approvers > 0:
		return m.Raise
	}
	return all
}

// weakens says whether next asks less of those who approve than m does: fewer,
// or others beside them. Otherwise two small changes would do what one large
// change may not: first fewer approvers, then less assurance.
func weakens(m, next policy.Metadata) bool {
	for _, lowers := range []bool{false, true} {
		was, is := setFor(m, lowers), setFor(next, lowers)
		if is.Approvers < was.Approvers || slices.ContainsFunc(is.From, func(p policy.Party) bool { return !slices.Contains(was.From, p) }) {
			return true
		}
	}
	return next.ChangeControl.AuthorMayApprove && !m.ChangeControl.AuthorMayApprove
}

// approversOf finds who may approve r. unread says that the policy in force
// cannot be read, so that nobody knows whom it asks for.
func approversOf(ctx context.Context, tx Tx, set policy.ApproverSet, author string, unread bool, now time.Time) (approvers, error) {
	a := approvers{set: set}
	all, err := tx.Administrators(ctx) // nobody else holds policy:approve: authority.OfRole
	if err != nil {
		return a, err
	}
	groups, err := groupsOf(ctx, tx, set.From)
	if err != nil {
		return a, err
	}
	for _, p := range all {
		if !p.MaySignIn(now) || !authority.OfPerson(p, now).Has(authority.PolicyApprove) {
			continue
		}
		can, err := canSignIn(ctx, tx, p.ID, "")
		if err != nil {
			return a, err
		}
		if !can {
			continue
		}
		a.able++
		in, err := isIn(ctx, tx, p, set.From, groups, now)
		if err != nil {
			return a, err
		}
		if in && author != personActor(p.ID) {
			a.people = append(a.people, p)
		}
	}
	a.host = hostWhy(a.able, len(a.people), set, unread)
	return a, nil
}

// hostWhy: wherever people can let a change in, only they may; wherever they
// cannot, the host's administrator may, so that no policy can lock itself up
// for ever. docs/decisions/policy-approval.md argues it.
func hostWhy(able, people int, set policy.ApproverSet, unread bool) string {
	switch {
	case unread:
		return "The policy in force cannot be read."
	case able < 2:
		return "Fewer than two administrators can sign in."
	case people < set.Approvers:
		return fmt.Sprintf("%d must approve, and %d can: of %s, holding policy:approve, not the author.", set.Approvers, people, partyNames(set.From))
	}
	return ""
}

// groupsOf finds the groups of an approver set by id; those that are not here
// have nobody in them. A role that Holdfast does not have is a group that
// somebody gave a power to.
func groupsOf(ctx context.Context, tx Tx, from []policy.Party) (map[holdfast.GroupID]bool, error) {
	out := map[holdfast.GroupID]bool{}
	for _, p := range from {
		name, ok := p.Group()
		if role, is := p.Role(); is && !builtIn(role) {
			name, ok = role, true
		}
		if !ok {
			continue
		}
		g, err := tx.GroupByName(ctx, name)
		switch {
		case holdfast.KindOf(err) == holdfast.NotFound:
		case err != nil:
			return nil, err
		default:
			out[g.ID] = true
		}
	}
	return out, nil
}

func builtIn(role string) bool {
	return slices.Contains([]person.Role{person.Administrator, person.HelpDesk, person.Auditor}, person.Role(role))
}

func isIn(ctx context.Context, tx Tx, p person.Record, from []policy.Party, groups map[holdfast.GroupID]bool, now time.Time) (bool, error) {
	for _, f := range from {
		if role, ok := f.Role(); ok && builtIn(role) && p.RoleAt(now) == person.Role(role) {
			return true, nil
		}
	}
	if len(groups) == 0 {
		return false, nil
	}
	ms, err := tx.MembershipsOf(ctx, p.ID)
	return slices.ContainsFunc(ms, func(m person.Membership) bool { return groups[m.Group] }), err
}

// has says whether the person is one of them.
func (a approvers) has(id holdfast.PersonID) bool {
	return slices.ContainsFunc(a.people, func(p person.Record) bool { return p.ID == id })
}

// standing counts the approvals that are worth something now: of people who
// are still in the set, or of the host.
func (a approvers) standing(have []revision.Approval) (n int, host bool) {
	for _, h := range have {
		if h.Why != "" {
			host = true
		}
		if slices.ContainsFunc(a.people, func(p person.Record) bool { return personActor(p.ID) == h.By }) {
			n++
		}
	}
	return n, host
}

func personActor(id holdfast.PersonID) string { return string(holdfast.ActorPerson) + ":" + string(id) }

func partyNames(from []policy.Party) string {
	said := ""
	for i, p := range from {
		if i > 0 {
			said += " or "
		}
		said += string(p)
	}
	return cmp.Or(said, "nobody")
}

// principal is the person behind r, or the host. Who proposes or approves by a
// token does it as the token's owner, so the token must be theirs: one that
// somebody else made for them would let that one be two people. The host may
// give a token to propose with.
func (r right) principal(ctx context.Context, tx Tx, byHost bool) (holdfast.Actor, error) {
	switch r.actor.Kind {
	case holdfast.ActorHost, holdfast.ActorPerson:
		return r.actor, nil
	case holdfast.ActorToken:
		t, err := tx.APIToken(ctx, holdfast.APITokenID(r.actor.ID))
		if err != nil {
			return holdfast.Actor{}, err
		}
		host := byHost && len(t.By) > 5 && t.By[:5] == string(holdfast.ActorHost)+":"
		if t.By != personActor(t.Owner) && !host {
			return holdfast.Actor{}, holdfast.Errorf(holdfast.Denied, "token_not_own",
				"Somebody else made this token for you. Use one that you made yourself, or do it in the console.")
		}
		return holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(r.person)}, nil
	}
	return holdfast.Actor{}, errNoRight
}

// usable are the passkeys that work at all.
func usable(creds []credential.Record) []credential.Record {
	return slices.DeleteFunc(slices.Clone(creds), func(c credential.Record) bool { return c.MayBeUsed() != nil })
}

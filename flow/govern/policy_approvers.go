package govern

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
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
	set     policy.ApproverSet // of the policy in force
	people  []person.Record    // who may approve now
	barred  []Barred           // who is of the set and may not, and why
	host    string             // why the host's administrator may approve; empty: they may not
	able    int                // administrators who can sign in
	counted []string           // who has approved so that it counts: "person:per_…"
	apart   int                // how many independent people there are at all

	author       string
	deeds        revision.Deeds
	created, now time.Time
	named        bool // who looks may know people's names
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

// approversOf finds who may approve r, given who has. unread says that the
// policy in force cannot be read, so that nobody knows whom it asks for.
//
// Two who came about by one hand lately are one: revision.Settling. So the
// author's own creatures do not approve, and of two that somebody made, one.
func approversOf(ctx context.Context, tx Tx, set policy.ApproverSet, r revision.Record, have []revision.Approval, unread bool, looks right) (approvers, error) {
	now := looks.now
	a := approvers{set: set, author: r.Author, created: r.Created, now: now, named: looks.holds.Has(authority.PeopleRead)}
	in, groups, err := a.find(ctx, tx)
	if err != nil {
		return a, err
	}
	actors := []string{r.Author}
	for _, p := range in {
		actors = append(actors, personActor(p.ID))
	}
	if a.deeds, err = deedsAround(ctx, tx, actors, groups, a.created, now); err != nil {
		return a, err
	}
	a.apart = len(a.deeds.Apart(r.Author, actors, a.created, now))
	var theirs []string
	for _, h := range have {
		if slices.Contains(actors, h.By) {
			theirs = append(theirs, h.By)
		}
	}
	a.counted = a.deeds.Apart(r.Author, theirs, a.created, now)
	for _, p := range in {
		b, err := a.bars(ctx, tx, p, theirs)
		if err != nil {
			return a, err
		}
		if b == nil {
			a.people = append(a.people, p)
		} else {
			a.barred = append(a.barred, *b)
		}
	}
	a.host = hostWhy(a, unread)
	return a, nil
}

// find gives the people of the set who hold policy:approve and can sign in, and
// the groups by which somebody is of it where no role of Holdfast is named.
func (a *approvers) find(ctx context.Context, tx Tx) (in []person.Record, groups map[holdfast.GroupID]bool, err error) {
	all, err := tx.Administrators(ctx) // nobody else holds policy:approve: authority.OfRole
	if err != nil {
		return nil, nil, err
	}
	if groups, err = groupsOf(ctx, tx, a.set.From); err != nil {
		return nil, nil, err
	}
	for _, p := range all {
		is, err := isIn(ctx, tx, p, a.set.From, groups, a.now)
		if err != nil {
			return nil, nil, err
		}
		can := p.MaySignIn(a.now) && authority.OfPerson(p, a.now).Has(authority.PolicyApprove)
		if can {
			if can, err = canSignIn(ctx, tx, p.ID, ""); err != nil {
				return nil, nil, err
			}
		}
		switch {
		case can && is:
			in = append(in, p)
		case is:
			a.barred = append(a.barred, Barred{Person: p, Code: "cannot_sign_in", Why: a.name(p) + " cannot sign in at present."})
		}
		if can {
			a.able++
		}
	}
	if byRole(a.set.From) { // who is of the set by their role needs no group for it
		groups = nil
	}
	return in, groups, nil
}

func byRole(from []policy.Party) bool {
	return slices.ContainsFunc(from, func(p policy.Party) bool {
		role, ok := p.Role()
		return ok && person.Role(role) == person.Administrator
	})
}

// bars says why somebody of the set may not approve now, or nil.
func (a *approvers) bars(ctx context.Context, tx Tx, p person.Record, have []string) (*Barred, error) {
	me := personActor(p.ID)
	if me == a.author {
		return &Barred{Person: p, Code: "author_approves", Why: a.name(p) + " proposed it."}, nil
	}
	if b, err := a.tied(ctx, tx, p, a.author, "proposed it"); b != nil || err != nil {
		return b, err
	}
	if slices.Contains(a.counted, me) {
		return &Barred{Person: p, Code: "approved_already", Why: a.name(p) + " has approved it."}, nil
	}
	for _, other := range a.counted {
		if b, err := a.tied(ctx, tx, p, other, "has approved it"); b != nil || err != nil {
			return b, err
		}
	}
	return nil, nil
}

// hostWhy: wherever people can let a change in, only they may; wherever they
// cannot, the host's administrator may, so that no policy can lock itself up
// for ever. docs/decisions/policy-approval.md argues it.
func hostWhy(a approvers, unread bool) string {
	switch {
	case unread:
		return "The policy in force cannot be read."
	case a.able < 2:
		return "Fewer than two administrators can sign in."
	case a.apart < a.set.Approvers:
		// It is kept with the approval for good, so it names nobody.
		return fmt.Sprintf("%d must approve, and %d can: of %s, holding policy:approve, independent of the author and of each other.",
			a.set.Approvers, a.apart, partyNames(a.set.From))
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
// are still of the set and independent of each other, or of the host.
func (a approvers) standing(have []revision.Approval) (n int, host bool) {
	return len(a.counted), slices.ContainsFunc(have, func(h revision.Approval) bool { return h.Why != "" })
}

// counting leaves out approvals that are worth nothing any more.
func (a approvers) counting(have []revision.Approval) []revision.Approval {
	return slices.DeleteFunc(slices.Clone(have), func(h revision.Approval) bool {
		return h.Why == "" && !slices.Contains(a.counted, h.By)
	})
}

// refusal says to somebody why they may not approve, and who may.
func (a approvers) refusal(id holdfast.PersonID) error {
	for _, b := range a.barred {
		switch {
		case b.Person.ID != id:
		case b.Code == "approved_already":
			return holdfast.Errorf(holdfast.Conflict, b.Code, "You have approved this revision already.")
		default:
			return holdfast.Errorf(holdfast.Denied, b.Code, "You may not approve this. %s %s", b.Why, a.whoElse())
		}
	}
	return holdfast.Errorf(holdfast.Denied, "not_an_approver",
		"This change is approved by %d of %s. You are not one of them.", a.set.Approvers, partyNames(a.set.From))
}

// whoElse is what to do.
func (a approvers) whoElse() string {
	if a.host != "" {
		return "Too few others can: the host's administrator may approve it, with holdfast policy approve on the server."
	}
	var names []string
	for _, p := range a.people {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	if len(names) == 0 {
		return "Whoever else has approved it is enough."
	}
	return "Who may: " + strings.Join(names, ", ") + "."
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

// author is the person behind r, or the host. Who proposes by a token does it as
// the token's owner, so the token must be theirs: one that somebody else made
// for them would let that one be two people. The host may give one.
func (r right) author(ctx context.Context, tx Tx) (holdfast.Actor, error) {
	switch r.actor.Kind {
	case holdfast.ActorHost, holdfast.ActorPerson:
		return r.actor, nil
	case holdfast.ActorToken:
		t, err := tx.APIToken(ctx, holdfast.APITokenID(r.actor.ID))
		if err != nil {
			return holdfast.Actor{}, err
		}
		host := len(t.By) > 5 && t.By[:5] == string(holdfast.ActorHost)+":"
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

package govern

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/policy/lint"
	"holdfast/domain/ticket"
)

// fit says what of p does not fit the installation: pools of approvers that are
// too small or too weak, and metadata that are too old. It keeps nothing from
// coming into force, so all of it is a warning: people can be added afterwards.
// Who would be in no segment, the outlook says of everybody.
func (s *Revisions) fit(ctx context.Context, tx Tx, p *policy.Policy, now time.Time) (policy.Problems, error) {
	facts := lint.Facts{At: now, Pools: map[string]lint.Pool{}}
	seen := map[holdfast.PersonID]bool{}
	for _, party := range parties(p.Document()) {
		people, known, err := inPool(ctx, tx, party, now)
		if err != nil {
			return nil, err
		}
		pool := lint.Pool{Size: int64(len(people)), Unknown: !known}
		for _, who := range people {
			pool.Members = append(pool.Members, string(who.ID))
			if seen[who.ID] {
				continue
			}
			seen[who.ID] = true
			account, err := tx.Standing(ctx, who)
			if err != nil {
				return nil, err
			}
			facts.Accounts = append(facts.Accounts, account.Input(policy.SignIn, p.Profiles(), now))
		}
		facts.Pools[string(party)] = pool
	}
	m, err := tx.CurrentMetadata(ctx)
	if err != nil {
		return nil, err
	}
	facts.MDS = lint.Metadata{No: m.No, NextUpdate: m.NextUpdate}
	out := append(lint.Installation(p, facts), uninvitable(p)...)
	for i := range out {
		out[i].Severity = policy.Warning
	}
	return out, nil
}

// uninvitable says that a policy takes nobody in by what Holdfast can do today:
// a link, or a device that is set up. Its other procedures are graded only.
func uninvitable(p *policy.Policy) policy.Problems {
	d := p.Document()
	for _, name := range d.Enrolment.Names {
		if name == string(ticket.Invitation) {
			return nil
		}
		for _, step := range d.Enrolment.Of[name].Steps {
			if step.Device != nil {
				return nil
			}
		}
	}
	return policy.Problems{{At: d.At("enrolment"), Rule: "fit", Path: "enrolment", Severity: policy.Warning,
		Text: "nobody can be invited under this policy: it has no enrolment procedure named invitation", Remedy: "add one, graded like the others, or take people in before it is in force"}}
}

// parties are all that approve anything in d.
func parties(d *policy.Document) (out []policy.Party) {
	m := d.Metadata
	for _, set := range [][]policy.Party{m.ChangeControl.From, m.Raise.From, m.Lower.From} {
		out = append(out, set...)
	}
	for _, of := range []policy.Map[*policy.Procedure]{d.Recovery, d.Enrolment} {
		for _, name := range of.Names {
			for _, step := range of.Of[name].Steps {
				if step.Approve != nil {
					out = append(out, step.Approve.From)
				}
			}
		}
	}
	return out
}

// inPool finds those of a pool who may sign in. known is false for somebody by
// what they are to the subject, and for roles that cannot be listed.
func inPool(ctx context.Context, tx Tx, party policy.Party, now time.Time) (out []person.Record, known bool, err error) {
	if role, ok := party.Role(); ok && builtIn(role) {
		if person.Role(role) != person.Administrator {
			return nil, false, nil
		}
		all, err := tx.Administrators(ctx)
		return signIn(all, now), true, err
	}
	groups, err := groupsOf(ctx, tx, []policy.Party{party})
	if _, group := party.Group(); err != nil || len(groups) == 0 {
		_, role := party.Role()
		return nil, group || role, err
	}
	for id := range groups {
		members, err := tx.MembershipsOfGroup(ctx, id)
		if err != nil {
			return nil, false, err
		}
		for _, m := range members {
			who, err := tx.Person(ctx, m.Person)
			if err != nil {
				return nil, false, err
			}
			out = append(out, who)
		}
	}
	return signIn(out, now), true, nil
}

func signIn(all []person.Record, now time.Time) (out []person.Record) {
	for _, p := range all {
		if p.MaySignIn(now) {
			out = append(out, p)
		}
	}
	return out
}

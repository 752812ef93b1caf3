package govern

import (
	"context"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/policy"
	"holdfast/domain/revision"
	"holdfast/domain/verdict"
)

// Plan is what would happen.
type Plan struct {
	Proposed
	Administrators int    // of those who can sign in now, who could then
	Impact         Impact // of everybody; nil where nobody foresees it, and while it is counted
	Counting       *Counting
}

// Plan says what Apply would do, and does it not.
func (s *Revisions) Plan(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) (Plan, error) {
	return s.apply(ctx, by, id, authority.PolicyRead, true, "")
}

// Apply puts a revision in force that enough have approved, unless another came
// into force meanwhile, or no administrator could sign in any more. What it
// rests on is looked at again, in the transaction. Where plan is the digest of
// one that somebody was shown, it is that plan that is carried out: facts that
// would shut out more than it shows refuse it, just before.
func (s *Revisions) Apply(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID, plan string) (Plan, error) {
	return s.apply(ctx, by, id, authority.PolicyWrite, false, plan)
}

func (s *Revisions) apply(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID, scope authority.Scope, dry bool, plan string) (Plan, error) {
	var out Plan
	candidate, err := s.read(ctx, by, scope, id)
	if err == nil && plan != "" && s.outlook != nil {
		err = s.outlook.Holds(ctx, candidate.Policy, plan)
	}
	if err != nil {
		return out, err
	}
	err = s.flow.do(ctx, by, scope, func(tx Tx, r right) ([]audit.Event, error) {
		if err := r.inPerson(); err != nil && !dry {
			return nil, err
		}
		rev, c, err := s.open(ctx, tx, id, candidate)
		if err != nil {
			return nil, err
		}
		have, err := tx.Approvals(ctx, id)
		if err != nil {
			return nil, err
		}
		if out.Proposed, err = s.proposed(ctx, tx, rev, c, have, r); err != nil {
			return nil, err
		}
		out.Warnings = candidate.Problems
		if out.Administrators, err = s.administratorsUnder(ctx, tx, candidate.Policy, r.now); err != nil {
			return nil, err
		}
		if dry {
			fit, err := s.fit(ctx, tx, candidate.Policy, r.now)
			if err != nil {
				return nil, err
			}
			after, err := next(ctx, tx, candidate.Policy, r)
			out.Warnings = append(append(out.Warnings, fit...), after...)
			return nil, err
		}
		if err := s.ready(rev, c, out); err != nil {
			return nil, err
		}
		s.policies.Have(rev.Digest, candidate.Policy)
		events, err := s.supersede(ctx, tx, &out, c.before, r.now)
		return carriedOut(events, plan), err
	})
	if err == nil && s.outlook != nil && dry {
		out.Impact, out.Counting, err = s.outlook.Impact(ctx, candidate.Policy)
	}
	return out, err
}

// carriedOut puts the digest of the plan into the log.
func carriedOut(events []audit.Event, plan string) []audit.Event {
	for i := range events {
		if events[i].Type == "policy.applied" && plan != "" {
			events[i] = events[i].With("plan", plan)
		}
	}
	return events
}

// ready looks again at what the approvals rest on.
func (s *Revisions) ready(rev revision.Record, c change, p Plan) error {
	n, host := p.who.standing(p.Approvals)
	switch {
	case rev.State != revision.Approved:
		return holdfast.Errorf(holdfast.Conflict, "not_approved", "%d of %d have approved this revision.", len(p.Approvals), c.set.Approvers)
	case !host && n < c.set.Approvers:
		return holdfast.Errorf(holdfast.Conflict, "approvals_lapsed",
			"%d must approve, and of those who did only %d still may. Withdraw the revision and propose it again.", c.set.Approvers, n)
	case p.Administrators == 0 && p.who.able > 0:
		return holdfast.Errorf(holdfast.Conflict, "no_administrator_left",
			"No administrator could sign in under this policy with a passkey that they have. Give one of them such a passkey first.")
	}
	return nil
}

func (s *Revisions) supersede(ctx context.Context, tx Tx, out *Plan, before revision.Record, now time.Time) ([]audit.Event, error) {
	rev, events, err := revision.Apply(out.Revision, before, now)
	if err != nil {
		return nil, err
	}
	out.Revision = rev
	all, err := tx.Revisions(ctx)
	if err != nil {
		return nil, err
	}
	for _, other := range all { // they are changes of what is not in force any more
		if other.ID == rev.ID || other.State != revision.Proposed && other.State != revision.Approved {
			continue
		}
		_, ended, err := revision.Withdraw(other, now)
		if err != nil {
			return nil, err
		}
		events = append(events, ended...)
	}
	return events, nil
}

// administratorsUnder counts the administrators who could sign in under p: by a
// passkey that they have, from whatever device or network p asks for.
func (s *Revisions) administratorsUnder(ctx context.Context, tx Tx, p *policy.Policy, now time.Time) (int, error) {
	all, err := tx.Administrators(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, who := range all {
		if !who.MaySignIn(now) {
			continue
		}
		account, err := tx.Standing(ctx, who)
		if err != nil {
			return 0, err
		}
		have := usable(account.Credentials)
		fresh, err := s.evidence(ctx, tx, p, have)
		if err != nil {
			return 0, err
		}
		for _, c := range have {
			v, err := verdict.Decide(p, account, verdict.Case{Op: policy.SignIn, Person: who, Credential: &c, Judgement: fresh[c.ID], UV: c.UVInitialized, Now: now})
			if err != nil {
				return 0, err
			}
			if v.Allowed() || onlyCircumstances(v.Decision) {
				n++
				break
			}
		}
	}
	return n, nil
}

// evidence is how passkeys would be judged under p, which may pin roots that
// nobody trusts yet.
func (s *Revisions) evidence(ctx context.Context, tx Tx, p *policy.Policy, of []credential.Record) (map[holdfast.CredentialID]*evidence.Judgement, error) {
	fresh := map[holdfast.CredentialID]*evidence.Judgement{}
	if s.outlook == nil {
		return fresh, nil
	}
	all, err := s.outlook.Evidence(ctx, tx, p, of)
	for i := range all {
		fresh[all[i].ID] = &all[i]
	}
	return fresh, err
}

// onlyCircumstances says that another device or network would do.
func onlyCircumstances(d policy.Decision) bool {
	return d.Outcome == policy.Need && !slices.ContainsFunc(d.Needs, func(m policy.Missing) bool { return m.What != "device" && m.What != "network" })
}

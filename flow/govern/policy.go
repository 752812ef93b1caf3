package govern

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/policy/compare"
	"holdfast/domain/policy/lint"
	"holdfast/domain/revision"
	"holdfast/domain/verdict"
)

// Policies are the compiled policies. See edge/policies.
type Policies interface {
	verdict.Policies
	ByDigest(ctx context.Context, r revision.Reader, digest string) (*policy.Policy, error)
	// First is what is in force while no revision was ever applied.
	First() revision.Record
	// Have takes a policy that was compiled here.
	Have(digest string, p *policy.Policy)
	// Unusable says why the revision in force does not decide; nil: it does.
	Unusable(ctx context.Context, r revision.Reader) (why, err error)
}

// Outlook says what would become of people if a policy came into force.
type Outlook interface {
	Impact(ctx context.Context, candidate *policy.Policy) (Impact, error)
	// Evidence gives the judgements of passkeys as they would be under it, where
	// they may differ from what is on record.
	Evidence(ctx context.Context, from Registrations, candidate *policy.Policy, of []credential.Record) ([]evidence.Judgement, error)
}

// Registrations reads what was sent when passkeys were made.
type Registrations interface {
	RegistrationsBy(ctx context.Context, ids []holdfast.CredentialID) ([]credential.Registration, error)
}

// Impact is what would become of them. Refusal says why the policy must not
// come into force, or nil.
type Impact interface{ Refusal() error }

// Revisions is the story of how the policy changes.
type Revisions struct {
	flow     *Flow
	policies Policies
	outlook  Outlook // may be nil: nothing is foreseen but the administrators
}

// NewRevisions makes the story.
func NewRevisions(f *Flow, p Policies, o Outlook) *Revisions { return &Revisions{f, p, o} }

// Proposal is a policy to let in.
type Proposal struct {
	File  string            // what its problems call it
	Text  []byte            // YAML
	Files map[string][]byte // those it names
	Note  string            // why
}

// MaxPolicy bounds a text and its files together.
const MaxPolicy = 1 << 20

// BadPolicy is the cause of policy_refused: everything that is wrong.
type BadPolicy struct{ Problems policy.Problems }

// Error names nothing of the text: it is logged.
func (b *BadPolicy) Error() string { return fmt.Sprintf("%d problems", len(b.Problems)) }

// Proposed is a revision with what to know of it at once.
type Proposed struct {
	Revision  revision.Record
	Approvals []revision.Approval
	Changes   []compare.Change
	Warnings  policy.Problems
	Approvers []person.Record // who may approve it
	From      policy.ApproverSet
	Host      string // why the host's administrator may approve in their place; empty: they may not
	able      int    // administrators who can sign in now
}

// Check reads p as it would be read to come into force: the files that it names
// must be there.
func (p Proposal) Check(now time.Time) (Examined, error) {
	if p.Files == nil {
		p.Files = map[string][]byte{}
	}
	return p.Lint(now)
}

// Lint is Check for somebody who may have no more than the document.
func (p Proposal) Lint(at time.Time) (Examined, error) {
	size := len(p.Text)
	for name, text := range p.Files {
		size += len(name) + len(text)
	}
	if size > MaxPolicy {
		return Examined{}, holdfast.Errorf(holdfast.Invalid, "policy_too_large", "The policy and its files are larger than 1 MiB together.")
	}
	e := Examine(p.File, p.Text, p.Files, at)
	if !e.Problems.Bad() {
		return e, nil
	}
	wrong := lint.Errors(e.Problems)
	return e, holdfast.Errorf(holdfast.Invalid, "policy_refused",
		"%s wrong with this policy, and nothing was changed. The first: %s", things(len(wrong)), wrong[0]).Because(&BadPolicy{wrong})
}

func things(n int) string {
	if n == 1 {
		return "One thing is"
	}
	return fmt.Sprintf("%d things are", n)
}

// Propose fixes the text of a revision that others may let in. A policy that is
// wrong in any way is refused with everything that is wrong.
func (s *Revisions) Propose(ctx context.Context, by holdfast.Actor, p Proposal) (Proposed, error) {
	var out Proposed
	e, err := p.Check(s.flow.clock())
	if err != nil {
		return out, err
	}
	err = s.flow.do(ctx, by, authority.PolicyWrite, func(tx Tx, r right) ([]audit.Event, error) {
		author, err := r.principal(ctx, tx, true)
		if err != nil {
			return nil, err
		}
		c, err := s.change(ctx, tx, e.Policy)
		if err != nil {
			return nil, err
		}
		all, err := tx.Revisions(ctx)
		if err != nil {
			return nil, err
		}
		number := int64(1)
		if len(all) > 0 {
			number = all[0].Number + 1
		}
		rev, events, err := revision.Propose(revision.New{Name: e.Document.Metadata.Name, Text: p.Text, Files: p.Files, Note: p.Note,
			Lowers: c.lowers, Needs: int64(c.set.Approvers)}, c.before, number, author, r.now)
		if err != nil {
			return nil, err
		}
		if out, err = s.proposed(ctx, tx, rev, c, r.now); err != nil {
			return nil, err
		}
		out.Warnings = e.Problems
		return events, nil
	})
	return out, err
}

// change is a document held against the policy in force.
type change struct {
	before  revision.Record // in force
	unread  bool            // and it cannot be read
	set     policy.ApproverSet
	lowers  bool
	changes []compare.Change
}

func (s *Revisions) change(ctx context.Context, tx Tx, next *policy.Policy) (change, error) {
	before, err := s.inForce(ctx, tx)
	if err != nil {
		return change{}, err
	}
	unusable, err := s.policies.Unusable(ctx, tx)
	c := change{before: before, unread: unusable != nil}
	if err != nil {
		return c, err
	}
	if c.unread {
		// Nobody can say what it lowers, or whom the one in force asks for.
		c.lowers, c.set = true, policy.ApproverSet{Approvers: 2, From: []policy.Party{"role:administrator"}}
		return c, nil
	}
	now, err := s.policies.InForce(ctx, tx)
	if err != nil {
		return c, err
	}
	c.lowers, c.changes = compare.Policies(now, next)
	c.lowers = c.lowers || weakens(now.Document().Metadata, next.Document().Metadata)
	c.set = setFor(now.Document().Metadata, c.lowers)
	return c, nil
}

// inForce is the record of the policy in force: revision 0 is the preset.
func (s *Revisions) inForce(ctx context.Context, tx Tx) (revision.Record, error) {
	r, err := tx.RevisionInForce(ctx)
	if holdfast.KindOf(err) == holdfast.NotFound {
		return s.policies.First(), nil
	}
	return r, err
}

func (s *Revisions) proposed(ctx context.Context, tx Tx, rev revision.Record, c change, now time.Time) (Proposed, error) {
	a, err := approversOf(ctx, tx, c.set, rev.Author, c.unread, now)
	out := Proposed{Revision: rev, Changes: c.changes, Approvers: a.people, From: c.set, Host: a.host, able: a.able}
	return out, err
}

// Look is what is to be known of a revision before one approves or applies it.
func (s *Revisions) Look(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) (out Proposed, err error) {
	err = s.flow.do(ctx, by, authority.PolicyRead, func(tx Tx, r right) ([]audit.Event, error) {
		rev, err := tx.Revision(ctx, id)
		if err != nil {
			return nil, err
		}
		have, err := tx.Approvals(ctx, id)
		if err != nil {
			return nil, err
		}
		out = Proposed{Revision: rev, Approvals: have}
		if rev.State != revision.Proposed && rev.State != revision.Approved {
			return nil, nil
		}
		e, err := Proposal{File: string(id), Text: rev.Text, Files: files(rev)}.Check(r.now)
		if err != nil {
			return nil, err
		}
		c, err := s.change(ctx, tx, e.Policy)
		if err != nil {
			return nil, err
		}
		out, err = s.proposed(ctx, tx, rev, c, r.now)
		out.Approvals, out.Warnings = have, e.Problems
		return nil, err
	})
	return out, err
}

// files are those of a revision that is intact.
func files(r revision.Record) map[string][]byte {
	f, err := r.FileTexts()
	if err != nil {
		return nil // Intact has refused it
	}
	return f
}

// Approve counts an approval: of somebody whom the policy in force asks for, or
// of the host while nobody of them can.
func (s *Revisions) Approve(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) (out revision.Record, err error) {
	err = s.flow.do(ctx, by, authority.PolicyApprove, func(tx Tx, r right) ([]audit.Event, error) {
		who, err := r.principal(ctx, tx, false)
		if err != nil {
			return nil, err
		}
		rev, c, err := s.open(ctx, tx, id, r.now)
		if err != nil {
			return nil, err
		}
		a, err := approversOf(ctx, tx, c.set, rev.Author, c.unread, r.now)
		if err != nil {
			return nil, err
		}
		why, err := a.mayApprove(who, rev)
		if err != nil {
			return nil, err
		}
		have, err := tx.Approvals(ctx, id)
		if err != nil {
			return nil, err
		}
		var events []audit.Event
		out, _, events, err = revision.Approve(rev, a.counted(have), who, why, r.now)
		return events, err
	})
	return out, err
}

// mayApprove gives the reason to keep where who is the host.
func (a approvers) mayApprove(who holdfast.Actor, rev revision.Record) (why string, err error) {
	switch {
	case who.Kind == holdfast.ActorHost && a.host == "":
		return "", holdfast.Errorf(holdfast.Denied, "host_approves",
			"There are people who can approve this: %d of %s. The host's administrator approves only where they cannot.", a.set.Approvers, partyNames(a.set.From))
	case who.Kind == holdfast.ActorHost:
		return a.host, nil
	case personActor(holdfast.PersonID(who.ID)) == rev.Author:
		return "", nil // revision.Approve says so
	case !a.has(holdfast.PersonID(who.ID)):
		return "", holdfast.Errorf(holdfast.Denied, "not_an_approver",
			"This change is approved by %d of %s. You are not one of them.", a.set.Approvers, partyNames(a.set.From))
	}
	return "", nil
}

// open is a revision that can still come into force, with the change that it
// makes. One that was proposed against another policy cannot.
func (s *Revisions) open(ctx context.Context, tx Tx, id holdfast.RevisionID, now time.Time) (revision.Record, change, error) {
	rev, err := tx.Revision(ctx, id)
	if err != nil {
		return rev, change{}, err
	}
	if err := rev.Intact(); err != nil {
		return rev, change{}, err
	}
	if rev.State != revision.Proposed && rev.State != revision.Approved {
		return rev, change{}, holdfast.Errorf(holdfast.Conflict, "revision_state", "This revision is %s: nothing can be done to it any more.", rev.State)
	}
	e, err := Proposal{File: string(id), Text: rev.Text, Files: files(rev)}.Check(now)
	if err != nil {
		return rev, change{}, err
	}
	c, err := s.change(ctx, tx, e.Policy)
	if err == nil && c.before.Digest != rev.Previous {
		err = errMoved
	}
	return rev, c, err
}

var errMoved = holdfast.Errorf(holdfast.Conflict, "policy_moved",
	"Another revision came into force since this one was proposed. Propose it again, against what is in force now.")

// Withdraw ends a revision before it is in force.
func (s *Revisions) Withdraw(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) (out revision.Record, err error) {
	err = s.flow.do(ctx, by, authority.PolicyWrite, func(tx Tx, r right) (events []audit.Event, err error) {
		if out, err = tx.Revision(ctx, id); err != nil {
			return nil, err
		}
		out, events, err = revision.Withdraw(out, r.now)
		return events, err
	})
	return out, err
}

// Plan is what would happen.
type Plan struct {
	Proposed
	Administrators int    // of those who can sign in now, who could then
	Impact         Impact // of everybody; nil where nobody foresees it
}

// errPlan takes everything back.
var errPlan = errors.New("govern: nothing was to be written")

// Plan says what Apply would do, and does it not.
func (s *Revisions) Plan(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) (Plan, error) {
	return s.apply(ctx, by, id, authority.PolicyRead, true)
}

// Apply puts a revision in force that enough have approved, unless another came
// into force meanwhile, or no administrator could sign in any more. What it
// rests on is looked at again, in the transaction.
func (s *Revisions) Apply(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) (Plan, error) {
	return s.apply(ctx, by, id, authority.PolicyWrite, false)
}

func (s *Revisions) apply(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID, scope authority.Scope, dry bool) (Plan, error) {
	var out Plan
	var candidate Examined
	err := s.flow.do(ctx, by, scope, func(tx Tx, r right) ([]audit.Event, error) {
		rev, c, err := s.open(ctx, tx, id, r.now)
		if err != nil {
			return nil, err
		}
		candidate, err = Proposal{File: string(id), Text: rev.Text, Files: files(rev)}.Check(r.now)
		if err != nil {
			return nil, err
		}
		if out.Proposed, err = s.proposed(ctx, tx, rev, c, r.now); err != nil {
			return nil, err
		}
		out.Warnings = candidate.Problems
		if out.Approvals, err = tx.Approvals(ctx, id); err != nil {
			return nil, err
		}
		if out.Administrators, err = s.administratorsUnder(ctx, tx, candidate.Policy, r.now); err != nil || dry {
			return nil, err
		}
		if err := s.ready(rev, c, out); err != nil {
			return nil, err
		}
		s.policies.Have(rev.Digest, candidate.Policy.WithDigest(rev.Digest))
		return s.supersede(ctx, tx, &out, c.before, r.now)
	})
	if err == nil && s.outlook != nil && dry {
		out.Impact, err = s.outlook.Impact(ctx, candidate.Policy)
	}
	return out, err
}

// ready looks again at what the approvals rest on.
func (s *Revisions) ready(rev revision.Record, c change, p Plan) error {
	a := approvers{set: c.set, people: p.Approvers, host: p.Host}
	n, host := a.standing(p.Approvals)
	switch {
	case rev.State != revision.Approved:
		return holdfast.Errorf(holdfast.Conflict, "not_approved", "%d of %d have approved this revision.", len(p.Approvals), c.set.Approvers)
	case !host && n < c.set.Approvers:
		return holdfast.Errorf(holdfast.Conflict, "approvals_lapsed",
			"%d must approve, and of those who did only %d still may. Withdraw the revision and propose it again.", c.set.Approvers, n)
	case p.Administrators == 0 && p.able > 0:
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

// counted leaves out approvals that are worth nothing any more.
func (a approvers) counted(have []revision.Approval) []revision.Approval {
	return slices.DeleteFunc(slices.Clone(have), func(h revision.Approval) bool {
		return h.Why == "" && !a.has(holdfast.PersonID(strings.TrimPrefix(h.By, string(holdfast.ActorPerson)+":")))
	})
}

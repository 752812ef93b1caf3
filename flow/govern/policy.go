package govern

import (
	"context"
	"fmt"
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
	// Impact may take longer than anybody waits: then it says how far it is, and
	// is asked again.
	Impact(ctx context.Context, candidate *policy.Policy) (Impact, *Counting, error)
	// Holds says whether a plan that somebody was shown, by its digest, is still
	// what would happen: nil, or why not.
	Holds(ctx context.Context, candidate *policy.Policy, plan string) error
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
type Impact interface {
	Refusal() error
	Plan() string // its digest
}

// Counting is how far the count of an impact is.
type Counting struct{ Done, Total int64 }

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
	Approvers []person.Record // who may approve it now
	Barred    []Barred        // who is of the set and may not, and why
	From      policy.ApproverSet
	Host      string // why the host's administrator may approve in their place; empty: they may not
	who       approvers
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
		author, err := r.author(ctx, tx)
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
		if out, err = s.proposed(ctx, tx, rev, c, nil, r); err != nil {
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

func (s *Revisions) proposed(ctx context.Context, tx Tx, rev revision.Record, c change, have []revision.Approval, r right) (Proposed, error) {
	a, err := approversOf(ctx, tx, c.set, rev, have, c.unread, r)
	out := Proposed{Revision: rev, Approvals: have, Changes: c.changes, Approvers: a.people, Barred: a.barred, From: c.set, Host: a.host, who: a}
	return out, err
}

// Look is what is to be known of a revision before one approves or applies it.
// One that cannot come into force any more is shown as it was left.
func (s *Revisions) Look(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) (out Proposed, err error) {
	e, unread := s.read(ctx, by, authority.PolicyRead, id)
	err = s.flow.do(ctx, by, authority.PolicyRead, func(tx Tx, r right) ([]audit.Event, error) {
		rev, err := tx.Revision(ctx, id)
		if err != nil {
			return nil, err
		}
		have, err := tx.Approvals(ctx, id)
		out = Proposed{Revision: rev, Approvals: have, Warnings: e.Problems}
		if err != nil || unread != nil {
			return nil, err
		}
		c, err := s.change(ctx, tx, e.Policy)
		if err != nil {
			return nil, err
		}
		out, err = s.proposed(ctx, tx, rev, c, have, r)
		out.Warnings = e.Problems
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
	e, err := s.read(ctx, by, authority.PolicyApprove, id)
	if err != nil {
		return out, err
	}
	err = s.flow.do(ctx, by, authority.PolicyApprove, func(tx Tx, r right) ([]audit.Event, error) {
		if err := r.inPerson(); err != nil {
			return nil, err
		}
		rev, c, err := s.open(ctx, tx, id, e)
		if err != nil {
			return nil, err
		}
		have, err := tx.Approvals(ctx, id)
		if err != nil {
			return nil, err
		}
		a, err := approversOf(ctx, tx, c.set, rev, have, c.unread, r)
		if err != nil {
			return nil, err
		}
		why, err := a.mayApprove(r.actor, rev)
		if err != nil {
			return nil, err
		}
		var events []audit.Event
		out, _, events, err = revision.Approve(rev, a.counting(have), r.actor, why, r.now)
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
	case rev.State != revision.Proposed, a.has(holdfast.PersonID(who.ID)):
		return "", nil
	}
	return "", a.refusal(holdfast.PersonID(who.ID))
}

// read compiles a revision that can still come into force. That takes long, so
// it is not done in the transaction that changes something: the text cannot
// change, and open sees to that.
func (s *Revisions) read(ctx context.Context, by holdfast.Actor, scope authority.Scope, id holdfast.RevisionID) (e Examined, err error) {
	var rev revision.Record
	err = s.flow.do(ctx, by, scope, func(tx Tx, r right) (_ []audit.Event, err error) {
		rev, err = tx.Revision(ctx, id)
		return nil, err
	})
	if err == nil {
		err = stands(rev)
	}
	if err != nil {
		return e, err
	}
	if e, err = (Proposal{File: string(id), Text: rev.Text, Files: files(rev)}).Check(s.flow.clock()); err != nil {
		return e, err
	}
	e.Policy = e.Policy.WithDigest(rev.Digest)
	return e, nil
}

// stands says whether anything can become of r.
func stands(r revision.Record) error {
	if r.State != revision.Proposed && r.State != revision.Approved {
		return holdfast.Errorf(holdfast.Conflict, "revision_state", "This revision is %s: nothing can be done to it any more.", r.State)
	}
	return r.Intact()
}

// open is the revision that e was read from, with the change that it makes. One
// that was proposed against another policy than is in force cannot come into it.
func (s *Revisions) open(ctx context.Context, tx Tx, id holdfast.RevisionID, e Examined) (revision.Record, change, error) {
	rev, err := tx.Revision(ctx, id)
	if err == nil {
		err = stands(rev)
	}
	if err != nil {
		return rev, change{}, err
	}
	c, err := s.change(ctx, tx, e.Policy)
	if err == nil && (c.before.Digest != rev.Previous || e.Policy.Digest() != rev.Digest) {
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

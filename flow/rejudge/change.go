package rejudge

import (
	"context"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/notice"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/task"
	ruling "holdfast/domain/verdict"
)

// rules compiles what is in force.
func (f *Flow) rules(ctx context.Context) (*rules, error) {
	r, standIn, err := f.deciding(ctx)
	if err == nil && standIn {
		return nil, errStandIn
	}
	return r, err
}

// deciding compiles what decides at the door, which may stand in for what is in
// force.
func (f *Flow) deciding(ctx context.Context) (r *rules, standIn bool, err error) {
	_, digest, err := f.Store.PolicyInForce(ctx)
	if err != nil {
		return nil, false, err
	}
	p, err := f.Policies.InForce(ctx, f.Store)
	if err != nil {
		return nil, false, err
	}
	return newRules(p, digest), digest != "" && p.Digest() != digest, nil
}

// errStandIn: where the policy in force cannot be read, another one decides at
// the door. It pins none of the roots of the one in force: whoever was judged by
// it would not be proven what they are, also when that is put right.
var errStandIn = holdfast.Errorf(holdfast.Unavailable, "policy_stands_in",
	"The policy in force cannot be read, or just came. Nobody is judged by another one.")

// errMoved undoes what was judged by a policy that is in force no more.
var errMoved = holdfast.Errorf(holdfast.Conflict, "policy_moved", "Another policy came into force meanwhile.")

// judge judges people and their attestations: it looks first, and writes only
// where something changes.
func (f *Flow) judge(ctx context.Context, ids []holdfast.PersonID) error {
	rules, err := f.rules(ctx)
	if err != nil {
		return err
	}
	people, err := f.Store.Subjects(ctx, ids)
	if err != nil {
		return err
	}
	fresh, err := f.again(ctx, rules, people)
	if err != nil {
		return err
	}
	now := f.Clock()
	var change []holdfast.PersonID
	for i := range people {
		if v := rules.verdict(&people[i], fresh, now); v.changes(people[i], now) {
			change = append(change, people[i].Person.ID)
		}
	}
	if len(change) == 0 {
		return nil
	}
	_, err = f.change(ctx, rules, change, fresh, f.job, false)
	return err
}

// again judges the attestations of people by the anchors of today. One that
// says nothing stays so, whoever is trusted.
func (f *Flow) again(ctx context.Context, r *rules, people []Subject) (judgements, error) {
	var all []credential.Record
	for _, s := range people {
		all = append(all, s.Credentials...)
	}
	return f.judgements(ctx, f.Store, r, all)
}

// Registrations reads what was sent when passkeys were made.
type Registrations interface {
	RegistrationsBy(ctx context.Context, ids []holdfast.CredentialID) ([]credential.Registration, error)
}

// judgements judges the attestations of active passkeys by the anchors of r.
func (f *Flow) judgements(ctx context.Context, from Registrations, r *rules, all []credential.Record) (judgements, error) {
	var ids []holdfast.CredentialID
	of := map[holdfast.CredentialID]credential.Record{}
	for _, c := range all {
		if c.Status == credential.Active && c.Format != "none" && c.Format != "" {
			ids, of[c.ID] = append(ids, c.ID), c
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if err := f.trust(ctx, r); err != nil {
		return nil, err
	}
	fresh, now := judgements{}, f.Clock()
	for part := range slices.Chunk(ids, 256) {
		raws, err := from.RegistrationsBy(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, raw := range raws {
			fresh[raw.ID] = evidence.Judge(of[raw.ID], raw, *r.anchors, now)
		}
	}
	return fresh, nil
}

// trust reads who may vouch, once.
func (f *Flow) trust(ctx context.Context, r *rules) error {
	if r.anchors != nil {
		return nil
	}
	blob, err := f.Metadata.Newest(ctx)
	if err != nil {
		return err
	}
	a := ruling.Anchors(r.Policy, blob)
	r.anchors = &a
	return nil
}

// change judges people once more, inside of a transaction, and does what comes
// of it. It gives the job with what was done counted; keep says to keep it, too.
func (f *Flow) change(ctx context.Context, r *rules, ids []holdfast.PersonID, fresh judgements, job Job, keep bool) (Job, error) {
	var out Job
	err := f.write(ctx, func(tx Tx, now time.Time) error {
		out = job
		if _, digest, err := tx.PolicyInForce(ctx); err != nil || digest != r.digest {
			if err == nil {
				err = errMoved
			}
			return err
		}
		people, err := tx.Subjects(ctx, ids)
		if err != nil {
			return err
		}
		slices.SortFunc(people, byID)
		byPolicy := keep && policyMoved(job.Why)
		for i := range people {
			if err := f.changeOne(ctx, tx, r, people[i], fresh, byPolicy, &out, now); err != nil {
				return err
			}
		}
		if keep {
			return tx.PutRejudgeJob(ctx, out)
		}
		return nil
	})
	if err != nil {
		return job, err
	}
	f.stale = true
	return out, nil
}

func (f *Flow) changeOne(ctx context.Context, tx Tx, r *rules, s Subject, fresh judgements, byPolicy bool, job *Job, now time.Time) error {
	v := r.verdict(&s, fresh, now)
	last := false
	if isAdministrator(s.Person, now) && v.leavesNone(&s, byPolicy, now) {
		var err error
		if last, err = f.lastAdministrator(ctx, tx, r, s.Person.ID, now); err != nil {
			return err
		}
	}
	p := v.plan(s, last, byPolicy, now)
	job.Spared += int64(p.spared)
	if p.empty() {
		return nil
	}
	events, mails, err := p.carryOut(ctx, tx, s, job, now)
	if err != nil {
		return err
	}
	if err := tx.Record(ctx, f.by(now), events...); err != nil {
		return err
	}
	for _, m := range mails {
		if err := tx.PutMail(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// lastAdministrator says whether no other administrator has a passkey that the
// policy accepts: one that it refuses signs nobody in.
//
// Where attestations are being judged again, those of the others are judged
// here: a root that the new policy pins may prove a key that comes later in the
// order of ids, and nobody is the last for the order's sake.
func (f *Flow) lastAdministrator(ctx context.Context, tx Tx, r *rules, id holdfast.PersonID, now time.Time) (bool, error) {
	all, err := tx.Administrators(ctx)
	if err != nil {
		return false, err
	}
	var others []holdfast.PersonID
	for _, a := range all {
		if a.ID != id && a.Status == person.Active {
			others = append(others, a.ID)
		}
	}
	people, err := tx.Subjects(ctx, others)
	if err != nil {
		return false, err
	}
	var fresh judgements
	if r.anchors != nil {
		var all []credential.Record
		for _, s := range people {
			all = append(all, s.Credentials...)
		}
		if fresh, err = f.judgements(ctx, tx, r, all); err != nil {
			return false, err
		}
	}
	for i := range people {
		if r.verdict(&people[i], fresh, now).any() {
			return false, nil
		}
	}
	return true, nil
}

// carryOut makes a plan's events and messages.
func (p plan) carryOut(ctx context.Context, tx Tx, s Subject, job *Job, now time.Time) (events []audit.Event, mails []notice.Mail, err error) {
	fell := false
	for _, k := range p.judged {
		events = append(events, evidence.Judged(k.before, *k.fresh)...)
		job.Judged++
		fell = fell || k.fell(now)
	}
	for _, e := range p.finish {
		_, finished, err := task.Finish(e.t, e.by, now)
		if err != nil {
			return nil, nil, err
		}
		events = append(events, finished...)
	}
	suspend := p.suspend
	for _, o := range p.open {
		t, opened := task.New(s.Person.ID, o.c.ID, o.why, o.detail, o.due, now)
		events = append(events, opened...)
		switch {
		case o.suspend:
			suspend = append(suspend, suspension{o.c, t})
		case o.why == task.Status:
			job.Staged++
			fallthrough
		default:
			mails = append(mails, notice.PasskeyToReplace(s.Person, o.c, o.due, now))
		}
	}
	if len(suspend) == 0 && !fell {
		return events, mails, nil
	}
	held, err := tx.HeldBy(ctx, s.Person.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range p.judged {
		goes := slices.ContainsFunc(suspend, func(o suspension) bool { return o.c.ID == k.c.ID })
		if k.fell(now) && !goes {
			events = append(events, held.Hardware(k.c.ID, session.NotProven, now)...)
		}
	}
	for _, o := range suspend {
		c, suspended, err := credential.SuspendFor(o.c, o.t.ID)
		if err != nil {
			return nil, nil, err
		}
		events = append(append(events, suspended...), held.Credential(c.ID, session.NotAccepted, now)...)
		mails = append(mails, notice.PasskeyNotAccepted(s.Person, c, now))
		job.Suspended++
	}
	return events, mails, nil
}

func byID(a, b Subject) int {
	switch {
	case a.Person.ID < b.Person.ID:
		return -1
	case a.Person.ID > b.Person.ID:
		return 1
	}
	return 0
}

// policyMoved says whether a job was begun by the organisation's own change.
func policyMoved(why string) bool { return slices.Contains(strings.Split(why, ", "), "policy.applied") }

package enrol

import (
	"context"
	"errors"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/ceremony"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/posture"
	"holdfast/domain/refusal"
	"holdfast/domain/session"
	"holdfast/domain/ticket"
	"holdfast/domain/verdict"
	"holdfast/spec/mds"
	"holdfast/spec/webauthn"
)

// anchors are who may vouch for a new authenticator, and for which policy they
// were put together.
type anchors struct {
	evidence.Anchors
	policy string        // digest
	age    time.Duration // by which the metadata is overdue
}

func (f *Flow) anchors(ctx context.Context, r verdict.Reader) (anchors, error) {
	p, err := f.Judge.Policies.InForce(ctx, r)
	if err != nil {
		return anchors{}, err
	}
	var blob *mds.Blob
	if f.Metadata != nil {
		if blob, err = f.Metadata.Current(ctx); err != nil && holdfast.KindOf(err) != holdfast.NotFound {
			return anchors{}, err
		}
	}
	a := anchors{Anchors: verdict.Anchors(p, blob), policy: p.Digest()}
	if blob != nil {
		a.age = max(0, f.Clock().Sub(blob.NextUpdate))
	}
	return a, nil
}

// judge judges the authenticator by its attestation, and then by the policy.
func (f *Flow) judge(ctx context.Context, tx Tx, judging anchors, p ceremony.Pending, r right, c credential.Record, raw credential.Registration,
	v *webauthn.Registered, in Answer, onboarded bool, now time.Time) (evidence.Judgement, verdict.Verdict, error) {
	inForce, err := f.Judge.Policies.InForce(ctx, tx)
	if err != nil {
		return evidence.Judgement{}, verdict.Verdict{}, err
	}
	if inForce.Digest() != judging.policy { // another one came into force meanwhile
		if judging, err = f.anchors(ctx, tx); err != nil {
			return evidence.Judgement{}, verdict.Verdict{}, err
		}
	}
	raw.At = now
	j := evidence.Judge(c, raw, judging.Anchors, now)
	judged, err := f.Judge.Of(ctx, tx, verdict.Case{
		Op: op(p, r), Person: r.who, Credential: &c, Judgement: &j, MDSAge: judging.age, Session: r.session,
		// Without a question nobody is verified; each sign-in asks again.
		UV: v.UV || p.Conditional, Procedure: procedure(inForce, p, r, onboarded), Where: in.Where, Began: p.Expires.Add(-ceremony.Life), Now: now,
	})
	return j, judged, err
}

func op(p ceremony.Pending, r right) policy.Op {
	switch {
	case p.Session != "":
		return policy.Bind
	case r.replaces:
		return policy.Replace
	}
	return policy.Enrol
}

// procedure: whoever uses up their right to set a device up follows the policy's
// procedure for that, where it has one. The set-up link is the first
// administrator's invitation.
func procedure(inForce *policy.Policy, p ceremony.Pending, r right, onboarded bool) string {
	if p.Session != "" || r.replaces {
		return ""
	}
	if name := inForce.Onboarding(); onboarded && name != "" {
		return name
	}
	return string(ticket.Invitation)
}

// prepare looks ahead: what can be said before anybody touches a key is said
// now, and put on record like every refusal. It gives the attestation to ask for.
func (f *Flow) prepare(ctx context.Context, who person.Record, p ceremony.Pending, in Start) (string, error) {
	inForce, err := f.Judge.Policies.InForce(ctx, f.Store)
	if err != nil {
		return "", err
	}
	account, err := f.Store.Standing(ctx, who)
	if err != nil {
		return "", err
	}
	c := verdict.Case{Op: policy.Enrol, Person: who, Where: in.Where, Now: f.Clock()}
	if p.Session != "" {
		c.Op, c.Session, c.Ahead = policy.Bind, in.Session, true
	}
	v, err := verdict.Decide(inForce, account, c)
	if err != nil {
		return "", err
	}
	if !v.Allowed() {
		by := audit.By{Actor: actor(p), At: c.Now}
		var dropped time.Time
		err = f.Store.InTx(ctx, func(tx Tx) (err error) {
			dropped, err = refusal.Keep(ctx, tx, refusedTo("enrol ahead", p, v, in.Where), by, v.Refused())
			return err
		})
		return "", errors.Join(refusal.Wait(v.Err(), dropped), err)
	}
	return inForce.Conveyance(&v.Input), nil
}

// refusedTo counts refusals of a kind by the link or the session in which a
// passkey is to be made, and from where.
func refusedTo(kind string, p ceremony.Pending, v verdict.Verdict, from verdict.Circumstances) refusal.Who {
	return refusal.Who{Kind: kind, Proven: actor(p).ID, Person: v.Record.Person, Address: from.Net.IP}
}

// actor is by whose right a passkey is to be made.
func actor(p ceremony.Pending) holdfast.Actor {
	if p.Session == "" {
		return holdfast.Actor{Kind: holdfast.ActorTicket, ID: string(p.Ticket)}
	}
	return holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(p.Person), Session: p.Session}
}

// madeOn says on what a passkey was made, as far as it is known. One that
// another device keeps, reached from here, was not made here. A first passkey
// uses up the person's right to set that device up; without one nobody knows
// that the device is theirs, and why says so.
func (f *Flow) madeOn(ctx context.Context, tx Tx, p ceremony.Pending, r right, v *webauthn.Registered, c holdfast.CredentialID, in Answer,
	now time.Time) (made string, used []audit.Event, why, err error) {
	made = in.Where.MadeOn
	device, managed := strings.CutPrefix(made, credential.OnManaged)
	switch {
	case v.Attachment == "cross-platform":
		return "", nil, nil, nil
	case !managed || op(p, r) != policy.Enrol:
		return made, nil, nil, nil
	}
	right, err := tx.Onboarding(ctx, device, r.who.ID)
	if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
		return "", nil, nil, err
	}
	// Like a link: it is worth what who gave it is.
	holds, err := ticket.MakerHolds(ctx, tx, right.By, now)
	if err != nil {
		return "", nil, nil, err
	}
	if !holds.Has(authority.DevicesWrite) {
		right.Ended = now
	}
	if _, used, why = posture.Use(right, device, r.who.ID, c, now); why != nil {
		return "", nil, why, nil
	}
	return made, used, nil, nil
}

// signIn is the session that a first credential opens.
func signIn(who person.Record, c credential.Record, v verdict.Verdict, in Answer) session.SignIn {
	overall, idle := v.Limits()
	return session.SignIn{
		Person: who.ID, Credential: c.ID, UserAgent: in.UserAgent, Address: in.Address, Origin: in.Origin, Assurance: v.Assurance,
		Overall: overall, Idle: idle, Segment: v.Decision.Segment, Decision: v.Record.ID, Device: in.Where.Device.ID,
		DeviceVia: in.Where.Device.Bind,
	}
}

package enrol

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/ceremony"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/notice"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/ticket"
	"holdfast/domain/verdict"
	"holdfast/spec/webauthn"
)

// right is by what right a credential is kept, and what that changes.
type right struct {
	who        person.Record
	actor      holdfast.Actor
	provenance string
	events     []audit.Event
	session    *session.Record // the one that goes on
	replaces   bool            // by a replacement link
}

// keep is the transaction of Finish: spend the ceremony, use the right up,
// see that the id is new, record.
func (f *Flow) keep(ctx context.Context, tx Tx, p ceremony.Pending, v *webauthn.Registered, judging anchors, in Answer, now time.Time) (Done, verdict.Verdict, error) {
	fail := func(err error) (Done, verdict.Verdict, error) { return Done{}, verdict.Verdict{}, err }
	if first, err := tx.Spend(ctx, "ceremony", p.ID(), p.Expires); err != nil {
		return fail(err)
	} else if !first {
		return fail(ceremony.ErrSpent)
	}
	r, err := f.right(ctx, tx, p, now)
	if err != nil {
		return fail(err)
	}
	have, err := tx.CredentialsOf(ctx, r.who.ID)
	if err != nil {
		return fail(err)
	}
	c, raw := record(v, r.who.ID, r.provenance, len(have))
	// WebAuthn L3 §7.1 step 26. The credential id must be new for every user:
	// whoever could register another's id could take their sign-ins over.
	if _, err := tx.Credential(ctx, c.ID); err == nil {
		return fail(holdfast.Errorf(holdfast.Conflict, "credential_known",
			"This passkey is registered already. Use another device or security key.").At("7.1-26", "the credential id is known"))
	} else if holdfast.KindOf(err) != holdfast.NotFound {
		return fail(err)
	}
	var onboarded []audit.Event
	var notTheirs error
	if c.MadeOn, onboarded, notTheirs, err = f.madeOn(ctx, tx, p, r, v, c.ID, in, now); err != nil {
		return fail(err)
	}
	judgement, judged, err := f.judge(ctx, tx, judging, p, r, c, raw, v, in, len(onboarded) > 0, now)
	if err == nil && !judged.Allowed() && notTheirs != nil && judged.Record.Code == "not_managed_device" {
		err = notTheirs
	}
	if err != nil || !judged.Allowed() {
		return Done{}, judged, err
	}
	c.Attestation = judgement.Kind
	c, enrolled, err := credential.Enrol(c, raw, now)
	if err != nil {
		return fail(err)
	}
	enrolled = judged.With(append(append(enrolled, onboarded...), evidence.Judged(evidence.Judgement{}, judgement)...))
	done := Done{Person: r.who, Credential: c, First: r.session == nil, Return: p.Return}
	events := append(r.events, enrolled...)
	if r.session != nil {
		done.Session = *r.session
	} else {
		var opened []audit.Event
		done.Session, done.Secret, opened = session.Open(signIn(r.who, c, judged, in), now)
		ended, err := replaced(ctx, tx, in.Current, now)
		if err != nil {
			return fail(err)
		}
		events = append(append(events, ended...), opened...)
	}
	if err := tx.Record(ctx, audit.By{Actor: r.actor, At: now}, events...); err != nil {
		return fail(err)
	}
	return done, judged, tx.PutMail(ctx, notice.PasskeyAdded(r.who, c, now))
}

// replaced ends the session that the browser had until now.
func replaced(ctx context.Context, tx Tx, current holdfast.SessionID, now time.Time) ([]audit.Event, error) {
	if current == "" {
		return nil, nil
	}
	old, err := tx.Session(ctx, current)
	if holdfast.KindOf(err) == holdfast.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	_, ended := session.End(old, session.ReplacedBySignIn, now)
	return ended, nil
}

func (f *Flow) right(ctx context.Context, tx Tx, p ceremony.Pending, now time.Time) (right, error) {
	if p.Session != "" {
		return f.sessionRight(ctx, tx, p, now)
	}
	t, err := tx.Ticket(ctx, p.Ticket)
	if err != nil {
		return right{}, err
	}
	t, redeemed, err := ticket.Redeem(t, now)
	if err != nil {
		return right{}, err
	}
	if first, err := tx.Spend(ctx, "ticket", string(t.ID), t.Expires); err != nil {
		return right{}, err
	} else if !first {
		return right{}, t.Check(now) // it is used by now
	}
	r := right{
		actor:      holdfast.Actor{Kind: holdfast.ActorTicket, ID: string(t.ID)},
		provenance: string(t.Kind) + ":" + string(t.ID),
		events:     redeemed,
	}
	if t.Kind == ticket.Setup {
		return f.found(ctx, tx, r, p, now)
	}
	if r.who, err = tx.Person(ctx, t.Person); err != nil {
		return right{}, err
	}
	if err := f.mayRedeem(ctx, tx, t, r.who); err != nil || t.Kind == ticket.Replacement {
		r.replaces = true
		return r, err
	}
	var activated []audit.Event
	r.who, activated, err = person.Activate(r.who)
	r.events = append(r.events, activated...)
	return r, err
}

func (f *Flow) sessionRight(ctx context.Context, tx Tx, p ceremony.Pending, now time.Time) (right, error) {
	s, err := tx.Session(ctx, p.Session)
	if err != nil {
		return right{}, err
	}
	if !s.Ended.IsZero() || !now.Before(s.Expires) {
		return right{}, errNoRight
	}
	// The limit was checked at the beginning; the ceremony itself may take its time.
	if err := mayAdd(s, now.Add(-ceremony.Life)); err != nil {
		return right{}, err
	}
	by, err := tx.Credential(ctx, s.Credential)
	if err != nil {
		return right{}, err
	}
	if by.MayBeUsed() != nil {
		return right{}, errNoRight
	}
	who, err := tx.Person(ctx, s.Person)
	if err != nil {
		return right{}, err
	}
	if !who.MaySignIn(now) {
		return right{}, errNoRight
	}
	provenance := "session:"
	if p.Conditional {
		provenance = "conditional create:"
	}
	return right{
		who: who, session: &s, provenance: provenance + string(s.ID),
		actor: holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(who.ID), Session: s.ID},
	}, nil
}

// found makes the first administrator. A second set-up link that was printed
// before finds the organisation founded.
func (f *Flow) found(ctx context.Context, tx Tx, r right, p ceremony.Pending, now time.Time) (right, error) {
	if _, err := tx.Setting(ctx, org.SettingReady); err == nil {
		return r, holdfast.Errorf(holdfast.Conflict, "already_founded",
			"This organisation has its administrator. Sign in, or ask them for an invitation.")
	} else if holdfast.KindOf(err) != holdfast.NotFound {
		return r, err
	}
	who, added, err := person.Founder(p.Person, p.Handle, person.New{Name: p.Setup.Name, Email: p.Setup.Email}, now)
	if err != nil {
		return r, err
	}
	if _, err := tx.PersonByEmail(ctx, who.Email); err == nil {
		return r, holdfast.Errorf(holdfast.Conflict, "email_taken", "Somebody here has this e-mail address already.")
	} else if holdfast.KindOf(err) != holdfast.NotFound {
		return r, err
	}
	_, renamed, err := org.Rename(p.Setup.Organisation)
	if err != nil {
		return r, err
	}
	_, founded := org.Found(f.RP.ID, now)
	r.who = who
	for _, more := range [][]audit.Event{added, renamed, founded} {
		r.events = append(r.events, more...)
	}
	return r, nil
}

package authorize

import (
	"context"
	"slices"
	"strings"
	"time"

	"holdfast/domain/audit"
	"holdfast/domain/grant"
	"holdfast/domain/policy"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
)

// judged holds who is signed in against the policy, for one application. A
// sign-in after began is recent enough for anything that was asked then.
func (f *Flow) judged(ctx context.Context, r Reader, app grant.App, scopes []string, who SignedIn, began, now time.Time) (verdict.Verdict, error) {
	return f.Judge.Of(ctx, r, verdict.Case{Op: policy.SignIn, Person: who.Person, Session: &who.Session, App: verdict.AppOf(app, scopes),
		Where: who.Where, Began: began, Now: now})
}

// judgePolicy asks for one stronger or more recent sign-in where that can help,
// and refuses in the policy's words where it cannot.
func (f *Flow) judgePolicy(ctx context.Context, d Decision, req Request, who *SignedIn, silent bool) (Decision, bool, error) {
	v, err := f.judged(ctx, f.Store, d.App, slices.Concat(req.Scopes, req.Operations), *who, req.Began, f.Clock())
	if err != nil || v.Allowed() {
		return d, err != nil, err
	}
	helps := v.Mends() && who.Session.AuthTime.Before(req.Began)
	texts := texts(v)
	switch {
	case helps && silent:
		return d.refuse(LoginRequired, "The application needs a stronger or more recent sign-in."), true, nil
	case helps:
		d.Next, d.Text = StepUp, texts
		return d, true, nil
	}
	code := AccessDenied
	if v.Decision.Outcome == policy.Need {
		code = UnmetRequirements
	}
	d = d.refuse(code, texts)
	d.Policy, d.Lack = v.Record.ID, grant.LackPolicy
	return d, true, f.recordRefusal(ctx, v, *who)
}

func texts(v verdict.Verdict) string {
	var out []string
	add := func(t string) {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	for _, r := range v.Decision.Reasons {
		add(r.Text)
	}
	if len(out) == 0 {
		for _, n := range v.Decision.Needs {
			add(n.Text)
		}
	}
	return strings.Join(out, " ")
}

func (f *Flow) recordRefusal(ctx context.Context, v verdict.Verdict, who SignedIn) error {
	return f.Store.InTx(ctx, func(tx Tx) error {
		events := []audit.Event{v.Refused()}
		if v.Decision.EndAll {
			held, err := tx.HeldBy(ctx, who.Person.ID)
			if err != nil {
				return err
			}
			events = append(events, held.Everything(session.TooRisky, f.Clock())...)
		}
		return tx.Record(ctx, f.byPerson(who), events...)
	})
}

// stillJudged is judged in the transaction that gives a code: what was true
// when the request came may not be any more. How recent the sign-in must be was
// asked then.
func (f *Flow) stillJudged(ctx context.Context, tx Tx, app grant.App, scopes []string, who SignedIn, now time.Time) (verdict.Verdict, error) {
	v, err := f.judged(ctx, tx, app, scopes, who, who.Session.AuthTime, now)
	if err == nil && !v.Allowed() {
		err = errUnmet
	}
	return v, err
}

// judgeGrant holds what a grant rests on against the policy of today: the
// person's segment, their passkey, and the device on which they signed in. How
// recent the sign-in must be was asked when it was fresh.
func (f *Flow) judgeGrant(ctx context.Context, tx Tx, app grant.App, g grant.Grant, now time.Time) (verdict.Verdict, error) {
	s, err := tx.Session(ctx, g.Session)
	if err != nil {
		return verdict.Verdict{}, err
	}
	who, err := tx.Person(ctx, g.Person)
	if err != nil {
		return verdict.Verdict{}, err
	}
	return f.judged(ctx, tx, app, g.Scopes, SignedIn{Session: s, Person: who}, s.AuthTime, now)
}

// judgeExchange holds the person behind an exchanged token against the policy,
// for the service that it is for. That service has never asked how recent their
// sign-in is, so it counts as old as it is.
func (f *Flow) judgeExchange(ctx context.Context, tx Tx, target grant.App, g grant.Grant, s session.Record, now time.Time) (verdict.Verdict, error) {
	who, err := tx.Person(ctx, g.Person)
	if err != nil {
		return verdict.Verdict{}, err
	}
	return f.judged(ctx, tx, target, g.Scopes, SignedIn{Session: s, Person: who}, now, now)
}

package authorize

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/again"
	"holdfast/domain/grant"
	"holdfast/domain/policy"
	"holdfast/domain/refusal"
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
	dropped, err := f.recordRefusal(ctx, v, *who)
	if !dropped.IsZero() {
		texts += " " + refusal.Sentence(dropped)
	}
	d = d.refuse(code, texts)
	d.Policy, d.Lack = v.Record.ID, grant.LackPolicy
	return d, true, err
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

// recordRefusal puts it on record, and says until when it does not, where there
// were too many: any page that its person looks at can send their browser here.
func (f *Flow) recordRefusal(ctx context.Context, v verdict.Verdict, who SignedIn) (dropped time.Time, err error) {
	err = f.Store.InTx(ctx, func(tx Tx) error {
		refused := refusedAt("authorize", who)
		if v.Decision.EndAll {
			held, err := tx.HeldBy(ctx, who.Person.ID)
			if err != nil {
				return err
			}
			refused.Ends = held.Everything(session.TooRisky, f.Clock())
		}
		dropped, err = refusal.Keep(ctx, tx, refused, f.byPerson(who), v.Refused())
		return err
	})
	return dropped, err
}

// refusedAt counts refusals of a kind by whose session it is and from where.
func refusedAt(kind string, who SignedIn) refusal.Who {
	return refusal.Who{Kind: kind, Proven: string(who.Person.ID), Person: who.Person.ID, Address: who.Where.Net.IP}
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
// recent the sign-in must be was asked when the code was; whenever it is
// refreshed it counts as old as it is.
func (f *Flow) judgeGrant(ctx context.Context, tx Tx, app grant.App, g grant.Grant, old age, now time.Time) (verdict.Verdict, error) {
	s, err := tx.Session(ctx, g.Session)
	if err != nil {
		return verdict.Verdict{}, err
	}
	who, err := tx.Person(ctx, g.Person)
	if err != nil {
		return verdict.Verdict{}, err
	}
	began := s.AuthTime
	if old == counts {
		began = now
	}
	return f.judged(ctx, tx, app, g.Scopes, SignedIn{Session: s, Person: who}, began, now)
}

// judgeAgain holds a grant whose token is used against the policy, when the
// policy's interval is over since that was done last: when the token was given,
// or here. What is refused ends, as it does when it is refreshed.
func (f *Flow) judgeAgain(ctx context.Context, g grant.Grant, issued, now time.Time) error {
	if due, err := f.Judge.Due(ctx, f.Store, issued, now); err != nil || !due {
		return err
	}
	last, err := f.Store.Last(ctx, string(g.ID))
	if err != nil {
		return err
	}
	if due, err := f.Judge.Due(ctx, f.Store, last.At, now); err != nil || !due {
		return err
	}
	var refused error // that is on record, so the transaction stands
	err = f.Store.InTx(ctx, func(tx Tx) error {
		refused = nil
		c, err := caseOf(ctx, tx, g, now)
		if err != nil {
			return err
		}
		v, err := again.Judge(ctx, tx, f.Judge, again.Thing{ID: string(g.ID), Until: c.Session.Expires, Case: c})
		if err != nil || v.Allowed() {
			return err
		}
		refused = errUnmet
		g, err := tx.Grant(ctx, g.ID) // a rule may have ended everything
		if err != nil {
			return err
		}
		_, events := grant.End(g, grant.EndedUnmet, now)
		return record(ctx, tx, byApp(g.App, now), events)
	})
	if err == nil {
		err = refused
	}
	return err
}

// caseOf is what g permits, to whom: for the application that it is meant for.
// Where the person is now the application alone knows; what counts is where they
// signed in, and how that device stands.
func caseOf(ctx context.Context, tx Tx, g grant.Grant, now time.Time) (verdict.Case, error) {
	c := verdict.Case{Op: policy.SignIn, Now: now}
	s, err := tx.Session(ctx, g.Session)
	if err != nil {
		return c, err
	}
	c.Session = &s
	if c.Person, err = tx.Person(ctx, g.Person); err != nil {
		return c, err
	}
	app, err := tx.App(ctx, holdfast.AppID(cmp.Or(g.Audience, string(g.App))))
	c.App = verdict.AppOf(app, g.Scopes)
	return c, err
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

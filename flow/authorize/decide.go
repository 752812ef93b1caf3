package authorize

import (
	"context"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/assurance"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
)

// Request is an application's authorization request whose form is right: the
// application exists, the address is registered, PKCE is there.
type Request struct {
	App       holdfast.AppID
	Scopes    []string
	Prompt    []string       // OpenID Connect Core §3.1.2.1
	MaxAge    *time.Duration // nil: any
	Subject   string         // who it must be, by id_token_hint or claims; empty: anybody
	ACRValues []string       // wanted, the most wanted first
	Essential bool           // one of ACRValues must be met (Core §5.5.1.1)
	Began     time.Time      // when the request first came
	Agreed    bool           // the person said yes to this very request
	Pushed    bool           // it came by RFC 9126

	// Operations are what the application is about to do, beside Scopes: the
	// policy may ask for more for some. They are not granted.
	Operations []string
}

// SignedIn is who the browser's session carries. The caller has checked that
// it is live.
type SignedIn struct {
	Session session.Record
	Person  person.Record
	Where   verdict.Circumstances
}

// Next is what has to happen now.
type Next int

const (
	Refuse  Next = iota // tell the application Error
	SignIn              // nobody is signed in
	StepUp              // who is signed in must confirm it
	Consent             // ask the person
	Allow               // give a code
)

// Error codes for the application: RFC 6749 §4.1.2.1, OpenID Connect Core
// §3.1.2.6, OpenID Connect Core Error Code unmet_authentication_requirements 1.0.
const (
	InvalidRequest      = "invalid_request"
	AccessDenied        = "access_denied"
	LoginRequired       = "login_required"
	InteractionRequired = "interaction_required"
	ConsentRequired     = "consent_required"
	UnmetRequirements   = "unmet_authentication_requirements"
)

// Decision is the answer to a request at this moment.
type Decision struct {
	Next   Next
	Error  string // with Refuse
	Text   string // with Refuse and StepUp: a sentence
	App    grant.App
	Scopes []string
	ACR    string // with Allow: what may be said
	// Lack is set where the application demands more than the person has: they
	// are told in words, by Text.
	Lack grant.Lack
	// Policy is the decision on record, where the policy refused.
	Policy holdfast.DecisionID
}

// Decide says what a request needs now. It is asked again after each step, and
// gets to Allow or Refuse in a bounded number of them: a sign-in, a
// confirmation and a consent that came after Began are never asked for again.
func (f *Flow) Decide(ctx context.Context, req Request, who *SignedIn) (Decision, error) {
	app, err := f.Store.App(ctx, req.App)
	if err != nil {
		return Decision{}, err
	}
	d := Decision{App: app, Scopes: req.Scopes}
	silent := slices.Contains(req.Prompt, "none")
	switch now := f.Clock(); {
	case !app.Live():
		return d.refuse(AccessDenied, "The application was removed."), nil
	case app.RequirePAR && !req.Pushed:
		return d.refuse(InvalidRequest, "This application's requests must be pushed (RFC 9126)."), nil
	case silent && len(req.Prompt) > 1:
		return d.refuse(InvalidRequest, "prompt=none stands alone."), nil
	case who == nil && silent:
		return d.refuse(LoginRequired, "Nobody is signed in."), nil
	case who == nil:
		d.Next = SignIn
		return d, nil
	case !who.Person.MaySignIn(now):
		return d.refuse(AccessDenied, "The account may not sign in."), nil
	case req.Subject != "" && req.Subject != string(who.Person.ID):
		return d.refuse(LoginRequired, "Somebody else is signed in."), nil
	}
	if why := f.stale(req, who.Session); why != "" {
		if silent {
			return d.refuse(LoginRequired, why), nil
		}
		d.Next, d.Text = StepUp, why
		return d, nil
	}
	if d, done, err := f.judgeApp(ctx, d, req, who, silent); done || err != nil {
		return d, err
	}
	if d, done := f.judgeACR(d, req, who.Session, silent); done {
		return d, nil
	}
	if d, done, err := f.judgePolicy(ctx, d, req, who, silent); done || err != nil {
		return d, err
	}
	needs, err := f.needsConsent(ctx, app, req, who)
	switch {
	case err != nil:
		return Decision{}, err
	case needs && silent:
		return d.refuse(ConsentRequired, "The person has not agreed yet."), nil
	case needs:
		d.Next = Consent
		return d, nil
	}
	d.Next = Allow
	d.ACR, _ = assurance.Pick(req.ACRValues, who.Session.ACR)
	return d, nil
}

func (d Decision) refuse(code, text string) Decision {
	d.Next, d.Error, d.Text = Refuse, code, text
	return d
}

// stale says why the last sign-in is too old for req, or nothing. A sign-in
// after Began is recent enough for anything that was asked then: max_age=0 and
// prompt=login ask for exactly one.
func (f *Flow) stale(req Request, s session.Record) string {
	if !s.AuthTime.Before(req.Began) {
		return ""
	}
	if slices.Contains(req.Prompt, "login") || slices.Contains(req.Prompt, "select_account") {
		return "The application asks you to confirm that it is you."
	}
	if req.MaxAge != nil && f.Clock().Sub(s.AuthTime) > *req.MaxAge || req.MaxAge != nil && *req.MaxAge == 0 {
		return "The application asks for a more recent sign-in."
	}
	return ""
}

// judgeACR asks for one stronger sign-in where that can help, and refuses where
// what was essential is still not met (Core §5.5.1.1).
func (f *Flow) judgeACR(d Decision, req Request, s session.Record, silent bool) (Decision, bool) {
	if _, met := assurance.Pick(req.ACRValues, s.ACR); met {
		return d, false
	}
	reachable := slices.ContainsFunc(req.ACRValues, func(v string) bool { return slices.Contains(f.ACRs, v) })
	tried := !s.AuthTime.Before(req.Began)
	switch {
	case reachable && !tried && !silent:
		d.Next, d.Text = StepUp, "The application asks for a stronger sign-in."
		return d, true
	case req.Essential:
		return d.refuse(UnmetRequirements, "The sign-in does not meet the acr that the application demands."), true
	}
	return d, false
}

func (f *Flow) needsConsent(ctx context.Context, app grant.App, req Request, who *SignedIn) (bool, error) {
	if req.Agreed {
		return false, nil
	}
	if slices.Contains(req.Prompt, "consent") {
		return true, nil
	}
	if app.FirstParty {
		return false, nil
	}
	c, err := f.consent(ctx, f.Store, who.Person.ID, app.ID)
	return !c.Covers(req.Scopes), err
}

func (f *Flow) consent(ctx context.Context, r Reader, p holdfast.PersonID, a holdfast.AppID) (grant.Consent, error) {
	c, err := r.Consent(ctx, grant.ConsentID(p, a))
	if err != nil && holdfast.KindOf(err) == holdfast.NotFound {
		return grant.Consent{}, nil
	}
	return c, err
}

// Agree keeps the person's consent.
func (f *Flow) Agree(ctx context.Context, app holdfast.AppID, scopes []string, who SignedIn) error {
	return f.Store.InTx(ctx, func(tx Tx) error {
		before, err := f.consent(ctx, tx, who.Person.ID, app)
		if err != nil || before.Covers(scopes) {
			return err
		}
		_, events := grant.Agree(before, who.Person.ID, app, scopes, f.Clock())
		return tx.Record(ctx, f.byPerson(who), events...)
	})
}

// Package forward is the story of a reverse proxy that asks, at each request
// to an application, who is there: may they enter, and if not yet, a sign-in
// that ends with a secret in the browser for the application's own host.
//
// That secret is a token of a grant like any other: it is known by its hash,
// and the session, the person, the application and the grant each end it at
// the next request. Each request is judged by the policy as it stands, with the
// network that it comes from. Package forward refuses to remember an answer
// between two requests, to write when the answer is the one before, and to let
// a secret for one host open another.
package forward

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/again"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/posture"
	"holdfast/domain/revision"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
)

// A Holder is who holds the secret of a browser, and all that it rests on.
type Holder struct {
	Token      grant.Token
	Grant      grant.Grant
	App        grant.App
	Session    session.Record
	Person     person.Record
	Groups     []person.Group    // by name
	Credential credential.Status // that signed in last; empty: there is none
	LastSeen   time.Time         // zero: never since the session was opened

	Device  posture.Device // on which the session was confirmed, as far as a decision asks; zero: none
	Heard   time.Time      // when it was last reported, if that is known
	Policy  InForce
	Version int64         // index of the last record in the log about the person
	Last    decision.Last // what was decided last of the grant at a request
}

// GroupNames are the names of the person's groups.
func (h Holder) GroupNames() []string {
	names := make([]string, 0, len(h.Groups))
	for _, g := range h.Groups {
		names = append(names, g.Name)
	}
	return names
}

func (h Holder) standing() grant.Standing {
	ids := make([]string, 0, len(h.Groups))
	for _, g := range h.Groups {
		ids = append(ids, string(g.ID))
	}
	return grant.Standing{Groups: ids, AAL: h.Session.AAL, ACR: h.Session.ACR, AuthTime: h.Session.AuthTime}
}

// Tx is a transaction. What is not there is holdfast.NotFound.
type Tx interface {
	again.Tx
	App(ctx context.Context, id holdfast.AppID) (grant.App, error)
	Grant(ctx context.Context, id holdfast.GrantID) (grant.Grant, error)
	// Token takes holdfast.HashSecret of the value.
	Token(ctx context.Context, hash string) (grant.Token, error)
	Session(ctx context.Context, id holdfast.SessionID) (session.Record, error)
	Person(ctx context.Context, id holdfast.PersonID) (person.Record, error)
	// Spend is true exactly once for each id of a space, on all nodes together.
	Spend(ctx context.Context, space, id string, until time.Time) (bool, error)
}

// Store reads, and runs transactions.
type Store interface {
	// App gives an application of any state.
	App(ctx context.Context, id holdfast.AppID) (grant.App, error)
	// AppsWithDomains gives the applications that name a host and were not removed.
	AppsWithDomains(ctx context.Context) ([]grant.App, error)
	// HolderOf takes holdfast.HashSecret of the browser's secret; one read.
	HolderOf(ctx context.Context, hash string) (Holder, error)
	// A policy's text is read once for each that decides.
	revision.Reader
	InTx(ctx context.Context, fn func(Tx) error) error
}

// Config is what the story needs.
type Config struct {
	Store Store
	Clock holdfast.Clock
	Judge verdict.Judge
	Accounts
	Key []byte // 32 bytes, the same on every node: seals what a browser carries through a sign-in
}

// Flow is the story. It holds no state and may be used concurrently.
type Flow struct {
	Config
	sealer sealer
}

// New makes the story.
func New(c Config) (*Flow, error) {
	s, err := newSealer(c.Key)
	return &Flow{c, s}, err
}

// CodeConfirm is of an error that a new sign-in mends, and nothing less: a
// session that is there must not be taken for one.
const CodeConfirm = "confirm_first"

var (
	errSignIn  = holdfast.Errorf(holdfast.Unsigned, "sign_in_first", "Sign in first.")
	errAgain   = holdfast.Errorf(holdfast.Unsigned, "sign_in_again", "The application asks for a stronger or a more recent sign-in.")
	errConfirm = holdfast.Errorf(holdfast.Unsigned, CodeConfirm, "The policy asks for a stronger or a more recent sign-in. Open the page again to confirm that it is you.")
	errGroup   = holdfast.Errorf(holdfast.Denied, "app_group", "This application is for members of certain groups, and you are in none of them. Ask your administrator.")
	errNoSite  = holdfast.Errorf(holdfast.NotFound, "forward_host", "No application here is at this address. Ask your administrator to add it.")
	errNotApp  = holdfast.Errorf(holdfast.Denied, "forward_host", "This application is not here, or not any more. Ask your administrator.")
	errTwo     = holdfast.Errorf(holdfast.Conflict, "forward_host_twice", "Two applications claim this address. Ask your administrator to remove one.")
)

// AppAt is the application that forward-auth protects at an origin, such as
// "https://wiki.example.org".
func (f *Flow) AppAt(ctx context.Context, origin string) (grant.App, error) {
	apps, err := f.Store.AppsWithDomains(ctx)
	if err != nil {
		return grant.App{}, err
	}
	var found []grant.App
	for _, a := range apps {
		if isAt(a, origin) {
			found = append(found, a)
		}
	}
	switch len(found) {
	case 0:
		return grant.App{}, errNoSite
	case 1:
		return found[0], nil
	}
	return grant.App{}, errTwo
}

// Check says who may enter app at origin with secret, coming from net, or why
// not: an error of kind Unsigned where a sign-in there can help, of kind Denied
// where it cannot.
func (f *Flow) Check(ctx context.Context, app holdfast.AppID, origin, secret string, net policy.Net) (Holder, error) {
	h, err := f.check(ctx, app, origin, secret, net)
	if holdfast.KindOf(err) != holdfast.Unsigned {
		return h, err
	}
	// Nobody is sent to sign in at a host that is not the application's.
	a, missing := f.Store.App(ctx, app)
	switch {
	case holdfast.KindOf(missing) == holdfast.NotFound, missing == nil && !(a.Live() && isAt(a, origin)):
		return Holder{}, errNotApp
	case missing != nil:
		return Holder{}, missing
	}
	return h, err
}

func (f *Flow) check(ctx context.Context, app holdfast.AppID, origin, secret string, net policy.Net) (Holder, error) {
	if secret == "" {
		return Holder{}, errSignIn
	}
	h, err := f.Store.HolderOf(ctx, holdfast.HashSecret(secret))
	if holdfast.KindOf(err) == holdfast.NotFound {
		return Holder{}, errSignIn
	}
	if err != nil {
		return Holder{}, err
	}
	now := f.Clock()
	switch {
	case h.Token.Kind != grant.Forward || !h.Token.Good(now) || !h.Grant.Live(now):
		return Holder{}, errSignIn
	case h.App.ID != app || !h.App.Live() || !isAt(h.App, origin) || h.Grant.RedirectURI != origin+grant.ForwardCallback:
		// A secret from another application's host, or from another host of the
		// same application, which two teams may run.
		return Holder{}, errSignIn
	case !h.Session.Live(h.LastSeen, now) || !h.Person.MaySignIn(now) || h.Credential != credential.Active:
		return Holder{}, errSignIn
	}
	if lacks := h.App.Lacks(h.standing(), now); len(lacks) > 0 {
		if lacks[0] == grant.LackGroup {
			return Holder{}, errGroup
		}
		return Holder{}, errAgain
	}
	if err := f.judge(ctx, &h, net, now); err != nil {
		return Holder{}, err
	}
	return h, nil
}

// isAt says whether forward-auth protects origin for a: the host is named, and
// so is the scheme, by the address that takes the answers.
func isAt(a grant.App, origin string) bool {
	for _, u := range a.RedirectURIs {
		if u != origin+grant.ForwardCallback {
			continue
		}
		for _, d := range a.Domains {
			if origin == "https://"+d || origin == "http://"+d {
				return true
			}
		}
	}
	return false
}

// Leave ends the grant of a browser's secret, which may be over already, and
// says whose it was.
func (f *Flow) Leave(ctx context.Context, app holdfast.AppID, secret string) (grant.Grant, error) {
	var g grant.Grant
	err := f.Store.InTx(ctx, func(tx Tx) error {
		t, err := tx.Token(ctx, holdfast.HashSecret(secret))
		if err != nil {
			return err
		}
		if g, err = tx.Grant(ctx, t.Grant); err != nil {
			return err
		}
		if t.Kind != grant.Forward || g.App != app {
			return errSignIn
		}
		now := f.Clock()
		var events []audit.Event
		if g, events = grant.End(g, grant.EndedByHand, now); len(events) == 0 {
			return nil
		}
		return tx.Record(ctx, byPerson(g, now), events...)
	})
	return g, err
}

func byPerson(g grant.Grant, now time.Time) audit.By {
	return audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(g.Person), Session: g.Session}, At: now}
}

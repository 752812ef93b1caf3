// Package authorize is the story of an application that asks who is there: is
// the request one we answer, is somebody signed in, strongly and recently
// enough, do they agree, and then code, tokens, and the end of both.
//
// It refuses to say more than is true (acr, amr, auth_time come from the
// session as it is), to accept a code or a refresh token twice on whichever
// node it comes, and to keep any of them but as a hash.
package authorize

import (
	"context"
	"crypto/cipher"
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/again"
	"holdfast/domain/audit"
	"holdfast/domain/decision"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/verdict"
)

// Reader is what the story reads. Each method answers holdfast.NotFound for
// what was never there; what was removed or has ended is still given.
type Reader interface {
	App(ctx context.Context, id holdfast.AppID) (grant.App, error)
	Grant(ctx context.Context, id holdfast.GrantID) (grant.Grant, error)
	// Token takes holdfast.HashSecret of the value.
	Token(ctx context.Context, hash string) (grant.Token, error)
	// Consent takes grant.ConsentID.
	Consent(ctx context.Context, id string) (grant.Consent, error)
	Session(ctx context.Context, id holdfast.SessionID) (session.Record, error)
	Person(ctx context.Context, id holdfast.PersonID) (person.Record, error)
	GroupsOf(ctx context.Context, id holdfast.PersonID) ([]person.Group, error)
	Group(ctx context.Context, id holdfast.GroupID) (person.Group, error)
	verdict.Reader
	// Last is what was decided last of a grant, since it was given.
	Last(ctx context.Context, id string) (decision.Last, error)
}

// Tx is a transaction: reads, the one write, and the named ephemera.
type Tx interface {
	Reader
	again.Tx
	// Spend is true exactly once for each id of a space, on all nodes together.
	Spend(ctx context.Context, space, id string, until time.Time) (bool, error)
}

// Store runs transactions one after another; a transaction is durable when
// InTx returns nil. The function may run more than once.
type Store interface {
	Reader
	InTx(ctx context.Context, fn func(Tx) error) error
}

// Config is what the story needs.
type Config struct {
	Store Store
	Clock holdfast.Clock
	ACRs  []string // every acr value that a sign-in here can ever reach
	Key   []byte   // 32 bytes that all nodes share: seals requests that wait
	Judge verdict.Judge
}

// Flow is the story. It holds no state and may be used concurrently.
type Flow struct {
	Config
	aead cipher.AEAD
}

// New makes the story. It panics where Config.Key has not 32 bytes.
func New(c Config) *Flow { return &Flow{c, newAEAD(c.Key)} }

// Spaces of what is spent and kept. An id is spent in its own space only.
const (
	spaceCode    = "authorize.code"
	spaceRefresh = "authorize.refresh"
	spaceRequest = "authorize.request"
	spaceJTI     = "authorize.jti"
	spaceProof   = "authorize.dpop"
)

// margin is how long a spent id is remembered beyond the life of what it
// names, so that clocks that differ between nodes open no gap.
const margin = time.Hour

// App gives an application that exists, or holdfast.NotFound.
func (f *Flow) App(ctx context.Context, id holdfast.AppID) (grant.App, error) {
	a, err := f.Store.App(ctx, id)
	if err == nil && !a.Live() {
		return grant.App{}, holdfast.Errorf(holdfast.NotFound, "no_such_app", "There is no such application. Ask the administrator to add it.")
	}
	return a, err
}

var errOver = holdfast.Errorf(holdfast.Expired, "grant_over", "This permission has ended. Send the person to sign in again.")

// The age of a sign-in where an application demands one: it was asked for when
// the request came, and counts again whenever a token is used.
type age bool

const (
	asked  age = false // when the request came
	counts age = true
)

// stands says whether what a grant rests on is still there: the grant, its
// application, its person, and its session, which may have run out but must
// not have been ended; and whether the application's demands are still met.
func stands(ctx context.Context, r Reader, g grant.Grant, old age, now time.Time) error {
	if !g.Live(now) {
		return errOver
	}
	app, err := r.App(ctx, g.App)
	if err != nil {
		return err
	}
	who, err := r.Person(ctx, g.Person)
	if err != nil {
		return err
	}
	s, err := r.Session(ctx, g.Session)
	if err != nil {
		return err
	}
	if !app.Live() || !who.MaySignIn(now) || !s.Ended.IsZero() {
		return errOver
	}
	if err := meets(ctx, r, app, g, s, old, now); err != nil || g.Audience == "" {
		return err
	}
	// What was exchanged is for another application: its demands hold as well.
	audience, err := r.App(ctx, holdfast.AppID(g.Audience))
	if err != nil {
		return err
	}
	if !audience.Live() {
		return errOver
	}
	return meets(ctx, r, audience, g, s, old, now)
}

// meets says whether app's demands are met.
func meets(ctx context.Context, r Reader, app grant.App, g grant.Grant, s session.Record, old age, now time.Time) error {
	lack, err := lacks(ctx, r, app, g.Person, s, now)
	if err == nil && slices.ContainsFunc(lack, func(l grant.Lack) bool { return old == counts || l != grant.LackAge }) {
		err = errUnmet
	}
	return err
}

var errUnmet = holdfast.Errorf(holdfast.Denied, "requirements_unmet", "The application now demands more than this sign-in has. Send the person to sign in again.")

// granted reads a token and its grant. Whatever is wrong with the value, the
// answer is the same NotFound.
func granted(ctx context.Context, r Reader, value string, kind grant.Kind) (grant.Grant, grant.Token, error) {
	t, err := r.Token(ctx, holdfast.HashSecret(value))
	if err != nil {
		return grant.Grant{}, grant.Token{}, err
	}
	if t.Kind != kind {
		return grant.Grant{}, grant.Token{}, errNoToken
	}
	g, err := r.Grant(ctx, t.Grant)
	return g, t, err
}

var errNoToken = holdfast.Errorf(holdfast.NotFound, "no_such_token", "There is no such code or token. Send the person to sign in again.")

func byApp(id holdfast.AppID, now time.Time) audit.By {
	return audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorApp, ID: string(id)}, At: now}
}

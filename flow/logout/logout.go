// Package logout is the story of an ended session as applications hear it: it
// follows the log, and for each session that ended it puts a message into the
// outbox for every application that the session had signed in to and that
// wants to be told (OpenID Connect Back-Channel Logout 1.0). Since it reads the
// log, no way of ending a session can forget it; and since it runs behind the
// commit, no receiver can delay one. It refuses to send anything itself.
package logout

import (
	"context"
	"encoding/json"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/domain/session"
)

// Kind names these messages in the outbox.
const Kind = "logout"

// Follower is the name under which the log is followed.
const Follower = "logout"

// A Message is what the outbox keeps: the logout token is made from it when it
// is sent, since a token is good for minutes only.
type Message struct {
	App     holdfast.AppID     `json:"app"`
	Subject holdfast.PersonID  `json:"sub"`
	Session holdfast.SessionID `json:"sid"`
}

// Tx is a transaction.
type Tx interface {
	Followed(ctx context.Context, follower string) (next, size int64, err error)
	Follow(ctx context.Context, follower string, next int64) error
	SessionsEnded(ctx context.Context, from, to int64) ([]session.Ending, error)
	// AllGrantsOfSession gives also those that have ended.
	AllGrantsOfSession(ctx context.Context, id holdfast.SessionID) ([]grant.Grant, error)
	App(ctx context.Context, id holdfast.AppID) (grant.App, error)
	// PutMessage puts body into the outbox for target.
	PutMessage(ctx context.Context, kind string, person holdfast.PersonID, target string, body []byte) error
}

// Store runs transactions, one after the other, also those of other nodes.
type Store interface {
	// Behind may say yes too often, never no.
	Behind(ctx context.Context, follower string) (bool, error)
	InTx(ctx context.Context, fn func(Tx) error) error
}

// Flow is the story.
type Flow struct{ store Store }

// New makes the story.
func New(s Store) *Flow { return &Flow{s} }

// step is how many records are looked through in one transaction: others wait
// behind it.
const step = 500

// Tell reads on in the log until its end.
func (f *Flow) Tell(ctx context.Context) error {
	for {
		behind, err := f.store.Behind(ctx, Follower)
		if err != nil || !behind {
			return err
		}
		if err := f.store.InTx(ctx, func(tx Tx) error { return tell(ctx, tx) }); err != nil {
			return err
		}
	}
}

func tell(ctx context.Context, tx Tx) error {
	next, size, err := tx.Followed(ctx, Follower)
	if err != nil || next >= size {
		return err
	}
	to := min(next+step, size)
	ended, err := tx.SessionsEnded(ctx, next, to)
	if err != nil {
		return err
	}
	for _, e := range ended {
		if err := tellOf(ctx, tx, e); err != nil {
			return err
		}
	}
	return tx.Follow(ctx, Follower, to)
}

// tellOf tells each application once, whatever became of its grants: it may
// have a session of its own that outlived them.
func tellOf(ctx context.Context, tx Tx, e session.Ending) error {
	grants, err := tx.AllGrantsOfSession(ctx, e.Session)
	if err != nil {
		return err
	}
	told := map[holdfast.AppID]bool{}
	for _, g := range grants {
		if told[g.App] {
			continue
		}
		told[g.App] = true
		app, err := tx.App(ctx, g.App)
		if err != nil {
			return err
		}
		if app.LogoutURI == "" {
			continue
		}
		body, err := json.Marshal(Message{app.ID, e.Person, e.Session})
		if err == nil {
			err = tx.PutMessage(ctx, Kind, e.Person, app.LogoutURI, body)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

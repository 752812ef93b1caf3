// Package account is what people do with their own passkeys and sessions. It
// refuses to touch anybody else's, and to take the last way in away.
package account

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/ending"
	"holdfast/domain/grant"
	"holdfast/domain/notice"
	"holdfast/domain/person"
	"holdfast/domain/session"
)

// Tx is a transaction.
type Tx interface {
	Credential(ctx context.Context, id holdfast.CredentialID) (credential.Record, error)
	CredentialsOf(ctx context.Context, id holdfast.PersonID) ([]credential.Record, error)
	Person(ctx context.Context, id holdfast.PersonID) (person.Record, error)
	// HeldBy gives the sessions that have not ended and the grants that have not ended.
	HeldBy(ctx context.Context, id holdfast.PersonID) (ending.Held, error)
	// ConsentsOf gives what the person lets applications do unasked.
	ConsentsOf(ctx context.Context, id holdfast.PersonID) ([]grant.Consent, error)
	Record(ctx context.Context, by audit.By, events ...audit.Event) error
	PutMail(ctx context.Context, m notice.Mail) error
}

// Store runs transactions; see signin.Store.
type Store interface {
	InTx(ctx context.Context, fn func(Tx) error) error
}

// Flow is the story.
type Flow struct {
	store Store
	clock holdfast.Clock
}

// New makes the story.
func New(s Store, c holdfast.Clock) *Flow { return &Flow{s, c} }

// Rename gives a passkey of one's own another name.
func (f *Flow) Rename(ctx context.Context, s session.Record, id holdfast.CredentialID, name string) error {
	return f.store.InTx(ctx, func(tx Tx) error {
		c, err := own(ctx, tx, s, id)
		if err != nil {
			return err
		}
		_, events, err := credential.Rename(c, name)
		if err != nil {
			return err
		}
		return tx.Record(ctx, f.by(s), events...)
	})
}

// Remove removes a passkey of one's own for good and ends what it had signed
// in. endedSelf says whether this very session ended with it.
func (f *Flow) Remove(ctx context.Context, s session.Record, id holdfast.CredentialID) (endedSelf bool, err error) {
	now := f.clock()
	if s.AAL < holdfast.AAL2 || !s.IsFresh(session.Fresh, now) {
		return false, holdfast.Errorf(holdfast.Unsigned, "confirm_first", "Confirm that it is you before you remove a passkey.")
	}
	err = f.store.InTx(ctx, func(tx Tx) error {
		c, err := own(ctx, tx, s, id)
		if err != nil {
			return err
		}
		if err := othersRemain(ctx, tx, c); err != nil {
			return err
		}
		return f.remove(ctx, tx, s, c, now)
	})
	return err == nil && s.Credential == id, err
}

func (f *Flow) remove(ctx context.Context, tx Tx, s session.Record, c credential.Record, now time.Time) error {
	held, err := tx.HeldBy(ctx, s.Person)
	if err != nil {
		return err
	}
	who, err := tx.Person(ctx, s.Person)
	if err != nil {
		return err
	}
	_, events, err := credential.Remove(c)
	if err != nil {
		return err
	}
	events = append(events, held.Credential(c.ID, session.CredentialGone, now)...)
	if err := tx.Record(ctx, f.by(s), events...); err != nil {
		return err
	}
	return tx.PutMail(ctx, notice.PasskeyEnded(who, c, "removed", now))
}

func own(ctx context.Context, tx Tx, s session.Record, id holdfast.CredentialID) (credential.Record, error) {
	c, err := tx.Credential(ctx, id)
	if err == nil && (c.Person != s.Person || c.Status == credential.Removed) {
		err = holdfast.Errorf(holdfast.NotFound, "no_such_credential", "You have no such passkey.")
	}
	return c, err
}

// othersRemain refuses to remove the last passkey that can sign in: nobody
// should be able to lock themselves out with one click.
func othersRemain(ctx context.Context, tx Tx, c credential.Record) error {
	all, err := tx.CredentialsOf(ctx, c.Person)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.ID != c.ID && o.Status == credential.Active {
			return nil
		}
	}
	return holdfast.Errorf(holdfast.Conflict, "last_credential",
		"This is your only passkey. Add another one first, then remove this one.")
}

// EndSession ends one of one's own sessions, this one included.
func (f *Flow) EndSession(ctx context.Context, s session.Record, id holdfast.SessionID) error {
	why := session.EndedByPerson
	if id == s.ID {
		why = session.SignedOut
	}
	return f.end(ctx, s, func(_ Tx, h ending.Held, now time.Time) ([]audit.Event, error) { return h.Session(id, why, now), nil })
}

// SignOutEverywhere ends every session and every permission of an application,
// and the consents with them: an application asks anew.
func (f *Flow) SignOutEverywhere(ctx context.Context, s session.Record) error {
	return f.end(ctx, s, func(tx Tx, h ending.Held, now time.Time) ([]audit.Event, error) {
		consents, err := tx.ConsentsOf(ctx, s.Person)
		return append(h.Everything(session.EverywhereByOwner, now), grant.Withdraw(consents...)...), err
	})
}

func (f *Flow) end(ctx context.Context, s session.Record, what func(Tx, ending.Held, time.Time) ([]audit.Event, error)) error {
	return f.store.InTx(ctx, func(tx Tx) error {
		held, err := tx.HeldBy(ctx, s.Person)
		if err != nil {
			return err
		}
		events, err := what(tx, held, f.clock())
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return holdfast.Errorf(holdfast.NotFound, "no_such_session", "You have no such session, or it ended already.")
		}
		return tx.Record(ctx, f.by(s), events...)
	})
}

func (f *Flow) by(s session.Record) audit.By {
	return audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorPerson, ID: string(s.Person), Session: s.ID}, At: f.clock()}
}

// Package govern is what administrators do: people, groups, invitations, other
// people's passkeys and sessions, applications, the
// organisation's name. Permission and
// audit are one call, so no method can have one without the other. It refuses
// to leave an organisation without an administrator, and it refuses to act
// for anybody but an administrator, the host, or Holdfast itself.
package govern

import (
	"context"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/ending"
	"holdfast/domain/grant"
	"holdfast/domain/notice"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/domain/ticket"
)

// Tx is a transaction. What is not there is holdfast.NotFound.
type Tx interface {
	Person(ctx context.Context, id holdfast.PersonID) (person.Record, error)
	PersonByEmail(ctx context.Context, email string) (person.Record, error)
	// Administrators gives those who may sign in or will be able to.
	Administrators(ctx context.Context) ([]person.Record, error)
	Group(ctx context.Context, id holdfast.GroupID) (person.Group, error)
	GroupByName(ctx context.Context, name string) (person.Group, error)
	MembershipsOfGroup(ctx context.Context, id holdfast.GroupID) ([]person.Membership, error)
	MembershipsOf(ctx context.Context, id holdfast.PersonID) ([]person.Membership, error)
	Credential(ctx context.Context, id holdfast.CredentialID) (credential.Record, error)
	CredentialsOf(ctx context.Context, id holdfast.PersonID) ([]credential.Record, error)
	Registration(ctx context.Context, id holdfast.CredentialID) (credential.Registration, error)
	Session(ctx context.Context, id holdfast.SessionID) (session.Record, error)
	// SessionsOf gives all sessions, also ended ones.
	SessionsOf(ctx context.Context, id holdfast.PersonID) ([]session.Record, error)
	HeldBy(ctx context.Context, id holdfast.PersonID) (ending.Held, error)
	Ticket(ctx context.Context, id holdfast.TicketID) (ticket.Record, error)
	// OpenTickets gives a person's tickets that are neither used nor revoked;
	// for the empty id, the open set-up tickets.
	OpenTickets(ctx context.Context, id holdfast.PersonID) ([]ticket.Record, error)
	Setting(ctx context.Context, id string) (org.Setting, error)
	App(ctx context.Context, id holdfast.AppID) (grant.App, error)
	// GrantsOfApp gives those that have not ended.
	GrantsOfApp(ctx context.Context, id holdfast.AppID) ([]grant.Grant, error)

	Record(ctx context.Context, by audit.By, events ...audit.Event) error
	PutMail(ctx context.Context, m notice.Mail) error
	// Erase deletes what opens a person's commitments in the log, and the mail
	// kept for them.
	Erase(ctx context.Context, id holdfast.PersonID) error
}

// Store runs transactions; see signin.Store.
type Store interface {
	App(ctx context.Context, id holdfast.AppID) (grant.App, error)
	InTx(ctx context.Context, fn func(Tx) error) error
}

// Flow is the story.
type Flow struct {
	store  Store
	clock  holdfast.Clock
	origin string // where links lead
}

// New makes the story. origin is the web origin of the door.
func New(s Store, c holdfast.Clock, origin string) *Flow { return &Flow{s, c, origin} }

// do checks that actor may govern, runs what, and records what it returns: one
// transaction.
func (f *Flow) do(ctx context.Context, actor holdfast.Actor, what func(Tx) ([]audit.Event, error)) error {
	return f.store.InTx(ctx, func(tx Tx) error {
		if err := f.allow(ctx, tx, actor); err != nil {
			return err
		}
		events, err := what(tx)
		if err != nil || len(events) == 0 {
			return err
		}
		return tx.Record(ctx, audit.By{Actor: actor, At: f.clock()}, events...)
	})
}

// allow looks at the administrator as they are now, not as they were when the
// page was drawn.
func (f *Flow) allow(ctx context.Context, tx Tx, actor holdfast.Actor) error {
	now := f.clock()
	switch actor.Kind {
	case holdfast.ActorHost, holdfast.ActorSystem:
		return nil
	case holdfast.ActorPerson:
	default:
		return errNotAdministrator
	}
	p, err := tx.Person(ctx, holdfast.PersonID(actor.ID))
	if err != nil {
		return err
	}
	s, err := tx.Session(ctx, actor.Session)
	if err != nil {
		return err
	}
	switch {
	case p.Role != person.Administrator || !p.MaySignIn(now) || s.Person != p.ID || !s.Ended.IsZero():
		return errNotAdministrator
	case s.AAL < holdfast.AAL2 || !s.IsFresh(session.Fresh, now):
		return holdfast.Errorf(holdfast.Unsigned, "confirm_first", "Confirm that it is you before you change something here.")
	}
	return nil
}

var errNotAdministrator = holdfast.Errorf(holdfast.Denied, "not_administrator",
	"Only an administrator can do this. Ask one.")

// spare refuses to let administrators take themselves away, which is a slip
// more often than a wish, and to take the last one away.
func spare(ctx context.Context, tx Tx, by holdfast.Actor, p person.Record) error {
	if by.Kind == holdfast.ActorPerson && by.ID == string(p.ID) {
		return holdfast.Errorf(holdfast.Conflict, "not_yourself", "You cannot suspend, demote or erase yourself. Ask another administrator.")
	}
	return keepOne(ctx, tx, p)
}

// keepOne refuses to take the last administrator away: another must be left
// who can sign in, today, with a passkey that works.
func keepOne(ctx context.Context, tx Tx, p person.Record) error {
	if p.Role != person.Administrator {
		return nil
	}
	all, err := tx.Administrators(ctx)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.ID == p.ID || a.Status != person.Active {
			continue
		}
		if can, err := canSignIn(ctx, tx, a.ID, ""); can || err != nil {
			return err
		}
	}
	return holdfast.Errorf(holdfast.Conflict, "last_administrator",
		"This is the only administrator who can sign in. Make another one first.")
}

// canSignIn says whether a person has a passkey that works beside the one
// named.
func canSignIn(ctx context.Context, tx Tx, id holdfast.PersonID, beside holdfast.CredentialID) (bool, error) {
	creds, err := tx.CredentialsOf(ctx, id)
	for _, c := range creds {
		if c.ID != beside && c.MayBeUsed() == nil {
			return true, err
		}
	}
	return false, err
}

// Looked records that somebody looked at what only administrators see.
func (f *Flow) Looked(ctx context.Context, by holdfast.Actor, what string) error {
	return f.do(ctx, by, func(Tx) ([]audit.Event, error) {
		return []audit.Event{audit.New("host.looked", what, "")}, nil
	})
}

// RenameOrganisation names the organisation.
func (f *Flow) RenameOrganisation(ctx context.Context, by holdfast.Actor, name string) error {
	return f.do(ctx, by, func(Tx) ([]audit.Event, error) {
		_, events, err := org.Rename(name)
		return events, err
	})
}

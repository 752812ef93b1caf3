// Package govern is the administration: people, groups, roles, invitations,
// other people's passkeys and sessions, applications, API tokens, the
// organisation's settings. Every method names the scope that it takes;
// permission and audit are one call, so no method can have one without the
// other. It refuses to leave an organisation without an administrator, to act
// for somebody who does not hold the scope at that moment, and to let anybody
// raise themselves.
package govern

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/ending"
	"holdfast/domain/evidence"
	"holdfast/domain/grant"
	"holdfast/domain/metadata"
	"holdfast/domain/notice"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/domain/revision"
	"holdfast/domain/session"
	"holdfast/domain/standing"
	"holdfast/domain/ticket"
	"holdfast/domain/verdict"
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
	// OriginUsers gives who may sign in and has signed in from an origin of gone,
	// and whether they ever did so from the server's own or one of stay.
	OriginUsers(ctx context.Context, gone, stay []string) ([]org.OriginUser, error)
	App(ctx context.Context, id holdfast.AppID) (grant.App, error)
	Grant(ctx context.Context, id holdfast.GrantID) (grant.Grant, error)
	// Consent takes grant.ConsentID.
	Consent(ctx context.Context, id string) (grant.Consent, error)
	APIToken(ctx context.Context, id holdfast.APITokenID) (apitoken.Record, error)
	// APITokensOf gives a person's tokens that were not revoked.
	APITokensOf(ctx context.Context, id holdfast.PersonID) ([]apitoken.Record, error)
	// APITokensBy gives those that a maker, as apitoken.Maker names it, made and
	// that were not revoked.
	APITokensBy(ctx context.Context, maker string) ([]apitoken.Record, error)
	// AppsWithDomains gives the applications that name a host and were not removed.
	AppsWithDomains(ctx context.Context) ([]grant.App, error)
	// Standing is all that decisions about a person rest on; with revision.Reader
	// it is what a verdict reads.
	Standing(ctx context.Context, p person.Record) (standing.Account, error)
	revision.Reader
	Revision(ctx context.Context, id holdfast.RevisionID) (revision.Record, error)
	// Revisions gives all, the newest first.
	Revisions(ctx context.Context) ([]revision.Record, error)
	Approvals(ctx context.Context, id holdfast.RevisionID) ([]revision.Approval, error)
	// GrantsOfApp gives those that have not ended.
	GrantsOfApp(ctx context.Context, id holdfast.AppID) ([]grant.Grant, error)
	Registrations
	deviceTx
	linkTx
	surroundingTx
	outboxTx
	taskTx
	verdict.Reader
	JudgementsOf(ctx context.Context, id holdfast.PersonID) ([]evidence.Judgement, error)
	AllDecisionsOf(ctx context.Context, id holdfast.PersonID) ([]decision.Record, error)
	// CurrentMetadata gives the zero Record where none was imported.
	CurrentMetadata(ctx context.Context) (metadata.Record, error)
	PutMetadataBody(ctx context.Context, id string, body []byte) error

	// Happened gives what the log says of a person, or of a thing that is
	// nobody's, since then, of these kinds, this transaction included.
	Happened(ctx context.Context, about string, since time.Time, types ...audit.Type) ([]audit.Entry, error)

	Record(ctx context.Context, by audit.By, events ...audit.Event) error
	// Attempt is that of refusal.Tx.
	Attempt(ctx context.Context, key string, window time.Duration, most int64, now time.Time) (n int64, until time.Time, err error)
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
	judge  verdict.Judge
}

// New makes the story. origin is the web origin of the door.
func New(s Store, c holdfast.Clock, origin string, j verdict.Judge) *Flow {
	return &Flow{store: s, clock: c, origin: origin, judge: j}
}

// right is what somebody may do, at the moment of the transaction.
type right struct {
	actor  holdfast.Actor
	person holdfast.PersonID // who stands behind it: themselves, or the owner of the token; empty: nobody here
	holds  authority.Set
	now    time.Time
	judged verdict.Verdict // of a person who changes something
}

// over refuses to touch people who stand higher. See authority.Set.Over.
func (r right) over(p person.Record) error { return r.holds.Over(p, r.now) }

// do checks that actor holds scope, runs what, and records what it returns: one
// transaction.
func (f *Flow) do(ctx context.Context, actor holdfast.Actor, scope authority.Scope, what func(Tx, right) ([]audit.Event, error)) error {
	return f.inTx(ctx, func(tx Tx) error {
		r, err := f.rightOf(ctx, tx, actor, scope.Reads())
		if err != nil {
			return err
		}
		if !r.holds.Has(scope) {
			return authority.Need(scope)
		}
		return f.run(ctx, tx, r, what)
	})
}

func (f *Flow) run(ctx context.Context, tx Tx, r right, what func(Tx, right) ([]audit.Event, error)) error {
	events, err := what(tx, r)
	if err != nil || len(events) == 0 {
		return err
	}
	if r.judged.Record.ID != "" {
		events = r.judged.With(events)
	}
	return tx.Record(ctx, audit.By{Actor: r.actor, At: r.now}, events...)
}

// rightOf looks at the actor as they are now, not as they were when the page
// was drawn. Who only reads need not have confirmed lately.
func (f *Flow) rightOf(ctx context.Context, tx Tx, actor holdfast.Actor, reads bool) (right, error) {
	r := right{actor: actor, now: f.clock()}
	var err error
	switch actor.Kind {
	case holdfast.ActorHost, holdfast.ActorSystem:
		r.holds = authority.Everything()
	case holdfast.ActorPerson:
		r.person = holdfast.PersonID(actor.ID)
		r.holds, err = f.personHolds(ctx, tx, actor, reads, r.now)
	case holdfast.ActorToken:
		r.person, r.holds, err = tokenHolds(ctx, tx, holdfast.APITokenID(actor.ID), r.now)
	default:
		err = errNoRight
	}
	if err == nil && actor.Kind == holdfast.ActorPerson && !reads {
		r.judged, err = f.mayAdminister(ctx, tx, r)
	}
	return r, err
}

func (f *Flow) personHolds(ctx context.Context, tx Tx, actor holdfast.Actor, reads bool, now time.Time) (authority.Set, error) {
	p, err := tx.Person(ctx, holdfast.PersonID(actor.ID))
	if err != nil {
		return authority.Set{}, err
	}
	s, err := tx.Session(ctx, actor.Session)
	switch {
	case err != nil:
		return authority.Set{}, err
	case !p.MaySignIn(now) || s.Person != p.ID || !s.Ended.IsZero():
		return authority.Set{}, errNoRight
	case s.AAL < holdfast.AAL2 || !reads && !s.IsFresh(session.Fresh, now):
		return authority.Set{}, holdfast.Errorf(holdfast.Unsigned, "confirm_first", "Confirm that it is you before you change something here.")
	}
	return authority.OfPerson(p, now), nil
}

func tokenHolds(ctx context.Context, tx Tx, id holdfast.APITokenID, now time.Time) (holdfast.PersonID, authority.Set, error) {
	t, err := tx.APIToken(ctx, id)
	if err != nil {
		return "", authority.Set{}, err
	}
	owner, err := tx.Person(ctx, t.Owner)
	if err != nil {
		return "", authority.Set{}, err
	}
	return owner.ID, t.Holds(owner, now), nil
}

var errNoRight = holdfast.Errorf(holdfast.Denied, "no_right",
	"You may not administer anything here. Ask an administrator.")

// spare refuses to let administrators take themselves away, which is a slip
// more often than a wish, and to take the last one away.
func (r right) spare(ctx context.Context, tx Tx, p person.Record) error {
	if err := r.notYourself(p); err != nil {
		return err
	}
	return keepOne(ctx, tx, p)
}

// inPerson refuses a program: what decides over power itself is done by somebody
// who is signed in and has just confirmed it, or by the host's administrator. A
// token has no level of assurance, and whoever finds one is not its owner.
func (r right) inPerson() error {
	if r.actor.Kind == holdfast.ActorToken {
		return holdfast.Errorf(holdfast.Denied, "in_person",
			"An API token cannot do this: sign in to the console, or have the host's administrator do it. Approving and applying a policy and giving roles are for people.")
	}
	return nil
}

func (r right) notYourself(p person.Record) error {
	if r.person == p.ID {
		return holdfast.Errorf(holdfast.Conflict, "not_yourself", "You cannot suspend or erase yourself, or change your own role. Ask another administrator.")
	}
	return nil
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
	return f.do(ctx, by, authority.AuditRead, func(Tx, right) ([]audit.Event, error) {
		return []audit.Event{audit.New("host.looked", what, "")}, nil
	})
}

// RenameOrganisation names the organisation.
func (f *Flow) RenameOrganisation(ctx context.Context, by holdfast.Actor, name string) error {
	return f.do(ctx, by, authority.SettingsWrite, func(Tx, right) ([]audit.Event, error) {
		_, events, err := org.Rename(name)
		return events, err
	})
}

// Package ticket is about links that let somebody enrol who cannot sign in: the
// set-up link of the first administrator, the invitation of a person, and the
// link that replaces a passkey which the policy does not accept any more. A
// ticket is single use, ends by itself, and is stored only as a hash. It
// refuses to be a way back for a person who lost what they had: that is recovery.
package ticket

import (
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/lifecycle"
)

// Kind is what a ticket is for.
type Kind string

const (
	Setup      Kind = "setup"      // the first administrator
	Invitation Kind = "invitation" // a person's first credential

	Replacement Kind = "replacement" // in place of one that is not accepted any more
)

const (
	// SetupLife is how long a set-up link lives.
	SetupLife = 15 * time.Minute
	// InvitationLife is how long an invitation lives unless the inviter says less.
	InvitationLife = 7 * 24 * time.Hour
	// InvitationLifeMax bounds what an inviter may say.
	InvitationLifeMax = 30 * 24 * time.Hour
	// ReplacementLife is how long a replacement link lives: it lets somebody into
	// an account that is in use.
	ReplacementLife = 24 * time.Hour
)

// Record is a ticket.
type Record struct {
	ID         holdfast.TicketID
	Kind       Kind
	SecretHash string            // holdfast.HashSecret of the secret in the link
	Person     holdfast.PersonID // whom it enrols; empty for Setup
	By         string            // id of who made it
	Created    time.Time
	Expires    time.Time
	Used       time.Time
	Revoked    time.Time
	Why        string // it was revoked; empty: by hand, or for a newer one
}

// Orphaned is why a link ended whose maker lost the power to make it.
const Orphaned = "maker"

func (*Record) Table() string { return "ticket" }

func (t *Record) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &t.ID)
	audit.StringColumn(c, "kind", &t.Kind)
	audit.StringColumn(c, "secret_hash", &t.SecretHash)
	audit.StringColumn(c, "person", &t.Person)
	audit.StringColumn(c, "made_by", &t.By)
	c.Time("created", &t.Created)
	c.Time("expires", &t.Expires)
	c.Time("used", &t.Used)
	c.Time("revoked", &t.Revoked)
	audit.StringColumn(c, "why", &t.Why)
}

// State is what a ticket is good for.
type State string

const (
	Open    State = "open"
	Used    State = "used"
	Revoked State = "revoked"
	Expired State = "expired"

	// Ended chooses, in a list, those that ended with their maker's power and in
	// whose place nobody has made another. Each of them is Revoked.
	Ended State = "orphaned"
)

// Life is what can become of an invitation; a set-up link lives alike. Its end
// by time is no event: nothing happens.
var Life = lifecycle.Of("an invitation",
	lifecycle.Step(State(""), "invitation.issued", Open, "The link was shown once; its secret is stored as a hash."),
	lifecycle.Step(Open, "invitation.redeemed", Used, "A first passkey was made with it."),
	lifecycle.Step(Open, "invitation.revoked", Revoked, "Withdrawn, or replaced by a newer one."),
)

// State says where t stands at now.
func (t Record) State(now time.Time) State {
	switch {
	case !t.Used.IsZero():
		return Used
	case !t.Revoked.IsZero():
		return Revoked
	case !now.Before(t.Expires):
		return Expired
	}
	return Open
}

// Issue makes a ticket and its secret. The secret is shown once.
func Issue(kind Kind, person holdfast.PersonID, by holdfast.Actor, life time.Duration, now time.Time) (Record, string, []audit.Event, error) {
	if life <= 0 || life > InvitationLifeMax {
		return Record{}, "", nil, holdfast.Errorf(holdfast.Invalid, "ticket_life",
			"A link lives more than nothing and at most %d days.", int(InvitationLifeMax.Hours()/24))
	}
	secret := holdfast.NewSecret()
	t := Record{
		ID: holdfast.NewTicketID(), Kind: kind, SecretHash: holdfast.HashSecret(secret),
		Person: person, By: string(by.Kind) + ":" + by.ID, Created: now, Expires: now.Add(life),
	}
	return t, secret, t.event("issued"), nil
}

// Redeem uses t up.
func Redeem(t Record, now time.Time) (Record, []audit.Event, error) {
	if err := t.Check(now); err != nil {
		return t, nil, err
	}
	t.Used = now
	return t, t.event("redeemed"), nil
}

// Revoke ends t before its time.
func Revoke(t Record, now time.Time) (Record, []audit.Event, error) {
	if err := t.Check(now); err != nil {
		return t, nil, err
	}
	t.Revoked = now
	return t, t.event("revoked"), nil
}

// Orphan ends t because who made it lost the power to.
func Orphan(t Record, now time.Time) (Record, []audit.Event, error) {
	if err := t.Check(now); err != nil {
		return t, nil, err
	}
	t.Revoked, t.Why = now, Orphaned
	events := t.event("revoked")
	events[0] = events[0].With("why", Orphaned)
	return t, events, nil
}

// Check says why t cannot be redeemed at now, or nil.
func (t Record) Check(now time.Time) error {
	what := map[Kind]string{Setup: "set-up link", Replacement: "replacement link"}[t.Kind]
	if what == "" {
		what = "invitation"
	}
	switch t.State(now) {
	case Used:
		return holdfast.Errorf(holdfast.Conflict, "ticket_used", "This %s was used already. If that was not you, tell your administrator at once; otherwise just sign in.", what)
	case Revoked:
		if t.Why == Orphaned {
			return ErrOrphaned
		}
		return holdfast.Errorf(holdfast.Expired, "ticket_revoked", "This %s was withdrawn. Ask for a new one.", what)
	case Expired:
		return holdfast.Errorf(holdfast.Expired, "ticket_expired", "This %s has expired. Ask for a new one.", what)
	}
	return nil
}

func (t Record) event(verb string) []audit.Event {
	return []audit.Event{audit.New(audit.Type(string(t.Kind)+"."+verb), string(t.ID), t.Person, audit.Set(&t))}
}

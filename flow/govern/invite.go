package govern

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/notice"
	"holdfast/domain/org"
	"holdfast/domain/person"
	"holdfast/domain/ticket"
)

// Link is a ticket with its link, shown once.
type Link struct {
	Ticket ticket.Record
	Secret string
	URL    string // the secret is in the fragment, so that no server logs it
	Person person.Record
}

// SetUp issues the link for the first administrator. Earlier ones that were
// not used are withdrawn: ONE link stands at a time.
func (f *Flow) SetUp(ctx context.Context, by holdfast.Actor) (Link, error) {
	var link Link
	err := f.do(ctx, by, authority.RolesWrite, func(tx Tx, r right) ([]audit.Event, error) {
		if _, err := tx.Setting(ctx, org.SettingReady); err == nil {
			return nil, holdfast.Errorf(holdfast.Conflict, "already_founded", "This organisation has its administrator: sign in.")
		} else if holdfast.KindOf(err) != holdfast.NotFound {
			return nil, err
		}
		events, err := f.withdraw(ctx, tx, "")
		if err != nil {
			return nil, err
		}
		t, secret, issued, err := ticket.Issue(ticket.Setup, "", by, ticket.SetupLife, f.clock())
		link = Link{Ticket: t, Secret: secret, URL: f.origin + "/setup#" + secret}
		return append(events, issued...), err
	})
	return link, err
}

// Guest is somebody to invite.
type Guest struct {
	person.New
	Groups []string      // names; made where they are missing
	Life   time.Duration // zero: ticket.InvitationLife
}

// Invite adds a person, puts them into groups, and makes their link.
func (f *Flow) Invite(ctx context.Context, by holdfast.Actor, g Guest) (Link, error) {
	var link Link
	err := f.do(ctx, by, authority.InvitationsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		if !r.holds.Has(authority.PeopleWrite) {
			return nil, authority.Need(authority.PeopleWrite)
		}
		p, events, err := f.add(ctx, tx, r, g)
		if err != nil {
			return nil, err
		}
		var issued []audit.Event
		link, issued, err = f.issue(ctx, tx, by, p, g.Life)
		return append(events, issued...), err
	})
	return link, err
}

// InviteAgain makes a new link for somebody who has no passkey yet and
// withdraws the old one.
func (f *Flow) InviteAgain(ctx context.Context, by holdfast.Actor, id holdfast.PersonID, life time.Duration) (Link, error) {
	var link Link
	err := f.do(ctx, by, authority.InvitationsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		p, err := tx.Person(ctx, id)
		if err != nil {
			return nil, err
		}
		if err := r.over(p); err != nil {
			return nil, err
		}
		if p.Status != person.Invited {
			return nil, holdfast.Errorf(holdfast.Conflict, "not_invited",
				"%s has a passkey already, or is closed. An invitation is for the first passkey only.", p.Name)
		}
		events, err := f.withdraw(ctx, tx, p.ID)
		if err != nil {
			return nil, err
		}
		var issued []audit.Event
		link, issued, err = f.issue(ctx, tx, by, p, life)
		return append(events, issued...), err
	})
	return link, err
}

// RevokeInvitation ends an invitation before its time.
func (f *Flow) RevokeInvitation(ctx context.Context, by holdfast.Actor, id holdfast.TicketID) error {
	return f.do(ctx, by, authority.InvitationsWrite, func(tx Tx, r right) ([]audit.Event, error) {
		t, err := tx.Ticket(ctx, id)
		if err != nil {
			return nil, err
		}
		if err := r.overTicket(ctx, tx, t); err != nil {
			return nil, err
		}
		_, events, err := ticket.Revoke(t, f.clock())
		return events, err
	})
}

// overTicket refuses to touch the link of somebody who stands higher, and the
// set-up link, which makes an administrator.
func (r right) overTicket(ctx context.Context, tx Tx, t ticket.Record) error {
	if t.Person == "" {
		if !r.holds.Has(authority.RolesWrite) {
			return authority.Need(authority.RolesWrite)
		}
		return nil
	}
	p, err := tx.Person(ctx, t.Person)
	if err != nil {
		return err
	}
	return r.over(p)
}

func (f *Flow) issue(ctx context.Context, tx Tx, by holdfast.Actor, p person.Record, life time.Duration) (Link, []audit.Event, error) {
	if life == 0 {
		life = ticket.InvitationLife
	}
	now := f.clock()
	t, secret, events, err := ticket.Issue(ticket.Invitation, p.ID, by, life, now)
	if err != nil {
		return Link{}, nil, err
	}
	link := Link{Ticket: t, Secret: secret, URL: f.origin + "/enrol#" + secret, Person: p}
	name := "Holdfast"
	if s, err := tx.Setting(ctx, org.SettingName); err == nil {
		name = s.Value
	}
	return link, events, tx.PutMail(ctx, notice.Invitation(p, name, link.URL, t.Expires, now))
}

// withdraw ends the open tickets of a person, or the open set-up tickets.
func (f *Flow) withdraw(ctx context.Context, tx Tx, id holdfast.PersonID) ([]audit.Event, error) {
	open, err := tx.OpenTickets(ctx, id)
	if err != nil {
		return nil, err
	}
	var events []audit.Event
	for _, t := range open {
		if _, revoked, err := ticket.Revoke(t, f.clock()); err == nil { // an expired one needs no end
			events = append(events, revoked...)
		}
	}
	return events, nil
}

// withdrawLower ends the open links of somebody who is given a role, but for
// those of makers who may give roles themselves at this moment. Whoever made a
// link has seen it: a help desk that kept one would enrol as what the person
// became meanwhile.
func (f *Flow) withdrawLower(ctx context.Context, tx Tx, id holdfast.PersonID, now time.Time) ([]audit.Event, error) {
	open, err := tx.OpenTickets(ctx, id)
	if err != nil {
		return nil, err
	}
	var events []audit.Event
	for _, t := range open {
		holds, err := ticket.MakerHolds(ctx, tx, t.By, now)
		if err != nil {
			return nil, err
		}
		if holds.Has(authority.RolesWrite) {
			continue
		}
		if _, revoked, err := ticket.Revoke(t, now); err == nil { // an expired one needs no end
			events = append(events, revoked...)
		}
	}
	return events, nil
}

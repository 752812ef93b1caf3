package host

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/ticket"
	"holdfast/flow/govern"
)

// Invited is an invitation or set-up link with its secret, shown this once.
type Invited struct {
	Person string    `json:"person,omitempty"`
	Ticket string    `json:"ticket"` // the secret: what /door/enrol/begin takes
	URL    string    `json:"url"`
	ID     string    `json:"id"` // names the invitation, to revoke it
	Ends   time.Time `json:"ends"`
}

func invited(l govern.Link) Invited {
	return Invited{Person: string(l.Person.ID), Ticket: l.Secret, URL: l.URL, ID: string(l.Ticket.ID), Ends: l.Ticket.Expires}
}

// Invitation is one without its secret.
type Invitation struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Person  string    `json:"person,omitempty"`
	State   string    `json:"state"`
	By      string    `json:"by"`
	Created time.Time `json:"created"`
	Ends    time.Time `json:"ends"`
}

func (s *Server) invitations() {
	on(s, "invite/create", func(ctx context.Context, by holdfast.Actor, in NewPerson) (any, error) {
		g, err := in.guest()
		if err != nil {
			return nil, err
		}
		l, err := s.Govern.Invite(ctx, by, g)
		return invited(l), err
	})
	on(s, "invite/again", func(ctx context.Context, by holdfast.Actor, in byID) (any, error) {
		p, err := s.find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		l, err := s.Govern.InviteAgain(ctx, by, p.ID, 0)
		return invited(l), err
	})
	on(s, "invite/revoke", func(ctx context.Context, by holdfast.Actor, in byID) (any, error) {
		if err := s.Govern.RevokeInvitation(ctx, by, holdfast.TicketID(in.ID)); err != nil {
			return nil, err
		}
		t, err := s.Store.Ticket(ctx, holdfast.TicketID(in.ID))
		return s.invitation(t), err
	})
	reads(s, "invite/list", func(ctx context.Context, _ none) (any, error) {
		tickets, err := s.Store.Tickets(ctx, 1000)
		list := []Invitation{}
		for _, t := range tickets {
			list = append(list, s.invitation(t))
		}
		return list, err
	})
	on(s, "setup/link", func(ctx context.Context, by holdfast.Actor, _ none) (any, error) {
		l, err := s.Govern.SetUp(ctx, by)
		return invited(l), err
	})
}

func (s *Server) invitation(t ticket.Record) Invitation {
	return Invitation{ID: string(t.ID), Kind: string(t.Kind), Person: string(t.Person), State: string(t.State(s.Clock())),
		By: t.By, Created: t.Created, Ends: t.Expires}
}

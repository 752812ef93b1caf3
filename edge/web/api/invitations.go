package api

import (
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/ticket"
	"holdfast/edge/store"
	"holdfast/flow/govern"
)

// Invited is an invitation with its link, which is shown this once.
type Invited struct {
	Person string    `json:"person,omitempty"`
	ID     string    `json:"id" doc:"Names the invitation, to revoke it; opens nothing."`
	Ticket string    `json:"ticket" doc:"The secret of the link: what /door/enrol/begin takes."`
	URL    string    `json:"url"`
	Ends   time.Time `json:"ends"`
}

// InvitedBy is the view of a link: the host's set-up link has the same.
func InvitedBy(l govern.Link) Invited {
	return Invited{Person: string(l.Person.ID), Ticket: l.Secret, URL: l.URL, ID: string(l.Ticket.ID), Ends: l.Ticket.Expires}
}

// Invitation is one without its secret.
type Invitation struct {
	ID      string    `json:"id"`
	Person  string    `json:"person,omitempty"`
	State   string    `json:"state" enum:"open,used,revoked,expired"`
	By      string    `json:"by" doc:"Who made it."`
	Created time.Time `json:"created"`
	Ends    time.Time `json:"ends"`
	Why     string    `json:"why,omitempty" enum:"maker" doc:"Of a revoked one. maker: whoever made it lost the power to."`
}

func (a *API) invitationView(t ticket.Record) Invitation {
	return Invitation{ID: string(t.ID), Person: string(t.Person), State: string(t.State(a.Clock())), By: t.By,
		Created: t.Created, Ends: t.Expires, Why: t.Why}
}

// NewInvitation is somebody to invite.
type NewInvitation struct {
	NewPerson
	Life string `json:"life,omitempty" doc:"How long the link lives, 168h where it is missing, at most 720h." example:"48h"`
}

// InviteAgain is whom to invite once more.
type InviteAgain struct {
	Life string `json:"life,omitempty" doc:"See create-invitation." example:"48h"`
}

func life(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		err = holdfast.Errorf(holdfast.Invalid, "ticket_life", "%.40q is no duration: write 48h.", s)
	}
	return d, err
}

type invitedAnswer struct{ Body Invited }

type invitationAnswer struct{ Body Invitation }

func (a *API) invitations() {
	write := by(authority.InvitationsWrite)
	add(a, operation{id: "list-invitations", method: http.MethodGet, path: "/invitations", access: by(authority.InvitationsRead),
		tag: "invitations", summary: "List invitations, the newest first"}, a.listInvitations)
	add(a, operation{id: "create-invitation", method: http.MethodPost, path: "/invitations", access: write, tag: "invitations", status: http.StatusCreated,
		summary: "Add a person and make their link", more: "Takes people:write as well, and groups:write with groups. The link is mailed where mail is configured, and shown this once."},
		func(c call, in *struct{ Body NewInvitation }) (*invitedAnswer, error) {
			g, err := a.guest(c, in.Body.NewPerson)
			if err == nil {
				g.Life, err = life(in.Body.Life)
			}
			if err != nil {
				return nil, err
			}
			l, err := a.Govern.Invite(c, c.Actor, g)
			return &invitedAnswer{InvitedBy(l)}, err
		})
	add(a, operation{id: "invite-again", method: http.MethodPost, path: "/people/{person}/invitation", access: write, tag: "invitations", status: http.StatusCreated,
		summary: "Make a new link for somebody without a passkey", more: "The old link ends."},
		func(c call, in *struct {
			OfPerson
			Body *InviteAgain
		}) (*invitedAnswer, error) {
			said := InviteAgain{}
			if in.Body != nil {
				said = *in.Body
			}
			d, err := life(said.Life)
			if err != nil {
				return nil, err
			}
			p, err := a.find(c, in.Person)
			if err != nil {
				return nil, err
			}
			l, err := a.Govern.InviteAgain(c, c.Actor, p.ID, d)
			return &invitedAnswer{InvitedBy(l)}, err
		})
	add(a, operation{id: "revoke-invitation", method: http.MethodDelete, path: "/invitations/{id}", access: write, tag: "invitations",
		summary: "End an invitation before its time"},
		func(c call, in *struct {
			ID string `path:"id"`
		}) (*invitationAnswer, error) {
			if err := a.Govern.RevokeInvitation(c, c.Actor, holdfast.TicketID(in.ID)); err != nil {
				return nil, err
			}
			t, err := a.Store.Ticket(c, holdfast.TicketID(in.ID))
			return &invitationAnswer{a.invitationView(t)}, err
		})
}

func (a *API) listInvitations(c call, in *struct {
	Paging
	State  string `query:"state" enum:"open,used,revoked,expired,orphaned" doc:"orphaned: those that ended because whoever made them lost the power to, and that nobody has made again."`
	Person string `query:"person" maxLength:"320" doc:"Id, or e-mail address."`
}) (*listed[Invitation], error) {
	who, err := a.findAny(c, in.Person)
	if err != nil {
		return nil, err
	}
	return paged(a, c, in.Paging, pager[ticket.Record, Invitation]{
		read: func(after store.Cut, limit int) ([]ticket.Record, error) {
			return a.Store.ListInvitations(c, ticket.State(in.State), who, after, limit)
		},
		cut:  func(t ticket.Record) store.Cut { return store.CutAt(t.Created, string(t.ID)) },
		view: func(ts []ticket.Record) ([]Invitation, error) { return views(ts, a.invitationView), nil },
	})
}

package console

import (
	"context"
	"net/http"
	"slices"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/domain/ticket"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/flow/govern"
)

func (c *Console) newPerson(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.showNewPerson(w, r, v, http.StatusOK, &page.NewPerson{})
}

func (c *Console) showNewPerson(w http.ResponseWriter, r *http.Request, v visit.Visit, status int, to *page.NewPerson) error {
	groups, err := c.Store.Groups(r.Context())
	if err != nil {
		return err
	}
	for _, g := range groups {
		to.Groups = append(to.Groups, page.Option{Value: string(g.ID), Label: g.Name, Chosen: slices.Contains(r.PostForm["group"], string(g.ID))})
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, status, to)
	return nil
}

var newPersonFields = fieldOf{"name": "name", "email": "email", "email_taken": "email", "employment": "employment", "ends": "ends"}

// invite adds a person and shows their link. It answers 200 and not a
// redirect: the link exists in this one answer only.
func (c *Console) invite(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	typed := &page.NewPerson{Name: r.PostFormValue("name"), Email: r.PostFormValue("email"),
		Kind: r.PostFormValue("employment"), Ends: r.PostFormValue("ends")}
	guest := govern.Guest{New: person.New{Name: typed.Name, Email: typed.Email, Employment: person.Employment(typed.Kind)}}
	ends, err := lastDay(typed.Ends)
	if err == nil {
		guest.Ends = ends
		guest.Groups, err = c.groupNames(r.Context(), r.PostForm["group"])
	}
	var link govern.Link
	if err == nil {
		link, err = c.Govern.Invite(r.Context(), v.Actor(), guest)
	}
	if shown, status, ok := newPersonFields.onForm(err); ok {
		typed.Errors = shown
		return c.showNewPerson(w, r, v, status, typed)
	}
	if err != nil {
		return err
	}
	return c.showLink(w, r, v, link)
}

func (c *Console) groupNames(ctx context.Context, ids []string) ([]string, error) {
	var names []string
	for _, id := range ids {
		g, err := c.Store.Group(ctx, holdfast.GroupID(id))
		if err != nil {
			return nil, err
		}
		names = append(names, g.Name)
	}
	return names, nil
}

func (c *Console) inviteAgain(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	id := r.PathValue("id")
	link, err := c.Govern.InviteAgain(r.Context(), v.Actor(), holdfast.PersonID(id), 0)
	if err != nil {
		return c.pressed(w, r, err, "", page.PersonPath(id))
	}
	return c.showLink(w, r, v, link)
}

// showLink shows a link, this once.
func (c *Console) showLink(w http.ResponseWriter, r *http.Request, v visit.Visit, link govern.Link) error {
	code, err := page.QR(link.URL, "The link for "+link.Person.Name+" as a QR code")
	if err != nil {
		return err
	}
	c.Visits.Render(w, r, http.StatusOK, &page.InvitationMade{
		Frame: c.frame(w, r, v), Invitee: link.Person.Name, InviteeID: string(link.Person.ID), Email: link.Person.Email,
		URL: link.URL, QR: code, Ends: link.Ticket.Expires, Mailed: c.Mails,
		Replaces: link.Ticket.Kind == ticket.Replacement,
	})
	return nil
}

func (c *Console) invitations(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	k, filter := span(r), invitationFilter(r)
	tickets, more, err := c.Store.InvitationsWhere(r.Context(), filter, k)
	if err != nil {
		return err
	}
	total, err := c.Store.CountInvitationsWhere(r.Context(), filter, store.Many)
	if err != nil {
		return err
	}
	rows, err := c.invitationRows(r.Context(), v, tickets)
	if err != nil {
		return err
	}
	to := &page.Invitations{Rows: rows, State: invitationState(filter.State), Query: filter.Text, Export: page.ExportOf(r.URL.Query())}
	if to.Pager.Total = int(total); len(rows) > 0 {
		to.Pager = parts(r, k, rows[0].ID, rows[len(rows)-1].ID, len(rows), more, total)
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// invitationFilter reads what an address asks of the list.
func invitationFilter(r *http.Request) store.InvitationFilter {
	return store.InvitationFilter{State: ticketState[page.InvitationState(r.FormValue("state"))], Text: search(r)}
}

// ticketState is a state of the filter as tickets have it; none is any.
var ticketState = map[page.InvitationState]ticket.State{
	page.InvitationOpen: ticket.Open, page.InvitationUsed: ticket.Used,
	page.InvitationExpired: ticket.Expired, page.InvitationRevoked: ticket.Revoked,
}

func invitationState(s ticket.State) page.InvitationState {
	for shown, state := range ticketState {
		if state == s {
			return shown
		}
	}
	return ""
}

func (c *Console) invitationRows(ctx context.Context, v visit.Visit, tickets []ticket.Record) ([]page.Invitation, error) {
	names := c.names()
	for _, t := range tickets {
		names.actor(t.By)
		names.person(t.Person)
	}
	if err := names.read(ctx); err != nil {
		return nil, err
	}
	rows, now := make([]page.Invitation, len(tickets)), c.Visits.Clock()
	for i, t := range tickets {
		rows[i] = page.Invitation{
			ID: string(t.ID), PersonID: string(t.Person), Person: names.people[t.Person], Email: names.emails[t.Person],
			By: names.actorLink(t.By).Text, State: invitationState(t.State(now)), Created: t.Created, Ends: t.Expires,
			Above: names.above(v, t.Person),
		}
	}
	return rows, nil
}

// revoke goes back to the list that the button was on: everybody's, or the
// person's.
func (c *Console) revoke(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	t, err := c.Store.Ticket(r.Context(), holdfast.TicketID(r.PathValue("id")))
	if err != nil {
		return err
	}
	to := page.PathInvitations
	if onPage(r, page.PersonPath(string(t.Person))) {
		to = page.PersonPath(string(t.Person))
	}
	err = c.Govern.RevokeInvitation(r.Context(), v.Actor(), t.ID)
	return c.pressed(w, r, err, "The invitation was withdrawn. Its link no longer works.", to)
}

package console

import (
	"context"
	"net/http"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/ticket"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

func (c *Console) person(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	return c.showPerson(w, r, v, http.StatusOK, &page.Person{})
}

// showPerson fills to, which may hold what was typed and is wrong, with all
// that an administrator sees of a person.
func (c *Console) showPerson(w http.ResponseWriter, r *http.Request, v visit.Visit, status int, to *page.Person) error {
	ctx := r.Context()
	p, err := c.Store.Person(ctx, holdfast.PersonID(r.PathValue("id")))
	if err != nil {
		return err
	}
	rows, err := c.rows(ctx, []person.Record{p})
	if err != nil {
		return err
	}
	to.Who, to.Created, to.Kind, to.Self, to.Above = rows[0], p.Created, string(p.Employment), p.ID == v.Person.ID, above(v, p)
	for _, fill := range []func(context.Context, visit.Visit, person.Record, *page.Person) error{
		c.fillAccess, c.fillGroups, c.fillInvitations, c.fillHistory, c.fillStanding, c.fillManager, c.fillStandingByPolicy, c.fillExposure,
	} {
		if err := fill(ctx, v, p, to); err != nil {
			return err
		}
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, status, to)
	return nil
}

// fillAccess is how the person signs in, and where they are signed in.
func (c *Console) fillAccess(ctx context.Context, v visit.Visit, p person.Record, to *page.Person) error {
	creds, err := c.Store.CredentialsOf(ctx, p.ID)
	if err != nil {
		return err
	}
	open, err := c.Store.OpenSessionsOf(ctx, p.ID)
	if err != nil {
		return err
	}
	devices, err := c.Store.DevicesOf(ctx, p.ID)
	if err != nil {
		return err
	}
	to.Devices = visit.Devices(devices)
	names := credentialNames(creds)
	to.Passkeys = visit.Passkeys(creds, v.Session.Credential)
	if err := c.knownOf(ctx, creds, to.Passkeys); err != nil {
		return err
	}
	for _, s := range open {
		if s.Session.Live(s.LastSeen, c.Visits.Clock()) {
			to.Sessions = append(to.Sessions, visit.Session(s.Session, s.LastSeen, v.Session.ID, names))
		}
	}
	return nil
}

func credentialNames(creds []credential.Record) map[holdfast.CredentialID]string {
	names := map[holdfast.CredentialID]string{}
	for _, k := range creds {
		names[k.ID] = k.Name
	}
	return names
}

func (c *Console) fillGroups(ctx context.Context, _ visit.Visit, p person.Record, to *page.Person) error {
	in, err := c.Store.GroupsOf(ctx, p.ID)
	if err != nil {
		return err
	}
	all, err := c.Store.Groups(ctx)
	if err != nil {
		return err
	}
	to.Groups = groupRefs(in)
	member := map[holdfast.GroupID]bool{}
	for _, g := range in {
		member[g.ID] = true
	}
	for _, g := range all {
		if !member[g.ID] {
			to.OtherGroups = append(to.OtherGroups, page.GroupRef{ID: string(g.ID), Name: g.Name})
		}
	}
	return nil
}

func (c *Console) fillInvitations(ctx context.Context, v visit.Visit, p person.Record, to *page.Person) error {
	tickets, err := c.Store.TicketsOf(ctx, p.ID)
	if err != nil {
		return err
	}
	invitations := tickets[:0]
	for _, t := range tickets {
		if t.Kind == ticket.Invitation {
			invitations = append(invitations, t)
		}
	}
	to.Invitations, err = c.invitationRows(ctx, v, invitations)
	return err
}

// lately is how many records of the log a person's page shows.
const lately = 10

func (c *Console) fillHistory(ctx context.Context, v visit.Visit, p person.Record, to *page.Person) error {
	if !v.Holds().Has(authority.AuditRead) {
		return nil
	}
	leaves, _, err := c.Store.LogPage(ctx, store.LogFilter{About: string(p.ID)}, lately)
	if err != nil {
		return err
	}
	rows, err := c.auditRows(ctx, leaves)
	if err != nil {
		return err
	}
	for _, row := range rows {
		to.History = append(to.History, page.Moment{At: row.At, Title: row.Title, Text: "by " + row.Actor.Text, Tone: toneOf(row.Type)})
	}
	return nil
}

// fillManager says whom to ask about p, and of whom p is asked.
func (c *Console) fillManager(ctx context.Context, _ visit.Visit, p person.Record, to *page.Person) error {
	if p.Manager != "" {
		m, err := c.Store.Person(ctx, p.Manager)
		if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
			return err
		}
		to.Manager = page.GroupRef{ID: string(p.Manager), Name: m.Email}
	}
	n, err := c.Store.CountPeopleWhere(ctx, store.PeopleFilter{Manager: p.ID}, store.Many)
	to.Reports = int(n)
	return err
}

// fillStanding says whether p is the only administrator.
func (c *Console) fillStanding(ctx context.Context, _ visit.Visit, p person.Record, to *page.Person) error {
	if p.Role != person.Administrator {
		return nil
	}
	all, err := c.Store.Administrators(ctx)
	if err != nil {
		return err
	}
	to.LastAdmin = true
	for _, a := range all {
		if a.ID != p.ID && a.Status == person.Active {
			to.LastAdmin = false
		}
	}
	return nil
}

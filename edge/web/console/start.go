package console

import (
	"net/http"

	"holdfast/domain/credential"
	"holdfast/domain/ticket"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// start is the checklist, each line as it truly stands.
func (c *Console) start(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	begun, err := c.Store.Begun(r.Context())
	if err != nil {
		return err
	}
	creds, err := c.Store.CredentialsOf(r.Context(), v.Person.ID)
	if err != nil {
		return err
	}
	spare := 0
	for _, k := range creds {
		if k.Status == credential.Active {
			spare++
		}
	}
	counts, err := c.counts(r)
	if err != nil {
		return err
	}
	ready, err := c.Store.Readiness(r.Context())
	if err != nil {
		return err
	}
	c.Visits.Render(w, r, http.StatusOK, &page.Start{Frame: c.frame(w, r, v), Tasks: tasks(begun, spare > 1), Counts: counts,
		Browsers: int(ready.Browsers), Autofill: int(ready.Autofill)})
	return nil
}

func tasks(b store.Beginnings, spare bool) []page.Task {
	list := []page.Task{
		{Title: "Create your passkey", Done: true},
		{Title: "Add a spare passkey", Done: spare, Text: "So that one lost device does not lock you out of the console.",
			Action: page.Link{Text: "Add a spare", URL: page.PathPasskeys}},
		{Title: "Invite a person", Done: b.Invited, Text: "You get a link that works once, to send or to scan.",
			Action: page.Link{Text: "Invite", URL: page.PathPeople + "/new"}},
		{Title: "The first person creates a passkey", Done: b.Enrolled, Text: "They open the link and follow their browser. Nobody sets a password.",
			Action: page.Link{Text: "See invitations", URL: page.PathInvitations}},
		{Title: "Add an application", Done: b.AppAdded, Text: "Anything that speaks OpenID Connect. You get a configuration to paste.",
			Action: page.Link{Text: "Add an application", URL: page.PathApplications + "/new"}},
		{Title: "The first sign-in to an application", Done: b.AppUsed, Text: "Open the application: it sends you here, and you come back signed in.",
			Action: page.Link{Text: "See applications", URL: page.PathApplications}},
	}
	for i := range list {
		if list[i].Done {
			list[i].Action = page.Link{}
		}
	}
	return list
}

func (c *Console) counts(r *http.Request) ([]page.Count, error) {
	ctx, one := r.Context(), store.Page{Limit: 1}
	_, people, err := c.Store.PeopleWhere(ctx, store.PeopleFilter{}, one)
	if err != nil {
		return nil, err
	}
	_, open, err := c.Store.InvitationsWhere(ctx, ticket.Open, one)
	if err != nil {
		return nil, err
	}
	_, sessions, err := c.Store.LiveSessionsWhere(ctx, "", one)
	if err != nil {
		return nil, err
	}
	return []page.Count{
		{Number: int(people), Label: plural(people, "person", "people"), URL: page.PathPeople},
		{Number: int(open), Label: plural(open, "open invitation", "open invitations"), URL: page.PathInvitations + "?state=open"},
		{Number: int(sessions), Label: plural(sessions, "open session", "open sessions"), URL: page.PathAllSessions},
	}, nil
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

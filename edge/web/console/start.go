package console

import (
	"context"
	"net/http"
	"slices"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/grant"
	"holdfast/domain/person"
	"holdfast/domain/ticket"
	"holdfast/edge/backup"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// start is the checklist, each line as it truly stands, for those who can do
// something about it, and how many there are of what the visitor may see.
func (c *Console) start(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	to := &page.Start{}
	var err error
	if v.Holds().Has(authority.SettingsWrite) {
		if to.Tasks, err = c.tasks(r.Context(), v); err != nil {
			return err
		}
	}
	if to.Needs, err = c.needs(r.Context(), v); err != nil {
		return err
	}
	if v.Holds().Has(authority.PolicyRead) {
		if to.Jobs, err = c.rejudging(r.Context()); err != nil {
			return err
		}
	}
	if to.Counts, err = c.counts(r.Context(), v); err != nil {
		return err
	}
	if v.Holds().Has(authority.CredentialsRead) {
		ready, err := c.Store.Readiness(r.Context())
		if err != nil {
			return err
		}
		to.Browsers, to.Autofill = int(ready.Browsers), int(ready.Autofill)
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// done is what stands of the checklist.
type done struct {
	store.Beginnings
	spare, mails, backup, second bool
}

func (c *Console) tasks(ctx context.Context, v visit.Visit) ([]page.Task, error) {
	d := done{mails: c.Mails}
	var err error
	if d.Beginnings, err = c.Store.Begun(ctx); err != nil {
		return nil, err
	}
	if c.Visits.Demo {
		// The demo's own application is there for trying, not for learning.
		apps, err := c.Store.Apps(ctx)
		if err != nil {
			return nil, err
		}
		d.AppAdded = len(slices.DeleteFunc(apps, func(a grant.App) bool { return !a.Live() })) > 1
	}
	if d.spare, err = c.passkeys(ctx, v.Person.ID, 2); err != nil {
		return nil, err
	}
	made, _, err := c.Store.LogPage(ctx, store.LogFilter{Type: backup.BackedUp}, 1)
	if err != nil {
		return nil, err
	}
	d.backup = len(made) > 0
	all, err := c.Store.Administrators(ctx)
	for _, a := range all {
		if a.ID != v.Person.ID && a.Status == person.Active && !d.second {
			d.second, err = c.passkeys(ctx, a.ID, 1)
		}
	}
	return tasks(d), err
}

// passkeys says whether somebody has so many that work.
func (c *Console) passkeys(ctx context.Context, id holdfast.PersonID, want int) (bool, error) {
	creds, err := c.Store.CredentialsOf(ctx, id)
	n := 0
	for _, k := range creds {
		if k.Status == credential.Active {
			n++
		}
	}
	return n >= want, err
}

func tasks(d done) []page.Task {
	list := []page.Task{
		{Title: "Create your passkey", Done: true},
		{Title: "Add a spare passkey", Done: d.spare, Text: "So that one lost device does not lock you out of the console.",
			Action: page.Link{Text: "Add a spare", URL: page.PathPasskeys}},
		{Title: "Invite a person", Done: d.Invited, Text: "You get a link that works once, to send or to scan.",
			Action: page.Link{Text: "Invite", URL: page.PathPeople + "/new"}},
		{Title: "The first person creates a passkey", Done: d.Enrolled, Text: "They open the link and follow their browser. Nobody sets a password.",
			Action: page.Link{Text: "See invitations", URL: page.PathInvitations}},
		{Title: "Make a second administrator", Done: d.second, Text: "If you are away or lose your passkeys, nobody else could let you in again. Open a person and give them the role.",
			Action: page.Link{Text: "Choose a person", URL: page.PathPeople + "?state=active"}},
		{Title: "Add an application", Done: d.AppAdded, Text: "Anything that speaks OpenID Connect. You get a configuration to paste.",
			Action: page.Link{Text: "Add an application", URL: page.PathApplications + "/new"}},
		{Title: "The first sign-in to an application", Done: d.AppUsed, Text: "Open it from your account: it sends you here, and you come back signed in.",
			Action: page.Link{Text: "See your apps", URL: page.PathHome}},
		{Title: "Send mail", Done: d.mails, Text: "Name a mail server in the configuration file, and invitations reach people by themselves.",
			Action: page.Link{Text: "See how mail stands", URL: page.PathSettings + "#outbox"}},
		{Title: "Make a backup", Done: d.backup, Text: "On the server: holdfast backup. It works while people sign in, and the file is encrypted.",
			Action: page.Link{Text: "How to", URL: page.PathSettings + "#docs"}},
	}
	for i := range list {
		if list[i].Done {
			list[i].Action = page.Link{}
		}
	}
	return list
}

func (c *Console) counts(ctx context.Context, v visit.Visit) ([]page.Count, error) {
	var out []page.Count
	for _, n := range []struct {
		scope     authority.Scope
		count     func() (int64, error)
		one, many string
		url       string
	}{
		{authority.PeopleRead, func() (int64, error) { return c.Store.CountPeopleWhere(ctx, store.PeopleFilter{}, store.Many) }, "person", "people", page.PathPeople},
		{authority.InvitationsRead, func() (int64, error) {
			return c.Store.CountInvitationsWhere(ctx, store.InvitationFilter{State: ticket.Open}, store.Many)
		}, "open invitation", "open invitations", page.PathInvitations + "?state=open"},
		{authority.SessionsRead, func() (int64, error) { return c.Store.CountLiveSessionsWhere(ctx, "", store.Many) }, "open session", "open sessions", page.PathAllSessions},
	} {
		if !v.Holds().Has(n.scope) {
			continue
		}
		number, err := n.count()
		if err != nil {
			return nil, err
		}
		out = append(out, page.Count{Number: int(number), Label: plural(number, n.one, n.many), URL: n.url})
	}
	return out, nil
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

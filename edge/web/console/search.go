package console

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// The search finds what begins with what was typed, of the kinds that who asks
// may see: each kind by one or two reads of an index, so that it is as quick
// among a million people as among ten.

// foundAtMost is how many of one kind are shown.
const foundAtMost = 8

// shortest is how much must be typed, in bytes: one letter is everybody.
const shortest = 2

func (c *Console) search(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	to := &page.Search{Query: search(r)}
	if to.Short = len(to.Query) < shortest && index(to.Query) < 0; !to.Short {
		var err error
		if to.Groups, err = c.find(r.Context(), v, to.Query); err != nil {
			return err
		}
	}
	if r.URL.Query().Get("format") == "json" { // what the search field shows while somebody types
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		return json.NewEncoder(w).Encode(to.Groups)
	}
	to.Frame = c.frame(w, r, v)
	to.Find = to.Query
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// A finder looks for one kind of thing.
type finder struct {
	scope authority.Scope
	title string
	find  func(ctx context.Context, v visit.Visit, text string) ([]page.Found, page.Link, error)
}

func (c *Console) find(ctx context.Context, v visit.Visit, text string) ([]page.FoundGroup, error) {
	var out []page.FoundGroup
	for _, f := range []finder{
		{authority.PeopleRead, "People", c.findPeople},
		{authority.GroupsRead, "Groups", c.findGroups},
		{authority.AppsRead, "Applications", c.findApps},
		{authority.CredentialsRead, "Passkeys", c.findCredentials},
		{authority.InvitationsRead, "Invitations", c.findTickets},
		{authority.SessionsRead, "Sessions", c.findSessions},
		{authority.AppsRead, "Grants", c.findGrants},
		{authority.TokensRead, "API tokens", c.findTokens},
		{authority.AuditRead, "Audit", c.findRecord},
		{authority.ExposureRead, "Exposure", c.findExposure},
	} {
		if !v.Holds().Has(f.scope) {
			continue
		}
		rows, more, err := f.find(ctx, v, text)
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			out = append(out, page.FoundGroup{Title: f.title, Rows: rows, More: more})
		}
	}
	return out, nil
}

func asking(path, text string) string { return path + "?" + url.Values{"q": {text}}.Encode() }

func (c *Console) findPeople(ctx context.Context, _ visit.Visit, text string) (rows []page.Found, more page.Link, err error) {
	if p, err := c.Store.Person(ctx, holdfast.PersonID(text)); err == nil {
		return []page.Found{{Text: nameOf(p), Note: p.Email, URL: page.PersonPath(text)}}, more, nil
	}
	people, rest, err := c.Store.PeoplePart(ctx, store.PeopleFilter{Begins: text}, store.Span{Limit: foundAtMost})
	for _, p := range people {
		rows = append(rows, page.Found{Text: nameOf(p), Note: p.Email, URL: page.PersonPath(string(p.ID))})
	}
	if rest {
		more = page.Link{Text: "All people who match", URL: asking(page.PathPeople, text)}
	}
	return rows, more, err
}

// contains says whether text is part of one of words, or is id.
func contains(text, id string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(strings.ToLower(w), strings.ToLower(text)) {
			return true
		}
	}
	return text == id
}

func (c *Console) findGroups(ctx context.Context, _ visit.Visit, text string) (rows []page.Found, more page.Link, err error) {
	groups, err := c.Store.Groups(ctx)
	for _, g := range groups {
		if !contains(text, string(g.ID), g.Name) {
			continue
		}
		if len(rows) == foundAtMost {
			return rows, page.Link{Text: "All groups", URL: page.PathGroups}, err
		}
		rows = append(rows, page.Found{Text: g.Name, URL: page.GroupPath(string(g.ID))})
	}
	return rows, more, err
}

func (c *Console) findApps(ctx context.Context, _ visit.Visit, text string) (rows []page.Found, more page.Link, err error) {
	apps, err := c.Store.Apps(ctx)
	for _, a := range apps {
		if !contains(text, string(a.ID), a.Name, hostOf(a)) {
			continue
		}
		if len(rows) == foundAtMost {
			return rows, page.Link{Text: "All applications", URL: page.PathApplications}, err
		}
		rows = append(rows, page.Found{Text: a.Name, Note: hostOf(a), URL: page.ApplicationPath(string(a.ID))})
	}
	return rows, more, err
}

func (c *Console) findCredentials(ctx context.Context, v visit.Visit, text string) (rows []page.Found, more page.Link, err error) {
	creds, err := c.Store.CredentialsCalled(ctx, text, foundAtMost+1)
	if err != nil {
		return nil, more, err
	}
	if len(creds) > foundAtMost {
		creds, more = creds[:foundAtMost], page.Link{Text: "All passkeys that match", URL: asking(page.PathCredentials, text)}
	}
	lines, err := c.credentialRows(ctx, v, creds)
	for i, k := range lines {
		note := "of " + k.Person
		if creds[i].Status == credential.Removed {
			note += ", removed"
		}
		// The inventory, since a person's page does not show what was removed.
		rows = append(rows, page.Found{Text: k.Label(), Note: note, URL: asking(page.PathCredentials, k.ID)})
	}
	return rows, more, err
}

// anID says whether text may begin an id of a kind: the whole prefix and more.
func anID(text, prefix string) bool {
	return strings.HasPrefix(text, prefix) && len(text) > len(prefix)
}

// of names whose a thing is.
func (c *Console) of(ctx context.Context, id holdfast.PersonID) (string, error) {
	names := c.names()
	names.person(id)
	err := names.read(ctx)
	return names.people[id], err
}

func (c *Console) findTickets(ctx context.Context, _ visit.Visit, text string) (rows []page.Found, more page.Link, err error) {
	if !anID(text, "tic_") {
		return nil, more, nil
	}
	tickets, err := c.Store.TicketsStarting(ctx, text, foundAtMost)
	for _, t := range tickets {
		if t.Person == "" {
			continue // the set-up link is nobody's
		}
		name, err := c.of(ctx, t.Person)
		if err != nil {
			return nil, more, err
		}
		rows = append(rows, page.Found{Text: string(t.ID), Note: "for " + name, URL: page.PersonPath(string(t.Person)) + "#invitations"})
	}
	return rows, more, err
}

func (c *Console) findSessions(ctx context.Context, _ visit.Visit, text string) (rows []page.Found, more page.Link, err error) {
	if !anID(text, "ses_") {
		return nil, more, nil
	}
	sessions, err := c.Store.SessionsStarting(ctx, text, foundAtMost)
	for _, s := range sessions {
		name, err := c.of(ctx, s.Person)
		if err != nil {
			return nil, more, err
		}
		note := "of " + name + ", " + visit.Device(s.UserAgent)
		if !s.Ended.IsZero() {
			note += ", ended"
		}
		rows = append(rows, page.Found{Text: string(s.ID), Note: note, URL: page.PersonPath(string(s.Person)) + "#sessions"})
	}
	return rows, more, err
}

func (c *Console) findGrants(ctx context.Context, v visit.Visit, text string) (rows []page.Found, more page.Link, err error) {
	if !anID(text, "gra_") {
		return nil, more, nil
	}
	grants, err := c.Store.GrantsStarting(ctx, text, foundAtMost)
	for _, g := range grants {
		name, err := c.of(ctx, g.Person)
		if err != nil {
			return nil, more, err
		}
		to := page.ApplicationPath(string(g.App))
		if v.Holds().Has(authority.AuditRead) {
			to = page.PathAudit + "?" + url.Values{"subject": {string(g.ID)}}.Encode()
		}
		rows = append(rows, page.Found{Text: string(g.ID), Note: "of " + name, URL: to})
	}
	return rows, more, err
}

func (c *Console) findTokens(ctx context.Context, _ visit.Visit, text string) (rows []page.Found, more page.Link, err error) {
	if !anID(text, "tok_") {
		return nil, more, nil
	}
	tokens, err := c.Store.APITokensStarting(ctx, text, foundAtMost)
	for _, t := range tokens {
		name, err := c.of(ctx, t.Owner)
		if err != nil {
			return nil, more, err
		}
		rows = append(rows, page.Found{Text: t.Name, Note: string(t.ID) + ", of " + name, URL: page.PathTokens})
	}
	return rows, more, err
}

// findRecord takes the number of a record.
func (c *Console) findRecord(ctx context.Context, _ visit.Visit, text string) (rows []page.Found, more page.Link, err error) {
	n := index(text)
	if n < 0 {
		return nil, more, nil
	}
	leaf, err := c.Store.Leaf(ctx, n)
	if holdfast.KindOf(err) == holdfast.NotFound && err != nil {
		return nil, more, nil
	}
	if err != nil {
		return nil, more, err
	}
	lines, err := c.auditRows(ctx, []store.Leaf{leaf})
	if err != nil {
		return nil, more, err
	}
	number := strconv.FormatInt(n, 10)
	return []page.Found{{Text: lines[0].Title, Note: "record " + number, URL: page.AuditPath(number)}}, more, nil
}

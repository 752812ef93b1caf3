package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/grant"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/flow/govern"
)

func (c *Console) applications(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	apps, err := c.Store.Apps(r.Context())
	if err != nil {
		return err
	}
	last, err := c.lastUsed(r.Context())
	if err != nil {
		return err
	}
	to := &page.Applications{Export: page.ExportOf(nil), MayAdd: v.Holds().Has(authority.AppsWrite)}
	for _, a := range apps {
		if a.Live() {
			to.Rows = append(to.Rows, appRow(a, last[a.ID]))
		}
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

func (c *Console) lastUsed(ctx context.Context) (map[holdfast.AppID]time.Time, error) {
	uses, err := c.Store.AppsLastUsed(ctx)
	last := map[holdfast.AppID]time.Time{}
	for _, u := range uses {
		last[u.App] = u.Last
	}
	return last, err
}

func appRow(a grant.App, last time.Time) page.ApplicationRow {
	row := page.ApplicationRow{
		ID: string(a.ID), Name: a.Name, Host: hostOf(a), URL: frontOf(a), Preset: page.Preset(a.Preset),
		Secret: a.Method() == grant.MethodSecret, Created: a.Created, LastUsed: last,
	}
	switch {
	case grant.Forwards(a.Preset):
		row.Proof = "asked at each request"
	case row.Secret && a.SecretHash == "":
		row.Proof = "needs a secret: make one"
	case row.Secret:
		row.Proof = "holds a secret"
	case a.Method() == grant.MethodKey:
		row.Proof = "has a key of its own"
	default:
		row.Proof = "public, no secret"
	}
	return row
}

func hostOf(a grant.App) string { return place(a).Host }

// frontOf is the front page of an application that is opened in a browser.
func frontOf(a grant.App) string {
	if u := place(a); u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") {
		return u.Scheme + "://" + u.Host + "/"
	}
	return ""
}

// place is where its first redirect URI is.
func place(a grant.App) url.URL {
	if len(a.RedirectURIs) > 0 {
		if u, err := url.Parse(a.RedirectURIs[0]); err == nil {
			return *u
		}
	}
	return url.URL{}
}

func (c *Console) showMade(w http.ResponseWriter, r *http.Request, v visit.Visit, added govern.Added, rotated bool) error {
	light, err := c.light(r.Context(), added.App.ID)
	if err != nil {
		return err
	}
	c.Visits.Render(w, r, http.StatusOK, &page.ApplicationMade{
		Frame: c.frame(w, r, v), ID: string(added.App.ID), Name: added.App.Name, Host: hostOf(added.App), URL: frontOf(added.App), Secret: added.Secret,
		Rotated: rotated, Issuer: c.Issuer, Preset: page.Preset(added.App.Preset), Config: added.Configuration, Light: light,
	})
	return nil
}

// liveApp is the application of the address, which was not removed.
func (c *Console) liveApp(r *http.Request) (grant.App, error) {
	a, err := c.Store.App(r.Context(), holdfast.AppID(r.PathValue("id")))
	if err == nil && !a.Live() {
		err = holdfast.Errorf(holdfast.NotFound, "no_such_app", "There is no such application, or it was removed.")
	}
	return a, err
}

func (c *Console) application(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx := r.Context()
	a, err := c.liveApp(r)
	if err != nil {
		return err
	}
	light, err := c.light(ctx, a.ID)
	if err != nil {
		return err
	}
	config, err := c.Govern.Configuration(ctx, a.ID)
	if holdfast.CodeOf(err) == "preset_value" || holdfast.CodeOf(err) == "redirect_uri" {
		config, err = "", nil // an address that no file can hold; the page is there to change it
	}
	if err != nil {
		return err
	}
	people, err := c.Store.CountPeopleIn(ctx, a.ID)
	if err != nil {
		return err
	}
	demands, owners, err := c.words(ctx, a, v.Holds().Has(authority.PeopleRead))
	if err != nil {
		return err
	}
	writes := v.Holds().Has(authority.AppsWrite)
	c.Visits.Render(w, r, http.StatusOK, &page.Application{
		Frame: c.frame(w, r, v), Row: appRow(a, light.At), RedirectURIs: a.RedirectURIs, Upstream: a.Upstream, Issuer: c.Issuer,
		Config: config, People: int(people), Light: light, Demands: demands, Owners: owners, Technical: technical(a),
		MayEdit: writes || a.OwnedBy(v.Person.ID), MayRemove: writes,
	})
	return nil
}

// words say who may enter an application, and who looks after it; links lead
// to people where the reader may see them.
func (c *Console) words(ctx context.Context, a grant.App, people bool) (demands []string, owners []page.Link, err error) {
	n := c.names()
	for _, id := range a.Owners {
		n.person(holdfast.PersonID(id))
	}
	n.things = len(a.Groups) > 0
	if err := n.read(ctx); err != nil {
		return nil, nil, err
	}
	for _, id := range a.Owners {
		owner := page.Link{Text: n.people[holdfast.PersonID(id)]}
		if people {
			owner.URL = page.PersonPath(id)
		}
		owners = append(owners, owner)
	}
	var groups []string
	for _, id := range a.Groups {
		groups = append(groups, "“"+n.groups[holdfast.GroupID(id)]+"”")
	}
	who := "Everybody who may sign in."
	if len(groups) > 0 {
		who = "Members of " + strings.Join(groups, " or ") + "."
	}
	demands = append(demands, who)
	if a.MinAAL > holdfast.AALNone {
		demands = append(demands, "With a sign-in of level "+strings.ToUpper(a.MinAAL.String())+" at least.")
	}
	switch a.RequireACR {
	case grant.ACRPhishingResistant:
		demands = append(demands, "With a sign-in that cannot be phished (phr).")
	case grant.ACRHardware:
		demands = append(demands, "With a passkey on proven hardware (phrh).")
	}
	if a.MaxAge > 0 {
		demands = append(demands, "Signed in during the last "+(time.Duration(a.MaxAge)*time.Second).String()+".")
	}
	if !a.FirstParty {
		demands = append(demands, "Each person is asked, the first time, what it may know.")
	}
	return demands, owners, nil
}

func technical(a grant.App) []page.Pair {
	yes := func(b bool) string {
		if b {
			return "required"
		}
		return "taken where the application uses it"
	}
	flow := []string{"authorization code with PKCE, S256"}
	if len(a.RedirectURIs) == 0 {
		flow = nil
	}
	pairs := []page.Pair{
		{Name: "Flows", Value: strings.Join(append(flow, a.Kinds...), ", ")},
		{Name: "After sign-out", Value: strings.Join(a.PostLogoutURIs, " "), Code: true},
	}
	if a.LogoutURI != "" {
		pairs = append(pairs, page.Pair{Name: "Sign-out notices", Value: a.LogoutURI, Code: true})
	}
	if grant.Forwards(a.Preset) {
		return append(pairs, page.Pair{Name: "Protected hosts", Value: strings.Join(a.Domains, " "), Code: true},
			page.Pair{Name: "To sign out", Value: grant.ForwardSignOut, Code: true, Note: "on the application's own host"})
	}
	return append(pairs, page.Pair{Name: "Pushed requests (PAR)", Value: yes(a.RequirePAR)}, page.Pair{Name: "Bound tokens (DPoP)", Value: yes(a.RequireDPoP)})
}

func (c *Console) newSecret(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	id := r.PathValue("id")
	added, err := c.Govern.ChangeSecret(r.Context(), v.Actor(), holdfast.AppID(id))
	if err != nil {
		return c.pressed(w, r, err, "", page.ApplicationPath(id))
	}
	return c.showMade(w, r, v, added, true)
}

func (c *Console) removeApplication(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	err := c.Govern.RemoveApp(r.Context(), v.Actor(), holdfast.AppID(r.PathValue("id")))
	return c.pressed(w, r, err, "The application was removed. Nobody can sign in to it any more.", page.PathApplications)
}

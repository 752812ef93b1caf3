package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"holdfast"
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
	to := &page.Applications{}
	for _, a := range apps {
		if a.Live() {
			to.Rows = append(to.Rows, appRow(a, last))
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

func appRow(a grant.App, last map[holdfast.AppID]time.Time) page.ApplicationRow {
	return page.ApplicationRow{
		ID: string(a.ID), Name: a.Name, Host: hostOf(a), Preset: presetOf(a),
		Confidential: a.Confidential, Created: a.Created, LastUsed: last[a.ID],
	}
}

// presetOf is the kind of a as pages name it.
func presetOf(a grant.App) page.Preset {
	if a.Preset == grant.PresetApache {
		return page.PresetModAuthOpenIDC
	}
	return page.PresetOIDC
}

func hostOf(a grant.App) string {
	if len(a.RedirectURIs) == 0 {
		return ""
	}
	u, err := url.Parse(a.RedirectURIs[0])
	if err != nil {
		return ""
	}
	return u.Host
}

func (c *Console) newApplication(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	c.Visits.Render(w, r, http.StatusOK, &page.NewApplication{Frame: c.frame(w, r, v)})
	return nil
}

var appFields = fieldOf{"app_name": "name", "redirect_uri": "redirect_uri", "redirect_uri_missing": "redirect_uri", "redirect_uri_many": "redirect_uri"}

// addApplication shows the new application's secret in its answer, the only
// place where it ever stands.
func (c *Console) addApplication(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	typed := &page.NewApplication{
		Name: strings.TrimSpace(r.PostFormValue("name")), RedirectURI: strings.TrimSpace(r.PostFormValue("redirect_uri")),
		Preset: page.Preset(r.PostFormValue("preset")), Public: r.PostFormValue("confidential") == "",
	}
	d := grant.Draft{Name: typed.Name, Preset: string(typed.Preset), Confidential: !typed.Public}
	if typed.Preset == page.PresetOIDC {
		d.Preset = grant.PresetGeneric
	}
	if typed.RedirectURI != "" {
		d.RedirectURIs = []string{typed.RedirectURI}
	}
	added, err := c.Govern.CreateApp(r.Context(), v.Actor(), d)
	if shown, status, ok := appFields.onForm(err); ok {
		typed.Errors, typed.Frame = shown, c.frame(w, r, v)
		c.Visits.Render(w, r, status, typed)
		return nil
	}
	if err != nil {
		return err
	}
	c.showMade(w, r, v, added, false)
	return nil
}

func (c *Console) showMade(w http.ResponseWriter, r *http.Request, v visit.Visit, added govern.Added, rotated bool) {
	made := &page.ApplicationMade{
		Frame: c.frame(w, r, v), ID: string(added.App.ID), Name: added.App.Name, Secret: added.Secret, Rotated: rotated,
		Issuer: c.Issuer, Preset: presetOf(added.App), Config: added.Configuration,
	}
	if made.Preset == page.PresetModAuthOpenIDC {
		made.File = "In the virtual host of " + hostOf(added.App)
	}
	c.Visits.Render(w, r, http.StatusOK, made)
}

func (c *Console) application(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx := r.Context()
	a, err := c.Store.App(ctx, holdfast.AppID(r.PathValue("id")))
	if err == nil && !a.Live() {
		err = holdfast.Errorf(holdfast.NotFound, "no_such_app", "There is no such application, or it was removed.")
	}
	if err != nil {
		return err
	}
	config, err := c.Govern.Configuration(ctx, a.ID)
	if err != nil {
		return err
	}
	last, err := c.lastUsed(ctx)
	if err != nil {
		return err
	}
	people, err := c.Store.CountPeopleIn(ctx, a.ID)
	if err != nil {
		return err
	}
	c.Visits.Render(w, r, http.StatusOK, &page.Application{
		Frame: c.frame(w, r, v), Row: appRow(a, last), RedirectURIs: a.RedirectURIs, Issuer: c.Issuer,
		Config: config, People: int(people), Technical: technical(a),
	})
	return nil
}

func technical(a grant.App) []page.Pair {
	asks := "nobody: it is the organisation's own"
	if !a.FirstParty {
		asks = "each person, the first time"
	}
	return []page.Pair{
		{Name: "Flow", Value: "authorization code with PKCE, S256"},
		{Name: "After sign-out", Value: strings.Join(a.PostLogoutURIs, " "), Code: true},
		{Name: "Asks for consent", Value: asks},
	}
}

func (c *Console) newSecret(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	id := r.PathValue("id")
	added, err := c.Govern.ChangeSecret(r.Context(), v.Actor(), holdfast.AppID(id))
	if err != nil {
		return c.pressed(w, r, err, "", page.ApplicationPath(id))
	}
	c.showMade(w, r, v, added, true)
	return nil
}

func (c *Console) removeApplication(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	err := c.Govern.RemoveApp(r.Context(), v.Actor(), holdfast.AppID(r.PathValue("id")))
	return c.pressed(w, r, err, "The application was removed. Nobody can sign in to it any more.", page.PathApplications)
}

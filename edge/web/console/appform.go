package console

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/grant"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

var appFields = fieldOf{
	"app_name": "name", "redirect_uri": "redirect_uri", "redirect_uri_missing": "redirect_uri", "redirect_uri_many": "further", "preset_value": "redirect_uri",
	"app_domain_taken": "redirect_uri", "app_upstream": "upstream", "app_logout_uri": "logout_uri", "app_auth_method": "auth_method",
	"app_jwks": "jwks", "app_jwks_missing": "jwks", "app_jwks_private": "jwks", "app_min_aal": "min_aal", "app_require_acr": "acr",
	"app_max_age": "max_age", "app_policy_name": "policy_name", "app_sensitivity": "sensitivity", "app_groups": "group", "app_kinds": "kind", "app_kinds_public": "kind", "app_owner": "owners", "app_owners": "owners",
}

func (c *Console) newApplication(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	form := page.ApplicationForm{Demands: true}
	var err error
	if form.Groups, err = c.groupOptions(r.Context(), nil); err != nil {
		return err
	}
	c.Visits.Render(w, r, http.StatusOK, &page.NewApplication{Frame: c.frame(w, r, v), ApplicationForm: form})
	return nil
}

// addApplication shows the new application's secret in its answer, the only
// place where it ever stands.
func (c *Console) addApplication(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	form, err := c.typed(r, true)
	if err != nil {
		return err
	}
	d, err := c.draft(r.Context(), form, grant.Draft{})
	if err == nil {
		added, failed := c.Govern.CreateApp(r.Context(), v.Actor(), d)
		if failed == nil {
			return c.showMade(w, r, v, added, false)
		}
		err = failed
	}
	status, ok := wrong(&form, err)
	if !ok {
		return err
	}
	c.Visits.Render(w, r, status, &page.NewApplication{Frame: c.frame(w, r, v), ApplicationForm: form})
	return nil
}

// wrong puts err beside the input that it is about.
func wrong(form *page.ApplicationForm, err error) (status int, ok bool) {
	form.Errors, status, ok = appFields.onForm(err)
	if text := form.Errors["redirect_uri"]; text != "" && form.Further != "" && grant.CheckRedirectURI(form.Address) == nil {
		form.Errors = page.Errors{"further": text}
	}
	return status, ok
}

func (c *Console) editApplication(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	a, err := c.liveApp(r)
	if err != nil {
		return err
	}
	form, err := c.formOf(r.Context(), a)
	if err != nil {
		return err
	}
	form.Demands = v.Holds().Has(authority.AppsWrite)
	c.Visits.Render(w, r, http.StatusOK, &page.EditApplication{Frame: c.frame(w, r, v), ApplicationForm: form, ID: string(a.ID), Title: a.Name})
	return nil
}

func (c *Console) changeApplication(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	a, err := c.liveApp(r)
	if err != nil {
		return err
	}
	form, err := c.typed(r, v.Holds().Has(authority.AppsWrite))
	if err != nil {
		return err
	}
	d, err := c.draft(r.Context(), form, grant.DraftOf(a))
	if err == nil {
		err = c.Govern.ChangeApp(r.Context(), v.Actor(), a.ID, func(now *grant.Draft) { *now = d })
	}
	if status, ok := wrong(&form, err); ok {
		c.Visits.Render(w, r, status, &page.EditApplication{Frame: c.frame(w, r, v), ApplicationForm: form, ID: string(a.ID), Title: a.Name})
		return nil
	}
	if err != nil {
		return err
	}
	done := "Saved."
	if d.NeedsSecret() && a.SecretHash == "" {
		done = "Saved. It has no secret yet: make one below."
	}
	return c.done(w, r, done, page.ApplicationPath(string(a.ID)))
}

// typed reads the form. all: also what only administrators may say.
func (c *Console) typed(r *http.Request, all bool) (page.ApplicationForm, error) {
	value := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	f := page.ApplicationForm{
		Name: value("name"), Preset: page.Preset(value("preset")), Address: value("redirect_uri"), Upstream: strings.TrimSuffix(value("upstream"), "/"),
		Further: value("further"), PostLogout: value("post_logout"), LogoutURI: value("logout_uri"),
		Method: value("auth_method"), JWKS: value("jwks"), PAR: value("require_par") != "", DPoP: value("require_dpop") != "",
		Demands: all,
	}
	if f.Preset == "" {
		f.Preset = page.PresetOIDC
	}
	if f.Method != string(grant.MethodKey) {
		f.JWKS = "" // left over from a choice that was taken back
	}
	if !all {
		return f, nil
	}
	f.ThirdParty, f.MinAAL, f.ACR, f.MaxAge = value("third_party") != "", value("min_aal"), value("acr"), value("max_age")
	f.PolicyName, f.Sensitivity = value("policy_name"), value("sensitivity")
	f.Kinds, f.Owners = r.PostForm["kind"], value("owners")
	var err error
	f.Groups, err = c.groupOptions(r.Context(), r.PostForm["group"])
	return f, err
}

func (c *Console) groupOptions(ctx context.Context, chosen []string) ([]page.Option, error) {
	groups, err := c.Store.Groups(ctx)
	var out []page.Option
	for _, g := range groups {
		out = append(out, page.Option{Value: string(g.ID), Label: g.Name, Chosen: slices.Contains(chosen, string(g.ID))})
	}
	return out, err
}

// draft is what was typed, on top of what is known of the application.
func (c *Console) draft(ctx context.Context, f page.ApplicationForm, d grant.Draft) (grant.Draft, error) {
	d.Name, d.Preset, d.Upstream = f.Name, string(f.Preset), f.Upstream
	d.RedirectURIs = page.SplitLines(f.Further)
	if f.Address != "" {
		d.RedirectURIs = append([]string{f.Address}, d.RedirectURIs...)
	}
	d.PostLogoutURIs, d.LogoutURI = page.SplitLines(f.PostLogout), f.LogoutURI
	d.JWKS, d.RequirePAR, d.RequireDPoP = f.JWKS, f.PAR, f.DPoP
	if method := cmp.Or(grant.Method(f.Method), grant.MethodSecret); !grant.Forwards(d.Preset) && method != methodOf(d) {
		d.AuthMethod, d.Confidential = method, method != grant.MethodNone
	}
	if !f.Demands {
		return d, nil
	}
	d.ThirdParty, d.RequireACR, d.Kinds = f.ThirdParty, f.ACR, f.Kinds
	level, err := strconv.Atoi(zero(f.MinAAL))
	if err != nil || level < 0 || level > 3 {
		return d, holdfast.Errorf(holdfast.Invalid, "app_min_aal", "Choose one of the levels.")
	}
	d.MinAAL = holdfast.AAL(level)
	minutes, err := strconv.ParseFloat(zero(f.MaxAge), 64)
	if err != nil || minutes < 0 || minutes > math.MaxInt32 {
		return d, holdfast.Errorf(holdfast.Invalid, "app_max_age", "Write a number of minutes, such as 30, or leave it empty.")
	}
	d.MaxAge = int64(math.Round(minutes * 60))
	d.PolicyName = f.PolicyName
	if d.Sensitivity, err = strconv.ParseInt(zero(f.Sensitivity), 10, 64); err != nil {
		return d, holdfast.Errorf(holdfast.Invalid, "app_sensitivity", "How much is at stake is a number from 0 to 9.")
	}
	d.Groups = nil
	for _, g := range f.Groups {
		if g.Chosen {
			d.Groups = append(d.Groups, g.Value)
		}
	}
	d.Owners, err = c.ownerIDs(ctx, page.SplitLines(f.Owners))
	return d, err
}

// methodOf is what an application of this draft proves itself by.
func methodOf(d grant.Draft) grant.Method {
	return grant.App{AuthMethod: d.AuthMethod, Confidential: d.Confidential}.Method()
}

func zero(text string) string {
	if text == "" {
		return "0"
	}
	return text
}

func (c *Console) ownerIDs(ctx context.Context, emails []string) ([]string, error) {
	var ids []string
	for _, e := range emails {
		p, err := c.Store.PersonByEmail(ctx, strings.ToLower(e))
		if holdfast.KindOf(err) == holdfast.NotFound {
			return nil, holdfast.Errorf(holdfast.Invalid, "app_owner", "Nobody has the address %.100s. Write the e-mail address that is on the person's page.", e)
		}
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ids, string(p.ID)) {
			ids = append(ids, string(p.ID))
		}
	}
	return ids, nil
}

// formOf is the form as it would have to be filled in for what a is now.
func (c *Console) formOf(ctx context.Context, a grant.App) (page.ApplicationForm, error) {
	f := page.ApplicationForm{
		Name: a.Name, Preset: page.Preset(a.Preset), Upstream: a.Upstream, PostLogout: page.Lines(a.PostLogoutURIs), LogoutURI: a.LogoutURI,
		Method: string(a.Method()), JWKS: a.JWKS, PAR: a.RequirePAR, DPoP: a.RequireDPoP, ThirdParty: !a.FirstParty,
		MinAAL: strconv.Itoa(int(a.MinAAL)), ACR: a.RequireACR, Kinds: a.Kinds, PolicyName: a.PolicyName,
	}
	if a.Sensitivity > 0 {
		f.Sensitivity = strconv.FormatInt(a.Sensitivity, 10)
	}
	if a.MaxAge > 0 {
		f.MaxAge = strconv.FormatFloat(float64(a.MaxAge)/60, 'f', -1, 64)
	}
	addresses := a.RedirectURIs
	if grant.Forwards(a.Preset) {
		f.Method = ""
		addresses = nil
		for _, u := range a.RedirectURIs {
			addresses = append(addresses, siteOf(u))
		}
	}
	if len(addresses) > 0 {
		f.Address, f.Further = addresses[0], page.Lines(addresses[1:])
	}
	n := c.names()
	for _, id := range a.Owners {
		n.person(holdfast.PersonID(id))
	}
	if err := n.read(ctx); err != nil {
		return f, err
	}
	var owners []string
	for _, id := range a.Owners {
		if e := n.emails[holdfast.PersonID(id)]; e != "" {
			owners = append(owners, e)
		}
	}
	f.Owners = page.Lines(owners)
	var err error
	f.Groups, err = c.groupOptions(ctx, a.Groups)
	return f, err
}

// siteOf is the front page of the site that an address is on.
func siteOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host + "/"
}

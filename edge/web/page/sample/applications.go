package sample

import (
	"time"

	"holdfast/domain/grant"
	"holdfast/edge/web/page"
)

const apache = `OIDCProviderMetadataURL "http://localhost:8080/.well-known/openid-configuration"
OIDCClientID "app_5tq0w2e9r8y7u6i1o3p4"
OIDCRedirectURI "https://wiki.kelp.example/oidc/return"
OIDCPKCEMethod S256
<Location "/">
    AuthType openid-connect
    Require valid-user
</Location>`

// printed is what a sample application's administrator pastes.
func printed(issuer, preset, address, upstream string) string {
	app, _, err := grant.CreateApp("app_5tq0w2e9r8y7u6i1o3p4", grant.Draft{Name: "Wiki", Preset: preset, RedirectURIs: []string{address}, Upstream: upstream}, "", Now())
	if err != nil {
		return err.Error()
	}
	text, err := grant.Configuration(grant.Setting{Issuer: issuer, App: app, Secret: "s3cr3t-of-the-sample-7Qm2vX9bL4", Passphrase: "passphrase-of-the-sample"})
	if err != nil {
		return err.Error()
	}
	return text
}

func applications(f page.Frame, issuer string) []Story {
	list := []page.ApplicationRow{
		{ID: "app1", Name: "Wiki", Host: "wiki.kelp.example", URL: "/wiki", Preset: page.PresetModAuthOpenIDC, Proof: "holds a secret", Secret: true, Created: ago(3 * day), LastUsed: ago(70 * time.Minute)},
		{ID: "app2", Name: "Ward rounds", Host: "localhost", Preset: page.PresetOIDC, Proof: "public, no secret", Created: ago(90 * day)},
		{ID: "app3", Name: "Tide gauges", Host: "tides.kelp.example", Preset: page.PresetNginx, Proof: "asked at each request", Created: ago(time.Hour)},
	}
	groups := []page.Option{{Value: "grp1", Label: "Nurses", Chosen: true}, {Value: "grp2", Label: "Harbour office"}}
	everything := page.ApplicationForm{Name: "Tide gauges", Preset: page.PresetNginx, Address: "https://tides.kelp.example/", Upstream: "http://127.0.0.1:3000",
		PostLogout: "https://tides.kelp.example/", Method: "private_key_jwt", Demands: true, MinAAL: "2", ACR: "phr", MaxAge: "30", Groups: groups,
		Kinds: []string{grant.KindDevice}, Owners: "ada@kelp.example"}
	wrong := everything
	wrong.Address, wrong.Upstream, wrong.MaxAge = "tides.kelp.example", "", "soon"
	wrong.Errors = page.Errors{"redirect_uri": "Write the whole address, with https:// at its start.", "upstream": "Give the address where the application itself listens.",
		"max_age": "Write a number of minutes, such as 30, or leave it empty."}
	lit := page.Light{App: "app1", Who: "Ada Lovelace", At: ago(2 * time.Second), Now: Now()}
	dark := page.Light{App: "app3", Now: Now()}
	wiki := printed(issuer, grant.PresetApache, "https://wiki.kelp.example/", "")
	tides := printed(issuer, grant.PresetNginx, "https://tides.kelp.example/", "http://127.0.0.1:3000")
	story := func(slug, title string, p page.Page) Story { return Story{"Console", "console-" + slug, title, p} }
	return []Story{
		story("applications", "Applications", &page.Applications{Frame: f, Rows: list, MayAdd: true, Export: page.ExportOf(nil)}),
		story("applications-empty", "Applications, none", &page.Applications{Frame: f, MayAdd: true}),
		story("newapplication", "Add an application", &page.NewApplication{Frame: f, ApplicationForm: page.ApplicationForm{Demands: true, Groups: groups}}),
		story("newapplication-wrong", "Add an application, refused", &page.NewApplication{Frame: f, ApplicationForm: wrong}),
		story("editapplication", "Change an application", &page.EditApplication{Frame: f, ApplicationForm: everything, ID: "app3", Title: "Tide gauges"}),
		story("applicationmade", "Application made, nobody there yet", &page.ApplicationMade{Frame: f, ID: "app_5tq0w2e9r8y7u6i1o3p4", Name: "Wiki", Host: "wiki.kelp.example", URL: "/wiki",
			Secret: "s3cr3t-of-the-sample-7Qm2vX9bL4", Issuer: issuer, Preset: page.PresetModAuthOpenIDC, Config: wiki, Light: dark}),
		story("application", "Application", &page.Application{Frame: f, Row: list[0], RedirectURIs: []string{"https://wiki.kelp.example/oidc/return"}, Issuer: issuer, People: 12, Config: wiki, Light: lit,
			Demands: []string{"Members of “Nurses” or “Harbour office”.", "With a sign-in of level AAL2 at least."}, Owners: []page.Link{{Text: "Ada Lovelace", URL: page.PersonPath("per1")}},
			Technical: []page.Pair{{Name: "Flows", Value: "authorization code with PKCE, S256"}}, MayEdit: true, MayRemove: true}),
		story("application-forward", "Application behind a proxy, waiting", &page.Application{Frame: f, Row: list[2], RedirectURIs: []string{"https://tides.kelp.example/.holdfast/callback"},
			Upstream: "http://127.0.0.1:3000", Issuer: issuer, Config: tides, Light: dark, Demands: []string{"Everybody who may sign in."},
			Technical: []page.Pair{{Name: "Protected hosts", Value: "tides.kelp.example", Code: true}}, MayEdit: true}),
	}
}

package interop

import (
	"fmt"
	"testing"

	"holdfast/test/browser"
	"holdfast/test/world"
)

// Forward-auth in a real browser, which has cookies, Fetch Metadata and a
// policy of its own: added at the console, signed in, a form, signed out.
func TestForwardAuthInABrowser(t *testing.T) {
	w := configured(t, `trusted_proxies: ["127.0.0.1/32", "::1/128"]`)
	b := browser.Start(t)
	robin := b.Tab(t, "robin")
	robin.NoAutofill()
	robin.Add(browser.Synced)
	robin.Open(w.Base + "/setup#" + w.SetUpTicket(t))
	robin.Fill("#organisation", "Kelp & Shore")
	robin.Fill("#name", "Robin Wrack")
	robin.Fill("#email", "robin@example.org")
	robin.Click("[data-go]")
	robin.At("/welcome")

	port := world.FreePort(t)
	site := fmt.Sprintf("http://wiki.localhost:%d", port)
	robin.Open(w.Base + "/console/applications/new")
	if browser.Eval[bool](robin, `document.querySelector("#upstream").checkVisibility()`) {
		t.Error("a field for proxies is shown before one is chosen")
	}
	robin.Fill("main input[name=name]", "Wiki")
	robin.Fill("main input[name=redirect_uri]", site+"/")
	robin.Click("#preset-nginx")
	robin.Fill("#upstream", StartBehind(t).URL)
	robin.Screenshot("the form")
	robin.Submits("main form button.primary")
	robin.Says("h1", "Wiki is added")
	StartNginx(t, port, robin.Text("figure.code code")+"\n")

	there := robin.Beside("there")
	there.Open(site + "/pages/one")
	there.Says("body", `"Remote-Email":"robin@example.org"`, `"Path":"/pages/one"`)
	robin.Says("[data-light].on", "Robin Wrack signed in")

	// As typed: no other site leads there. It ends over both, at the site,
	// which asks again.
	there.Open(site + "/.holdfast/sign_out")
	there.At("/signin")
	there.Says("main", "to go on to Wiki")

	// A link on another site only asks. Holdfast's own pages are another site here.
	robin.Open(site + "/pages/one")
	robin.At("/signin")
	robin.Click("[data-go]")
	robin.Says("body", `"Remote-Email"`)
	robin.Open(w.Base + "/")
	browser.Eval[bool](robin, fmt.Sprintf(`location.assign(%q), true`, site+"/.holdfast/sign_out"))
	robin.Says("h1", "Sign out of Kelp & Shore?")
	robin.Screenshot("asked on the application's host")
	for _, found := range robin.Axe() {
		t.Errorf("%s: %s %v", found.ID, found.Help, found.Targets)
	}
	robin.Click(`button[value=stay]`)
	robin.Says("body", `"Remote-Email"`)
	robin.Open(w.Base + "/")
	browser.Eval[bool](robin, fmt.Sprintf(`location.assign(%q), true`, site+"/.holdfast/sign_out"))
	robin.Click(`button[value=signout]`)
	robin.At("/signin")
	robin.Open(w.Base + "/me/passkeys")
	robin.At("/signin")
}

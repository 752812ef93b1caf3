package browser

import (
	"fmt"
	"strings"
	"testing"

	"holdfast/test/world"
)

// The ground's whole story in a real browser against the real demo: from the
// printed link to a person who signs in to an application, adds a spare, names
// it, loses it, and signs out everywhere. Each part stands on the ones before.
func TestFromTheSetUpLinkToSignOutEverywhere(t *testing.T) {
	t.Parallel()
	demo, b := StartDemo(t), Start(t)
	robin, ada := b.Tab(t, "robin"), b.Tab(t, "ada")
	var rock, cloud, key *Authenticator // robin's; ada's synced one and her security key
	var link string

	parts := []struct {
		name string
		do   func(*testing.T)
	}{
		{"the set-up link makes the administrator", func(t *testing.T) {
			robin := robin.For(t)
			rock = robin.Add(Synced)
			robin.Open(demo.SetUp)
			robin.Until(`location.hash === ""`) // the secret leaves the address bar
			look(t, robin, "setup")
			robin.Fill("#organisation", "Kelp & Shore")
			robin.Fill("#name", "Robin Wrack")
			robin.Fill("#email", "robin@kelp.example")
			robin.Click("[data-go]")
			robin.At("/welcome")
			robin.Says("main", "Your passkey is ready", "synced")
			look(t, robin, "welcome")
			c := rock.only(t)
			if c.UserName != "robin@kelp.example" || c.UserDisplayName != "Robin Wrack" || !c.IsResidentCredential || c.RpID != "localhost" {
				t.Errorf("the authenticator holds %+v", c)
			}
		}},
		{"the set-up link works once", func(t *testing.T) {
			late := b.Tab(t, "late")
			late.Open(demo.SetUp)
			late.Says("main", "Set-up is done")
		}},
		{"the administrator invites a person", func(t *testing.T) {
			robin := robin.For(t)
			robin.Submits(`a[href="/console"]`)
			robin.Says("h1", "Kelp & Shore is running")
			look(t, robin, "console")
			robin.Open(demo.Origin + "/console/people/new")
			look(t, robin, "new-person")
			robin.Fill("main input[name=name]", "Ada Lovelace")
			robin.Fill("main input[name=email]", "ada@kelp.example")
			robin.Submits("main form button.primary")
			robin.Says("h1", "The invitation for Ada Lovelace is ready")
			look(t, robin, "invitation-made")
			link = robin.Text("[data-secret] code")
			if !strings.HasPrefix(link, demo.Origin+"/enrol#") {
				t.Fatalf("the link is %q", link)
			}
		}},
		{"the link is shown once", func(t *testing.T) {
			robin := robin.For(t)
			_, secret, _ := strings.Cut(link, "#")
			for _, at := range []string{"/console/invitations", "/console/people?q=ada", "/console/audit"} {
				robin.Open(demo.Origin + at)
				robin.See("h1")
				if Eval[bool](robin, fmt.Sprintf(`document.documentElement.outerHTML.includes(%q)`, secret)) {
					t.Errorf("%s shows the secret of the invitation", at)
				}
			}
			robin.Open(demo.Origin + "/console/invitations")
			look(t, robin, "invitations")
			robin.Open(demo.Origin + "/demo/mail") // the person's own copy
			look(t, robin, "mail")
			robin.Submits("main table a")
			robin.Says("main", link)
			look(t, robin, "mail-message")
		}},
		{"the person makes a passkey from the link", func(t *testing.T) {
			ada := ada.For(t)
			cloud = ada.Add(Synced)
			ada.Open(link)
			ada.Says("main", "Welcome, Ada Lovelace", "Robin Wrack invited you to Kelp & Shore")
			look(t, ada, "enrol")
			ada.Click("[data-go]")
			ada.At("/welcome")
			ada.Says("main", "Your passkey is ready", "synced")
			ada.Submits("p.after a")
			ada.Says("h1", "Hello, Ada Lovelace")
			look(t, ada, "home")
			ada.Submits(`form[action="/signout"] button`)
			ada.Says("h1", "You are signed out")
			look(t, ada, "signed-out")
		}},
		{"autofill signs in to the application", func(t *testing.T) {
			ada := ada.For(t)
			cloud.Presence(false) // nobody chooses from the list yet
			ada.Open(demo.App)
			look(t, ada, "app")
			ada.Submits(`main a.button`)
			ada.At("/signin")
			ada.Says("main", "to go on to Tide tables")
			look(t, ada, "signin")
			cloud.Presence(true)
			ada.Open(ada.Location())
			ada.Until(fmt.Sprintf(`location.href === %q && document.readyState === "complete"`, demo.App+"/"))
			ada.Says("h1", "Hello, Ada Lovelace")
			ada.Says("table", "ada@kelp.example", "pop, user, mfa", "\tphr\t", demo.Origin)
			look(t, ada, "app-signed-in")
		}},
		{"a device that holds a passkey makes no second one", func(t *testing.T) {
			ada := ada.For(t)
			ada.Open(demo.Origin + "/me/passkeys")
			ada.Says("h1", "You have one passkey, and no spare")
			ada.Says("li.passkey", "synced")
			look(t, ada, "passkeys-one")
			ada.Click("form[data-ceremony] [data-go]")
			ada.Says("[data-problem]", "This device already holds a passkey for you")
		}},
		{"a security key becomes the spare", func(t *testing.T) {
			ada := ada.For(t)
			cloud.Presence(false) // the person reaches for the other one
			key = ada.Add(DeviceBound)
			ada.Click("form[data-ceremony] [data-go]")
			ada.Until(`document.querySelectorAll("li.passkey").length === 2 && document.readyState === "complete"`)
			ada.Says("h1", "You have 2 passkeys")
			ada.Says("li.passkey:nth-child(1)", "synced", "used for this sign-in")
			ada.Says("li.passkey:nth-child(2)", "this device only, not proven")
			look(t, ada, "passkeys-two")
		}},
		{"a passkey is renamed", func(t *testing.T) {
			ada := ada.For(t)
			ada.Click("li.passkey:nth-child(2) summary.button")
			ada.Fill("li.passkey:nth-child(2) input[name=name]", "Blue key on my ring")
			ada.Submits("li.passkey:nth-child(2) details button")
			ada.Says("[data-toasts]", "The passkey has its new name.")
			ada.Says("li.passkey:nth-child(2) h2", "Blue key on my ring")
		}},
		{"a changed name reaches the passkey provider", func(t *testing.T) {
			robin, ada := robin.For(t), ada.For(t)
			robin.Open(demo.Origin + "/console/people?q=ada@kelp.example")
			robin.Submits("table.list th a")
			robin.Says("h1", "Ada Lovelace")
			look(t, robin, "person")
			robin.Fill(`form[action$="/edit"] input[name=name]`, "Ada King")
			robin.Submits(`form[action$="/edit"] button`)
			robin.Says("h1", "Ada King")
			ada.Open(demo.Origin + "/")
			ada.Says("h1", "Hello, Ada King")
			cloud.Until("carries the new name", func(c []*Credential) bool { return len(c) == 1 && c[0].UserDisplayName == "Ada King" })
		}},
		{"a removed passkey leaves the authenticator", func(t *testing.T) {
			ada := ada.For(t)
			lost := key.only(t)
			ada.Open(demo.Origin + "/me/passkeys")
			ada.Click("li.passkey:nth-child(2) button[data-dialog]")
			ada.Says("dialog[open]", "Remove “Blue key on my ring”?", "What remains")
			look(t, ada, "remove")
			ada.Submits("dialog[open] button.alarm")
			ada.Says("[data-toasts]", "The passkey was removed.")
			if n := Eval[int](ada, `document.querySelectorAll("li.passkey").length`); n != 1 {
				t.Errorf("%d cards, want 1", n)
			}
			key.Until("is empty", func(c []*Credential) bool { return len(c) == 0 })
			cloud.only(t)

			// From a device that missed the signal it opens nothing, and goes then.
			stale := b.Tab(t, "stale")
			old := stale.Add(DeviceBound)
			old.Put(lost)
			stale.NoAutofill()
			stale.Open(demo.Origin + "/signin")
			stale.Click("[data-go]")
			stale.Says("[data-problem]", "not known here")
			old.Until("is empty", func(c []*Credential) bool { return len(c) == 0 })
			if at := stale.Location(); at != demo.Origin+"/signin" {
				t.Errorf("the removed passkey led to %s", at)
			}
		}},
		{"signing out everywhere ends the session elsewhere", func(t *testing.T) {
			ada, elsewhere := ada.For(t), b.Tab(t, "elsewhere")
			phone := elsewhere.Add(Synced)
			phone.Put(cloud.only(t)) // the provider has synced it
			elsewhere.Open(demo.Origin + "/signin")
			elsewhere.At("/")
			elsewhere.Says("h1", "Hello, Ada King")
			phone.Presence(false)

			beside := ada.Beside("ada-beside")
			beside.Open(demo.Origin + "/me/passkeys")
			beside.Says("h1", "You have one passkey")

			ada.Open(demo.Origin + "/me/sessions")
			ada.Says("h1", "You are signed in in 2 places")
			look(t, ada, "sessions")
			ada.Click("button.alarm[data-dialog]")
			ada.Submits("dialog[open] button.alarm")
			ada.At("/signedout")
			ada.Says("main", "Every session of yours has ended")
			for _, tab := range []*Tab{ada, beside, elsewhere} {
				tab.Open(demo.Origin + "/me/passkeys")
				tab.At("/signin")
			}
		}},
		{"signing out at the application ends the session here", func(t *testing.T) {
			ada := ada.For(t)
			front := fmt.Sprintf(`location.href === %q && document.readyState === "complete"`, demo.App+"/")
			// It was told that the session ended, behind the browser's back.
			openUntil(ada, demo.App, front+` && document.querySelector("main").innerText.includes("Signed out by")`)
			ada.Says("h1", "Tide tables")
			key.Remove() // a virtual one is touched all the time, and has nothing
			cloud.Presence(true)
			ada.Click("main a.button")
			ada.Until(front + ` && document.querySelector("h1").innerText === "Hello, Ada King"`)
			cloud.Presence(false)
			ada.Click(`form[action="/signout"] button`)
			ada.Until(front + ` && document.querySelector("h1").innerText === "Tide tables"`)
			ada.Open(demo.Origin + "/me/passkeys")
			ada.At("/signin")
		}},
		{"the console shows all of it", func(t *testing.T) {
			robin := robin.For(t)
			for _, at := range []string{"people", "groups", "applications", "applications/new", "sessions", "audit", "settings"} {
				robin.Open(demo.Origin + "/console/" + at)
				robin.See("h1")
				look(t, robin, "console-"+strings.ReplaceAll(at, "/", "-"))
			}
			robin.Open(demo.Origin + "/console/audit")
			robin.Says("main", "Ada King", "Robin Wrack")
			robin.Submits("main table a")
			look(t, robin, "console-audit-record")
		}},
		{"the log holds", func(t *testing.T) {
			if v := Ask[world.Verified](t, demo, "audit", "verify"); !v.OK || v.Records == 0 {
				t.Errorf("audit verify: %+v", v)
			}
		}},
	}
	for _, p := range parts {
		if !t.Run(p.name, p.do) {
			t.Fatal("the story ends here")
		}
	}
}

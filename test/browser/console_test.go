package browser

import (
	"fmt"
	"strings"
	"testing"
)

// The console as each role has it, in a real browser against the real demo.
// Each part stands on the ones before.
func TestTheConsoleOfEachRole(t *testing.T) {
	t.Parallel()
	d, b := StartDemo(t), Start(t)
	robin, helen := b.Tab(t, "robin"), b.Tab(t, "helen")
	robin.Add(Synced)
	robin.Open(d.SetUp)
	robin.Fill("#organisation", "Kelp & Shore")
	robin.Fill("#name", "Robin Wrack")
	robin.Fill("#email", "robin@kelp.example")
	robin.Click("[data-go]")
	robin.At("/welcome")
	helen.Add(Synced)
	helen.Open(d.Invite(t, "Helen Sand", "helen@kelp.example").URL)
	helen.Click("[data-go]")
	helen.At("/welcome")
	rail := func(tab *Tab) string { return Eval[string](tab, `document.querySelector(".rail").innerText`) }
	buttons := func(tab *Tab) int {
		return Eval[int](tab, `document.querySelectorAll("main form[method=post]").length`)
	}
	page := "" // Helen's

	parts := []struct {
		name string
		do   func(*testing.T)
	}{
		{"the search leads by keys alone", func(t *testing.T) {
			robin := robin.For(t)
			robin.Open(d.Origin + "/console")
			robin.Press("/")
			robin.Until(`document.activeElement.id === "find"`)
			robin.Fill("#find", "sand")
			robin.Until(`document.querySelectorAll("[data-finds] a").length > 0`)
			robin.Says("[data-finds]", "People", "Helen Sand", "helen@kelp.example")
			look(t, robin, "search-open")
			robin.Fill("#find", "sand")
			robin.Until(`!document.querySelector("[data-finds]").hidden`)
			robin.Press(Down)
			robin.Until(`document.activeElement.closest("[data-finds]") !== null`)
			robin.Press(Escape)
			robin.Until(`document.activeElement.id === "find" && document.querySelector("[data-finds]").hidden`)
			robin.Press(Enter)
			robin.At("/console/search")
			robin.Says("h1", "“sand”")
			look(t, robin, "search")
			robin.Press("/")
			robin.Until(`document.activeElement.id === "find"`)
			robin.Press(Down)
			robin.Until(`document.activeElement.closest("[data-results]") !== null`)
			robin.Press(Enter)
			robin.Until(`location.pathname.startsWith("/console/people/per_") && document.readyState === "complete"`)
			robin.Says("h1", "Helen Sand")
			page = robin.Location()
		}},
		{"a role is refused on its form, and given", func(t *testing.T) {
			robin := robin.For(t)
			robin.Click(`input[name=role][value=auditor]`)
			robin.Submits(`form[action$="/role"] button`)
			robin.Says(`form[action$="/role"]`, "Say when the auditor", "Sees everything, the audit log too")
			if !Eval[bool](robin, `document.querySelector("input[name=role][value=auditor]").checked`) {
				t.Error("what was chosen is lost")
			}
			robin.Complaints() // the browser notes the 422
			look(t, robin, "role-refused")
			robin.Click(`input[name=role][value=helpdesk]`)
			robin.Submits(`form[action$="/role"] button`)
			robin.Says("[data-toasts]", "Their role is now: help desk.")
			robin.Open(d.Origin + "/console/people?role=helpdesk")
			robin.Says("h1", "1 person matches")
			look(t, robin, "people-role")
		}},
		{"the help desk sees its part", func(t *testing.T) {
			helen := helen.For(t)
			helen.Open(d.Origin + "/console")
			look(t, helen, "start")
			for _, noun := range []string{"Settings", "Audit", "API tokens", "Applications"} {
				if strings.Contains(rail(helen), noun) {
					t.Errorf("the rail has %s", noun)
				}
			}
			helen.Open(d.Origin + "/console/people?q=robin")
			helen.Submits("table.list th a")
			helen.Says("h1", "Robin Wrack")
			if n := buttons(helen); n > 0 {
				t.Errorf("%d buttons over an administrator", n)
			}
			look(t, helen, "an-administrator")
			helen.Open(d.Origin + "/console/credentials")
			look(t, helen, "credentials")
			helen.Open(d.Origin + "/console/settings")
			helen.Says("body", "no page at this address")
			helen.Complaints() // the browser notes the 404
		}},
		{"a passkey is suspended from the inventory", func(t *testing.T) {
			robin := robin.For(t)
			robin.Open(d.Origin + "/console/credentials?q=helen")
			robin.Says("h1", "1 passkey matches")
			look(t, robin, "credentials")
			robin.Submits(`form[action$="/suspend"] button`)
			robin.Says("[data-toasts]", "The passkey is suspended")
			if at := robin.Location(); !strings.HasSuffix(at, "/console/credentials?q=helen") {
				t.Errorf("the filter is lost: %s", at)
			}
			helen.For(t).Open(d.Origin + "/console")
			helen.For(t).At("/signin")
			robin.Submits(`form[action$="/activate"] button`)
			robin.Says("[data-toasts]", "The passkey works again.")
		}},
		{"a token is made, shown once, and revoked", func(t *testing.T) {
			robin := robin.For(t)
			robin.Open(d.Origin + "/console/tokens")
			look(t, robin, "tokens-empty")
			robin.Fill("main input[name=name]", "Nightly import")
			robin.Submits(`form[action="/console/tokens"] button.primary`)
			robin.Says("main", "Give the token at least one scope.")
			robin.Complaints()
			robin.Click(`input[name=scope][value="people:read"]`)
			robin.Submits(`form[action="/console/tokens"] button.primary`)
			robin.Says("h1", "The token for Nightly import is ready")
			secret := robin.Text("#token")
			if !strings.HasPrefix(secret, "hft_") {
				t.Errorf("the token is %q", secret)
			}
			look(t, robin, "token-made")
			robin.Open(d.Origin + "/console/tokens")
			if Eval[bool](robin, fmt.Sprintf(`document.documentElement.outerHTML.includes(%q)`, secret)) {
				t.Error("the list shows the secret")
			}
			look(t, robin, "tokens")
			robin.Click(`button[data-dialog^="revoke-"]`)
			robin.Submits(`dialog[open] button.alarm`)
			robin.Says("[data-toasts]", "The token was revoked.")
			robin.Says("table.list", "revoked")
		}},
		{"the keys are rolled over", func(t *testing.T) {
			robin := robin.For(t)
			robin.Open(d.Origin + "/console/settings")
			look(t, robin, "settings")
			robin.Click(`button[data-dialog="roll"]`)
			robin.Submits(`#roll button.primary`)
			robin.Says("main", "signs soon")
		}},
		{"a list leaves as a file, and the log says so", func(t *testing.T) {
			robin := robin.For(t)
			robin.Open(d.Origin + "/console/people")
			got := Eval[string](robin, `fetch(document.querySelector(".exports a").href).then(r => r.text().then(t => r.headers.get("content-disposition") + "\n" + t))`)
			if !strings.HasPrefix(got, "attachment; filename=\"holdfast-people-") || !strings.Contains(got, "helen@kelp.example") {
				t.Errorf("the file is %q", got)
			}
			robin.Open(d.Origin + "/console/audit?type=export.made")
			robin.Says("table.list", "Robin Wrack took the list of people along as a file")
			look(t, robin, "audit")
		}},
		{"without script", func(t *testing.T) {
			robin := robin.For(t)
			robin.Scripts(false)
			defer robin.Scripts(true)
			robin.Open(d.Origin + "/console")
			robin.Fill("#find", "sand"+Enter)
			robin.At("/console/search")
			robin.Says("h1", "“sand”")
			robin.Open(page)
			robin.Click(`button[data-dialog="suspend"]`)
			robin.Until(`document.querySelector("#suspend").open`)
			robin.Submits(`#suspend button.alarm`)
			robin.Says("main", "Cannot sign in until you let them")
		}},
	}
	for _, p := range parts {
		if !t.Run(p.name, p.do) {
			return
		}
	}
}

package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"holdfast/test/client"
	"holdfast/test/softkey"
	"holdfast/test/story"
)

// An organisation in which administrators need a key that is proven to be one,
// and nurses may sync theirs: who is refused reads why, in a real browser, and
// what is let in is worth what was proven.
func TestWhatAPasskeyMustProve(t *testing.T) {
	t.Parallel()
	d, b := StartDemo(t), Start(t)
	maker, err := softkey.NewCA("Key Works")
	if err != nil {
		t.Fatal(err)
	}
	key := func() *softkey.Authenticator {
		c := softkey.Attested(maker, story.Model)
		c.Origin = d.Origin
		return softkey.New(c)
	}
	robin, sam, tess, nils := b.Tab(t, "robin"), b.Tab(t, "sam"), b.Tab(t, "tess"), b.Tab(t, "nils")
	app := newCallback(t, d)
	tessLink := ""

	parts := []struct {
		name string
		do   func(*testing.T)
	}{
		{"before the policy", func(t *testing.T) {
			robin, sam := robin.For(t), sam.For(t)
			robin.Bridge(key())
			robin.Open(d.SetUp)
			robin.Fill("#organisation", "St. Brigid")
			robin.Fill("#name", "Robin Wrack")
			robin.Fill("#email", "robin@brigid.example")
			robin.Click("[data-go]")
			robin.At("/welcome")
			sam.NoAutofill()
			sam.Add(Synced)
			sam.Open(d.Invite(t, "Sam Reed", "sam@brigid.example").URL)
			sam.Click("[data-go]")
			sam.At("/welcome")
			Ask[struct{}](t, d, "person", "promote", "sam@brigid.example")
			sam.Open(d.Origin + "/console")
			sam.Says("h1", "St. Brigid")
			c := app.signIn(t, robin)
			if c["acr"] != "phr" || has(c, "hwk") {
				t.Errorf("before anybody trusts its maker, the key gives acr %v, amr %v", c["acr"], c["amr"])
			}
		}},
		{"the policy ends what does not fit", func(t *testing.T) {
			robin, sam := robin.For(t), sam.For(t)
			rev := propose(t, d, maker)
			for _, tab := range []*Tab{robin, sam} {
				tab.Open(d.Origin + rev)
				tab.Submits(`form[action$="/approve"] button`)
			}
			robin.Open(d.Origin + rev + "/plan")
			robin.Says("main", "The shortest way")
			robin.Click(`button[data-dialog="apply"]`)
			robin.Submits(`#apply button.primary`)
			robin.Says("h1", "is in force")
			sam.Until(`fetch("/console", {redirect: "manual"}).then(r => r.type === "opaqueredirect")`)
			sam.Open(d.Origin + "/console")
			sam.At("/signin")
			sam.Complaints()
			sam.Click("[data-go]")
			sam.Says("[data-problem]", "suspended")
			plain(t, sam)
			sam.Complaints()
			look(t, sam, "suspended")

			robin.Open(d.Origin + "/signin?confirm=1&return=/console")
			robin.Click("[data-go]")
			robin.At("/console")
			robin.Open(d.Origin + "/console/policy/replacements")
			robin.Says("main", "Sam Reed")
			look(t, robin, "replacements")
			robin.Open(d.Origin + "/console/people?q=sam")
			robin.Submits("table.list th a")
			robin.Says("main", "suspended")
			look(t, robin, "sam")
		}},
		{"a synced passkey is refused to an administrator", func(t *testing.T) {
			link := d.Invite(t, "Tess Holt", "tess@brigid.example")
			tessLink = link.URL
			Ask[struct{}](t, d, "person", "promote", "tess@brigid.example")
			tab := b.Tab(t, "tess-synced")
			tab.Add(Synced)
			tab.Open(link.URL)
			tab.Says("h1", "Welcome, Tess")
			tab.Click("[data-go]")
			tab.Says("[data-problem]", "can be synced to other devices", "only one that stays on its device is accepted")
			plain(t, tab)
			tab.Complaints()
			look(t, tab, "synced")
		}},
		{"and so is a key of which nobody knows the maker", func(t *testing.T) {
			tab := b.Tab(t, "tess-unproven")
			tab.Add(DeviceBound)
			tab.Open(tessLink)
			tab.Says("h1", "Welcome, Tess")
			tab.Click("[data-go]")
			tab.Says("[data-problem]", "Nothing proves that this passkey stays on its device", "it says so itself")
			plain(t, tab)
			tab.Click("[data-problem] summary")
			tab.Says("[data-problem-code]", "policy_device_bound_unproven", "dec_")
			tab.Complaints()
			look(t, tab, "unproven")
			code := tab.Text("[data-problem-code]")
			_, id, _ := strings.Cut(code, "dec_")
			id, _, _ = strings.Cut("dec_"+id, ":")
			said := Ask[struct {
				Same bool
				Said []string
			}](t, d, "explain", strings.TrimSpace(id))
			if !said.Same || len(said.Said) == 0 {
				t.Errorf("of %s it is explained %+v", id, said)
			}
		}},
		{"a key that is proven is accepted", func(t *testing.T) {
			tess := tess.For(t)
			tess.Bridge(key())
			tess.Open(tessLink)
			tess.Says("h1", "Welcome, Tess")
			tess.Click("[data-go]")
			tess.At("/welcome")
			if says := tess.Text("main"); strings.Contains(says, "not proven") || !strings.Contains(says, "this device only") {
				t.Errorf("of a key that is proven the page says %q", says)
			}
			look(t, tess, "accepted")
			c := app.signIn(t, tess, oauth2.SetAuthURLParam("acr_values", "phrh"))
			if c["acr"] != "phrh" || !has(c, "hwk") || has(c, "swk") {
				t.Errorf("the token says acr %v, amr %v", c["acr"], c["amr"])
			}
			tess.Open(d.Origin + "/console")
			tess.Says("h1", "St. Brigid")
		}},
		{"and cannot be followed by a weaker one", func(t *testing.T) {
			tab := tess.For(t).Beside("tess-further") // without the bridge
			tab.Add(Synced)
			tab.Open(d.Origin + "/me/passkeys")
			tab.Click("form[data-ceremony=enrol] [data-go]")
			tab.Says("[data-problem]", "can be synced to other devices")
			plain(t, tab)
			tab.Complaints()
			look(t, tab, "further")
			tab.Open(d.Origin + "/me/passkeys")
			if n := Eval[int](tab, `document.querySelectorAll("li.passkey").length`); n != 1 {
				t.Errorf("Tess has %d passkeys", n)
			}
		}},
		{"a nurse may sync hers", func(t *testing.T) {
			nils := nils.For(t)
			nils.Add(Synced)
			nils.Open(d.Invite(t, "Nils Berg", "nils@brigid.example").URL)
			nils.Click("[data-go]")
			nils.At("/welcome")
			look(t, nils, "welcome")
			c := app.signIn(t, nils, oauth2.SetAuthURLParam("acr_values", "phr"))
			for _, proof := range []string{"phrh", "aal3"} {
				if c["acr"] == proof {
					t.Errorf("a synced passkey gives acr %s", proof)
				}
			}
			if c["acr"] != "phr" || has(c, "hwk") || !has(c, "swk") {
				t.Errorf("the token says acr %v, amr %v", c["acr"], c["amr"])
			}
		}},
		{"the session of a key says what it proves", func(t *testing.T) {
			robin := robin.For(t)
			c := app.signIn(t, robin, oauth2.SetAuthURLParam("acr_values", "phrh"))
			if c["acr"] != "phrh" || !has(c, "hwk") {
				t.Errorf("the administrator's token says acr %v, amr %v", c["acr"], c["amr"])
			}
			robin.Open(d.Origin + "/me/passkeys")
			robin.Says("li.passkey", "proven")
			look(t, robin, "passkeys")
		}},
	}
	for _, p := range parts {
		if !t.Run(p.name, p.do) {
			return
		}
	}
}

// propose proposes story.Document by the host's command line, and gives the
// path of the revision's page.
func propose(t *testing.T, d *Demo, maker *softkey.CA) string {
	t.Helper()
	dir := t.TempDir()
	text, files := story.Document(maker)
	files["policy.yaml"] = text
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := Ask[struct{ ID string }](t, d, "policy", "propose", filepath.Join(dir, "policy.yaml"), "--note", "keys for administrators")
	return "/console/policy/revisions/" + r.ID
}

// callback is an application whose users' browsers end at a page of its own.
type callback struct {
	*client.App
	d *Demo
}

func newCallback(t *testing.T, d *Demo) callback {
	t.Helper()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>App</title><h1>You are back</h1>")
	}))
	t.Cleanup(page.Close)
	redirect := page.URL + "/cb"
	r := Ask[client.Registered](t, d, "app", "create", "--name", "Wards", "--redirect-uri", redirect, "--confidential")
	a, err := client.NewApp(t.Context(), d.Origin, r, redirect)
	if err != nil {
		t.Fatal(err)
	}
	return callback{a, d}
}

// signIn signs whoever is in tab in to the application, and gives what its ID
// token says. Where Holdfast asks for a passkey, tab's is used.
func (a callback) signIn(t *testing.T, tab *Tab, more ...oauth2.AuthCodeOption) map[string]any {
	t.Helper()
	z := a.Authorization(more...)
	tab.Open(z.URL)
	tab.Until(`document.readyState === "complete" && (location.pathname === "/cb" || location.pathname === "/signin")`)
	if strings.HasPrefix(tab.Location(), a.d.Origin) {
		tab.Click("[data-go]")
		tab.At("/cb")
	}
	at, err := url.Parse(tab.Location())
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := a.Redeem(t.Context(), z, at)
	if err != nil {
		t.Fatal(err)
	}
	tab.Complaints() // the application has no icon
	return tokens.Claims
}

// has says whether a token's amr has a method.
func has(claims map[string]any, method string) bool {
	all, _ := claims["amr"].([]any)
	return slices.Contains(all, any(method))
}

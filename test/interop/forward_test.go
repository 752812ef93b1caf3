package interop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"holdfast/test/client"
	"holdfast/test/world"
)

// guarded is a wiki behind a proxy, whose configuration the host's command
// printed, and Ada, who is a nurse.
type guarded struct {
	*world.World
	t     *testing.T
	admin *client.Client
	ada   *client.Client
	id    string // Ada's
	site  string // origin of the wiki
	app   string

	preset, behind string
}

// configured is a world with further lines in its configuration.
func configured(t *testing.T, lines string) *world.World {
	t.Helper()
	w := world.Prepare(t, world.SQLite)
	file, err := os.OpenFile(w.Config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(file, lines)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	w.Start(t)
	return w
}

// nurses puts somebody into the group of that name.
func nurses(t *testing.T, w *world.World, person string) {
	t.Helper()
	w.CLI(t, nil, "group", "add", "Nurses")
	w.CLI(t, nil, "group", "join", "Nurses", person)
}

func guard(t *testing.T, preset string, start func(t testing.TB, port int, printed string)) *guarded {
	t.Helper()
	g := &guarded{World: configured(t, `trusted_proxies: ["127.0.0.1/32", "::1/128"]`), t: t}
	g.admin = g.Admin(t)
	g.ada, g.id = g.Enrol(t, "Ada Lovelace", "ada@example.org")
	g.ada.HTTP.Transport = local()
	nurses(t, g.World, g.id)

	port := world.FreePort(t)
	g.site = fmt.Sprintf("http://wiki.localhost:%d", port)
	g.preset, g.behind = preset, StartBehind(t).URL
	var made struct {
		ClientID      string `json:"client_id"`
		Configuration string
	}
	g.CLI(t, &made, "app", "create", "--name", "Wiki", "--confidential", "--preset", preset, "--redirect-uri", g.site+"/", "--upstream", g.behind)
	g.app = made.ClientID
	start(t, port, made.Configuration)
	return g
}

// part is a subtest whose failures are its own.
func (g *guarded) part(name string, do func(t *testing.T)) {
	whole := g.t
	whole.Run(name, func(t *testing.T) {
		g.t = t
		defer func() { g.t = whole }()
		do(t)
	})
}

// stranger is a browser that holds Ada's key, with nobody signed in.
func (g *guarded) stranger() *client.Client {
	g.t.Helper()
	c, err := client.New(g.Base, g.ada.Key)
	if err != nil {
		g.t.Fatal(err)
	}
	c.HTTP.Transport = local()
	return c
}

// open walks to a page and signs in where it is sent to the door.
func (g *guarded) open(c *client.Client, at string) *client.Page {
	g.t.Helper()
	page, err := c.Walk(g.t.Context(), at, "")
	if err == nil && page.URL.Path == "/signin" {
		var next string
		if next, err = c.SignIn(g.t.Context(), "", page.URL.Query().Get("return")); err == nil {
			page, err = c.Walk(g.t.Context(), next, "")
		}
	}
	if err != nil {
		g.t.Fatal(err)
	}
	return page
}

// told is what the application behind the proxy was told, by header.
func (g *guarded) told(p *client.Page) map[string]string {
	g.t.Helper()
	var told map[string]string
	if err := json.Unmarshal(p.Body, &told); err != nil || p.Status != http.StatusOK {
		g.t.Fatalf("%s answers %d %s: %v", p.URL, p.Status, p.Body, err)
	}
	return told
}

// atTheDoor says that the page asks to sign in.
func (g *guarded) atTheDoor(c *client.Client, at string) {
	g.t.Helper()
	page, err := c.Walk(g.t.Context(), at, "")
	if err != nil || page.URL.Path != "/signin" {
		g.t.Fatalf("got %v, %v, want the door", page, err)
	}
}

// endSessions is the administrator at the console.
func (g *guarded) endSessions() {
	g.t.Helper()
	page, err := g.admin.PostForm(g.t.Context(), "/console/people/"+g.id+"/sessions/end", url.Values{})
	if err != nil || page.Status != http.StatusSeeOther {
		g.t.Fatalf("the console answers %v, %v", page, err)
	}
}

var proxies = map[string]func(testing.TB, int, string){"nginx": StartNginx, "caddy": StartCaddy}

// A proxy that asks Holdfast about each request, with the configuration that
// was printed for it, as it is.
func TestForwardAuth(t *testing.T) {
	for preset, start := range proxies {
		t.Run(preset, func(t *testing.T) {
			g := guard(t, preset, start)
			ada := g.stranger()
			g.atTheDoor(ada, g.site+"/pages/one?a=b&c=d")

			told := g.told(g.open(ada, g.site+"/pages/one?a=b&c=d"))
			for name, want := range map[string]string{"Path": "/pages/one?a=b&c=d", "Remote-User": g.id, "Remote-Email": "ada@example.org",
				"Remote-Name": "Ada Lovelace", "Remote-Groups": "Nurses"} {
				if told[name] != want {
					t.Errorf("%s: the application was told %q, want %q", name, told[name], want)
				}
			}
			g.asserted(told["X-Holdfast-Assertion"])
			g.spoofs(ada, told)
			g.signedOut()

			g.part("what changes something passes when signed in", func(t *testing.T) {
				page, err := ada.PostForm(t.Context(), g.site+"/save", url.Values{"text": {"x"}})
				if err != nil || g.told(page)["Method"] != http.MethodPost {
					t.Errorf("got %v, %v", page, err)
				}
			})
			g.part("a session that the console ends is over at the next request", func(t *testing.T) {
				g.endSessions()
				g.atTheDoor(ada, g.site+"/")
				g.told(g.open(ada, g.site+"/"))
			})
			g.part("signing out ends both", func(t *testing.T) {
				page, err := ada.Walk(t.Context(), g.site+"/.holdfast/sign_out", "")
				if err != nil || page.Status != http.StatusOK || !strings.Contains(string(page.Body), "You are signed out") {
					t.Fatalf("got %v, %v", page, err)
				}
				g.atTheDoor(ada, g.site+"/")
				g.atTheDoor(ada, g.Base+"/me/passkeys")
			})
			g.part("who is in none of the groups is told so", func(t *testing.T) {
				mary, _ := g.Enrol(t, "Mary", "mary@example.org")
				mary.HTTP.Transport = local()
				g.told(g.open(mary, g.site+"/"))
				g.demandNurses()
				page, err := mary.Walk(t.Context(), g.site+"/", "")
				if err != nil || page.Status != http.StatusForbidden || !strings.Contains(string(page.Body), "members of certain groups") {
					t.Errorf("Mary sees %v, %v: %s", page.Status, err, page.Body)
				}
				g.told(g.open(ada, g.site+"/"))
			})
			g.part("a removed application lets nobody in", func(t *testing.T) {
				g.CLI(t, nil, "app", "remove", g.app)
				page, err := ada.Walk(t.Context(), g.site+"/", "")
				if err != nil || page.Status != http.StatusForbidden {
					t.Errorf("got %v, %v", page, err)
				}
			})
			g.Verify(t)
		})
	}
}

// demandNurses has the administrator demand the group, at the console.
func (g *guarded) demandNurses() {
	g.t.Helper()
	var groups []struct{ ID, Name string }
	g.CLI(g.t, &groups, "group", "list")
	for _, grp := range groups {
		if grp.Name != "Nurses" {
			continue
		}
		page, err := g.admin.PostForm(g.t.Context(), "/console/applications/"+g.app+"/edit", url.Values{"name": {"Wiki"}, "preset": {g.preset},
			"redirect_uri": {g.site + "/"}, "upstream": {g.behind}, "group": {grp.ID}})
		if err != nil || page.Status != http.StatusSeeOther {
			g.t.Fatalf("the console answers %v, %v: %s", page.Status, err, page.Body)
		}
		return
	}
	g.t.Fatal("there are no nurses")
}

// asserted verifies the assertion with the published keys, as an application
// would that trusts no header.
func (g *guarded) asserted(raw string) {
	g.t.Helper()
	page, err := g.ada.Get(g.t.Context(), g.Base+"/jwks")
	var keys jose.JSONWebKeySet
	if err == nil {
		err = json.Unmarshal(page.Body, &keys)
	}
	if err != nil {
		g.t.Fatal(err)
	}
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		g.t.Fatalf("assertion %q: %v", raw, err)
	}
	var got struct {
		Issuer   string   `json:"iss"`
		Audience string   `json:"aud"`
		Subject  string   `json:"sub"`
		Groups   []string `json:"groups"`
	}
	if err := token.Claims(keys, &got); err != nil {
		g.t.Fatal(err)
	}
	if got.Issuer != g.Base || got.Audience != g.site || got.Subject != g.id || cmp.Diff([]string{"Nurses"}, got.Groups) != "" {
		g.t.Errorf("the assertion says %+v", got)
	}
}

// spoofs sends what a browser should not be able to say.
func (g *guarded) spoofs(ada *client.Client, honest map[string]string) {
	g.t.Helper()
	for _, header := range []string{"Remote-User", "Remote-Groups", "Remote_User", "Remote.User", "remote-user", "X-Holdfast-Assertion", "X-Original-URL",
		"X-Forwarded-Host", "X-Forwarded-Uri", "X-Forwarded-Proto"} {
		for who, c := range map[string]*client.Client{"Ada": ada, "a stranger": g.stranger()} {
			r, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, g.site+"/spoof", nil)
			if err != nil {
				g.t.Fatal(err)
			}
			r.Header[header] = []string{"https://root.example.org/"}
			r.Header.Set("Accept", "text/html")
			answer, err := c.HTTP.Do(r)
			if err != nil {
				g.t.Fatal(err)
			}
			var told map[string]string
			json.NewDecoder(answer.Body).Decode(&told)
			answer.Body.Close()
			switch {
			case who == "a stranger" && answer.StatusCode == http.StatusOK:
				g.t.Errorf("%s: a stranger is let in", header)
			case answer.StatusCode == http.StatusOK && (told["Remote-User"] != g.id || told["Remote-Groups"] != "Nurses" || told["Remote_user"] != "" || told["Remote_User"] != "" || told["Remote.user"] != "" || told["Remote.User"] != ""):
				g.t.Errorf("%s: the application was told %v", header, told)
			case strings.Contains(answer.Header.Get("Location"), "root.example.org"):
				g.t.Errorf("%s: %s is sent to %s", header, who, answer.Header.Get("Location"))
			}
		}
	}
}

// signedOut sees what strangers get who are no person at a page.
func (g *guarded) signedOut() {
	g.t.Helper()
	post, err := g.stranger().PostForm(g.t.Context(), g.site+"/save", url.Values{"text": {"x"}})
	if err != nil || post.Status != http.StatusUnauthorized {
		g.t.Errorf("a form of somebody signed out: %v, %v", post, err)
	}
	for header, value := range map[string]string{"Sec-Fetch-Mode": "cors", "X-Requested-With": "XMLHttpRequest", "Upgrade": "websocket"} {
		r, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, g.site+"/api", nil)
		if err != nil {
			g.t.Fatal(err)
		}
		r.Header.Set(header, value)
		if header == "Upgrade" {
			r.Header.Set("Connection", "Upgrade")
		}
		answer, err := g.stranger().HTTP.Do(r)
		if err != nil {
			g.t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusUnauthorized {
			g.t.Errorf("%s: %s: got %s, want 401", header, value, answer.Status)
		}
	}
}

// Whoever is not trusted to say which host was asked for gets no answer, and
// the log says what to do.
func TestForwardAuthNeedsTrust(t *testing.T) {
	w := world.New(t, world.SQLite)
	w.Admin(t)
	port := world.FreePort(t)
	site := fmt.Sprintf("http://wiki.localhost:%d", port)
	var made struct{ Configuration string }
	w.CLI(t, &made, "app", "create", "--name", "Wiki", "--preset", "caddy", "--redirect-uri", site+"/", "--upstream", StartBehind(t).URL)
	StartCaddy(t, port, made.Configuration)
	c := w.Browser(t)
	c.HTTP.Transport = local()
	page, err := c.Walk(t.Context(), site+"/", "")
	if err != nil || page.Status != http.StatusForbidden || !strings.Contains(string(page.Body), "trusted_proxies") {
		t.Errorf("got %v, %v: %s", page.Status, err, page.Body)
	}
	if log := w.Server.Stderr(); !strings.Contains(log, "trusted_proxies") {
		t.Errorf("the log does not say what to do:\n%s", log)
	}
}

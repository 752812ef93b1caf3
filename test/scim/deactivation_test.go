package scim

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"holdfast/test/client"
)

// way is how requests of one browser or program go: to one of the nodes, and to
// the wiki, whose reverse proxy asks that node about each request as Caddy's
// forward_auth does.
type way struct {
	p    *place
	node int
	app  string // the wiki's client id
	http http.Transport
}

const wikiHost = "wiki.localhost:4096" // nothing listens there

// RoundTrip is http.RoundTripper.
func (w *way) RoundTrip(r *http.Request) (*http.Response, error) {
	there := r.Clone(r.Context())
	there.URL.Host = w.p.addresses[w.node]
	there.Host = r.URL.Host
	if r.URL.Host != wikiHost {
		return w.answered(there, r)
	}
	there.Header.Set("X-Forwarded-Proto", "http")
	there.Header.Set("X-Forwarded-Host", wikiHost)
	there.Header.Set("X-Forwarded-Uri", r.URL.RequestURI())
	there.Header.Set("X-Forwarded-Method", r.Method)
	if strings.HasPrefix(r.URL.Path, "/.holdfast/") {
		return w.answered(there, r)
	}
	there.Method, there.Body = http.MethodGet, nil
	there.URL.Path, there.URL.RawQuery = "/.holdfast/auth", url.Values{"app": {w.app}, "mode": {"redirect"}}.Encode()
	answer, err := w.answered(there, r)
	if err != nil || answer.StatusCode != http.StatusNoContent {
		return answer, err
	}
	answer.Body.Close()
	inside := httptest.NewRecorder()
	fmt.Fprint(inside, "the wiki")
	page := inside.Result()
	page.Request = r
	return page, nil
}

func (w *way) answered(there, r *http.Request) (*http.Response, error) {
	answer, err := w.http.RoundTrip(there)
	if answer != nil {
		answer.Request = r
	}
	return answer, err
}

// CloseIdleConnections is for http.Client's.
func (w *way) CloseIdleConnections() { w.http.CloseIdleConnections() }

// via takes a browser to a node.
func (p *place) via(c *client.Client, node int, app string) *client.Client {
	c.HTTP.Transport = &way{p: p, node: node, app: app}
	return c
}

// held is everything that Ada has open, each tried at one node.
type held struct {
	p       *place
	wiki    string // client id of what forward-auth protects
	browser *client.Client
	app     *client.App
	tokens  *client.Tokens
	api     string
}

// holdings signs Ada in everywhere. She is an administrator, since only who
// holds a role has an API token.
func holdings(p *place, ada *client.Client) *held {
	p.Helper()
	h := &held{p: p, browser: ada, api: p.token(ada, "people:read")}
	var made client.Registered
	p.worlds[0].CLI(p, &made, "app", "create", "--name", "Wiki", "--preset", "caddy", "--redirect-uri", "http://"+wikiHost+"/", "--upstream", "http://127.0.0.1:9")
	h.wiki = made.ClientID
	h.app = p.worlds[0].App(p, "Ledger", "https://ledger.example.org/callback")
	h.app.OAuth.Scopes = append(h.app.OAuth.Scopes, "offline_access")
	var err error
	if h.tokens, err = ada.SignInTo(p.Context(), h.app); err != nil {
		p.Fatal(err)
	}
	if page, err := p.via(ada, 0, h.wiki).Walk(p.Context(), "http://"+wikiHost+"/", ""); err != nil || string(page.Body) != "the wiki" {
		p.Fatalf("the wiki: %v %v", page, err)
	}
	return h
}

// open says what of it is let in at a node, at one request each.
func (h *held) open(node int) map[string]bool {
	p := h.p
	p.Helper()
	get := func(c *client.Client, at string) int {
		page, err := c.Get(p.Context(), at)
		if err != nil {
			p.Fatal(err)
		}
		return page.Status
	}
	b := p.via(h.browser, node, h.wiki)
	program := &http.Client{Transport: &way{p: p, node: node}}
	bearing := func(path, token string) int {
		r, err := http.NewRequestWithContext(p.Context(), http.MethodGet, p.base+path, nil)
		if err != nil {
			p.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := program.Do(r)
		if err != nil {
			p.Fatal(err)
		}
		defer answer.Body.Close()
		io.Copy(io.Discard, answer.Body)
		return answer.StatusCode
	}
	ctx := context.WithValue(p.Context(), oauth2.HTTPClient, program)
	next, err := h.app.OAuth.TokenSource(ctx, &oauth2.Token{RefreshToken: h.tokens.RefreshToken}).Token()
	refreshed := err == nil
	if refreshed {
		h.tokens.RefreshToken = next.RefreshToken
	} else if !strings.Contains(err.Error(), "invalid_grant") {
		p.Errorf("refresh: %v", err)
	}
	return map[string]bool{
		"access token":    bearing("/userinfo", h.tokens.AccessToken) == 200,
		"refresh token":   refreshed,
		"browser session": get(b, "/me/passkeys") == 200,
		"console":         get(b, "/console/people") == 200,
		"forward-auth":    get(b, "http://"+wikiHost+"/page") == 200,
		"API token, SCIM": bearing("/scim/v2/Users", h.api) == 200,
		"API token":       bearing("/api/v1/me", h.api) == 200,
	}
}

// all sees that everything is open, or that nothing is.
func (h *held) all(open bool, when string) {
	h.p.Helper()
	for node := range h.p.worlds {
		for what, is := range h.open(node) {
			if is != open {
				h.p.Errorf("%s, at node %d: %s is let in: %v", when, node, what, is)
			}
		}
	}
}

// What a directory says of somebody holds at the next request, on every node:
// each was warm with requests that were let in.
func TestADeactivatedPersonIsOut(t *testing.T) {
	t.Parallel()
	for name, deactivate := range map[string]func(p *place, id string, d asks) error{
		"PATCH active": func(p *place, id string, d asks) error {
			return d("patch", q{"kind": "User", "of": id, "operations": []q{{"op": "replace", "path": "active", "value": false}}})
		},
		"PUT": func(p *place, id string, d asks) error {
			return d("put", q{"kind": "User", "of": id, "resource": q{"userName": "ada@example.org", "displayName": "Ada", "active": false}})
		},
		"DELETE": func(p *place, id string, d asks) error { return d("remove", q{"kind": "User", "of": id}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both(t, func(p *place) {
				p.trustProxies()
				d := p.directory(p.token(p.admin, append(all, "roles:write")...))
				ada, id := p.worlds[0].Enrol(p, "Ada", "ada@example.org")
				p.role(id, "administrator")
				h := holdings(p, ada)
				h.all(true, "before")
				if err := deactivate(p, id, func(verb string, what q) error { return d.Ask(verb, what, nil) }); err != nil {
					p.Fatal(err)
				}
				h.all(false, "after")
				for node := range p.worlds {
					again := p.via(p.browser(ada), node, "")
					if _, err := again.SignIn(p.Context(), "", ""); err == nil {
						p.Errorf("node %d let her sign in", node)
					}
				}
				if name != "DELETE" {
					d.Must("patch", q{"kind": "User", "of": id, "operations": []q{{"op": "replace", "path": "active", "value": true}}}, nil)
					again := p.via(p.browser(ada), len(p.worlds)-1, "")
					if _, err := again.SignIn(p.Context(), "", ""); err != nil {
						p.Errorf("active again, and cannot sign in: %v", err)
					}
					for what, is := range h.open(0) {
						if is {
							p.Errorf("active again: the old %s is let in", what)
						}
					}
				}
				p.worlds[0].Verify(p)
			})
		})
	}
}

type asks func(verb string, what q) error

// role gives somebody a role, at the console.
func (p *place) role(id, role string) {
	p.Helper()
	page, err := p.admin.PostForm(p.Context(), "/console/people/"+id+"/role", url.Values{"role": {role}})
	if err != nil || page.Status != http.StatusSeeOther {
		p.Fatalf("role: %v %d", err, page.Status)
	}
}

// A directory's token is worth what its scopes say and its owner holds, and
// without roles:write it touches nobody who holds a role.
func TestWhatADirectoryMayNot(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		owner, ownerID := p.worlds[0].Enrol(p, "Owner", "owner@example.org")
		p.role(ownerID, "administrator")
		d := p.directory(p.token(owner, all...))
		var users struct {
			Resources []resource
		}
		d.Must("list", q{"kind": "User", "params": q{"filter": `userName eq "root@example.org"`}}, &users)
		root := users.Resources[0].ID
		_, helpID := p.worlds[0].Enrol(p, "Help", "help@example.org")
		p.role(helpID, "helpdesk")
		off := []q{{"op": "replace", "path": "active", "value": false}}
		for _, who := range []string{root, helpID, ownerID} {
			p.refused(d.Ask("patch", q{"kind": "User", "of": who, "operations": off}, nil), 403, "")
			p.refused(d.Ask("put", q{"kind": "User", "of": who, "resource": q{"userName": "taken.over@example.org"}}, nil), 403, "")
			p.refused(d.Ask("remove", q{"kind": "User", "of": who}, nil), 403, "")
		}
		big := p.directory(p.token(owner, append(all, "roles:write")...))
		p.refused(big.Ask("patch", q{"kind": "User", "of": ownerID, "operations": off}, nil), 400, "mutability") // not themselves

		// Nobody is raised: what is said of roles is dropped.
		var ada resource
		d.Must("create", q{"kind": "User", "resource": q{"userName": "ada@example.org", "displayName": "Ada", "roles": []q{{"value": "administrator", "primary": true}},
			"entitlements": []q{{"value": "people:write"}}}}, &ada)
		d.Must("patch", q{"kind": "User", "of": ada.ID, "operations": []q{{"op": "add", "path": "roles", "value": []q{{"value": "administrator"}}}}}, nil)
		for _, who := range p.worlds[0].People(p) {
			if who.ID == ada.ID && who.Role != "" && who.Role != "member" {
				p.Errorf("a directory made them %s", who.Role)
			}
		}

		// Scopes, and no token at all.
		reader := p.directory(p.token(owner, "people:read"))
		reader.Must("get", q{"kind": "User", "of": ada.ID}, nil)
		for verb, what := range map[string]q{
			"create": {"kind": "User", "resource": q{"userName": "eve@example.org"}},
			"patch":  {"kind": "User", "of": ada.ID, "operations": off},
			"remove": {"kind": "User", "of": ada.ID},
			"list":   {"kind": "Group"},
		} {
			p.refused(reader.Ask(verb, what, nil), 403, "")
		}
		for _, token := range []string{"", "hft_00000000000000000000000000000000", "x y", p.base} {
			p.refused(p.directory(token).Ask("list", q{"kind": "User"}, nil), 401, "")
		}

		// The owner leaves: the token is worth nothing, at each node.
		p.worlds[0].CLI(p, nil, "person", "suspend", "owner@example.org")
		for range 2 * len(p.worlds) {
			p.refused(d.Ask("get", q{"kind": "User", "of": ada.ID}, nil), 401, "")
		}
	})
}

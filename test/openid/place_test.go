package openid

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdfast/test/client"
	"holdfast/test/world"
)

const redirect = "https://wiki.example.org/callback"

// place is a deployment, somebody who uses it, and how to register
// applications there.
type place struct {
	*testing.T
	issuer string
	host   *world.World
	nodes  []*world.Node // none: there is one server
	admin  *client.Client
	ada    *client.Client
}

// both runs a test at one server on SQLite and at three on PostgreSQL.
func both(t *testing.T, test func(p *place)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		w := world.New(t, world.SQLite)
		p := &place{T: t, issuer: w.Base, host: w, admin: w.Admin(t)}
		p.ada, _ = w.Enrol(t, "Ada", "ada@example.org")
		test(p)
	})
	t.Run("PostgreSQL, three nodes", func(t *testing.T) {
		t.Parallel()
		test(cluster(t))
	})
}

// cluster is three nodes; Ada's browser takes them in turn.
func cluster(t *testing.T) *place {
	t.Helper()
	c := world.NewCluster(t, 3)
	admin := c.Nodes[2].Admin(t)
	ada, _ := c.Nodes[0].Enrol(t, "Ada", "ada@example.org")
	return &place{T: t, issuer: c.Base, host: c.Nodes[0].World, nodes: c.Nodes,
		admin: c.At(admin, world.InTurn), ada: c.At(ada, world.InTurn)}
}

// tokens are what an application holds in the end.
type tokens struct {
	Access  string         `json:"access_token"`
	Refresh string         `json:"refresh_token"`
	Type    string         `json:"token_type"`
	Scope   string         `json:"scope"`
	ID      string         `json:"id_token"`
	Claims  map[string]any `json:"claims"`
}

// register adds an application by the command line.
func (p *place) register(args ...string) client.Registered {
	p.Helper()
	var r client.Registered
	p.host.CLI(p, &r, append([]string{"app", "create", "--name", "Wiki", "--redirect-uri", redirect}, args...)...)
	return r
}

// app is a running application that is registered with args.
func (p *place) app(args ...string) *App {
	p.Helper()
	r := p.register(args...)
	a := Run(p)
	q := Q{"issuer": p.issuer, "client_id": r.ClientID, "auth": "none"}
	if r.ClientSecret != "" {
		q["auth"], q["client_secret"] = "basic", r.ClientSecret
	}
	a.Must("discover", q, nil)
	return a
}

// keys writes a public key set for the command line.
func (p *place) keys(set string) string {
	p.Helper()
	path := filepath.Join(p.TempDir(), "keys.json")
	if err := os.WriteFile(path, []byte(set), 0o600); err != nil {
		p.Fatal(err)
	}
	return path
}

// callback lets Ada's browser answer a request of a, and gives the address
// that it was sent to in the end.
func (p *place) callback(a *App, q Q) string {
	p.Helper()
	q["redirect_uri"] = redirect
	var begun struct{ URL string }
	a.Must("begin", q, &begun)
	to, err := p.ada.Authorize(p.Context(), client.Authorization{URL: begun.URL}, redirect)
	if err != nil {
		p.Fatal(err)
	}
	return to.String()
}

// signIn is a whole code flow.
func (p *place) signIn(a *App, q Q) (t tokens) {
	p.Helper()
	to := p.callback(a, q)
	a.Must("redeem", Q{"callback": to, "dpop": q["dpop"] == true}, &t)
	return t
}

// refused sees that an application is refused with a code.
func (p *place) refused(err error, code string) {
	p.Helper()
	r, ok := errors.AsType[*Refusal](err)
	if !ok || r.Code != code {
		p.Errorf("%v, want %s", err, code)
	}
}

// fresh is another browser with Ada's passkeys, nobody signed in. It goes
// through the balancer, anew for each request: to no node that died.
func (p *place) fresh() *client.Client {
	p.Helper()
	c, err := client.New(p.issuer, p.ada.Key)
	if err != nil {
		p.Fatal(err)
	}
	c.HTTP.Transport = &http.Transport{DisableKeepAlives: true}
	return c
}

// errorOf is what an application is told at its address.
func errorOf(callback string) string {
	u, err := url.Parse(callback)
	if err != nil || !strings.HasPrefix(callback, redirect) {
		return "not sent to the application"
	}
	return u.Query().Get("error")
}

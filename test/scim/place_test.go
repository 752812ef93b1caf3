package scim

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"testing"
	"time"

	"holdfast/test/client"
	"holdfast/test/node"
	"holdfast/test/world"
)

// place is a deployment with its administrator.
type place struct {
	*testing.T
	base      string
	worlds    []*world.World // one, or the nodes
	addresses []string       // of each, host:port
	admin     *client.Client
}

// both runs a test at one server on SQLite and at three nodes on PostgreSQL.
func both(t *testing.T, test func(p *place)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		w := world.New(t, world.SQLite)
		u, err := url.Parse(w.Base)
		if err != nil {
			t.Fatal(err)
		}
		p := &place{T: t, base: w.Base, worlds: []*world.World{w}, addresses: []string{u.Host}}
		p.admin = w.Admin(t)
		test(p)
	})
	t.Run("PostgreSQL, three nodes", func(t *testing.T) {
		t.Parallel()
		c := world.NewCluster(t, 3)
		p := &place{T: t, base: c.Base}
		for _, n := range c.Nodes {
			p.worlds, p.addresses = append(p.worlds, n.World), append(p.addresses, n.Listen)
		}
		p.admin = c.At(c.Nodes[2].Admin(t), world.InTurn) // whose link is the last, which works
		test(p)
	})
}

// trustProxies lets this host be a reverse proxy.
func (p *place) trustProxies() {
	p.Helper()
	for _, w := range p.worlds {
		file, err := os.OpenFile(w.Config, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			p.Fatal(err)
		}
		fmt.Fprintln(file, `trusted_proxies: ["127.0.0.1/32", "::1/128"]`)
		if err := file.Close(); err != nil {
			p.Fatal(err)
		}
		w.Restart(p)
	}
}

var shownSecret = regexp.MustCompile(`role="textbox"[^>]*>(hft_[^<]+)</code>`)

// token is an API token of whoever sits at b, made at the console.
func (p *place) token(b *client.Client, scopes ...string) string {
	p.Helper()
	page, err := b.PostForm(p.Context(), "/console/tokens", url.Values{"name": {"Directory"}, "scope": scopes,
		"ends": {time.Now().AddDate(0, 0, 30).UTC().Format(time.DateOnly)}})
	if err != nil || page.Status != http.StatusOK {
		p.Fatalf("the console makes no token: %v %d", err, page.Status)
	}
	shown := shownSecret.FindSubmatch(page.Body)
	if shown == nil {
		p.Fatalf("the console shows no token: %s", page.Body)
	}
	return string(shown[1])
}

// all are the scopes of a directory that may do what SCIM knows, but not touch
// who holds a role.
var all = []string{"people:read", "people:write", "people:erase", "groups:read", "groups:write"}

// directory is one that has a token.
func (p *place) directory(token string) *node.Process {
	p.Helper()
	d := node.Run(p, "scim", "directory.mjs", "scimmy")
	d.Must("connect", node.Q{"base": p.base + "/scim/v2", "token": token}, nil)
	return d
}

// refused sees that a directory was refused with a status and a scimType.
func (p *place) refused(err error, status int, scimType string) {
	p.Helper()
	r, ok := errors.AsType[*node.Refusal](err)
	if !ok || r.Status != status || r.Code != scimType {
		p.Errorf("%v, want %d %q", err, status, scimType)
	}
}

// resource is what a test reads of a user or a group.
type resource struct {
	ID, UserName, DisplayName, ExternalID string
	Active                                bool
	Members                               []struct{ Value, Display string }
	Groups                                []struct{ Value, Display string }
}

// browser has the authenticator of key, or a new one.
func (p *place) browser(key *client.Client) *client.Client {
	p.Helper()
	c, err := client.New(p.base, nil)
	if key != nil {
		c, err = client.New(p.base, key.Key)
	}
	if err != nil {
		p.Fatal(err)
	}
	return c
}

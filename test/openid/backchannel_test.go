package openid

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"holdfast/test/client"
	"holdfast/test/world"
)

// told is a running application that is told of logouts: its address is its
// own server's.
func (p *place) told(name string, more Q) *App {
	p.Helper()
	a := Run(p)
	var at struct{ URL string }
	q := Q{"issuer": p.issuer, "jwks": p.issuer + "/jwks"}
	maps.Copy(q, more)
	a.Must("listen", q, &at)
	r := p.connect(name, url.Values{"logout_uri": {at.URL}, "auth_method": {"none"}})
	a.Must("expect", Q{"client_id": r.ClientID}, nil)
	return p.runs(a, r)
}

// claims are those of a logout token that its application has verified.
type claims struct{ Wrong, Sub, Sid string }

// heard waits for the n-th logout token of an application.
func (p *place) heard(a *App, n int) claims {
	p.Helper()
	var all []claims
	a.Must("heard", Q{"n": n}, &all)
	if len(all) != n {
		p.Fatalf("%d logout tokens, want %d: %v", len(all), n, all)
	}
	return all[n-1]
}

// However a session ends, each application of it that wants to be told is told
// once, by a token that it can verify; and one of another session is not.
func TestBackChannelLogoutArrives(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		p.reach()
		wiki, ledger := p.told("Wiki", nil), p.told("Ledger", nil)
		person := func(verb string) { p.hostOf(1).CLI(p, nil, "person", verb, "ada@example.org") }
		ends := []struct {
			name string
			do   func(got tokens)
		}{
			{"by an administrator, on the host", func(got tokens) { p.hostOf(2).CLI(p, nil, "session", "end", got.Claims["sid"].(string)) }},
			{"by an administrator, at the console", func(got tokens) {
				p.presses(p.admin, "/console/people/"+got.Claims["sub"].(string)+"/sessions/end")
			}},
			{"by signing out", func(tokens) { p.presses(p.ada, "/signout") }},
			{"by signing out at an application", func(got tokens) {
				var to struct{ URL string }
				wiki.Must("logout", Q{"params": Q{"id_token_hint": got.ID}}, &to)
				if _, err := p.ada.Get(p.Context(), to.URL); err != nil {
					p.Fatal(err)
				}
			}},
			{"by suspension", func(tokens) { person("suspend") }},
		}
		for i, end := range ends {
			got := p.signIn(wiki, Q{})
			other := p.signIn(ledger, Q{})
			end.do(got)
			for name, a := range map[string]*App{"wiki": wiki, "ledger": ledger} {
				said := p.heard(a, i+1)
				if said.Wrong != "" || said.Sid != got.Claims["sid"] || said.Sub != got.Claims["sub"] || said.Sid != other.Claims["sid"] {
					p.Errorf("%s: the %s heard %+v of %v", end.name, name, said, got.Claims)
				}
			}
			p.refused(wiki.Ask("refresh", Q{"refresh_token": got.Refresh}, nil), "invalid_grant")
		}
		person("reinstate")

		// Ada's browser signs in to the wiki, her phone to the ledger.
		got := p.signIn(wiki, Q{})
		browser := p.ada
		p.ada = p.fresh()
		p.signIn(ledger, Q{})
		p.presses(browser, "/signout")
		if said := p.heard(wiki, len(ends)+1); said.Sid != got.Claims["sid"] {
			p.Errorf("heard %+v", said)
		}
		p.presses(p.ada, "/signout")
		if said := p.heard(ledger, len(ends)+1); said.Wrong != "" || said.Sid == got.Claims["sid"] {
			p.Errorf("the ledger heard of the browser's session: %+v", said)
		}
	})
}

// presses sends a form without fields.
func (p *place) presses(c *client.Client, path string) {
	p.Helper()
	page, err := c.PostForm(p.Context(), path, url.Values{})
	if err != nil || page.Status != http.StatusSeeOther && page.Status != http.StatusOK {
		p.Fatalf("POST %s: %v %d %s", path, err, page.Status, page.Body)
	}
}

// One application is dead and one holds whatever it is sent. While it does,
// sessions end, Ada signs in, and a third application is told. A server that
// waited for the one that holds would always find that it had been let go of
// meanwhile; one that does not may on a very slow machine, so it may try again.
func TestAReceiverThatIsIllDelaysNobody(t *testing.T) {
	t.Parallel()
	both(t, func(p *place) {
		p.reach()
		dead := p.runs(Run(p), p.connect("Dead", url.Values{"logout_uri": {fmt.Sprintf("http://127.0.0.1:%d/out", world.FreePort(p))}, "auth_method": {"none"}}))
		ill, well := p.told("Ill", Q{"hang": true}), p.told("Well", nil)
		end := func(got tokens) { p.hostOf(1).CLI(p, nil, "session", "end", got.Claims["sid"].(string)) }
		everywhere := func() (got tokens) {
			for _, a := range []*App{dead, ill, well} {
				got = p.signIn(a, Q{})
			}
			return got
		}
		n, held := 0, []bool{}
		for len(held) < 5 && !slices.Contains(held, true) {
			end(everywhere())
			n++
			p.heard(well, n)
			var one struct{ Request int }
			ill.Must("holds", nil, &one)
			got := everywhere()
			end(got)
			n++
			if said := p.heard(well, n); said.Wrong != "" || said.Sid != got.Claims["sid"] {
				p.Fatalf("heard %+v of %v", said, got.Claims)
			}
			var now struct{ Still bool }
			ill.Must("holding", Q{"request": one.Request}, &now)
			held = append(held, now.Still)
		}
		if !slices.Contains(held, true) {
			p.Errorf("in %d attempts nobody signed in while a receiver held its request", len(held))
		}
	})
}

// The node that is telling an application dies before it has an answer: another
// tells it, once the lease of the dead one is over.
func TestANodeDiesWhileItTells(t *testing.T) {
	t.Parallel()
	t.Run("PostgreSQL, three nodes", func(t *testing.T) {
		t.Parallel()
		p := cluster(t)
		p.reach()
		wiki := p.told("Wiki", Q{"hangs": 1})
		got := p.signIn(wiki, Q{})
		p.hostOf(0).CLI(t, nil, "session", "end", got.Claims["sid"].(string))
		var one struct{ Request int }
		wiki.Must("holds", nil, &one)
		for _, n := range p.nodes { // whichever it is
			n.Kill()
			n.Start(t)
		}
		wiki.Must("dropped", Q{"request": one.Request}, nil)
		if said := p.heard(wiki, 1); said.Wrong != "" || said.Sid != got.Claims["sid"] {
			t.Errorf("heard %+v of %v", said, got.Claims)
		}
	})
}

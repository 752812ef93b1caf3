package nodes

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"holdfast/test/client"
	"holdfast/test/world"
)

// three starts the usual cluster with its administrator.
func three(t *testing.T) *world.Cluster {
	t.Helper()
	c := world.NewCluster(t, 3)
	c.Nodes[2].Admin(t) // each start prints a new link, and the last one counts
	return c
}

// enrol gives somebody's browser, with which they are signed in.
func enrol(t *testing.T, c *world.Cluster, name string) *client.Client {
	t.Helper()
	b, _ := c.Nodes[0].Enrol(t, name, name+"@example.org")
	return c.At(b, world.InTurn)
}

// another is another browser with the same passkeys, at a node.
func another(t *testing.T, c *world.Cluster, b *client.Client, node int) *client.Client {
	t.Helper()
	a, err := client.New(c.Base, b.Key)
	if err != nil {
		t.Fatal(err)
	}
	return c.At(a, node)
}

// signedIn says whether a node knows who the browser is.
func signedIn(t *testing.T, c *world.Cluster, b *client.Client, node int) bool {
	t.Helper()
	p, err := c.At(b, node).Get(t.Context(), "/me/passkeys")
	if err != nil {
		t.Fatal(err)
	}
	return p.Status == http.StatusOK
}

func TestWhatIsBegunOnOneNodeEndsOnAnother(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := three(t)
	t.Run("an invitation", func(t *testing.T) {
		i := c.Nodes[0].Invite(t, "Ada", "ada@example.org")
		b := c.At(c.Nodes[1].Browser(t), 1)
		begun, err := b.BeginEnrol(ctx, i.Ticket)
		if err != nil {
			t.Fatal(err)
		}
		made, err := b.Key.Create(begun.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.At(b, 2).FinishEnrol(ctx, begun.ID, made); err != nil {
			t.Fatal(err)
		}
		if !signedIn(t, c, b, 0) {
			t.Error("a third node does not know the session")
		}
	})
	bob := enrol(t, c, "bob")
	t.Run("a sign-in", func(t *testing.T) {
		b := another(t, c, bob, 0)
		begun, err := b.BeginSignIn(ctx, "", "")
		if err != nil {
			t.Fatal(err)
		}
		answer, err := b.Key.Get(begun.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.At(b, 1).FinishSignIn(ctx, begun.ID, answer); err != nil {
			t.Fatal(err)
		}
		if !signedIn(t, c, b, 2) {
			t.Error("a third node does not know the session")
		}
	})
	t.Run("an authorization, each request on another node", func(t *testing.T) {
		app := c.Nodes[1].App(t, "App", "http://localhost:9/callback")
		programs := oidc.ClientContext(ctx, c.HTTP(world.InTurn))
		for range 4 {
			b := another(t, c, bob, world.InTurn)
			z := app.Authorization()
			callback, err := b.Authorize(ctx, z, app.OAuth.RedirectURL)
			if err != nil {
				t.Fatal(err)
			}
			tokens, err := app.Redeem(programs, z, callback)
			if err != nil {
				t.Fatal(err)
			}
			info, err := app.Provider.UserInfo(programs, app.OAuth.TokenSource(programs, tokens.Token))
			if err != nil || info.Subject != tokens.ID.Subject {
				t.Errorf("userinfo elsewhere: %+v, %v", info, err)
			}
		}
	})
	for _, n := range c.Nodes {
		n.Verify(t)
	}
}

// race runs sixty at once over three nodes and counts those that win; the
// others must be refused by a problem, not by an accident.
func race(t *testing.T, c *world.Cluster, try func(i int, node int) error) {
	t.Helper()
	const runners = 60
	errs := make([]error, runners)
	var begin, all sync.WaitGroup
	begin.Add(1)
	for i := range runners {
		all.Go(func() {
			begin.Wait()
			errs[i] = try(i, i%len(c.Nodes))
		})
	}
	begin.Done()
	all.Wait()
	won, refused := 0, map[string]int{}
	for _, err := range errs {
		problem, ok := errors.AsType[*client.Problem](err)
		switch {
		case err == nil:
			won++
		case ok && problem.Status >= 400 && problem.Status < 500:
			refused[problem.Code]++
		default:
			t.Errorf("neither won nor refused: %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d won; the others: %v", won, runners, refused)
	}
	t.Logf("the losers were told %v", refused)
}

func TestSixtyAtOnceHaveOneWinner(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := three(t)
	bob := enrol(t, c, "bob")

	t.Run("of a ceremony", func(t *testing.T) {
		b := another(t, c, bob, 0)
		begun, err := b.BeginSignIn(ctx, "", "")
		if err != nil {
			t.Fatal(err)
		}
		answer, err := b.Key.Get(begun.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		browsers := make([]*client.Client, 60)
		for i := range browsers {
			browsers[i] = another(t, c, bob, i%3)
		}
		race(t, c, func(i, _ int) error {
			_, err := browsers[i].FinishSignIn(ctx, begun.ID, answer)
			return err
		})
	})
	t.Run("of a ticket", func(t *testing.T) {
		invited := c.Nodes[0].Invite(t, "Eve", "eve@example.org")
		type ready struct {
			b    *client.Client
			id   string
			made []byte
		}
		all := make([]ready, 60)
		for i := range all {
			b := c.At(c.Nodes[0].Browser(t), i%3)
			begun, err := b.BeginEnrol(ctx, invited.Ticket)
			if err != nil {
				t.Fatal(err)
			}
			made, err := b.Key.Create(begun.PublicKey)
			if err != nil {
				t.Fatal(err)
			}
			all[i] = ready{b, begun.ID, made}
		}
		race(t, c, func(i, _ int) error {
			_, err := all[i].b.FinishEnrol(ctx, all[i].id, all[i].made)
			return err
		})
		if ks := c.Nodes[1].Passkeys(t, invited.Person); len(ks) != 1 {
			t.Errorf("one ticket made %d passkeys", len(ks))
		}
	})
	t.Run("of a code", func(t *testing.T) {
		app := c.Nodes[0].App(t, "App", "http://localhost:9/callback")
		z := app.Authorization()
		callback, err := another(t, c, bob, world.InTurn).Authorize(ctx, z, app.OAuth.RedirectURL)
		if err != nil {
			t.Fatal(err)
		}
		race(t, c, func(_, node int) error {
			_, err := app.Redeem(oidc.ClientContext(ctx, c.HTTP(node)), z, callback)
			return refusal(err)
		})
	})
	c.Nodes[0].Check(t)
}

func TestAnEndedSessionIsEndedEverywhere(t *testing.T) {
	t.Parallel()
	c := three(t)
	bob := enrol(t, c, "bob")
	for home := range c.Nodes {
		b := another(t, c, bob, home)
		if _, err := b.SignIn(t.Context(), "", ""); err != nil {
			t.Fatal(err)
		}
		for n := range c.Nodes {
			if !signedIn(t, c, b, n) {
				t.Fatalf("node %d does not know a session of node %d", n, home)
			}
		}
		thief, err := client.New(c.Base, nil) // a copy of the cookie, that the sign-out does not take
		if err != nil {
			t.Fatal(err)
		}
		thief.HTTP.Jar.SetCookies(thief.Base, b.HTTP.Jar.Cookies(b.Base))
		if !signedIn(t, c, thief, (home+1)%3) {
			t.Fatal("the copy proves nothing")
		}
		if p, err := c.At(b, home).PostForm(t.Context(), "/signout", url.Values{}); err != nil || p.Status >= 400 {
			t.Fatal(p, err)
		}
		for n := range c.Nodes {
			if signedIn(t, c, thief, n) {
				t.Errorf("node %d still takes a session that node %d has ended", n, home)
			}
		}
	}
}

// A person who is suspended on one node is out on all of them.
func TestSuspendedIsSuspendedEverywhere(t *testing.T) {
	t.Parallel()
	c := three(t)
	b, id := c.Nodes[0].Enrol(t, "Bob", "bob@example.org")
	c.Nodes[1].CLI(t, nil, "person", "suspend", id)
	for n := range c.Nodes {
		if signedIn(t, c, b, n) {
			t.Errorf("node %d still knows them", n)
		}
		if _, err := another(t, c, b, n).SignIn(t.Context(), "", ""); err == nil {
			t.Errorf("node %d signs them in", n)
		}
	}
}

// A node with another master key would sign another log and could not open what
// the others have sealed: it is refused, and leaves nothing behind.
func TestANodeWithAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	c := three(t)
	before := c.Nodes[0].Verify(t).Records
	_, err := world.Host(t, "serve", "--config", c.Stranger(t))
	if r, ok := errors.AsType[*world.Refusal](err); !ok || !strings.Contains(r.Stderr, "another master key") {
		t.Errorf("got %v", err)
	}
	if after := c.Nodes[0].Verify(t).Records; after != before {
		t.Errorf("it has written %d records", after-before)
	}
}

func must(t *testing.T, err error, what string, args ...any) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", fmt.Sprintf(what, args...), err)
	}
}

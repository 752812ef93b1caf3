package aitm_test

import (
	"fmt"
	"strings"
	"testing"

	"holdfast/test/aitm"
	"holdfast/test/browser"
)

// cookies that would be a session.
var sessions = []string{"holdfast", "__Host-holdfast"}

// victim is the administrator, signed out, with the passkey at hand.
func victim(t *testing.T, d *browser.Demo, b *browser.Browser) (*browser.Tab, *browser.Authenticator) {
	t.Helper()
	tab := b.Tab(t, "victim")
	key := tab.Add(browser.Synced)
	tab.Open(d.SetUp)
	tab.Fill("#name", "Robin Wrack")
	tab.Fill("#email", "robin@kelp.example")
	tab.Click("[data-go]")
	tab.At("/welcome")
	tab.Open(d.Origin + "/signout")
	tab.Submits("button.primary")
	tab.Says("h1", "You are signed out")
	tab.NoAutofill()
	return tab, key
}

// nothingStolen fails where the adversary holds what opens anything.
func nothingStolen(t *testing.T, p *aitm.Proxy) {
	t.Helper()
	if got := p.Stolen(sessions...); len(got) > 0 {
		t.Errorf("the adversary was given %v", got)
	}
	if len(p.Seen()) == 0 {
		t.Error("nothing went through the adversary: the test shows nothing")
	}
}

func finished(p *aitm.Proxy, path string) (all []aitm.Exchange) {
	for _, e := range p.Seen() {
		if e.Path == path {
			all = append(all, e)
		}
	}
	return all
}

// A person who follows a link to another origin meets the real pages there, and
// no passkey of theirs opens a session for whoever stands in between.
func TestAnAdversaryInTheMiddleObtainsNoSession(t *testing.T) {
	d, b := browser.StartDemo(t), browser.Start(t)
	tab, key := victim(t, d, b)

	// On a name of its own, even one below the real one's, the browser itself
	// refuses: the RP ID is not the page's.
	t.Run("another name: the browser refuses", func(t *testing.T) {
		tab := tab.For(t)
		p := aitm.Start(t, d.Origin, "evil.localhost")
		tab.Open(p.Origin + "/signin")
		tab.Says("h1", "Sign in")
		tab.Click("[data-go]")
		tab.Says("[data-problem]", "Passkeys do not work at this address")
		for _, e := range finished(p, "/door/signin/finish") {
			t.Errorf("the browser gave an assertion: %s", e.Request)
		}
		nothingStolen(t, p)
	})

	// On the same name, by another port, RP ID and cookies are the victim's: the
	// passkey does answer. What it signed says where, and the server reads that.
	t.Run("another port: the server refuses at 7.2-12", func(t *testing.T) {
		tab := tab.For(t)
		p := aitm.Start(t, d.Origin, "localhost")
		before := key.Credentials()[0].SignCount
		tab.Open(p.Origin + "/signin")
		tab.Says("h1", "Sign in")
		tab.Click("[data-go]")
		tab.Says("[data-problem]", "could not be accepted")
		if after := key.Credentials()[0].SignCount; after != before+1 {
			t.Errorf("the passkey signed %v times, want once", after-before)
		}
		all := finished(p, "/door/signin/finish")
		if len(all) != 1 || all[0].Status != 403 || !strings.Contains(string(all[0].Answer), `"step":"7.2-12"`) {
			t.Errorf("got %s, want a refusal at step 7.2-12", says(all))
		}
		nothingStolen(t, p)
	})

	// Enrolment through it would give the adversary's browser a session too.
	t.Run("an invitation opened there: the server refuses at 7.1-9", func(t *testing.T) {
		p := aitm.Start(t, d.Origin, "localhost")
		guest := b.Tab(t, "guest")
		guest.Add(browser.Synced)
		link := strings.Replace(d.Invite(t, "Ada", "ada@kelp.example").URL, d.Origin, p.Origin, 1)
		guest.Open(link)
		guest.Says("h1", "Welcome, Ada")
		guest.Click("[data-go]")
		guest.Says("[data-problem]", "could not be accepted")
		all := finished(p, "/door/enrol/finish")
		if len(all) != 1 || all[0].Status != 403 || !strings.Contains(string(all[0].Answer), `"step":"7.1-9"`) {
			t.Errorf("got %s, want a refusal at step 7.1-9", says(all))
		}
		nothingStolen(t, p)
	})

	// Nothing else is in the way: at the real origin the same passkey signs in.
	t.Run("without it the door opens", func(t *testing.T) {
		straight := tab.For(t)
		straight.Open(d.Origin + "/signin")
		straight.Click("[data-go]")
		straight.At("/")
	})
}

func says(all []aitm.Exchange) string {
	var b strings.Builder
	for _, e := range all {
		fmt.Fprintf(&b, "%s %s: %d %s\n", e.Method, e.Path, e.Status, e.Answer)
	}
	return b.String()
}

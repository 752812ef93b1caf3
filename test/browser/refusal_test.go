package browser

import (
	"fmt"
	"strings"
	"testing"

	"holdfast/test/world"
)

// notDiscoverable is a security key without room for passkeys: its owner types
// a name.
var notDiscoverable = Kind{Protocol: "ctap2", Ctap2version: "ctap2_1", Transport: "usb", HasUserVerification: true,
	IsUserVerified: true, AutomaticPresenceSimulation: true}

// founded is a demo that has its administrator.
func founded(t *testing.T, b *Browser) *Demo {
	t.Helper()
	d, _ := foundedWith(t, b)
	return d
}

// foundedWith gives the administrator's authenticator too.
func foundedWith(t *testing.T, b *Browser) (*Demo, *Authenticator) {
	t.Helper()
	d := StartDemo(t)
	tab := b.Tab(t, "founder")
	a := tab.Add(Synced)
	tab.Open(d.SetUp)
	tab.Fill("#organisation", "Kelp & Shore")
	tab.Fill("#name", "Robin Wrack")
	tab.Fill("#email", "robin@kelp.example")
	tab.Click("[data-go]")
	tab.At("/welcome")
	return d, a
}

// enrolled is somebody with a passkey of a kind who is signed out, at a browser
// without autofill.
func enrolled(t *testing.T, b *Browser, d *Demo, name string, kind Kind) (*Tab, *Authenticator) {
	t.Helper()
	tab := b.Tab(t, strings.ToLower(name))
	tab.NoAutofill()
	a := tab.Add(kind)
	tab.Open(d.Invite(t, name, strings.ToLower(name)+"@kelp.example").URL)
	tab.Says("h1", "Welcome, "+name)
	tab.Click("[data-go]")
	tab.At("/welcome")
	tab.Open(d.Origin + "/signout")
	tab.Submits("button.primary")
	tab.Says("h1", "You are signed out")
	return tab, a
}

// plain fails where a page speaks as a browser's console does.
func plain(t *testing.T, tab *Tab) {
	t.Helper()
	text := tab.Text("body")
	for _, jargon := range []string{"NotAllowed", "InvalidState", "Error:", "Exception", "DOMException", "undefined", "[object"} {
		if strings.Contains(text, jargon) {
			t.Errorf("%s speaks of %q:\n%s", tab.Location(), jargon, text)
		}
	}
}

// What the door refuses, and what a person reads then.
func TestTheDoorRefusesInPlainWords(t *testing.T) {
	t.Parallel()
	b := Start(t)
	d := founded(t, b)
	for name, part := range map[string]func(*testing.T, *Browser, *Demo){
		"wrong answers":        wrongAnswers,
		"prompts that end":     promptsThatEnd,
		"names and confirming": namesAndConfirming,
		"links that are over":  linksThatAreOver,
	} {
		t.Run(name, func(t *testing.T) { part(t, b, d) })
	}
}

// What an authenticator answers wrongly is refused at the step that is there
// for it, in words, and opens nothing.
func wrongAnswers(t *testing.T, b *Browser, d *Demo) {
	t.Helper()
	tab, key := enrolled(t, b, d, "Ada", Synced)
	for _, c := range []struct {
		step, sentence            string
		bogus, noUV, noUP, enrols bool
	}{
		{step: "7.2-21", sentence: "another device", bogus: true},
		{step: "7.2-17", sentence: "verif", noUV: true},
		{step: "7.2-16", sentence: "present", noUP: true},
		{step: "7.1-16", sentence: "verif", noUV: true, enrols: true},
		{step: "7.1-15", sentence: "present", noUP: true, enrols: true},
	} {
		t.Run("step "+c.step, func(t *testing.T) {
			tab, key := tab.For(t), key
			begin, said := d.Origin+"/signin", "Your passkey's answer could not be accepted"
			if c.enrols {
				tab = b.Tab(t, "newcomer")
				key = tab.Add(DeviceBound)
				begin, said = d.Invite(t, "Newcomer", "newcomer-"+c.step+"@kelp.example").URL, "This passkey could not be accepted"
			}
			tab.Open(begin)
			key.Override(c.bogus, c.noUV, c.noUP)
			tab.Click("[data-go]")
			tab.See("[data-problem]")
			text := tab.Text("[data-problem]")
			if !strings.Contains(text, said) || !strings.Contains(text, c.sentence) {
				t.Errorf("the page says %q, want %q and %q", text, said, c.sentence)
			}
			tab.Click("[data-problem] summary")
			tab.Says("[data-problem-code]", "step "+c.step)
			plain(t, tab)
			if c.bogus {
				tab.Complaints() // that the call was refused
				look(t, tab, "refused")
			}
			key.Override(false, false, false)
			signedOut(t, tab, d)
		})
	}
	tab.Open(d.Origin + "/signin") // the person is not punished for the key's lies
	tab.Click("[data-go]")
	tab.At("/")
}

func signedOut(t *testing.T, tab *Tab, d *Demo) {
	t.Helper()
	tab.Complaints() // the refused call is an error of the console's, as it should be
	tab.Open(d.Origin + "/me/passkeys")
	if at := tab.Location(); !strings.HasPrefix(at, d.Origin+"/signin?") {
		t.Errorf("after the refusal the portal opens at %s", at)
	}
}

// A prompt that is closed, an authenticator that has nothing or cannot verify:
// plain words, and the same button works again.
func promptsThatEnd(t *testing.T, b *Browser, d *Demo) {
	t.Helper()
	tab, key := enrolled(t, b, d, "Hedy", Synced)
	mine := key.only(t)

	t.Run("no passkey here", func(t *testing.T) {
		tab := tab.For(t)
		key.Remove()
		other := tab.Add(DeviceBound)
		tab.Open(d.Origin + "/signin")
		tab.Click("[data-go]")
		tab.Says("[data-problem]", "The prompt was closed or timed out. Nothing was changed.")
		plain(t, tab)
		look(t, tab, "closed")
		other.Remove()
	})
	t.Run("a name that nobody has", func(t *testing.T) {
		tab := tab.For(t)
		other := tab.Add(Synced) // of the kind that the decoys say they are

		tab.Open(d.Origin + "/signin")
		tab.Fill("#name", "nobody@kelp.example")
		tab.Click("[data-go]")
		tab.Says("[data-problem]", "The prompt was closed or timed out.")
		plain(t, tab)
		other.Remove()
	})
	t.Run("the same button works again", func(t *testing.T) {
		tab := tab.For(t)
		key := tab.Add(Synced)
		key.Put(mine)
		tab.Fill("#name", "")
		tab.Click("[data-go]")
		tab.At("/")
	})
	t.Run("enrolment", func(t *testing.T) {
		tab := b.Tab(t, "mary")
		unverified := DeviceBound
		unverified.IsUserVerified = false
		a := tab.Add(unverified)
		tab.Open(d.Invite(t, "Mary", "mary@kelp.example").URL)
		tab.Says("h1", "Welcome, Mary")
		tab.Click("[data-go]")
		tab.Says("[data-problem]", "The prompt was closed or timed out.")
		plain(t, tab)
		a.Remove()
		tab.Add(DeviceBound)
		tab.Click("[data-go]") // the link still works
		tab.At("/welcome")
	})
}

// A security key of the older kind signs in by a typed name.
func namesAndConfirming(t *testing.T, b *Browser, d *Demo) {
	t.Helper()
	tab, key := enrolled(t, b, d, "Joan", notDiscoverable)
	if c := key.only(t); c.IsResidentCredential {
		t.Fatal("the key made a discoverable credential")
	}
	tab.Open(d.Origin + "/signin")
	tab.Fill("#name", " Joan@kelp.example ")
	tab.Click("[data-go]")
	tab.At("/")
	tab.Open(d.Origin + "/me/passkeys")
	tab.Says("li.passkey", "this device only, not proven")

	t.Run("confirm", func(t *testing.T) {
		tab := tab.For(t)
		tab.Open(d.Origin + "/signin?confirm=1&return=/me/sessions")
		tab.Says("h1", "Confirm it is you, Joan")
		look(t, tab, "confirm")
		before := Eval[string](tab, `document.cookie`)
		tab.Click("[data-go]")
		tab.At("/me/sessions")
		tab.Says("h1", "You are signed in here and nowhere else") // renewed, not a second one
		if before != "" {
			t.Errorf("a script can read the cookie %q", before)
		}
	})
	t.Run("confirm with another's key", func(t *testing.T) {
		tab := tab.For(t)
		key.Remove()
		other := tab.Add(DeviceBound)
		tab.Open(d.Origin + "/signin?confirm=1&return=/me/sessions")
		tab.Click("[data-go]")
		tab.Says("[data-problem]", "The prompt was closed or timed out.")
		plain(t, tab)
		other.Remove()
	})
}

// What a link says that cannot be used.
func linksThatAreOver(t *testing.T, b *Browser, d *Demo) {
	t.Helper()
	used := d.Invite(t, "Emmy", "emmy@kelp.example")
	emmy := b.Tab(t, "emmy")
	emmy.Add(Synced)
	emmy.Open(used.URL)
	emmy.Click("[data-go]")
	emmy.At("/welcome")
	withdrawn := d.Invite(t, "Grace", "grace@kelp.example")
	again := Ask[world.Invitation](t, d, "invite", "again", withdrawn.Person)
	ended := Ask[world.Invitation](t, d, "invite", "create", "--name", "Lise", "--email", "lise@kelp.example", "--life", "1us")

	tab := b.Tab(t, "late")
	tab.Add(Synced)
	for _, c := range []struct{ name, url, says string }{
		{"used", used.URL, "This link was already used"},
		{"withdrawn", withdrawn.URL, "This link has ended"},
		{"ended by itself", ended.URL, "This link has ended"},
		{"cut off", again.URL[:len(again.URL)-3], "This link is not complete"},
		{"without its end", d.Origin + "/enrol", "This link is not complete"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := tab.For(t)
			tab.Open("about:blank")
			tab.Open(c.url)
			tab.Until(fmt.Sprintf(`document.querySelector("main").innerText.includes(%q)`, c.says))
			if strings.Contains(tab.Text("main"), "Create your passkey") {
				t.Error("the page still offers to create a passkey")
			}
			plain(t, tab)
			tab.Complaints()
			look(t, tab, c.name)
		})
	}
	t.Run("the new link works", func(t *testing.T) {
		tab := tab.For(t)
		tab.Open("about:blank")
		tab.Open(again.URL)
		tab.Says("h1", "Welcome, Grace")
	})
}

// An authenticator that answers the autofill list by itself is refused a few
// times and then left alone: the page does not ask for ever.
func TestTheAutofillListGivesUp(t *testing.T) {
	t.Parallel()
	b := Start(t)
	d := founded(t, b)
	tab := b.Tab(t, "ada")
	key := tab.Add(Synced)
	tab.Open(d.Invite(t, "Ada", "ada@kelp.example").URL)
	tab.Click("[data-go]")
	tab.At("/welcome")
	Ask[struct{}](t, d, "person", "suspend", "ada@kelp.example")
	tab.Before(`window.__asked = 0; const get = CredentialsContainer.prototype.get;
		CredentialsContainer.prototype.get = function (o) { window.__asked++; return get.call(this, o); };`)
	tab.Open(d.Origin + "/signin")
	tab.Says("[data-problem]", "cannot sign in at present")
	tab.Until(`window.__asked === 3`)
	// Each round of the list is two requests; these would see further ones.
	Eval[bool](tab, `(async () => { for (let i = 0; i < 20; i++) await (await fetch("/signin")).text(); return true })()`)
	if n := Eval[int](tab, `window.__asked`); n != 3 {
		t.Errorf("it has asked %d times", n)
	}
	if n := len(key.Credentials()); n != 1 {
		t.Errorf("the authenticator holds %d passkeys", n)
	}
	tab.Click("[data-go]") // the button remains
	tab.Until(`window.__asked > 3`)
	tab.Says("[data-problem]", "cannot sign in at present")
}

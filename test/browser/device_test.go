package browser

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// listen counts what the pages of a tab tell, over navigations.
const listen = `{
	const real = fetch;
	window.__told = JSON.parse(sessionStorage.getItem("told") ?? "[]");
	window.fetch = (...args) => {
		if (args[0] === "/door/capabilities") {
			window.__told.push(args[1].body);
			sessionStorage.setItem("told", JSON.stringify(window.__told));
		}
		return real(...args);
	};
}`

// openUntil opens a page again until an expression is true of it: what a
// browser tells is on its way while the next page loads.
func openUntil(tab *Tab, url, expression string) {
	tab.t.Helper()
	for range 200 {
		tab.Open(url)
		if Eval[bool](tab, expression) {
			return
		}
	}
	tab.failed("until "+expression+" at "+url, errors.New("it never was"))
}

// What a browser tells of itself, and what its person and an administrator see
// of it.
func TestWhatABrowserCanDo(t *testing.T) {
	t.Parallel()
	b := Start(t)
	d, theirs := foundedWith(t, b)
	ada, _ := enrolled(t, b, d, "Ada", Synced)
	ada.Before(listen)
	told := func() int { return Eval[int](ada, `window.__told.length`) }

	t.Run("is told once, after signing in", func(t *testing.T) {
		Eval[bool](ada, `localStorage.clear(); true`) // enrolling has told it today
		ada.Open(d.Origin + "/signin")
		if n := told(); n != 0 {
			t.Errorf("told %d times before anybody was signed in", n)
		}
		ada.Click("[data-go]")
		ada.At("/")
		for _, at := range []string{"/me/passkeys", "/me/sessions", "/"} {
			ada.Open(d.Origin + at)
			ada.See("h1")
		}
		if n := told(); n != 1 {
			t.Errorf("told %d times, want once a day", n)
		}
		Eval[bool](ada, fmt.Sprintf(`localStorage.setItem("beacon", %q + localStorage.getItem("beacon").slice(10)); true`, "2020-01-01"))
		ada.Open(d.Origin + "/me/passkeys")
		ada.Until(`window.__told.length === 2`)
	})
	t.Run("in plain words to its person", func(t *testing.T) {
		ada := ada.For(t)
		openUntil(ada, d.Origin+"/me/passkeys", `!!document.querySelector("details.after")`)
		ada.Click("details.after summary")
		ada.Says("details.after", "It can offer your passkeys in the list below the e-mail field", "It cannot sign in with a phone nearby")
		look(t, ada, "passkeys")
		if text := ada.Text("main"); strings.Contains(text, "conditional") || strings.Contains(text, "extension") {
			t.Errorf("the page speaks as a specification does:\n%s", text)
		}
	})
	t.Run("to an administrator", func(t *testing.T) {
		robin := b.Tab(t, "robin")
		robin.NoAutofill()
		robin.Add(Synced).Put(theirs.only(t))
		robin.Open(d.Origin + "/signin?return=/console/people?q=ada@kelp.example")
		robin.Click("[data-go]")
		robin.At("/console/people")
		robin.Submits("table.list th a")
		robin.Says("#devices ~ table", "Chrome on Linux", "6 of 7 things")
		robin.Click("#devices ~ table summary")
		robin.Says("#devices ~ table", "It cannot sign in with a phone nearby")
		look(t, robin, "person")
		// The founder's, Ada's, and this one.
		openUntil(robin, d.Origin+"/console", `document.querySelector("main").innerText.includes("3 of 3 browsers")`)
		robin.Says("main", "can offer the passkey")
		look(t, robin, "start")
	})
}

// A browser without the newer method is asked by the older ones.
func TestAnOlderBrowserIsAsked(t *testing.T) {
	t.Parallel()
	b := Start(t)
	d := founded(t, b)
	ada := b.Tab(t, "ada")
	ada.Before(`if (window.PublicKeyCredential) delete PublicKeyCredential.getClientCapabilities`)
	ada.Before(listen)
	ada.Add(Synced)
	ada.Open(d.Invite(t, "Ada", "ada@kelp.example").URL)
	ada.Click("[data-go]")
	ada.At("/welcome")
	openUntil(ada, d.Origin+"/me/passkeys", `!!document.querySelector("details.after")`)
	ada.Click("details.after summary")
	ada.Says("details.after", "It can offer your passkeys", "It can check a fingerprint")
	if text := ada.Text("details.after"); strings.Contains(text, "phone") {
		t.Errorf("it says what it was not told:\n%s", text)
	}
	if told := Eval[string](ada, `JSON.stringify(window.__told)`); strings.Count(told, "capabilities") != 1 || !strings.Contains(told, "conditionalGet") {
		t.Errorf("on the day of enrolment it told %s, want once", told)
	}
}

// standStill lets the scripts' courtesies take as long as they like: a slow
// machine must not decide this test.
const standStill = `{
	const timer = setTimeout;
	window.setTimeout = (f, ms, ...more) => ms === 3000 ? 0 : timer(f, ms, ...more);
	AbortSignal.timeout = () => new AbortController().signal;
}`

// WebAuthn L3 §5.1.3, mediation "conditional". Headless Chromium says that it
// can and then asks its password manager, which is not there, and never
// answers: so the page's own create is replaced by one that asks the virtual
// authenticator of this device, without presence or verification.
func TestAPasskeyIsMadeWithoutAsking(t *testing.T) {
	t.Parallel()
	b := Start(t)
	d := founded(t, b)
	tab, phone := enrolled(t, b, d, "Ada", Phone)
	tab.Before(standStill)
	tab.Before(`{
		const real = navigator.credentials.create.bind(navigator.credentials);
		navigator.credentials.create = async (o) => {
			if (o.mediation !== "conditional") return real(o);
			window.__asked = { mediation: o.mediation, uv: o.publicKey.authenticatorSelection.userVerification,
				excluded: o.publicKey.excludeCredentials.length };
			while (!window.__go) await new Promise((r) => setTimeout(r, 20));
			return real({ publicKey: o.publicKey, signal: o.signal });
		};
	}`)
	tab.Open(d.Origin + "/signin")
	tab.Click("[data-go]")
	tab.Until(`window.__asked`)
	if asked := Eval[string](tab, `JSON.stringify(window.__asked)`); asked != `{"mediation":"conditional","uv":"preferred","excluded":1}` {
		t.Errorf("asked for %s", asked)
	}
	phone.Remove() // it is in somebody's pocket; what follows is this device's
	here := tab.Add(Synced)
	here.Override(false, true, true) // nobody is asked: UV=0, UP=0
	Eval[bool](tab, `window.__go = true`)
	tab.At("/")
	tab.Says("h1", "Hello, Ada")
	here.only(t)
	tab.Open(d.Origin + "/me/passkeys")
	tab.Says("h1", "You have 2 passkeys")
	tab.Click("li.passkey:nth-child(2) details.technical summary")
	tab.Says("li.passkey:nth-child(2)", "conditional create:ses_")
	tab.Open(d.Origin + "/signout")
	tab.Submits("button.primary")

	t.Run("it signs in with verification alone", func(t *testing.T) {
		tab := tab.For(t)
		tab.Open(d.Origin + "/signin")
		tab.Click("[data-go]")
		tab.See("[data-problem]")
		tab.Click("[data-problem] summary")
		tab.Says("[data-problem-code]", "step 7.2-1")
		here.Override(false, false, false)
		tab.Click("[data-go]")
		tab.At("/")
		if Eval[bool](tab, `"__asked" in window`) {
			t.Error("a device with a passkey was offered another")
		}
	})
}

// A browser that would not makes no difference to the person.
func TestABrowserThatMakesNoneSignsIn(t *testing.T) {
	t.Parallel()
	b := Start(t)
	d := founded(t, b)
	for name, create := range map[string]string{
		"refuses":       `Promise.reject(new DOMException("", "NotAllowedError"))`,
		"never answers": `new Promise(() => {})`,
	} {
		t.Run(name, func(t *testing.T) {
			tab, _ := enrolled(t, b, d, strings.ReplaceAll(name, " ", "-"), Phone)
			tab.Before(fmt.Sprintf(`{
				const real = navigator.credentials.create.bind(navigator.credentials);
				navigator.credentials.create = (o) => o.mediation === "conditional" ? %s : real(o);
			}`, create))
			tab.Open(d.Origin + "/signin")
			began := time.Now()
			tab.Click("[data-go]")
			tab.At("/")
			t.Logf("signed in after %v", time.Since(began).Round(10*time.Millisecond))
			tab.Open(d.Origin + "/me/passkeys")
			tab.Says("h1", "You have one passkey")
			for _, c := range tab.Complaints() {
				t.Errorf("console: %s", c)
			}
		})
	}
}

// A link survives a reload of its tab, and nothing else.
func TestALinkOutlivesAReload(t *testing.T) {
	t.Parallel()
	b := Start(t)
	d := founded(t, b)
	link := d.Invite(t, "Ada", "ada@kelp.example").URL
	_, secret, _ := strings.Cut(link, "#")
	tab := b.Tab(t, "ada")
	key := tab.Add(DeviceBound)
	reload := func(tab *Tab) {
		t.Helper()
		Eval[bool](tab, `window.__before = true; location.reload(); true`)
		tab.Until(`!window.__before && document.readyState === "complete"`)
	}
	tab.Open(link)
	tab.Says("h1", "Welcome, Ada")
	tab.Until(`location.hash === ""`)
	if Eval[bool](tab, fmt.Sprintf(`JSON.stringify([localStorage, document.cookie, history.state, location.href]).includes(%q)`, secret)) {
		t.Error("the secret is kept where other tabs or the history have it")
	}
	reload(tab)
	tab.Says("h1", "Welcome, Ada")
	look(t, tab, "reloaded")

	other := tab.Beside("ada-beside") // the same profile
	other.Open(d.Origin + "/enrol")
	other.Says("main", "This link is not complete")

	Eval[bool](tab, `{const kept = JSON.parse(sessionStorage.getItem("ticket /enrol")); kept.at -= 3600 * 1000; sessionStorage.setItem("ticket /enrol", JSON.stringify(kept)); true}`)
	reload(tab)
	tab.Says("main", "This link is not complete")
	if n := Eval[int](tab, `sessionStorage.length`); n != 0 {
		t.Errorf("%d things are kept after an hour", n)
	}

	tab.Open("about:blank")
	tab.Open(link)
	tab.Click("[data-go]")
	tab.At("/welcome")
	key.only(t)
	if n := Eval[int](tab, `sessionStorage.length`); n != 0 {
		t.Errorf("%d things are kept after the link was used", n)
	}
	late := b.Tab(t, "late")
	late.Add(DeviceBound)
	late.Open(link)
	late.Says("main", "This link was already used")
	reload(late)
	late.Says("main", "This link is not complete")
}

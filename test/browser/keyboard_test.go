package browser

import (
	"fmt"
	"testing"
)

// visible says whether the ring around the focus is drawn; inside of a date
// field the browser draws its own, and the field itself has no focus then.
const visible = `(() => {
	const e = document.activeElement, style = getComputedStyle(e);
	return e !== document.body && (!e.matches(":focus") || (e.matches(":focus-visible") && style.outlineStyle !== "none"));
})()`

// to presses Tab until the focus is on an element, as a person without a mouse
// does, and sees that the focus can be seen at every stop on the way.
func to(t *testing.T, tab *Tab, css string) {
	t.Helper()
	const most = 60 // stops of the longest page
	for range most {
		tab.Press(Tabulator)
		if !Eval[bool](tab, visible) {
			t.Errorf("%s: the focus cannot be seen on %s", tab.Location(), Eval[string](tab, `document.activeElement.outerHTML.slice(0, 120)`))
		}
		if Eval[bool](tab, fmt.Sprintf(`document.activeElement.matches(%q)`, css)) {
			return
		}
	}
	t.Fatalf("%s: Tab does not lead to %s", tab.Location(), css)
}

// Signing in and inviting somebody with nothing but a keyboard.
func TestWithTheKeyboardAlone(t *testing.T) {
	t.Parallel()
	b := Start(t)
	d := StartDemo(t)
	tab := b.Tab(t, "robin")
	tab.NoAutofill()
	tab.Add(Synced)
	t.Run("set up", func(t *testing.T) {
		tab := tab.For(t)
		tab.Open(d.SetUp)
		to(t, tab, "#name")
		tab.Press("Robin Wrack")
		to(t, tab, "#email")
		tab.Press("robin@kelp.example" + Enter)
		tab.At("/welcome")
		to(t, tab, `a[href="/console"]`)
		tab.Press(Enter)
		tab.At("/console")
		to(t, tab, `form[action="/signout"] button`)
		tab.Press(" ")
		tab.At("/signedout")
	})
	t.Run("sign in", func(t *testing.T) {
		tab := tab.For(t)
		to(t, tab, `a[href="/signin"]`)
		tab.Press(Enter)
		tab.At("/signin")
		to(t, tab, "[data-go]")
		tab.Press(Enter)
		tab.At("/")
	})
	t.Run("invite", func(t *testing.T) {
		tab := tab.For(t)
		to(t, tab, `a[href="/console"]`)
		tab.Press(Enter)
		tab.At("/console")
		to(t, tab, `a[href="/console/people"]`)
		tab.Press(Enter)
		tab.At("/console/people")
		to(t, tab, `a[href="/console/people/new"]`)
		tab.Press(Enter)
		tab.At("/console/people/new")
		tab.Until(`document.activeElement.name === "name"`) // the form's first field has the focus
		tab.Press("Ada Lovelace")
		to(t, tab, "main input[name=email]")
		tab.Press("ada@kelp.example")
		to(t, tab, "main input[name=group]")
		tab.Press(" ")
		to(t, tab, "main form button.primary")
		tab.Press(Enter)
		tab.Says("h1", "The invitation for Ada Lovelace is ready")
		to(t, tab, "button[data-copy]")
	})
	t.Run("add an application", func(t *testing.T) {
		tab := tab.For(t)
		tab.Open(d.Origin + "/console")
		to(t, tab, ".rail summary") // the window is narrow: the menu is folded
		tab.Press(Enter)
		to(t, tab, `.rail a[href="/console/applications"]`)
		tab.Press(Enter)
		tab.At("/console/applications")
		to(t, tab, `a[href="/console/applications/new"]`)
		tab.Press(Enter)
		tab.At("/console/applications/new")
		tab.Until(`document.activeElement.name === "name"`)
		tab.Press("Harbour log")
		to(t, tab, "main input[name=preset]") // one stop for all kinds: arrows choose
		to(t, tab, "main input[name=redirect_uri]")
		tab.Press("http://localhost:9999/callback")
		to(t, tab, "main form button.primary")
		tab.Press(Enter)
		tab.Says("h1", "Harbour log is added")
		to(t, tab, "button[data-copy]")
	})
	t.Run("a dialog", func(t *testing.T) {
		tab := tab.For(t)
		tab.Open(d.Origin + "/me/sessions")
		to(t, tab, `button[data-dialog="everywhere"]`)
		tab.Press(Enter)
		tab.Until(`document.activeElement.closest("dialog[open]") !== null && "close" in document.activeElement.dataset`)
		tab.Press(Escape)
		tab.Until(`!document.querySelector("dialog[open]") && document.activeElement.dataset.dialog === "everywhere"`)
	})
	t.Run("find anything", func(t *testing.T) {
		tab := tab.For(t)
		tab.Open(d.Origin + "/console")
		tab.Press("/")
		tab.Until(`document.activeElement.id === "find"`)
		// The protocol types a key that the page has prevented; a keyboard does not.
		tab.Fill("#find", "lovelace"+Enter)
		tab.At("/console/search")
		tab.Says("[data-results]", "Ada Lovelace")
	})
}

package browser

import (
	"strings"
	"testing"
)

// The policy is changed in the console with nothing but a keyboard: what is
// wrong is said while somebody types and leads to its line, a proposal waits
// for somebody else, and what is approved comes into force. Each part stands on
// the ones before.
func TestThePolicyIsChanged(t *testing.T) {
	t.Parallel()
	b := Start(t)
	d := StartDemo(t)
	tab := b.Tab(t, "robin")
	tab.NoAutofill()
	tab.Add(Synced)
	tab.Open(d.SetUp)
	tab.Fill("#name", "Robin Wrack")
	tab.Fill("#email", "robin@kelp.example")
	tab.Click("[data-go]")
	tab.At("/welcome")
	good, id := "", ""

	for _, part := range []struct {
		name string
		do   func(*testing.T, *Tab)
	}{
		{"the menu is one line where it is narrow", func(t *testing.T, tab *Tab) {
			tab.Size(320, 800)
			tab.Open(d.Origin + "/console")
			tab.Until(`!document.querySelector("details[data-rail]").open`)
			if h := Eval[int](tab, `document.querySelector(".rail").offsetHeight`); h > 60 {
				t.Errorf("the menu takes %d px", h)
			}
			to(t, tab, ".rail summary")
			tab.Press(Enter)
			tab.Until(`document.querySelector("details[data-rail]").open`)
			to(t, tab, `.rail a[href="/console/policy"]`)
			look(t, tab, "menu")
			tab.Size(320, 800)
			tab.Until(`!document.querySelector("details[data-rail]").open`) // it was wide meanwhile
			tab.Size(1280, 800)
			tab.Until(`document.querySelector("details[data-rail]").open`)
			tab.Open(d.Origin + "/console")
			to(t, tab, `.rail a[href="/console/policy"]`)
			tab.Press(Enter)
			tab.At("/console/policy")
			tab.Says("h1", "The preset nist-aal2 decides")
			look(t, tab, "preset")
		}},
		{"what is wrong leads to its line", func(t *testing.T, tab *Tab) {
			to(t, tab, `a[href="/console/policy/edit"]`)
			tab.Press(Enter)
			tab.At("/console/policy/edit")
			good = Eval[string](tab, `document.querySelector("#text").value`)
			to(t, tab, "#text")
			Eval[bool](tab, `(() => { const a = document.querySelector("#text"); a.setSelectionRange(0, 0); return true })()`)
			tab.Press("nonsense: true\n")
			tab.Until(`document.querySelector("[data-flaws] a[data-line]") !== null`)
			tab.Says("[data-found]", "it cannot be proposed like this")
			tab.Says("[data-flaws]", "line 1", "nonsense")
			to(t, tab, "[data-flaws] a[data-line]")
			// The protocol would type the Enter into the text, too; a keyboard does not.
			Eval[bool](tab, `(document.activeElement.click(), true)`)
			tab.Until(`document.activeElement.id === "text" && document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd) === "nonsense: true"`)
			look(t, tab, "wrong")
			Eval[bool](tab, `(() => { const a = document.querySelector("#text"); a.value = a.value.replace("nonsense: true\n", "# Robin’s\n"); a.dispatchEvent(new Event("input", {bubbles: true})); return true })()`)
			tab.Until(`document.querySelector("[data-flaws]").childElementCount === 0 || !document.querySelector("[data-flaws] .alarm")`)
			tab.Says("[data-found]", "It loads")
		}},
		{"without script the button says the same", func(t *testing.T, tab *Tab) {
			other := tab.Beside("plain")
			other.Scripts(false)
			other.Open(d.Origin + "/console/policy/edit")
			other.Fill("#text", "kind: Nothing")
			other.Click(`button[formaction="/console/policy/check"]`)
			other.See("[data-flaws] .alarm") // not Submits: where no script runs, nothing in the page can wait
			if body := other.Text("[data-flaws]"); !strings.Contains(body, "apiVersion") {
				t.Errorf("the page says %q", body)
			}
			other.Scripts(true)
		}},
		{"a proposal waits for somebody else", func(t *testing.T, tab *Tab) {
			to(t, tab, "#note")
			tab.Press("To try it.")
			to(t, tab, "form.editor button.primary")
			tab.Press(Enter)
			tab.Until(`location.pathname.startsWith("/console/policy/revisions/rev_") && document.readyState === "complete"`)
			tab.Says("h1", "waits for")
			tab.Says("main", "You proposed this revision", "To try it.", "# Robin’s")
			look(t, tab, "proposed")
			id = tab.Location()[strings.LastIndex(tab.Location(), "/")+1:]
			tab.Open(d.Origin + "/console")
			tab.Says("main", "What needs you", "waits for approval")
			look(t, tab, "start")
		}},
		{"what is approved comes into force", func(t *testing.T, tab *Tab) {
			Ask[struct{}](t, d, "policy", "approve", id)
			tab.Open(d.Origin + "/console/policy/revisions/" + id)
			tab.Says("h1", "is approved and not in force")
			to(t, tab, "main .buttons a.primary") // the plan first
			tab.Press(Enter)
			tab.Says("h1", "Nobody is shut out, and no passkey is suspended")
			tab.Says("main", "they stay", "Administrators who can sign in", "Nothing is lowered for anybody")
			look(t, tab, "plan")
			to(t, tab, `button[data-dialog="apply"]`)
			tab.Press(Enter)
			tab.Until(`document.querySelector("dialog[open]") !== null`)
			to(t, tab, "dialog[open] button.primary")
			tab.Press(Enter)
			tab.Says("h1", "is in force")
			tab.Open(d.Origin + "/console/policy")
			tab.Says("h1", "Revision 1 decides")
			look(t, tab, "in-force")
			if now := Eval[string](tab, `document.querySelector("#source").innerText`); strings.TrimSpace(now) != strings.TrimSpace("# Robin’s\n"+good) {
				t.Error("the text in force is not what was written")
			}
		}},
		{"what rests on it can be looked at", func(t *testing.T, tab *Tab) {
			for _, path := range []string{"policy/decisions", "policy/replacements", "policy/findings", "policy/metadata", "policy/providers", "devices", "credentials"} {
				tab.Open(d.Origin + "/console/" + path)
				look(t, tab, strings.ReplaceAll(path, "/", "-"))
			}
			tab.Submits(`td[data-label="Passkey"] a`)
			tab.Says("h1", "This passkey is synced")
			tab.Says("main", "accepted", "unknown", "Only a verified attestation proves.")
			look(t, tab, "passkey")
			tab.Open(d.Origin + "/console/people?q=robin")
			tab.Submits("table.list th a")
			tab.Says("main", "What Robin Wrack may enrol", "accepted")
			look(t, tab, "person")
		}},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.do(t, tab.For(t)) }) {
			return
		}
	}
}

package browser

import (
	"strings"
	"testing"

	"holdfast/domain/exposure/answer"
)

// Who can get at whose account is asked in a real browser, with nothing but a
// keyboard: from the organisation to an account, through its picture, to what
// falls with a thing. Each part stands on the ones before.
func TestWhoCanGetAtWhoseAccount(t *testing.T) {
	t.Parallel()
	b, d := Start(t), StartDemo(t)
	tab := b.Tab(t, "robin")
	tab.NoAutofill()
	tab.Add(Synced)
	tab.Open(d.SetUp)
	tab.Fill("#name", "Robin Wrack")
	tab.Fill("#email", "robin@kelp.example")
	tab.Click("[data-go]")
	tab.At("/welcome")
	who := ""

	for _, part := range []struct {
		name string
		do   func(*testing.T, *Tab)
	}{
		{"the organisation", func(t *testing.T, tab *Tab) {
			tab.Size(1280, 800)
			tab.Open(d.Origin + "/console")
			tab.Until(`document.querySelector("details[data-rail]").open`)
			to(t, tab, `.rail a[href="/console/exposure"]`)
			tab.Press(Enter)
			tab.At("/console/exposure")
			tab.Until(`document.querySelector("svg.bars") !== null || (location.reload(), false)`)
			tab.Says("main", "be taken over with less than their segment asks", "What most would fall with", "What to find out next", "One operator")
			look(t, tab, "organisation")
			if n := Eval[int](tab, `[...document.querySelectorAll("svg.bars text, svg.graph text")].filter(e => parseFloat(getComputedStyle(e).fontSize) < 12).length`); n > 0 {
				t.Errorf("%d texts are smaller than 12 px", n)
			}
			// A number of the matrix leads to a list of so many.
			said := Eval[string](tab, `document.querySelector("td.cell a").firstChild.data`)
			tab.Submits("td.cell a")
			tab.Until(`location.pathname === "/console/exposure/accounts" && location.search.includes("profile=")`)
			if h1 := tab.Text("h1"); !strings.HasPrefix(h1, said+" account") && !(said == "0" && strings.HasPrefix(h1, "No accounts")) {
				t.Errorf("the number %s leads to %q", said, h1)
			}
			look(t, tab, "accounts")
		}},
		{"an account", func(t *testing.T, tab *Tab) {
			tab.Open(d.Origin + "/console/people?q=robin")
			tab.Submits("table.list th a")
			tab.Says("main", "Every way in, and what to do about it")
			look(t, tab, "person")
			to(t, tab, ".exposureline a")
			tab.Press(Enter)
			tab.Until(`location.pathname.startsWith("/console/exposure/accounts/per_") && document.readyState === "complete"`)
			who = tab.Location()
			w := Ask[answer.WhoCan](t, d, "who-can", "robin@kelp.example")
			_, said, _ := strings.Cut(w.Sentence, ": ")
			said, _, _ = strings.Cut(said, ". ") // the first sentence: the rest stands below
			tab.Says("h1", said[1:])
			tab.Says("main", "What an attacker needs", "By the text of SP 800-63B-4", "Single points", "Root powers")
			look(t, tab, "account")
		}},
		{"every box of the picture is reached by keyboard and says its conditions", func(t *testing.T, tab *Tab) {
			tab.Open(who)
			reach := Eval[int](tab, `document.querySelectorAll("svg.graph :is(a, [tabindex])").length`)
			if reach < 4 {
				t.Fatalf("%d boxes", reach)
			}
			to(t, tab, ".canvas")
			seen := map[string]bool{}
			for range reach {
				tab.Press(Tabulator)
				said := Eval[string](tab, `(() => {
					const e = document.activeElement, s = e.querySelector(":scope > .says");
					if (!e.closest("svg.graph") || !s) return "not in the picture: " + e.outerHTML.slice(0, 80);
					if (getComputedStyle(s).visibility !== "visible") return "hidden: " + e.getAttribute("aria-label");
					const r = s.getBoundingClientRect(), p = e.closest("svg").getBoundingClientRect();
					if (r.left < p.left - 1 || r.right > p.right + 1 || r.top < p.top - 1 || r.bottom > p.bottom + 1) return "cut off: " + e.getAttribute("aria-label");
					return "ok " + s.textContent + e.getAttribute("aria-label");
				})()`)
				if !strings.HasPrefix(said, "ok ") {
					t.Fatal(said)
				}
				seen[said] = true
			}
			if len(seen) < reach/2 {
				t.Errorf("%d boxes say %d different things", reach, len(seen))
			}
			if n := Eval[int](tab, `[...document.querySelectorAll("svg.graph .says")].filter(e => getComputedStyle(e).visibility === "visible").length`); n != 1 {
				t.Errorf("%d boxes say something at once", n)
			}
			tab.Screenshot("focused")
			tab.Press(Escape)
			tab.Until(`[...document.querySelectorAll("svg.graph .says")].every(e => getComputedStyle(e).visibility === "hidden")`)
			// A thing leads to what falls with it, a step to its row of the table.
			tab.Until(`(() => { const a = document.querySelector("svg.graph a.step"); a.focus(); return document.activeElement === a })()`)
			tab.Press(Enter)
			tab.Until(`location.hash.startsWith("#step-") && document.querySelector(":target").matches("tr")`)
			tab.Until(`(() => { const a = document.querySelector("svg.graph a.node.thing"); a.focus(); return document.activeElement === a })()`)
			tab.Press(Enter)
			tab.Until(`location.pathname === "/console/exposure/blast" && document.readyState === "complete"`)
			tab.Says("main", "Whose accounts", "What else falls on the way")
			look(t, tab, "blast")
		}},
		{"where it is narrow the picture scrolls, and the page does not", func(t *testing.T, tab *Tab) {
			tab.Size(320, 800)
			tab.Open(who)
			if n := tab.Sideways(); n > 0 {
				t.Errorf("the page is %d px wider than its window", n)
			}
			if !Eval[bool](tab, `document.querySelector(".canvas").scrollWidth > document.querySelector(".canvas").clientWidth`) {
				t.Error("the picture was made smaller in place of scrolling")
			}
			tab.Size(1280, 800)
		}},
		{"the conditions show without script", func(t *testing.T, tab *Tab) {
			other := tab.Beside("plain")
			other.Scripts(false)
			other.Open(who)
			other.See("svg.graph")
			other.Scripts(true)
			if !Eval[bool](other, `(() => { const a = document.querySelector("svg.graph a"); a.focus({focusVisible: true}); return getComputedStyle(a.querySelector(".says")).visibility === "visible" })()`) {
				t.Error("a box that has the focus says nothing")
			}
		}},
		{"a change is tried and changes nothing", func(t *testing.T, tab *Tab) {
			tab.Open(who)
			tab.Until(`(() => { const s = document.querySelector("#given"); s.selectedIndex = 1; s.focus(); return true })()`)
			to(t, tab, "section:has(#whatif) form button")
			tab.Press(Enter)
			tab.Until(`location.search.includes("given=") && document.readyState === "complete"`)
			tab.Says("#change", "Worth", "Verdict", "Nothing was changed.")
			look(t, tab, "whatif")
		}},
		{"findings, and who left", func(t *testing.T, tab *Tab) {
			for _, path := range []string{"findings", "residual", "accounts", "blast"} {
				tab.Open(d.Origin + "/console/exposure/" + path)
				look(t, tab, path)
			}
			tab.Open(who)
			if Eval[bool](tab, `document.querySelector('a[href^="?fix="]') !== null`) {
				tab.Submits(`a[href^="?fix="]`)
				tab.Until(`location.search.startsWith("?fix=") && document.readyState === "complete"`)
				look(t, tab, "fix")
			}
		}},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.do(t, tab.For(t)) }) {
			return
		}
	}
}

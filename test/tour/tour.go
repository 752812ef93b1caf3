// Package tour is the first minute with Holdfast, in a real browser: from the
// printed link to the administrator, and from an application that is added in
// the console to the page on which that application says who signed in. The
// bench prints how long it takes; the test of this package is that it works.
//
// It refuses to know anything that a newcomer does not: it starts from what
// `holdfast demo` prints, and from what the console shows. It refuses to sleep:
// every step ends when what it brought can be seen.
package tour

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"holdfast/test/browser"
	"holdfast/test/need"
	"holdfast/test/world"
)

// Step is one step and how long the machine took for it. A person's reading and
// typing come on top.
type Step struct {
	Name string
	Took time.Duration
}

// names are the steps, in their order.
var names = []string{
	"holdfast demo prints the link",
	"the link opens in the browser",
	"a passkey makes the administrator",
	"the console opens",
	"an application is added; its configuration waits",
	"the application starts from that configuration",
	"it shows who signed in",
	"the light in the console turns",
}

// What the newcomer types.
const (
	organisation = "Kelp & Shore"
	admin        = "Robin Wrack"
	email        = "robin@kelp.example"
	appName      = "Harbour log"
)

// Look is called when a step has ended, with what the person sees. It is not
// part of the time.
type Look func(step int, tab *browser.Tab)

// Take takes the tour with a browser that has not been there before.
func Take(t need.T, b *browser.Browser, look Look) []Step {
	t.Helper()
	w := &walk{t: t, look: look}
	console := b.Tab(t, "tour")
	console.Add(browser.Synced)
	w.began = time.Now()

	demo := browser.StartDemo(t)
	w.done(nil)

	console.Open(demo.SetUp)
	console.See("[data-go]")
	w.done(console)

	console.Fill("#organisation", organisation)
	console.Fill("#name", admin)
	console.Fill("#email", email)
	console.Click("[data-go]")
	console.At("/welcome")
	console.Says("main", "Your passkey is ready")
	w.done(console)

	console.Submits(`a[href="/console"]`)
	console.Says("h1", organisation+" is running")
	w.done(console)

	w.add(console)
	w.done(console)

	app := start(t, console.Text("#config"))
	w.done(nil)

	there := console.Beside("tour-application")
	there.Open(app)
	there.Says("h1", appName)
	there.Click("main a.button")
	there.Until(fmt.Sprintf(`location.href === %q && document.querySelector("h1")?.innerText === %q`, app+"/", "Hello, "+admin))
	there.Says("table", email, demo.Origin)
	w.done(there)

	console.Says("[data-light].on", admin+" signed in")
	w.done(console)
	return w.steps
}

// add finds the way to the form and fills it in.
func (w *walk) add(console *browser.Tab) {
	w.t.Helper()
	console.Submits(`main a[href="/console/applications/new"]`)
	console.Fill("main input[name=name]", appName)
	console.Fill("main input[name=redirect_uri]", fmt.Sprintf("http://localhost:%d/callback", world.FreePort(w.t)))
	console.Submits("main form button.primary")
	console.Says("h1", appName+" is added")
	console.Says("[data-light]", "Waiting for the first sign-in")
}

// start runs the application from what the console printed, unedited, and gives
// its address.
func start(t need.T, printed string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "printed")
	if err := os.WriteFile(file, []byte(printed), 0o600); err != nil {
		t.Fatal(err)
	}
	line, err := world.Run(t, "demo", "app", file).Line("  http://localhost:")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// walk counts the steps and the time.
type walk struct {
	t     need.T
	look  Look
	began time.Time
	steps []Step
}

func (w *walk) done(tab *browser.Tab) {
	w.t.Helper()
	i := len(w.steps)
	w.steps = append(w.steps, Step{names[i], time.Since(w.began)})
	if w.look != nil && tab != nil {
		w.look(i, tab)
	}
	w.began = time.Now()
}

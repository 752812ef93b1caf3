// Package browser drives a real Chromium over the whole of Holdfast: people
// enrol and sign in with virtual authenticators, pages are photographed and
// looked over by axe-core. This file and authenticator.go are the only ones that
// know chromedp, whose programming interface moves. It refuses to sleep: it waits
// for what must become true, and fails with a picture where it does not.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"holdfast/test/need"
)

// patience bounds every wait: far beyond what a slow machine needs, so that
// only something that never comes runs into it.
const patience = 2 * time.Minute

// Browser is one Chromium process.
type Browser struct{ ctx context.Context }

// Start starts Chromium; hosts maps names to this machine, such as
// "login.evil.test", beside localhost and *.localhost.
func Start(t need.T, hosts ...string) *Browser {
	t.Helper()
	var options []chromedp.ExecAllocatorOption
	if len(hosts) > 0 {
		rules := make([]string, len(hosts))
		for i, h := range hosts {
			rules[i] = "MAP " + h + " 127.0.0.1"
		}
		options = append(options, chromedp.Flag("host-resolver-rules", strings.Join(rules, ",")))
	}
	return start(t, options...)
}

// StartSecure starts Chromium; https to names below .test leads to a port of
// this machine, and the certificate with this hash of its key is trusted:
// Chromium has no passkeys at a site whose certificate is not.
func StartSecure(t need.T, port int, spki string) *Browser {
	t.Helper()
	return start(t, chromedp.Flag("host-resolver-rules", fmt.Sprintf("MAP *.test:443 127.0.0.1:%d", port)),
		chromedp.Flag("ignore-certificate-errors-spki-list", spki))
}

func start(t need.T, more ...chromedp.ExecAllocatorOption) *Browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(need.Program(t, "chromium", "chromium-browser", "google-chrome")),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-first-run", true),
		chromedp.WSURLReadTimeout(patience),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return &Browser{ctx}
}

// Tab is one tab in a profile of its own: no cookie is shared between tabs.
type Tab struct {
	t    need.T
	ctx  context.Context
	name string

	heard *heard
}

// heard is what the page complained of since it was last asked.
type heard struct {
	mu       sync.Mutex
	messages []string // covered by mu
}

// Tab opens a profile for the person called name, which names its pictures.
func (b *Browser) Tab(t need.T, name string) *Tab {
	t.Helper()
	return open(t, b.ctx, name, chromedp.WithNewBrowserContext())
}

// Beside opens another tab in the same profile: it shares the cookies.
func (tab *Tab) Beside(name string) *Tab {
	tab.t.Helper()
	return open(tab.t, tab.ctx, name)
}

func open(t need.T, in context.Context, name string, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(in, options...)
	t.Cleanup(cancel)
	tab := &Tab{t: t, ctx: ctx, name: name, heard: &heard{}}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			tab.heard.add(m)
		}
	}()
	return tab
}

func (h *heard) add(m chromedp.ConsoleMessage) {
	if m.IsException() || m.Type == "error" {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.messages = append(h.messages, m.String()+" "+m.URL)
	}
}

// Complaints are the errors that the page and the browser wrote to the console
// since the last call: exceptions, blocked scripts, failed requests.
func (tab *Tab) Complaints() []string {
	tab.heard.mu.Lock()
	defer tab.heard.mu.Unlock()
	c := tab.heard.messages
	tab.heard.messages = nil
	return c
}

// For is the same tab reporting to another test, such as a part of this one.
func (tab *Tab) For(t need.T) *Tab {
	return &Tab{t: t, ctx: tab.ctx, name: tab.name, heard: tab.heard}
}

// NoAutofill makes of this a browser that cannot offer passkeys in a field, so
// that nothing but a button leads to the prompt. It holds for pages opened later.
func (tab *Tab) NoAutofill() {
	tab.t.Helper()
	tab.Before(`if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false`)
}

// Before runs a script in each page opened later, before its own.
func (tab *Tab) Before(script string) {
	tab.t.Helper()
	tab.run("prepare pages", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

// Binding gives pages a function that takes one string. called answers each call
// with a script, which is run in the page that called.
func (tab *Tab) Binding(name string, called func(string) string) {
	tab.t.Helper()
	calls := chromedp.Events(tab.ctx, runtime.BindingCalled)
	tab.run("bind "+name, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, runtime.Enable, cdp.Empty{}); err != nil {
			return err
		}
		_, err := chromedp.Call(ctx, runtime.AddBinding, runtime.AddBindingParams{Name: name})
		return err
	}))
	go func() {
		for call, err := range calls {
			if err != nil {
				return
			}
			if call.Name == name {
				// A page that is gone needs no answer.
				_, _ = chromedp.Run(tab.ctx, chromedp.Evaluate[chromedp.Void](called(call.Payload)))
			}
		}
	}()
}

// Keys for Press.
const (
	Tabulator = "\t"
	Enter     = "\r"
	Escape    = "\u001b"
	Down      = "\u0301" // as chromedp names the key
)

// run does steps within patience and fails the test where they do not work.
func (tab *Tab) run(what string, steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tab.failed(what, err)
	}
}

func (tab *Tab) failed(what string, err error) {
	tab.t.Helper()
	tab.Screenshot("failed")
	text, _ := chromedp.Run(tab.ctx, chromedp.Evaluate[string](`location.href + "\n" + (document.body ? document.body.innerText : "")`))
	tab.t.Fatalf("%s: %s: %v\nconsole: %q\npage: %s", tab.name, what, err, tab.Complaints(), text)
}

func get[T any](tab *Tab, what string, a chromedp.Action[T]) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		tab.failed(what, err)
	}
	return v
}

// Open goes to an address and waits until the page has loaded.
func (tab *Tab) Open(url string) {
	tab.t.Helper()
	tab.run("open "+url, chromedp.Navigate(url))
}

// Click waits until the element can be seen and clicks it.
func (tab *Tab) Click(css string) {
	tab.t.Helper()
	tab.run("click "+css, chromedp.WaitVisible(chromedp.CSS(css)), chromedp.Click(chromedp.CSS(css)))
}

// Fill replaces what is in a field by typing, as a person who selects all of
// it and types.
func (tab *Tab) Fill(css, text string) {
	tab.t.Helper()
	tab.See(css)
	Eval[bool](tab, fmt.Sprintf(`{const e = document.querySelector(%q); e.focus(); e.select(); true}`, css))
	const backspace = "\b"
	tab.run("fill "+css, chromedp.KeyEvent(backspace+text))
}

// Press presses keys where the focus is.
func (tab *Tab) Press(keys string) {
	tab.t.Helper()
	tab.run("press", chromedp.KeyEvent(keys))
}

// See waits until an element can be seen.
func (tab *Tab) See(css string) {
	tab.t.Helper()
	tab.run("see "+css, chromedp.WaitVisible(chromedp.CSS(css)))
}

// Text waits for an element and reads it.
func (tab *Tab) Text(css string) string {
	tab.t.Helper()
	return get(tab, "text of "+css, chromedp.Text(chromedp.CSS(css)))
}

// Says waits until the text of the first element that css finds holds each of
// texts, as a person reads it.
func (tab *Tab) Says(css string, texts ...string) {
	tab.t.Helper()
	for _, text := range texts {
		tab.Until(fmt.Sprintf(`document.querySelector(%q)?.innerText.includes(%q)`, css, text))
	}
}

// Location is where the tab is.
func (tab *Tab) Location() string {
	tab.t.Helper()
	return get(tab, "location", chromedp.Location())
}

// Eval gives the value of a JavaScript expression, a promise awaited.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	return get(tab, expression, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Until waits until a JavaScript expression is true, over navigations.
func (tab *Tab) Until(expression string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		// It is asked from outside: where no script runs, nothing in the page can
		// wait. A page that goes away answers with an error; the next one is asked.
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](
			"(v => v instanceof Promise ? v.then(Boolean) : Boolean(v))("+expression+")", chromedp.EvalAwaitPromise))
		if err == nil && is {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tab.failed("until "+expression, err)
			return
		}
	}
}

// At waits until the path of the address is path and the page has loaded.
func (tab *Tab) At(path string) {
	tab.t.Helper()
	tab.Until(fmt.Sprintf(`location.pathname === %q && document.readyState === "complete"`, path))
}

// Submits clicks, and waits until another page has loaded.
func (tab *Tab) Submits(css string) {
	tab.t.Helper()
	Eval[bool](tab, `window.__before = true`)
	tab.Click(css)
	tab.Until(`!window.__before && document.readyState === "complete"`)
}

// Scheme sets what the person prefers: "light" or "dark".
func (tab *Tab) Scheme(scheme string) {
	tab.t.Helper()
	tab.run("scheme", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	}))
}

// Size sets the viewport in CSS pixels.
func (tab *Tab) Size(width, height int64) {
	tab.t.Helper()
	tab.run("size", chromedp.EmulateViewport(width, height))
}

// Scripts says whether the pages that are opened from now on may run any.
func (tab *Tab) Scripts(on bool) {
	tab.t.Helper()
	tab.run("scripts", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}

// Screenshot keeps a picture of the whole page in artifacts/.
func (tab *Tab) Screenshot(name string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		tab.t.Logf("no picture of %s: %v", name, err)
		return
	}
	dir := filepath.Join(need.Root(tab.t), "artifacts")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		tab.t.Fatal(err)
	}
	file := strings.ReplaceAll(strings.ReplaceAll(tab.t.Name(), "/", "-")+"-"+tab.name+"-"+name, " ", "-") + ".png"
	if err := os.WriteFile(filepath.Join(dir, file), png, 0o644); err != nil {
		tab.t.Fatal(err)
	}
}

// Violation is what axe-core found, with the elements that it found it in.
type Violation struct {
	ID, Help string
	Targets  []string
}

// Axe looks the page over with axe-core: WCAG 2.2 AA and its best practices.
func (tab *Tab) Axe() []Violation {
	tab.t.Helper()
	file := need.File(tab.t, filepath.Join(need.Root(tab.t), "test/browser/node_modules/axe-core/axe.min.js"))
	script, err := os.ReadFile(file)
	if err != nil {
		tab.t.Fatal(err)
	}
	// Evaluated through the debugger, so that the page's own CSP stays as it is.
	if !Eval[bool](tab, `"axe" in window`) {
		Eval[bool](tab, string(script)+"\n;true")
	}
	found := Eval[string](tab, `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v =>
		({id: v.id, help: v.help, targets: v.nodes.map(n => n.target.join(" ") + ": " + n.failureSummary)}))))`)
	var v []Violation
	if err := json.Unmarshal([]byte(found), &v); err != nil {
		tab.t.Fatal(err)
	}
	return v
}

// Sideways is by how many CSS pixels the page is wider than its window.
func (tab *Tab) Sideways() int {
	tab.t.Helper()
	return Eval[int](tab, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
}

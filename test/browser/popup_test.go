package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"holdfast/edge/web/page"
)

// An application that signs people in through a pop-up loses its handle on the
// window while our pages are in it, by Cross-Origin-Opener-Policy, and hears
// of the end by a channel of its own origin. The laxer same-origin-allow-popups
// would give it no more: it speaks of windows that we open. What would, is no
// policy at all.
func TestAPopUpLosesItsOpenerAndStillEnds(t *testing.T) {
	t.Parallel()
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.Headers(w.Header())
		if policy := r.FormValue("coop"); policy != "" {
			w.Header().Set("Cross-Origin-Opener-Policy", policy)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>door</title><meta http-equiv="refresh" content="1;url=%s">`, r.FormValue("back"))
	}))
	t.Cleanup(door.Close)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/done" {
			fmt.Fprint(w, `<!doctype html><html lang="en"><title>done</title><script>new BroadcastChannel("in").postMessage("opener " + !!window.opener)</script>`)
			return
		}
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>app</title><button>Sign in</button><script>
			new BroadcastChannel("in").onmessage = (e) => { window.told = e.data; };
			document.querySelector("button").onclick = () => { window.popup = open(%q + "&back=" + encodeURIComponent(location.origin + "/done"), "door", "popup,width=400,height=600"); };
		</script>`, r.FormValue("door"))
	}))
	t.Cleanup(app.Close)
	doorURL := strings.Replace(door.URL, "127.0.0.1", "door.localhost", 1)
	tab := Start(t).Tab(t, "app")
	for _, c := range []struct {
		policy string // "" is what our pages send
		cut    bool
	}{{"", true}, {"same-origin-allow-popups", true}, {"unsafe-none", false}} {
		t.Run("policy "+c.policy, func(t *testing.T) {
			tab := tab.For(t)
			tab.Open(app.URL + "/?door=" + doorURL + "/signin?coop=" + c.policy)
			tab.Click("button")
			tab.Until(`window.told`)
			if told, want := Eval[string](tab, `window.told`), fmt.Sprintf("opener %v", !c.cut); told != want {
				t.Errorf("back at the application: %s, want %s", told, want)
			}
			if closed := Eval[bool](tab, `window.popup.closed`); closed != c.cut {
				t.Errorf("the opener's handle says closed: %v, want %v", closed, c.cut)
			}
		})
	}
}

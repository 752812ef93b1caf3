package interop

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/test/browser"
	"holdfast/test/world"
)

// addApache is the configuration that the host's command prints.
func addApache(t *testing.T, w *world.World, port int) string {
	t.Helper()
	var made struct{ Configuration string }
	w.CLI(t, &made, "app", "create", "--name", "Wiki", "--confidential", "--preset", "mod_auth_openidc",
		"--redirect-uri", fmt.Sprintf("http://localhost:%d/oidc/return", port))
	return made.Configuration
}

// Apache with mod_auth_openidc signs a person in with the configuration that
// the host's command printed, as it is, and signs them out.
func TestApacheSignsInWithWhatWasPrinted(t *testing.T) {
	w := configured(t, `outgoing_allow: ["127.0.0.0/8", "::1/128"]`) // Apache is on this very host
	admin := w.Admin(t)
	ada, id := w.Enrol(t, "Ada Lovelace", "ada@example.org")
	nurses(t, w, id)
	port := world.FreePort(t)
	apache := StartApache(t, port, addApache(t, w, port))

	page, err := ada.Walk(t.Context(), apache.URL+"/", "")
	if err != nil || page.Status != http.StatusOK || !strings.Contains(string(page.Body), "The protected page.") {
		t.Fatalf("Ada sees %v, %v", page, err)
	}
	want := Claims{User: id, Email: "ada@example.org", Name: "Ada Lovelace", ACR: "phr", Groups: "Nurses"}
	if d := cmp.Diff(want, ClaimsOf(page.Header)); d != "" {
		t.Errorf("the site knows (-want +got):\n%s", d)
	}

	t.Run("nobody else is let in", func(t *testing.T) {
		page, err := w.Browser(t).Walk(t.Context(), apache.URL+"/", "")
		if err != nil || page.URL.Path != "/signin" || strings.Contains(string(page.Body), "The protected page.") {
			t.Errorf("a stranger sees %v, %v", page, err)
		}
	})

	t.Run("a session that the console ends is over as soon as the notice arrives", func(t *testing.T) {
		page, err := admin.PostForm(t.Context(), "/console/people/"+id+"/sessions/end", url.Values{})
		if err != nil || page.Status != http.StatusSeeOther {
			t.Fatalf("the console answers %v, %v", page.Status, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for {
			page, err := ada.Walk(ctx, apache.URL+"/", "")
			if err != nil {
				t.Fatal(err)
			}
			if page.URL.Path == "/signin" {
				break
			}
		}
		if ada = w.SignIn(t, ada); ada == nil {
			t.Fatal("Ada cannot sign in again")
		}
		if page, err = ada.Walk(t.Context(), apache.URL+"/", ""); err != nil || page.Status != http.StatusOK {
			t.Fatalf("Ada sees %v, %v", page, err)
		}
	})

	t.Run("signing out ends both", func(t *testing.T) {
		at := apache.URL + "/oidc/return?logout=" + url.QueryEscape(apache.URL+"/")
		page, err := ada.Walk(t.Context(), at, "")
		if err != nil || page.Status != http.StatusOK || !strings.Contains(string(page.Body), "You are signed out") ||
			!strings.Contains(string(page.Body), apache.URL+"/") {
			t.Fatalf("Ada sees %v, %v", page, err)
		}
		if page, err = ada.Walk(t.Context(), apache.URL+"/", ""); err != nil || page.URL.Path != "/signin" {
			t.Errorf("after signing out the site leads to %v, %v", page, err)
		}
	})
	w.Verify(t)
}

// In a real browser, with the configuration copied from the console.
func TestApacheSignsInWithWhatTheConsoleShowed(t *testing.T) {
	b := browser.Start(t)
	d := browser.StartDemo(t)
	robin := b.Tab(t, "robin")
	robin.NoAutofill() // what signs in must be seen to
	robin.Add(browser.Synced)
	robin.Open(d.SetUp)
	robin.Fill("#name", "Robin Wrack")
	robin.Fill("#email", "robin@example.org")
	robin.Click("[data-go]")
	robin.At("/welcome")

	port := world.FreePort(t)
	robin.Open(d.Origin + "/console/applications/new")
	robin.Click("#preset-mod_auth_openidc")
	robin.Fill("main input[name=name]", "Wiki")
	robin.Fill("main input[name=redirect_uri]", fmt.Sprintf("http://localhost:%d/oidc/return", port))
	robin.Submits("main form button.primary")
	robin.Says("h1", "Wiki is added")
	robin.Screenshot("configuration")
	apache := StartApache(t, port, robin.Text("figure.code code")+"\n")
	robin.Says("[data-light]", "Waiting for the first sign-in")
	beside := robin.Beside("beside")
	beside.Open(apache.URL + "/")
	beside.Says("body", "The protected page.")
	robin.Says("[data-light].on", "Robin Wrack signed in") // the page that waited, by itself
	robin.Screenshot("the light is on")
	if c := robin.Complaints(); len(c) > 0 {
		t.Errorf("console: %q", c)
	}
	robin.Open(apache.URL + "/")
	robin.Says("body", "The protected page.")
	robin.Screenshot("protected page")

	robin.Open(d.Origin + "/me/sessions")
	robin.Says("main", "Wiki")
	robin.Open(apache.URL + "/oidc/return?logout=" + url.QueryEscape(apache.URL+"/"))
	robin.At("/signin") // over the end of both sessions back to the site, which asks again
	robin.Says("main", "to go on to Wiki")
	robin.Screenshot("signed out")
}

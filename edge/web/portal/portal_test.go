package portal_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/edge/web/page"
	"holdfast/edge/web/portal"
	"holdfast/edge/web/webtest"
)

func open(t *testing.T) *webtest.World {
	t.Helper()
	w := webtest.New(t)
	w.Serve(portal.New(portal.Config{Visits: w.Visits, Account: w.Account, Store: w.DB, RPID: "localhost"}))
	return w
}

func wantTo(t *testing.T, a webtest.Answer, location string) {
	t.Helper()
	if a.Status != http.StatusSeeOther || a.Location != location {
		t.Fatalf("got %d to %q, want 303 to %q\n%s", a.Status, a.Location, location, a.Body)
	}
}

func wantText(t *testing.T, a webtest.Answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d\n%s", a.Status, status, main(a))
	}
	for _, text := range texts {
		if !strings.Contains(a.Body, text) {
			t.Errorf("%q is not on the page\n%s", text, main(a))
		}
	}
}

func credentials(t *testing.T, w *webtest.World, id holdfast.PersonID) []credential.Record {
	t.Helper()
	creds, err := w.DB.CredentialsOf(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return creds
}

func TestNobodyIsSentToTheDoor(t *testing.T) {
	w := open(t)
	b := w.Nobody()
	before := w.Records()
	wantTo(t, b.Get("/"), "/signin?return=%2F")
	wantTo(t, b.Get("/me/passkeys"), "/signin?return=%2Fme%2Fpasskeys")
	wantTo(t, b.Get("/me/sessions"), "/signin?return=%2Fme%2Fsessions")
	wantTo(t, b.Post("/me/passkeys", "/me/passkeys/x/rename", "name", "x"), "/signin?return=%2Fme%2Fpasskeys")
	wantTo(t, b.Post("/me/passkeys", "/me/passkeys/x/remove"), "/signin?return=%2Fme%2Fpasskeys")
	wantTo(t, b.Post("/me/sessions", "/me/sessions/x/end"), "/signin?return=%2Fme%2Fsessions")
	wantTo(t, b.Post("/me/sessions", "/me/sessions/end"), "/signin?return=%2Fme%2Fsessions")
	wantTo(t, b.Get("/signout"), "/signedout")
	wantTo(t, b.Post("/", "/signout"), "/signedout")
	if after := w.Records(); after != before {
		t.Errorf("%d records were written", after-before)
	}
}

func TestHomeShowsOnesOwn(t *testing.T) {
	w := open(t)
	ada, mallory := w.Member("Ada", "ada@example.org"), w.Member("Mallory", "mallory@example.org")
	w.SignIn(mallory)
	a := w.SignIn(ada).Get("/")
	wantText(t, a, http.StatusOK, "Hello, Ada", "First of Ada", "Firefox on Linux", "You have one passkey")
	if strings.Contains(a.Body, "Mallory") || strings.Contains(a.Body, "/console") {
		t.Errorf("a member sees too much\n%s", a.Body)
	}
}

func TestSignalsListWhatIsAccepted(t *testing.T) {
	w := open(t)
	ada := w.Administrator("Ada", "ada@example.org")
	suspended, removed := w.Passkey(ada, "Suspended"), w.Passkey(ada, "Removed")
	ctx := context.Background()
	if err := w.Govern.SuspendCredential(ctx, webtest.System, suspended.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Govern.RemoveCredential(ctx, webtest.System, removed.ID); err != nil {
		t.Fatal(err)
	}
	b := w.SignIn(ada)
	for _, path := range []string{"/", "/me/passkeys", "/me/sessions"} {
		a := b.Get(path)
		wantText(t, a, http.StatusOK, `data-rp-id="localhost"`, `data-user-id="`+base64.RawURLEncoding.EncodeToString(ada.Handle)+`"`,
			`data-name="ada@example.org"`, `data-display-name="Ada"`)
		_, ids, _ := strings.Cut(a.Body, `data-credentials="`)
		ids, _, _ = strings.Cut(ids, `"`)
		for _, c := range credentials(t, w, ada.ID) {
			if got := strings.Contains(ids, string(c.ID)); got != (c.ID != removed.ID) {
				t.Errorf("%s: %q is among the accepted credentials: %v", path, c.Name, got)
			}
		}
	}
}

func TestRename(t *testing.T) {
	w := open(t)
	ada, mallory := w.Member("Ada", "ada@example.org"), w.Member("Mallory", "mallory@example.org")
	b := w.SignIn(ada)
	id := string(credentials(t, w, ada.ID)[0].ID)
	wantTo(t, b.Post("/me/passkeys", "/me/passkeys/"+id+"/rename", "name", "My <b>phone"), "/me/passkeys")
	wantText(t, b.Get("/me/passkeys"), http.StatusOK, "My &lt;b&gt;phone", "The passkey has its new name.")
	if a := b.Get("/me/passkeys"); strings.Contains(a.Body, "The passkey has its new name.") {
		t.Error("the flash is shown twice")
	}

	long := strings.Repeat("x", 61)
	wantText(t, b.Post("/me/passkeys", "/me/passkeys/"+id+"/rename", "name", long), http.StatusUnprocessableEntity,
		"1 to 60 printable characters", `value="`+long+`"`)

	foreign := string(credentials(t, w, mallory.ID)[0].ID)
	wantText(t, b.Post("/me/passkeys", "/me/passkeys/"+foreign+"/rename", "name", "mine now"), http.StatusNotFound, "no such passkey")
	if got := credentials(t, w, mallory.ID)[0].Name; got != "First of Mallory" {
		t.Errorf("the passkey of somebody else is called %q", got)
	}
}

func TestRemove(t *testing.T) {
	w := open(t)
	ada, mallory := w.Member("Ada", "ada@example.org"), w.Member("Mallory", "mallory@example.org")
	first := credentials(t, w, ada.ID)[0]
	b := w.SignIn(ada)

	wantTo(t, b.Post("/me/passkeys", "/me/passkeys/"+string(first.ID)+"/remove"), "/me/passkeys")
	wantText(t, b.Get("/me/passkeys"), http.StatusOK, "This is your only passkey. Add another one first")

	foreign := string(credentials(t, w, mallory.ID)[0].ID)
	wantText(t, b.Post("/me/passkeys", "/me/passkeys/"+foreign+"/remove"), http.StatusNotFound, "no such passkey")

	second := w.Passkey(ada, "Second")
	wantTo(t, b.Post("/me/passkeys", "/me/passkeys/"+string(second.ID)+"/remove"), "/me/passkeys")
	a := b.Get("/me/passkeys")
	wantText(t, a, http.StatusOK, "The passkey was removed.")
	if strings.Contains(a.Body, string(second.ID)) {
		t.Error("the removed passkey is still on the page")
	}

	w.Passkey(ada, "Third")
	wantTo(t, b.Post("/me/passkeys", "/me/passkeys/"+string(first.ID)+"/remove"), "/signedout")
	if b.HasSession() {
		t.Error("the cookie is still there")
	}
	wantTo(t, b.Get("/me/passkeys"), "/signin?return=%2Fme%2Fpasskeys")
}

func TestAStaleSessionConfirmsBeforeItRemoves(t *testing.T) {
	w := open(t)
	ada := w.Member("Ada", "ada@example.org")
	second := w.Passkey(ada, "Second")
	b := w.SignIn(ada)
	w.Pass(16 * time.Minute)
	wantTo(t, b.Post("/me/passkeys", "/me/passkeys/"+string(second.ID)+"/remove"), "/signin?confirm=1&return=%2Fme%2Fpasskeys")
	if got := credentials(t, w, ada.ID); len(got) != 2 || got[0].Status != credential.Active || got[1].Status != credential.Active {
		t.Error("a stale session removed a passkey")
	}
}

func TestSessions(t *testing.T) {
	w := open(t)
	ada, mallory := w.Member("Ada", "ada@example.org"), w.Member("Mallory", "mallory@example.org")
	here, there, foreign := w.SignIn(ada), w.SignIn(ada), w.SignIn(mallory)
	wantText(t, here.Get("/me/sessions"), http.StatusOK, "signed in in 2 places", "this one", "192.0.2.7", "First of Ada")

	wantText(t, here.Post("/me/sessions", "/me/sessions/"+string(foreign.Session.ID)+"/end"), http.StatusNotFound, "no such session")
	wantText(t, foreign.Get("/"), http.StatusOK, "Hello, Mallory")

	wantTo(t, here.Post("/me/sessions", "/me/sessions/"+string(there.Session.ID)+"/end"), "/me/sessions")
	wantTo(t, there.Get("/"), "/signin?return=%2F")
	wantText(t, here.Get("/me/sessions"), http.StatusOK, "That session has ended.", "here and nowhere else")

	wantTo(t, here.Post("/me/sessions", "/me/sessions/"+string(here.Session.ID)+"/end"), "/signedout")
	if here.HasSession() {
		t.Error("the cookie is still there")
	}
}

func TestASilentSessionIsNotListed(t *testing.T) {
	w := open(t)
	ada := w.Member("Ada", "ada@example.org")
	w.SignIn(ada)
	w.Pass(2 * time.Hour) // more than the inactivity limit of AAL2
	wantText(t, w.SignIn(ada).Get("/me/sessions"), http.StatusOK, "here and nowhere else")
}

func TestSignOutEverywhere(t *testing.T) {
	w := open(t)
	ada := w.Member("Ada", "ada@example.org")
	here, there := w.SignIn(ada), w.SignIn(ada)
	wantTo(t, here.Post("/me/sessions", "/me/sessions/end"), "/signedout?everywhere=1")
	if here.HasSession() {
		t.Error("the cookie is still there")
	}
	wantTo(t, there.Get("/"), "/signin?return=%2F")
}

func TestSignOut(t *testing.T) {
	w := open(t)
	b := w.SignIn(w.Member("Ada", "ada@example.org"))
	wantText(t, b.Get("/signout"), http.StatusOK, "Sign out of Kelp &amp; Shore?")
	wantTo(t, b.Post("/signout", "/signout", "decision", "stay"), "/")
	wantText(t, b.Get("/"), http.StatusOK, "Hello, Ada")
	stolen := b.Copy()
	wantTo(t, b.Post("/", "/signout"), "/signedout")
	if b.HasSession() {
		t.Error("the cookie is still there")
	}
	if s, err := w.DB.Session(context.Background(), b.Session.ID); err != nil || s.Ended.IsZero() {
		t.Errorf("the session did not end: %v", err)
	}
	wantTo(t, stolen.Get("/"), "/signin?return=%2F")
}

func TestAnotherOriginChangesNothing(t *testing.T) {
	w := open(t)
	ada := w.Member("Ada", "ada@example.org")
	b := w.SignIn(ada)
	before := w.Records()
	for _, path := range []string{"/signout", "/me/sessions/end", "/me/passkeys/x/remove"} {
		if a := b.PostFrom("https://mallory.example", path); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", path, a.Status)
		}
	}
	if after := w.Records(); after != before {
		t.Errorf("%d records were written", after-before)
	}
}

func TestPagesAreNotKept(t *testing.T) {
	w := open(t)
	b := w.SignIn(w.Member("Ada", "ada@example.org"))
	for _, path := range []string{page.PathHome, page.PathPasskeys, page.PathSessions, page.PathSignOut} {
		if got := b.Get(path).Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
}

// main is what a failure quotes of a page.
func main(a webtest.Answer) string {
	_, text, found := strings.Cut(a.Body, "<main")
	if !found {
		return a.Body
	}
	return text
}

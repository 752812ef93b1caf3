package demo

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/edge/outward"
	"holdfast/flow/logout"
)

// tell has Holdfast tell the application that a session is over. as is the
// client that the token is for.
func (w *world) tell(as holdfast.AppID, session holdfast.SessionID) error {
	w.t.Helper()
	body, err := json.Marshal(logout.Message{App: as, Subject: w.who.Person.ID, Session: session})
	if err != nil {
		w.t.Fatal(err)
	}
	here := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	return w.provider.LogoutSender(outward.Client(here), time.Now).Send(w.t.Context(), w.app.URL+LogoutPath, body)
}

const endedText = "Signed out by Holdfast"

func TestASessionThatEndedThereEndsHere(t *testing.T) {
	w := newWorld(t)
	w.open(w.app.URL + signInPath)
	if err := w.tell(w.client, "ses_another"); err != nil {
		t.Fatal(err)
	}
	if body, _ := w.open(w.app.URL); !strings.Contains(body, "Ada Byron") || strings.Contains(body, endedText) {
		t.Fatalf("after the end of another session: %s", body)
	}
	if err := w.tell(w.client, w.who.Session.ID); err != nil {
		t.Fatal(err)
	}
	if body, _ := w.open(w.app.URL); strings.Contains(body, "Ada Byron") || !strings.Contains(body, endedText) {
		t.Fatalf("after the end of this session: %s", body)
	}
	w.open(w.app.URL + signInPath) // the test's Holdfast still has the session
	if body, _ := w.open(w.app.URL); strings.Contains(body, "Ada Byron") {
		t.Errorf("a session that has ended signs in: %s", body)
	}
}

func TestSignOutNoticesThatAreNone(t *testing.T) {
	w := newWorld(t)
	w.open(w.app.URL + signInPath)
	other, events, err := grant.CreateApp("app_other", grant.Draft{Name: "Another", RedirectURIs: []string{"https://another.example/callback"},
		LogoutURI: w.app.URL + LogoutPath}, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.store.Put(events...)
	still := func(t *testing.T) {
		t.Helper()
		if body, _ := w.open(w.app.URL); !strings.Contains(body, "Ada Byron") {
			t.Errorf("signed out: %s", body)
		}
	}
	t.Run("Back-Channel Logout 1.0 §2.6: for another client", func(t *testing.T) {
		if err := w.tell(other.ID, w.who.Session.ID); err == nil {
			t.Error("it was taken")
		}
		still(t)
	})
	// The ID token has the issuer's signature, the audience and the sid.
	_, out := w.post(w.app.URL+signOutPath, func(*http.Request) {})
	_, rest, _ := strings.Cut(out, "id_token_hint=")
	idToken, _, found := strings.Cut(rest, "&")
	if !found || strings.Count(idToken, ".") != 2 {
		t.Fatalf("no ID token in %s", out)
	}
	w.open(w.app.URL + signInPath)
	for name, form := range map[string]url.Values{
		"§2.6 step 6: an ID token": {"logout_token": {idToken}},
		"not signed":               {"logout_token": {"eyJhbGciOiJub25lIn0.e30."}},
		"no token":                 {},
		"too long":                 {"logout_token": {strings.Repeat("a", maxNotice)}},
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := http.PostForm(w.app.URL+LogoutPath, form)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s, %v", resp.Status, resp.Header)
			}
			still(t)
		})
	}
}

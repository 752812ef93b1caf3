package interop

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"holdfast/test/client"
	"holdfast/test/softkey"
	"holdfast/test/world"
)

const callback = "https://notes.example.org/callback"

// notes is a confidential application on coreos/go-oidc and x/oauth2.
func notes(t *testing.T, w *world.World) *client.App {
	t.Helper()
	var r client.Registered
	w.CLI(t, &r, "app", "create", "--name", "Notes", "--confidential", "--redirect-uri", callback)
	app, err := client.NewApp(t.Context(), w.Base, r, callback)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// endpoint is an address of the discovery document that go-oidc does not use.
func endpoint(t *testing.T, app *client.App, name string) string {
	t.Helper()
	var all map[string]any
	if err := app.Provider.Claims(&all); err != nil {
		t.Fatal(err)
	}
	at, _ := all[name].(string)
	if at == "" {
		t.Fatalf("the discovery document has no %s", name)
	}
	return at
}

// asApp sends a form with the application's own credentials.
func asApp(t *testing.T, app *client.App, at string, form url.Values) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(app.OAuth.ClientID, app.OAuth.ClientSecret)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body := map[string]any{}
	json.NewDecoder(answer.Body).Decode(&body) // a revocation answers nothing
	return answer.StatusCode, body
}

func introspect(t *testing.T, app *client.App, token string) map[string]any {
	t.Helper()
	status, body := asApp(t, app, endpoint(t, app, "introspection_endpoint"), url.Values{"token": {token}})
	if status != http.StatusOK {
		t.Fatalf("introspection answers %d %v", status, body)
	}
	return body
}

// refreshed is what x/oauth2 gets for a refresh token.
func refreshed(ctx context.Context, app *client.App, refresh string) (*oauth2.Token, error) {
	return app.OAuth.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh}).Token()
}

func signIn(t *testing.T, who *client.Client, app *client.App, more ...oauth2.AuthCodeOption) *client.Tokens {
	t.Helper()
	tokens, err := who.SignInTo(t.Context(), app, more...)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

var offline = oauth2.SetAuthURLParam("scope", "openid profile email offline_access")

// leadsTo says where an authorization request leads somebody: to a page such as
// the door, or back to the application with a code or an error.
func leadsTo(t *testing.T, who *client.Client, request string) string {
	t.Helper()
	page, err := who.Walk(t.Context(), request, callback)
	switch {
	case err != nil:
		t.Fatal(err)
	case page.Status == 0 && page.URL.Query().Get("code") != "":
		return "code"
	case page.Status == 0:
		return page.URL.Query().Get("error")
	}
	return page.URL.Path
}

// An ordinary application, as most are written in Go.
func TestGoOIDC(t *testing.T) {
	w := world.New(t, world.SQLite)
	w.Admin(t)
	ada, id := w.Enrol(t, "Ada Lovelace", "ada@example.org")
	app := notes(t, w)

	t.Run("code flow", func(t *testing.T) {
		got := signIn(t, ada, app)
		for name, want := range map[string]any{"sub": id, "iss": w.Base, "aud": app.OAuth.ClientID, "acr": "phr"} {
			if d := cmp.Diff(want, got.Claims[name]); d != "" {
				t.Errorf("%s (-want +got):\n%s", name, d)
			}
		}
		for _, name := range []string{"auth_time", "sid", "amr"} {
			if got.Claims[name] == nil {
				t.Errorf("no %s in %v", name, got.Claims)
			}
		}
		if err := got.ID.VerifyAccessToken(got.AccessToken); err != nil && got.ID.AccessTokenHash != "" {
			t.Error(err)
		}
		info, err := app.Provider.UserInfo(t.Context(), oauth2.StaticTokenSource(got.Token))
		if err != nil {
			t.Fatal(err)
		}
		var told struct{ Sub, Email, Name string }
		if err := info.Claims(&told); err != nil || told.Sub != id || told.Email != "ada@example.org" || told.Name != "Ada Lovelace" {
			t.Errorf("userinfo: %+v, %v", told, err)
		}
		if got.RefreshToken != "" {
			t.Error("a refresh token came that nobody asked for")
		}
	})
	t.Run("refresh, and the old one again", func(t *testing.T) {
		first := signIn(t, ada, app, offline)
		second, err := refreshed(t.Context(), app, first.RefreshToken)
		if err != nil || second.RefreshToken == "" || second.RefreshToken == first.RefreshToken {
			t.Fatalf("refresh: %+v, %v", second, err)
		}
		if introspect(t, app, second.AccessToken)["active"] != true {
			t.Error("the new access token is not active")
		}
		if _, err := refreshed(t.Context(), app, first.RefreshToken); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("the old refresh token: %v, want invalid_grant", err)
		}
		if _, err := refreshed(t.Context(), app, second.RefreshToken); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("the family outlives the reuse: %v", err)
		}
		if introspect(t, app, second.AccessToken)["active"] != false {
			t.Error("an access token outlives its family")
		}
	})
	t.Run("introspection and revocation", func(t *testing.T) {
		got := signIn(t, ada, app, offline)
		in := introspect(t, app, got.AccessToken)
		if in["active"] != true || in["sub"] != id || in["client_id"] != app.OAuth.ClientID {
			t.Errorf("introspection: %v", in)
		}
		if status, body := asApp(t, app, endpoint(t, app, "revocation_endpoint"), url.Values{"token": {got.RefreshToken}}); status != http.StatusOK {
			t.Errorf("revocation: %d %v", status, body)
		}
		for what, token := range map[string]string{"refresh": got.RefreshToken, "access": got.AccessToken} {
			if d := cmp.Diff(map[string]any{"active": false}, introspect(t, app, token)); d != "" {
				t.Errorf("the %s token after revocation (-want +got):\n%s", what, d)
			}
		}
		if _, err := app.Provider.UserInfo(t.Context(), oauth2.StaticTokenSource(got.Token)); err == nil {
			t.Error("userinfo still answers")
		}
	})
	t.Run("a code works once", func(t *testing.T) {
		z := app.Authorization()
		back, err := ada.Authorize(t.Context(), z, callback)
		if err != nil {
			t.Fatal(err)
		}
		first, err := app.Redeem(t.Context(), z, back)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := app.Redeem(t.Context(), z, back); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("the second time: %v, want invalid_grant", err)
		}
		if introspect(t, app, first.AccessToken)["active"] != false {
			t.Error("the token of a code that came twice is still active")
		}
	})
	t.Run("prompt and max_age", func(t *testing.T) {
		none, again := oauth2.SetAuthURLParam("prompt", "none"), oauth2.SetAuthURLParam("prompt", "login")
		now := oauth2.SetAuthURLParam("max_age", "0")
		stranger := w.Browser(t)
		for _, c := range []struct {
			name, want string
			who        *client.Client
			more       []oauth2.AuthCodeOption
		}{
			{"signed in", "code", ada, nil},
			{"nobody", "/signin", stranger, nil},
			{"nobody, prompt=none", "login_required", stranger, []oauth2.AuthCodeOption{none}},
			{"signed in, prompt=none", "code", ada, []oauth2.AuthCodeOption{none}},
			{"signed in, prompt=login", "/signin", ada, []oauth2.AuthCodeOption{again}},
			{"signed in, max_age=0", "/signin", ada, []oauth2.AuthCodeOption{now}},
			{"signed in, max_age=0, prompt=none", "login_required", ada, []oauth2.AuthCodeOption{now, none}},
			{"signed in, max_age=3600", "code", ada, []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("max_age", "3600")}},
		} {
			if got := leadsTo(t, c.who, app.Authorization(c.more...).URL); got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
		if got := signIn(t, ada, app, again, now); got.Claims["auth_time"] == nil {
			t.Error("no auth_time although max_age was asked for")
		}
	})
	t.Run("acr", func(t *testing.T) {
		bound := w.BrowserWith(t, softkey.Config{Transports: []string{"usb"}})
		if _, err := bound.Enrol(t.Context(), w.Invite(t, "Mary", "mary@example.org").Ticket); err != nil {
			t.Fatal(err)
		}
		for asked, want := range map[string]string{"": "phr", "phr": "phr", "phrh phr": "phr", "unheard-of": "phr"} {
			got := signIn(t, bound, app, oauth2.SetAuthURLParam("acr_values", asked))
			if got.Claims["acr"] != want {
				t.Errorf("acr_values=%q: acr %v, want %s: nothing is proven of the key yet", asked, got.Claims["acr"], want)
			}
			methods, _ := got.Claims["amr"].([]any)
			for _, amr := range methods {
				if amr == "hwk" {
					t.Error("amr says hwk, and nothing is proven of the key yet")
				}
			}
		}
		essential := oauth2.SetAuthURLParam("claims", `{"id_token":{"acr":{"essential":true,"values":["phrh"]}}}`)
		if got := leadsTo(t, bound, app.Authorization(essential, oauth2.SetAuthURLParam("prompt", "none")).URL); got == "code" {
			t.Error("an essential acr that is not met was answered with a code")
		}
	})
	t.Run("what is not offered", func(t *testing.T) {
		for what, change := range map[string]url.Values{
			"implicit":   {"response_type": {"id_token"}},
			"hybrid":     {"response_type": {"code id_token"}},
			"plain PKCE": {"code_challenge_method": {"plain"}},
			"no PKCE":    {"code_challenge": nil, "code_challenge_method": nil},
		} {
			asked, err := url.Parse(app.Authorization().URL)
			if err != nil {
				t.Fatal(err)
			}
			q := asked.Query()
			for name, v := range change {
				q[name] = v
			}
			asked.RawQuery = q.Encode()
			if got := leadsTo(t, ada, asked.String()); got == "code" || got == "/signin" {
				t.Errorf("%s leads to %s", what, got)
			}
		}
		if _, err := oidc.NewProvider(t.Context(), w.Base+"/elsewhere"); err == nil {
			t.Error("another issuer answers")
		}
	})
	w.Verify(t)
}

package demo

import (
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/grant"
)

// printed is what the console shows for an application.
func printed(t *testing.T, d grant.Draft, secret string) string {
	t.Helper()
	d.Name = "Harbour log"
	hash := ""
	if d.NeedsSecret() {
		hash = "h"
	}
	a, _, err := grant.CreateApp("app_1", d, hash, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	text, err := grant.Configuration(grant.Setting{Issuer: "http://localhost:8080", App: a, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestWhatTheConsolePrintsIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		draft  grant.Draft
		secret string
		want   Config
	}{
		"with a secret": {grant.Draft{RedirectURIs: []string{"http://localhost:8090/callback"}, Confidential: true}, "s3cret",
			Config{Issuer: "http://localhost:8080", ClientID: "app_1", Secret: "s3cret", Origin: "http://localhost:8090", Callback: "/callback"}},
		"public, two addresses": {grant.Draft{RedirectURIs: []string{"http://127.0.0.1:8090/auth/back", "https://log.example.org/"}}, "",
			Config{Issuer: "http://localhost:8080", ClientID: "app_1", Origin: "http://127.0.0.1:8090", Callback: "/auth/back"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Printed(printed(t, c.draft, c.secret))
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestWhatIsPastedWronglyIsExplained(t *testing.T) {
	at := func(uri string) string {
		return printed(t, grant.Draft{RedirectURIs: []string{uri}, Confidential: true}, "s3cret")
	}
	for name, c := range map[string]struct{ text, says string }{
		"nothing":                    {"", "lacks “Issuer” and “Client ID” and “Redirect URI”"},
		"another kind":               {printed(t, grant.Draft{RedirectURIs: []string{"http://localhost:8090/"}, Confidential: true, Preset: grant.PresetApache}, "s3cret"), "copy the whole block"},
		"the secret is gone":         {printed(t, grant.Draft{RedirectURIs: []string{"http://localhost:8090/callback"}, Confidential: true}, ""), "Make a new one"},
		"another machine":            {at("https://log.example.org/callback"), "http://localhost:8090/callback"},
		"no path":                    {at("http://localhost:8090/"), "http://localhost:8090/callback"},
		"no port":                    {at("http://localhost/callback"), "http://localhost:8090/callback"},
		"the application's own path": {at("http://localhost:8090" + LogoutPath), "http://localhost:8090/callback"},
		"a path that cannot be":      {"Issuer: http://localhost:8080\nClient ID: a\nRedirect URI: http://localhost:8090/a/../{b}\n", "http://localhost:8090/callback"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Printed(c.text)
			if holdfast.KindOf(err) != holdfast.Invalid || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want a sentence with %q", err, c.says)
			}
		})
	}
}

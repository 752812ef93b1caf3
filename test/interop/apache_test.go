package interop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"holdfast/domain/grant"
	"holdfast/test/world"
)

// Apache itself accepts what we print and asks as it was told: before any
// server of ours answers, the printed text must be good configuration.
func TestApacheReadsThePrintedConfiguration(t *testing.T) {
	var issuer string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"issuer": issuer, "authorization_endpoint": issuer + "/authorize", "token_endpoint": issuer + "/token",
			"jwks_uri": issuer + "/jwks", "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	}))
	t.Cleanup(s.Close)
	issuer = strings.Replace(s.URL, "127.0.0.1", "localhost", 1)

	port := world.FreePort(t)
	redirect := fmt.Sprintf("http://localhost:%d/oidc/return", port)
	app, _, err := grant.CreateApp("app_wiki", grant.Draft{Name: "Wiki", RedirectURIs: []string{redirect}, Confidential: true, Preset: grant.PresetApache},
		"hash", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	printed, err := grant.Configuration(grant.Setting{Issuer: issuer, App: app, Secret: "s3cret", Passphrase: "passphrase"})
	if err != nil {
		t.Fatal(err)
	}
	apache := StartApache(t, port, printed)

	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, apache.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html") // the module answers 401 to what is no browser
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	to, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || answer.StatusCode != http.StatusFound || !strings.HasPrefix(to.String(), issuer+"/authorize?") {
		t.Fatalf("got %s to %q, want a redirect to the provider", answer.Status, to)
	}
	for name, want := range map[string]string{"client_id": "app_wiki", "redirect_uri": redirect, "response_type": "code",
		"code_challenge_method": "S256", "scope": "openid profile email groups"} {
		if got := to.Query().Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

package grant

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast"
)

// What an administrator pastes is read by other programs, so it stands in
// files that can be read as a whole. HOLDFAST_GOLDEN=write writes them anew.
func TestConfigurationOfEveryPreset(t *testing.T) {
	for _, preset := range Presets {
		t.Run(preset, func(t *testing.T) {
			d := Draft{Name: "Wiki", RedirectURIs: []string{"https://wiki.example.org/"}, Confidential: true, Preset: preset}
			if NeedsUpstream(preset) {
				d.Upstream = "http://127.0.0.1:3000"
			}
			hash := ""
			if d.NeedsSecret() {
				hash = "h"
			}
			app, _, err := CreateApp("app_wiki", d, hash, noon)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Configuration(Setting{Issuer: "https://id.example.org", App: app, Secret: "s3cret", Passphrase: "passphrase"})
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", "preset", preset+".txt")
			if os.Getenv("HOLDFAST_GOLDEN") == "write" {
				doc, rest, _ := strings.Cut(readDoc(t, preset), "```text printed\n")
				_, rest, _ = strings.Cut(rest, "```\n")
				for name, text := range map[string]string{file: got, docOf(preset): doc + "```text printed\n" + got + "```\n" + rest} {
					if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Error(d)
			}
			if doc := readDoc(t, preset); !strings.Contains(doc, "```text printed\n"+got+"```\n") {
				t.Errorf("docs/apps/%s.md does not show what is printed; run this with HOLDFAST_GOLDEN=write", preset)
			}
			for _, edit := range []string{"TODO", "CHANGE", "REPLACE", "<your", "YOUR_", "example.com"} {
				if strings.Contains(got, edit) {
					t.Errorf("it has to be edited: %q", edit)
				}
			}
		})
	}
}

func docOf(preset string) string { return filepath.Join("..", "..", "docs", "apps", preset+".md") }

func readDoc(t *testing.T, preset string) string {
	t.Helper()
	text, err := os.ReadFile(docOf(preset))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestASiteIsEnoughOfAnAddress(t *testing.T) {
	for _, c := range []struct{ preset, typed, want string }{
		{PresetGeneric, "https://wiki.example.org/", "https://wiki.example.org/"},
		{PresetApache, "https://wiki.example.org", "https://wiki.example.org/oidc/return"},
		{PresetApache, "https://wiki.example.org/back", "https://wiki.example.org/back"},
		{PresetProxy, "https://wiki.example.org/", "https://wiki.example.org/oauth2/callback"},
		{PresetGrafana, "https://example.org/grafana/", "https://example.org/grafana/login/generic_oauth"},
		{PresetGrafana, "https://example.org/grafana/login/generic_oauth", "https://example.org/grafana/login/generic_oauth"},
		{PresetNginx, "https://wiki.example.org/some/page", "https://wiki.example.org/.holdfast/callback"},
		{PresetCaddy, "https://wiki.example.org:8443", "https://wiki.example.org:8443/.holdfast/callback"},
	} {
		t.Run(c.preset+" "+c.typed, func(t *testing.T) {
			d, err := settle(Draft{Name: "Wiki", RedirectURIs: []string{c.typed}, Preset: c.preset, Upstream: "http://127.0.0.1:1"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{c.want}, d.RedirectURIs); diff != "" {
				t.Error(diff)
			}
			again, err := settle(d)
			if diff := cmp.Diff(d, again); diff != "" || err != nil {
				t.Errorf("settled twice it differs (%v):\n%s", err, diff)
			}
		})
	}
}

func TestForwardAuthIsForTheHostsOfItsAddresses(t *testing.T) {
	d, err := settle(Draft{Name: "Wiki", Preset: PresetNginx, Upstream: "http://127.0.0.1:1", Confidential: true, RequireDPoP: true,
		RedirectURIs: []string{"https://wiki.example.org/", "https://wiki.example.org/x", "https://docs.example.org/"},
		Domains:      []string{"mallory.example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"wiki.example.org", "docs.example.org"}, d.Domains); diff != "" {
		t.Error(diff)
	}
	if d.NeedsSecret() || d.RequireDPoP {
		t.Error("a proxy that asks has no use for a secret or a key")
	}
}

func TestHostileValuesReachNoConfiguration(t *testing.T) {
	for _, bad := range []string{"a\"\nInclude /etc/passwd", "a;root /", "a{x}", "a}", "$request_uri", "a'b", "a\\", "`id`", "a b"} {
		for _, preset := range Presets {
			app := App{ID: "app_x", Name: "Wiki", Preset: preset, RedirectURIs: []string{"https://wiki.example.org/x"}, Upstream: "http://127.0.0.1:1"}
			hostile := map[string]Setting{
				"issuer":   {Issuer: "https://" + bad, App: app},
				"secret":   {Issuer: "https://id.example.org", App: app, Secret: bad},
				"upstream": {Issuer: "https://id.example.org", App: App{ID: app.ID, Preset: preset, RedirectURIs: app.RedirectURIs, Upstream: bad}},
				"redirect": {Issuer: "https://id.example.org", App: App{ID: app.ID, Preset: preset, RedirectURIs: []string{"https://h/" + bad}, Upstream: app.Upstream}},
			}
			for what, s := range hostile {
				if text, err := Configuration(s); holdfast.CodeOf(err) != "preset_value" {
					t.Errorf("%s: %q as %s was written (%v):\n%s", preset, bad, what, err, text)
				}
			}
		}
	}
}

func TestUpstreamIsAnAddressAndNothingElse(t *testing.T) {
	draft := Draft{Name: "Wiki", Preset: PresetNginx, RedirectURIs: []string{"https://wiki.example.org/"}}
	for _, bad := range []string{"", "127.0.0.1:3000", "http://127.0.0.1:3000/", "http://u:p@h", "ftp://h", "http://h?x", "http://h#x",
		"http://$host", "http://h;x", "http://h x", "http://", "http://a,b", "http://" + strings.Repeat("h", maxURI)} {
		draft.Upstream = bad
		if _, err := settle(draft); holdfast.CodeOf(err) != "app_upstream" {
			t.Errorf("%.60q: got %v, want app_upstream", bad, err)
		}
	}
	for _, good := range []string{"http://127.0.0.1:3000", "https://app.internal", "http://[::1]:80", "http://wiki_app:80"} {
		draft.Upstream = good
		if _, err := settle(draft); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

package interop

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"holdfast/test/need"
)

// No Traefik runs here. What can be held without one: the file is YAML, it
// strips before it asks, and what it asks for is what it passes on.
func TestTheFileForTraefik(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(need.Root(t), "domain/grant/testdata/preset/traefik.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		HTTP struct {
			Routers map[string]struct {
				Rule, Service string
				Middlewares   []string
			}
			Middlewares map[string]struct {
				Headers struct {
					CustomRequestHeaders map[string]string `yaml:"customRequestHeaders"`
				}
				ForwardAuth struct {
					Address             string
					TrustForwardHeader  bool     `yaml:"trustForwardHeader"`
					AuthResponseHeaders []string `yaml:"authResponseHeaders"`
				} `yaml:"forwardAuth"`
			}
			Services map[string]struct {
				LoadBalancer struct {
					PassHostHeader *bool `yaml:"passHostHeader"`
					Servers        []struct{ URL string }
				} `yaml:"loadBalancer"`
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	app := file.HTTP.Routers["app_wiki"]
	if d := cmp.Diff([]string{"app_wiki-strip", "app_wiki-check"}, app.Middlewares); d != "" {
		t.Error(d)
	}
	if len(file.HTTP.Routers["app_wiki-holdfast"].Middlewares) != 0 {
		t.Error("what leads to Holdfast is itself asked about")
	}
	strip, check := file.HTTP.Middlewares["app_wiki-strip"].Headers.CustomRequestHeaders, file.HTTP.Middlewares["app_wiki-check"].ForwardAuth
	for _, h := range append(check.AuthResponseHeaders, "X-Original-URL") {
		if v, ok := strip[h]; !ok || v != "" {
			t.Errorf("%s of the browser's is not taken away", h)
		}
	}
	if check.TrustForwardHeader || check.Address != "https://id.example.org/.holdfast/auth?app=app_wiki&mode=redirect" || len(check.AuthResponseHeaders) != 5 {
		t.Errorf("it asks %+v", check)
	}
	for name, url := range map[string]string{"app_wiki": "http://127.0.0.1:3000", "app_wiki-holdfast": "https://id.example.org"} {
		s := file.HTTP.Services[name].LoadBalancer
		if len(s.Servers) != 1 || s.Servers[0].URL != url || (name == "app_wiki") != (s.PassHostHeader == nil) {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

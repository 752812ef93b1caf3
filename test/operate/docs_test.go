package operate

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"holdfast/edge/config"
	"holdfast/edge/doctor"
	"holdfast/test/certificate"
	"holdfast/test/need"
	"holdfast/test/world"
)

// snippet is the first block of a language in docs/operate.md.
func snippet(t *testing.T, language string) string {
	t.Helper()
	_, text, ok := strings.Cut(string(read(t, filepath.Join(need.Root(t), "docs", "operate.md"))), "```"+language+"\n")
	text, _, end := strings.Cut(text, "```")
	if !ok || !end {
		t.Fatalf("no %s in docs/operate.md", language)
	}
	return text
}

// Who copies what the page says gets a proxy of which doctor finds nothing to say.
func TestProxiesOfThePage(t *testing.T) {
	a := certificate.New(t)
	t.Setenv("SSL_CERT_FILE", a.File)
	pair := a.Issue(t, "localhost")
	for _, p := range []struct {
		name  string
		start func(t *testing.T, inner, port string)
	}{
		{"nginx", func(t *testing.T, inner, port string) {
			text := strings.NewReplacer("listen 443", "listen 127.0.0.1:"+port, "id.example.org;", "localhost;", "127.0.0.1:8080", inner,
				"/etc/ssl/id.example.org/fullchain.pem", pair.CertFile, "/etc/ssl/id.example.org/key.pem", pair.KeyFile).Replace(snippet(t, "nginx"))
			dir := t.TempDir()
			file := filepath.Join(dir, "nginx.conf")
			temp := ""
			for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
				temp += fmt.Sprintf("%s_temp_path %s/%s;\n", kind, dir, kind)
			}
			write(t, file, fmt.Sprintf("daemon off;\nmaster_process off;\npid %s/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n%s%s}\n", dir, temp, text))
			world.RunProgram(t, need.Program(t, "nginx", "/usr/sbin/nginx"), "-c", file, "-p", dir, "-e", "stderr")
		}},
		{"caddy", func(t *testing.T, inner, port string) {
			text := strings.NewReplacer("id.example.org {", fmt.Sprintf("https://localhost:%s {\n    tls %s %s", port, pair.CertFile, pair.KeyFile),
				"127.0.0.1:8080", inner).Replace(snippet(t, "caddy"))
			dir := t.TempDir()
			file := filepath.Join(dir, "Caddyfile")
			write(t, file, "{\n    admin off\n    auto_https disable_redirects\n}\n"+text)
			t.Setenv("HOME", dir)
			t.Setenv("XDG_DATA_HOME", dir)
			t.Setenv("XDG_CONFIG_HOME", dir)
			world.RunProgram(t, need.Program(t, "caddy"), "run", "--config", file, "--adapter", "caddyfile")
		}},
	} {
		t.Run(p.name, func(t *testing.T) {
			_, trusting, ok := strings.Cut(string(read(t, filepath.Join(need.Root(t), "docs", "operate.md"))), "All three: `")
			trusting, _, _ = strings.Cut(trusting, "`")
			if !ok || !strings.HasPrefix(trusting, "trusted_proxies:") {
				t.Fatalf("the page says %q", trusting)
			}
			d := deploy(t, "http")
			d.address = strings.Replace(d.address, "localhost", "127.0.0.1", 1)
			outer := fmt.Sprint(world.FreePort(t))
			d.origin = "https://localhost:" + outer
			d.configure(trusting)
			d.start()
			p.start(t, d.address, outer)
			listening(t, "127.0.0.1:"+outer)
			d.finds("proxy_headers", doctor.OK, "names its clients")
			d.finds("issuer", doctor.OK, d.origin)
			d.finds("trusted_proxies", doctor.OK, "127.0.0.1/32")
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// listening waits until somebody does.
func listening(t *testing.T, address string) {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for range 3000 {
		<-look.C
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return
		}
	}
	t.Fatalf("nobody listens on %s", address)
}

// The page of the configuration has every key.
func TestConfigurationPage(t *testing.T) {
	page := string(read(t, filepath.Join(need.Root(t), "docs", "configuration.md")))
	var keys func(prefix string, of reflect.Type)
	keys = func(prefix string, of reflect.Type) {
		for i := range of.NumField() {
			f := of.Field(i)
			key := prefix + f.Tag.Get("yaml")
			if f.Type.Kind() == reflect.Struct {
				keys(key+".", f.Type)
			} else if !strings.Contains(page, "`"+key+"`") {
				t.Errorf("docs/configuration.md does not say what %s is", key)
			}
		}
	}
	keys("", reflect.TypeFor[config.Config]())
}

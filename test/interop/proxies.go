package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"holdfast/test/need"
)

// Behind is an application behind a proxy: it tells what it was told, as JSON.
type Behind struct{ URL string }

// StartBehind starts it.
func StartBehind(t testing.TB) *Behind {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told := map[string]string{"Path": r.URL.RequestURI(), "Method": r.Method}
		for name, v := range r.Header {
			told[name] = strings.Join(v, " | ")
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(told)
	}))
	t.Cleanup(s.Close)
	return &Behind{s.URL}
}

// StartNginx starts nginx with the printed configuration in its one server.
func StartNginx(t testing.TB, port int, printed string) {
	t.Helper()
	nginx := need.Program(t, "nginx", "/usr/sbin/nginx")
	dir := t.TempDir()
	for _, d := range []string{"body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		write(t, dir, d+"/.keep", "")
	}
	write(t, dir, "holdfast.conf", printed)
	write(t, dir, "nginx.conf", fmt.Sprintf(`daemon off;
%[3]spid %[1]s/pid;
error_log %[1]s/error.log info;
worker_processes 1;
events { }
http {
    access_log off;
    client_body_temp_path %[1]s/body;
    proxy_temp_path %[1]s/proxy;
    fastcgi_temp_path %[1]s/fastcgi;
    uwsgi_temp_path %[1]s/uwsgi;
    scgi_temp_path %[1]s/scgi;
    server {
        listen 127.0.0.1:%[2]d;
        server_name wiki.localhost;
        include %[1]s/holdfast.conf;
    }
}
`, dir, port, asRoot("user www-data;\n")))
	readable(t, dir)
	if os.Getuid() == 0 {
		for _, d := range []string{"body", "proxy"} { // the workers' own
			if err := os.Chmod(filepath.Join(dir, d), 0o777); err != nil {
				t.Fatal(err)
			}
		}
	}
	serve(t, exec.Command(nginx, "-p", dir, "-c", filepath.Join(dir, "nginx.conf")), fmt.Sprintf("http://127.0.0.1:%d", port),
		filepath.Join(dir, "error.log"))
}

func asRoot(text string) string {
	if os.Getuid() == 0 {
		return text
	}
	return ""
}

// StartCaddy starts Caddy with the printed configuration as its only site.
func StartCaddy(t testing.TB, port int, printed string) {
	t.Helper()
	caddy := need.Program(t, "caddy")
	dir := t.TempDir()
	write(t, dir, "Caddyfile", "{\n\tadmin off\n}\nimport holdfast.caddy\n")
	write(t, dir, "holdfast.caddy", printed)
	cmd := exec.Command(caddy, "run", "--config", filepath.Join(dir, "Caddyfile"), "--adapter", "caddyfile")
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	serve(t, cmd, fmt.Sprintf("http://127.0.0.1:%d", port), filepath.Join(dir, "none"))
}

// StartOAuth2Proxy starts oauth2-proxy, built from the module that pins it,
// with the printed configuration. flags come after it.
func StartOAuth2Proxy(t testing.TB, port int, printed string, flags ...string) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "oauth2-proxy")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/oauth2-proxy/oauth2-proxy/v7")
	build.Dir = filepath.Join(need.Root(t), "test", "interop", "tools")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build oauth2-proxy: %v\n%s", err, out)
	}
	write(t, dir, "oauth2-proxy.cfg", printed)
	serve(t, exec.Command(program, append([]string{"--config", filepath.Join(dir, "oauth2-proxy.cfg")}, flags...)...),
		fmt.Sprintf("http://127.0.0.1:%d", port), filepath.Join(dir, "none"))
}

// local dials this machine for whatever name: *.localhost is there for
// browsers, and for no resolver of Go's.
func local() *http.Transport {
	t, dialer := http.DefaultTransport.(*http.Transport).Clone(), &net.Dialer{}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err == nil && strings.HasSuffix(host, ".localhost") {
			address = net.JoinHostPort("127.0.0.1", port)
		}
		return dialer.DialContext(ctx, network, address)
	}
	return t
}

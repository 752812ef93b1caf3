// Package interop signs in to applications that are not ours: Debian's Apache
// with mod_auth_openidc, and coreos/go-oidc. It refuses to imitate them: what
// runs here is the real program with the configuration that Holdfast printed.
package interop

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdfast/test/need"
)

const modules = "/usr/lib/apache2/modules/"

// Apache is a running Apache HTTP server with one site.
type Apache struct {
	URL string // "http://localhost:PORT"
	dir string
}

// The site tells who is signed in by headers of its answer, so that a test can
// read what the module made of the ID token.
const site = `ServerRoot %[1]q
PidFile %[1]s/pid
ErrorLog %[1]s/error.log
LogLevel warn auth_openidc:info
Listen 127.0.0.1:%[2]d
ServerName localhost
User %[3]s
Group %[4]s
DocumentRoot %[1]s/site
TypesConfig /dev/null
%[5]s
<VirtualHost 127.0.0.1:%[2]d>
ServerName localhost
Header always set X-Remote-User "expr=%%{REMOTE_USER}"
Header always set X-Claim-Email "expr=%%{HTTP:OIDC_CLAIM_email}"
Header always set X-Claim-Name "expr=%%{HTTP:OIDC_CLAIM_name}"
Header always set X-Claim-Acr "expr=%%{HTTP:OIDC_CLAIM_acr}"
Include %[1]s/holdfast.conf
</VirtualHost>
`

// StartApache starts Apache on port with the printed configuration, unedited,
// included into its virtual host.
func StartApache(t testing.TB, port int, printed string) *Apache {
	t.Helper()
	apache := need.Program(t, "apache2", "/usr/sbin/apache2")
	need.File(t, modules+"mod_auth_openidc.so")
	a := &Apache{URL: fmt.Sprintf("http://localhost:%d", port), dir: t.TempDir()}
	a.write(t, "site/index.html", "<!doctype html><title>Wiki</title><p>The protected page.</p>\n")
	a.write(t, "holdfast.conf", printed)
	a.write(t, "apache.conf", fmt.Sprintf(site, a.dir, port, "www-data", "www-data", loads()))
	a.readableByApache(t)

	cmd := exec.Command(apache, "-d", a.dir, "-f", filepath.Join(a.dir, "apache.conf"), "-DFOREGROUND")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		<-ended
		if t.Failed() {
			t.Logf("Apache's error log:\n%s", a.log())
		}
	})
	a.await(t, ended, &said)
	return a
}

func loads() string {
	var b strings.Builder
	for _, m := range []string{"mpm_event", "authn_core", "authz_core", "authz_user", "dir", "headers", "mime", "auth_openidc"} {
		fmt.Fprintf(&b, "LoadModule %s_module %smod_%s.so\n", m, modules, m)
	}
	return b.String()
}

func (a *Apache) write(t testing.TB, name, text string) {
	t.Helper()
	p := filepath.Join(a.dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// readableByApache opens the way to the site for the user that Apache becomes.
func (a *Apache) readableByApache(t testing.TB) {
	t.Helper()
	for d := a.dir; strings.HasPrefix(d, os.TempDir()) && d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// await polls until Apache answers; every try waits for the kernel, not for a
// clock, and Apache's end ends it.
func (a *Apache) await(t testing.TB, ended chan error, said *bytes.Buffer) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("Apache ended: %v\n%s\n%s", err, said, a.log())
		case <-tick.C:
			c, err := net.Dial("tcp", strings.TrimPrefix(a.URL, "http://"))
			if err == nil {
				c.Close()
				return
			}
		}
	}
}

func (a *Apache) log() string {
	b, _ := os.ReadFile(filepath.Join(a.dir, "error.log"))
	return string(b)
}

// Claims is what the site answered about who is signed in.
type Claims struct{ User, Email, Name, ACR string }

// ClaimsOf reads them from the headers of the site's answer.
func ClaimsOf(h http.Header) Claims {
	return Claims{h.Get("X-Remote-User"), h.Get("X-Claim-Email"), h.Get("X-Claim-Name"), h.Get("X-Claim-Acr")}
}

// Package interop signs in to applications that are not ours: Debian's Apache
// with mod_auth_openidc, oauth2-proxy, nginx, Caddy, and coreos/go-oidc. It
// refuses to imitate them: what runs here is the real program with the
// configuration that Holdfast printed, unedited.
package interop

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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
Header always set X-Claim-Groups "expr=%%{HTTP:OIDC_CLAIM_groups}"
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
	write(t, a.dir, "site/index.html", "<!doctype html><title>Wiki</title><p>The protected page.</p>\n")
	write(t, a.dir, "holdfast.conf", printed)
	write(t, a.dir, "apache.conf", fmt.Sprintf(site, a.dir, port, "www-data", "www-data", loads()))
	readable(t, a.dir)

	serve(t, exec.Command(apache, "-d", a.dir, "-f", filepath.Join(a.dir, "apache.conf"), "-DFOREGROUND"),
		a.URL, filepath.Join(a.dir, "error.log"))
	return a
}

func loads() string {
	var b strings.Builder
	for _, m := range []string{"mpm_event", "authn_core", "authz_core", "authz_user", "dir", "headers", "mime", "auth_openidc"} {
		fmt.Fprintf(&b, "LoadModule %s_module %smod_%s.so\n", m, modules, m)
	}
	return b.String()
}

// Claims is what the site answered about who is signed in.
type Claims struct{ User, Email, Name, ACR, Groups string }

// ClaimsOf reads them from the headers of the site's answer.
func ClaimsOf(h http.Header) Claims {
	return Claims{h.Get("X-Remote-User"), h.Get("X-Claim-Email"), h.Get("X-Claim-Name"), h.Get("X-Claim-Acr"), h.Get("X-Claim-Groups")}
}

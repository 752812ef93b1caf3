package demo

import (
	"net/netip"
	"net/url"
	"path"
	"strings"

	"holdfast"
	"holdfast/edge/web/page"
)

// Printed reads what the console prints for an OpenID Connect application, as
// it stands there. The application answers on this machine alone, so its
// address must be there; errors are sentences for whoever pasted it.
func Printed(text string) (Config, error) {
	said := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		// Behind the value may stand a remark: "(shown this once)".
		if words := strings.Fields(value); len(words) > 0 {
			said[strings.TrimSpace(name)] = words[0]
		}
	}
	c := Config{Issuer: said["Issuer"], ClientID: said["Client ID"], Secret: said["Client secret"]}
	back := said["Redirect URI"]
	switch {
	case c.Issuer == "" || c.ClientID == "" || back == "":
		return c, bad("This is not the configuration of an OpenID Connect application: it lacks %s. Add one in the console, of the kind OpenID Connect, and copy the whole block.",
			lacking(said, "Issuer", "Client ID", "Redirect URI"))
	case said["Client authentication"] == "private_key_jwt":
		return c, bad("This application would have to prove itself by a key, and this one has none. Choose a secret in the console.")
	case said["Client type"] == "confidential" && c.Secret == "":
		return c, bad("The client secret is not in it: it is shown only once. Make a new one in the console and copy the block again.")
	}
	u, err := url.Parse(back)
	if err != nil || u.Scheme != "http" || u.Port() == "" || !here(u.Hostname()) || !free(u.Path) {
		return c, bad("The redirect URI is %.200q, and this application answers on this machine: change it in the console to http://localhost:8090/callback, say.", back)
	}
	c.Origin, c.Callback = "http://"+u.Host, u.Path
	return c, nil
}

// free says whether the application can take its answers at a path.
func free(at string) bool {
	return at != "" && at != "/" && at == path.Clean(at) && !strings.ContainsAny(at, "{} ") &&
		at != signInPath && at != signOutPath && at != LogoutPath && !strings.HasPrefix(at, page.PathAssets)
}

// here says whether a host is this machine, and nothing else.
func here(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func lacking(said map[string]string, names ...string) string {
	var out []string
	for _, n := range names {
		if said[n] == "" {
			out = append(out, "“"+n+"”")
		}
	}
	return strings.Join(out, " and ")
}

func bad(format string, args ...any) error {
	return holdfast.Errorf(holdfast.Invalid, "demo_configuration", format, args...)
}

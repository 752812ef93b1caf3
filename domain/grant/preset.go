package grant

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"holdfast"
)

// Presets: for which software a complete configuration can be printed.
const (
	PresetGeneric = "generic"
	PresetApache  = "mod_auth_openidc"
	PresetProxy   = "oauth2-proxy"
	PresetGrafana = "grafana"

	// Forward-auth: the reverse proxy asks Holdfast about each request.
	PresetNginx   = "nginx"
	PresetCaddy   = "caddy"
	PresetTraefik = "traefik"
)

// Presets lists them.
var Presets = []string{PresetGeneric, PresetApache, PresetProxy, PresetGrafana, PresetNginx, PresetCaddy, PresetTraefik}

// Forwards says whether a preset is for a reverse proxy that asks Holdfast
// about each request.
func Forwards(preset string) bool {
	return slices.Contains([]string{PresetNginx, PresetCaddy, PresetTraefik}, preset)
}

// NeedsUpstream says whether what a preset prints stands before the
// application, and so has to say where that is.
func NeedsUpstream(preset string) bool { return preset == PresetProxy || Forwards(preset) }

// suited completes what an administrator typed by what the software itself
// fixes: where it takes answers, and what forward-auth is for. It is done
// again at each change and then changes nothing.
func (d Draft) suited() Draft {
	returns := map[string]string{PresetApache: "/oidc/return", PresetProxy: "/oauth2/callback", PresetGrafana: "/login/generic_oauth"}
	if Forwards(d.Preset) {
		return d.forwarding()
	}
	if path, ok := returns[d.Preset]; ok {
		d.RedirectURIs = slices.Clone(d.RedirectURIs)
		for i, u := range d.RedirectURIs {
			d.RedirectURIs[i] = returnsTo(u, path, d.Preset == PresetGrafana)
		}
	}
	return d
}

// returnsTo adds path to the address of a site. below: the site may be in a
// folder of its host.
func returnsTo(site, path string, below bool) string {
	u, err := url.Parse(site)
	if err != nil || u.RawQuery != "" || u.Fragment != "" || u.Host == "" {
		return site // CheckRedirectURI says what is wrong
	}
	if u.Path == "" || u.Path == "/" || below && !strings.HasSuffix(u.Path, path) {
		u.Path = strings.TrimSuffix(u.Path, "/") + path
	}
	return u.String()
}

// forwarding makes of the addresses of sites their hosts, and the addresses
// where Holdfast itself takes its answers there.
func (d Draft) forwarding() Draft {
	var uris, domains []string
	for _, u := range d.RedirectURIs {
		p, err := url.Parse(u)
		if err != nil || p.Host == "" {
			return d
		}
		if back := p.Scheme + "://" + p.Host + ForwardCallback; !slices.Contains(uris, back) {
			uris = append(uris, back)
		}
		if !slices.Contains(domains, p.Host) {
			domains = append(domains, p.Host)
		}
	}
	d.RedirectURIs, d.Domains = uris, domains
	d.Confidential, d.AuthMethod, d.JWKS, d.RequirePAR, d.RequireDPoP, d.Kinds = false, "", "", false, false, nil
	return d
}

// LogoutURIOf is where the software of a preset takes sign-out notices, or "".
func LogoutURIOf(d Draft) string {
	if d = d.suited(); d.Preset == PresetApache && len(d.RedirectURIs) > 0 {
		return d.RedirectURIs[0] + "?logout=backchannel"
	}
	return ""
}

// Setting is what a printed configuration is made from.
type Setting struct {
	Issuer     string // as the discovery document has it
	App        App
	Secret     string // the client secret, shown this once; empty for a public application
	Passphrase string // a fresh secret of the application's own, for its cookies
}

// plain is what may stand in any of the configuration files without ending a
// word, a string or a directive, and without naming a variable.
var plain = regexp.MustCompile(`^[A-Za-z0-9._~:/?#\[\]@!&()*+,=%-]*$`)

// Configuration prints what the application's administrator pastes, complete
// and ready: nothing in it needs editing.
func Configuration(s Setting) (string, error) {
	for _, v := range slices.Concat([]string{s.Issuer, s.Secret, s.Passphrase, s.App.Upstream}, s.App.RedirectURIs, s.App.Domains) {
		if !plain.MatchString(v) {
			// Such a value would end its directive and start another.
			return "", holdfast.Errorf(holdfast.Invalid, "preset_value", "%.200q cannot be written into a configuration file. Choose one without quotes, braces, semicolons, dollar signs and backslashes.", v)
		}
	}
	print := map[string]func(Setting) ([]string, error){
		PresetGeneric: generic, PresetApache: apache, PresetProxy: oauth2Proxy, PresetGrafana: grafana,
		PresetNginx: nginx, PresetCaddy: caddy, PresetTraefik: traefik,
	}[s.App.Preset]
	if print == nil {
		return "", holdfast.Errorf(holdfast.Invalid, "preset_unknown", "There is no preset of this name. Use one of: %s.", strings.Join(Presets, ", "))
	}
	lines, err := print(s)
	return strings.Join(lines, "\n") + "\n", err
}

// redirect is the address of the site that is configured.
func (s Setting) redirect() (*url.URL, error) {
	if len(s.App.RedirectURIs) > 0 {
		if u, err := url.Parse(s.App.RedirectURIs[0]); err == nil && u.Host != "" {
			return u, nil
		}
	}
	return nil, holdfast.Errorf(holdfast.Invalid, "redirect_uri", "The redirect address cannot be read. Change it in the console.")
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// leaving is where a browser goes to sign out of both, and then back.
func (s Setting) leaving(back string) string {
	if !slices.Contains(s.App.PostLogoutURIs, back) {
		return s.Issuer + "/logout?client_id=" + url.QueryEscape(string(s.App.ID))
	}
	return s.Issuer + "/logout?" + url.Values{"client_id": {string(s.App.ID)}, "post_logout_redirect_uri": {back}}.Encode()
}

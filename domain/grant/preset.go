package grant

import (
	"net/url"
	"strings"

	"holdfast"
)

// Presets: for which software a complete configuration can be printed.
const (
	PresetGeneric = "generic"
	PresetApache  = "mod_auth_openidc"
)

// Presets lists them.
var Presets = []string{PresetGeneric, PresetApache}

// Setting is what a printed configuration is made from.
type Setting struct {
	Issuer     string // as the discovery document has it
	App        App
	Secret     string // the client secret, shown this once; empty for a public application
	Passphrase string // a fresh secret of the application's own, for its cookies
}

// Configuration prints what the application's administrator pastes, complete
// and ready: nothing in it needs editing.
func Configuration(s Setting) (string, error) {
	for _, v := range []string{s.Issuer, s.Secret, s.Passphrase} {
		if strings.ContainsAny(v, "\"\\\r\n") {
			// Such a value would end its directive and start another.
			return "", holdfast.Errorf(holdfast.Invalid, "preset_value", "A value cannot be written into a configuration file. Choose one without quotes, backslashes and line ends.")
		}
	}
	switch s.App.Preset {
	case PresetApache:
		return apache(s)
	case PresetGeneric:
		return generic(s), nil
	}
	return "", holdfast.Errorf(holdfast.Invalid, "preset_unknown", "There is no preset of this name. Use one of: %s.", strings.Join(Presets, ", "))
}

// apache is for mod_auth_openidc 2.4 under Apache 2.4. It protects the whole
// site that the redirect address is on.
func apache(s Setting) (string, error) {
	redirect, err := url.Parse(s.App.RedirectURIs[0])
	if err != nil {
		return "", holdfast.Errorf(holdfast.Invalid, "redirect_uri", "The redirect address cannot be read. Remove the application and add it again.")
	}
	auth := "client_secret_basic"
	if !s.App.Confidential {
		auth = "none"
	}
	lines := []string{
		"# " + s.App.Name + ": sign-in with Holdfast, for Apache 2.4 with mod_auth_openidc.",
		"# Put it into the <VirtualHost> of " + redirect.Scheme + "://" + redirect.Host,
		`OIDCProviderMetadataURL "` + s.Issuer + `/.well-known/openid-configuration"`,
		`OIDCClientID "` + string(s.App.ID) + `"`,
	}
	if s.Secret != "" {
		lines = append(lines, `OIDCClientSecret "`+s.Secret+`"`)
	}
	lines = append(lines,
		`OIDCProviderTokenEndpointAuth `+auth,
		`OIDCRedirectURI "`+s.App.RedirectURIs[0]+`"`,
		`OIDCCryptoPassphrase "`+s.Passphrase+`"`,
		`OIDCResponseType code`,
		`OIDCPKCEMethod S256`,
		`OIDCScope "openid profile email"`,
		`OIDCRemoteUserClaim sub`,
		`OIDCCookieSameSite On`,
		`<Location "/">`,
		`    AuthType openid-connect`,
		`    Require valid-user`,
		`</Location>`,
	)
	return strings.Join(lines, "\n") + "\n", nil
}

func generic(s Setting) string {
	kind, auth := "public", "none"
	if s.App.Confidential {
		kind, auth = "confidential", "client_secret_basic or client_secret_post"
	}
	lines := []string{
		"Issuer:                 " + s.Issuer,
		"Discovery:              " + s.Issuer + "/.well-known/openid-configuration",
		"Client ID:              " + string(s.App.ID),
	}
	if s.Secret != "" {
		lines = append(lines, "Client secret:          "+s.Secret+"   (shown this once)")
	}
	lines = append(lines,
		"Client type:            "+kind,
		"Client authentication:  "+auth,
		"Redirect URI:           "+strings.Join(s.App.RedirectURIs, " "),
		"After sign-out:         "+strings.Join(s.App.PostLogoutURIs, " "),
		"Flow:                   authorization code with PKCE, method S256",
		"Scopes:                 "+strings.Join(Scopes, " "),
		"ID token signature:     RS256",
		"Subject claim:          sub",
	)
	return strings.Join(lines, "\n") + "\n"
}

package grant

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// shownOnce stands where a secret was shown before and nobody has it any more.
func (s Setting) shownOnce(line string) string {
	if s.Secret == "" && s.App.Method() == MethodSecret {
		return "# The client secret was shown once. Make a new one in the console, or keep the line that you have."
	}
	return line
}

// apache is for mod_auth_openidc 2.4 under Apache 2.4. It protects the whole
// site that the redirect address is on.
func apache(s Setting) ([]string, error) {
	redirect, err := s.redirect()
	if err != nil {
		return nil, err
	}
	auth := map[Method]string{MethodNone: "none", MethodSecret: "client_secret_basic", MethodKey: "private_key_jwt"}[s.App.Method()]
	lines := []string{
		"# " + s.App.Name + ": sign-in with Holdfast, for Apache 2.4 with mod_auth_openidc.",
		"# Put it into the <VirtualHost> of " + origin(redirect),
		`OIDCProviderMetadataURL "` + s.Issuer + `/.well-known/openid-configuration"`,
		`OIDCClientID "` + string(s.App.ID) + `"`,
	}
	if s.App.Method() == MethodSecret {
		lines = append(lines, s.shownOnce(`OIDCClientSecret "`+s.Secret+`"`))
	}
	return append(lines,
		`OIDCProviderTokenEndpointAuth `+auth,
		`OIDCRedirectURI "`+s.App.RedirectURIs[0]+`"`,
		`OIDCDefaultLoggedOutURL "`+origin(redirect)+`/"`,
		`OIDCCryptoPassphrase "`+s.Passphrase+`"`,
		`OIDCResponseType code`,
		`OIDCPKCEMethod S256`,
		`OIDCScope "openid profile email groups"`,
		`OIDCRemoteUserClaim sub`,
		`OIDCCookieSameSite On`,
		`<Location "/">`,
		`    AuthType openid-connect`,
		`    Require valid-user`,
		`</Location>`,
		"# Groups arrive as OIDC_CLAIM_groups; for one group alone: Require claim groups:NAME",
		"# To sign out: "+s.App.RedirectURIs[0]+"?logout="+origin(redirect)+"/",
	), nil
}

// oauth2Proxy is for oauth2-proxy 7, before an application of its own. The
// refresh each minute is what ends its session soon after ours.
func oauth2Proxy(s Setting) ([]string, error) {
	redirect, err := s.redirect()
	if err != nil {
		return nil, err
	}
	// On this machine alone it may be what the browser reaches; elsewhere
	// something with a certificate stands before it.
	listen, before := "127.0.0.1:4180", "# Whatever holds the certificate of "+origin(redirect)+" passes everything to http_address."
	cookie := "__Host-oauth2-proxy"
	if redirect.Scheme == "http" {
		listen, before, cookie = net.JoinHostPort("127.0.0.1", redirect.Port()), "# It listens at "+origin(redirect)+" itself.", "oauth2-proxy"
	}
	issuerHost := strings.TrimPrefix(strings.TrimPrefix(s.Issuer, "https://"), "http://")
	secret := s.shownOnce(`client_secret = "` + s.Secret + `"`)
	if s.App.Method() != MethodSecret {
		// It insists on a secret; none is asked for, since PKCE proves who redeems.
		secret = `client_secret = "none"`
	}
	return []string{
		"# " + s.App.Name + ": sign-in with Holdfast, for oauth2-proxy 7 (oauth2-proxy --config FILE).",
		before,
		`provider = "oidc"`,
		`provider_display_name = "Holdfast"`,
		`oidc_issuer_url = "` + s.Issuer + `"`,
		`client_id = "` + string(s.App.ID) + `"`,
		secret,
		`redirect_url = "` + s.App.RedirectURIs[0] + `"`,
		`scope = "openid profile email groups offline_access"`,
		`code_challenge_method = "S256"`,
		`oidc_groups_claim = "groups"`,
		`email_domains = ["*"]`,
		`skip_provider_button = true`,
		`http_address = "` + listen + `"`,
		`upstreams = ["` + s.App.Upstream + `/"]`,
		`pass_user_headers = true`,
		`cookie_name = "` + cookie + `"`,
		`cookie_secret = "` + s.Passphrase + `"`,
		fmt.Sprintf(`cookie_secure = %t`, redirect.Scheme == "https"),
		`cookie_samesite = "lax"`,
		`cookie_expire = "24h"`,
		`cookie_refresh = "1m"`,
		`whitelist_domains = ["` + issuerHost + `"]`,
		"# To sign out of both: " + origin(redirect) + "/oauth2/sign_out?rd=" + url.QueryEscape(s.leaving(origin(redirect)+"/")+"&id_token_hint={id_token}"),
	}, nil
}

// grafana is for Grafana 10 and later: its file, and the same as variables of
// the environment for containers.
func grafana(s Setting) ([]string, error) {
	redirect, err := s.redirect()
	if err != nil {
		return nil, err
	}
	root := strings.TrimSuffix(s.App.RedirectURIs[0], "login/generic_oauth")
	settings := [][2]string{
		{"enabled", "true"}, {"name", "Holdfast"}, {"client_id", string(s.App.ID)}, {"client_secret", s.Secret},
		{"scopes", "openid profile email groups offline_access"},
		{"auth_url", s.Issuer + "/authorize"}, {"token_url", s.Issuer + "/token"}, {"api_url", s.Issuer + "/userinfo"},
		{"use_pkce", "true"}, {"use_refresh_token", "true"}, {"allow_sign_up", "true"},
		{"login_attribute_path", "preferred_username"}, {"name_attribute_path", "name"}, {"email_attribute_path", "email"},
		{"groups_attribute_path", "groups"},
		{"role_attribute_path", "contains(groups[*], 'Grafana administrators') && 'Admin' || contains(groups[*], 'Grafana editors') && 'Editor' || 'Viewer'"},
		{"signout_redirect_url", s.leaving(origin(redirect) + "/")},
	}
	lines := []string{
		"# " + s.App.Name + ": sign-in with Holdfast, for Grafana 10 and later, in grafana.ini.",
		"# Members of the groups “Grafana administrators” and “Grafana editors” are that there; everybody else looks on.",
		"[server]",
		"root_url = " + root,
		"[auth.generic_oauth]",
	}
	environment := []string{"# The same for a container, as variables of its environment:", "# GF_SERVER_ROOT_URL=" + root}
	for _, kv := range settings {
		if kv[0] == "client_secret" && s.Secret == "" {
			if s.App.Method() == MethodSecret {
				lines = append(lines, s.shownOnce(""))
			}
			continue
		}
		lines = append(lines, kv[0]+" = "+kv[1])
		environment = append(environment, "# GF_AUTH_GENERIC_OAUTH_"+strings.ToUpper(kv[0])+"="+kv[1])
	}
	return append(lines, environment...), nil
}

func generic(s Setting) ([]string, error) {
	kind := "confidential"
	if s.App.Method() == MethodNone {
		kind = "public"
	}
	auth := map[Method]string{MethodNone: "none", MethodSecret: "client_secret_basic or client_secret_post", MethodKey: "private_key_jwt"}[s.App.Method()]
	lines := []string{
		"Issuer:                 " + s.Issuer,
		"Discovery:              " + s.Issuer + "/.well-known/openid-configuration",
		"Client ID:              " + string(s.App.ID),
	}
	if s.Secret != "" {
		lines = append(lines, "Client secret:          "+s.Secret+"   (shown this once)")
	}
	return append(lines,
		"Client type:            "+kind,
		"Client authentication:  "+auth,
		"Redirect URI:           "+strings.Join(s.App.RedirectURIs, " "),
		"After sign-out:         "+strings.Join(s.App.PostLogoutURIs, " "),
		"Flow:                   authorization code with PKCE, method S256",
		"Scopes:                 "+strings.Join(Scopes, " "),
		"ID token signature:     RS256",
		"Subject claim:          sub",
		"Groups claim:           groups, at the userinfo endpoint",
	), nil
}

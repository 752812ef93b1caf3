package grant

import (
	"net/url"
	"slices"
	"strings"
)

// Configurations for reverse proxies. Two things in each of them keep people
// out who have no business there, and are not to be edited: what the browser
// itself claims in Remote-… is thrown away before the application sees it, and
// the address of the check names the application, so that a cookie for another
// one opens nothing here whatever headers come with it.

// Identity headers that an application behind forward-auth believes.
var identity = []string{"Remote-User", "Remote-Email", "Remote-Name", "Remote-Groups", "X-Holdfast-Assertion"}

// aliases are the same as programs write them that cannot tell apart what is
// no letter (CGI, RFC 3875 §4.1.18), for proxies that let them pass.
func aliases() []string {
	var out []string
	for _, other := range []string{"_", "."} {
		for _, h := range identity {
			out = append(out, strings.ReplaceAll(h, "-", other))
		}
	}
	return out
}

// site is one host that is protected.
type site struct {
	origin, scheme, host string // "https://wiki.example.org:8443", "https", "wiki.example.org:8443"
	name                 string // host without port
}

func (s Setting) sites() ([]site, error) {
	var out []site
	for _, r := range s.App.RedirectURIs {
		u, err := url.Parse(r)
		if err != nil || u.Host == "" {
			_, err := Setting{}.redirect()
			return nil, err
		}
		out = append(out, site{origin(u), u.Scheme, u.Host, u.Hostname()})
	}
	if len(out) == 0 {
		_, err := s.redirect()
		return nil, err
	}
	return out, nil
}

// check is where a proxy asks. Caddy and Traefik pass on what we answer; nginx
// knows yes and no only.
func (s Setting) check(redirects bool) string {
	at := ForwardAuth + "?app=" + string(s.App.ID)
	if redirects {
		at += "&mode=redirect"
	}
	return at
}

func (s Setting) issuer() (scheme, host string) {
	scheme, host, _ = strings.Cut(s.Issuer, "://")
	return scheme, host
}

const trust = "# Holdfast must trust this proxy: its address belongs into trusted_proxies of holdfast.yaml."

func nginx(s Setting) ([]string, error) {
	sites, err := s.sites()
	if err != nil {
		return nil, err
	}
	scheme, host := s.issuer()
	var lines []string
	for _, at := range sites {
		told := []string{
			"    proxy_set_header Host " + host + ";",
			"    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
			"    proxy_set_header X-Forwarded-Proto " + at.scheme + ";",
			"    proxy_set_header X-Forwarded-Host " + at.host + ";",
			"    proxy_set_header X-Forwarded-Method $request_method;",
			"    proxy_set_header X-Forwarded-Uri $request_uri;",
			"    proxy_set_header X-Original-URL " + at.origin + "$request_uri;",
		}
		if scheme == "https" {
			name, _, _ := strings.Cut(host, ":")
			told = append(told,
				"    proxy_ssl_server_name on;",
				"    proxy_ssl_name "+name+";",
				"    proxy_ssl_verify on;",
				"    proxy_ssl_verify_depth 4;",
				"    proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;")
		}
		lines = append(lines,
			"# "+s.App.Name+": sign-in with Holdfast, for nginx with auth_request.",
			"# Put it into the server { } of "+at.origin+", in place of its location /.",
			trust,
			"auth_request "+ForwardAuth+";",
			"auth_request_set $holdfast_start $upstream_http_x_holdfast_start;",
		)
		for _, h := range identity {
			lines = append(lines, "auth_request_set "+nginxVariable(h)+" $upstream_http_"+strings.ToLower(strings.ReplaceAll(h, "-", "_"))+";")
		}
		lines = append(lines,
			"error_page 401 @holdfast_start;",
			"error_page 403 "+ForwardRefused+";",
			`set $holdfast_connection "";`,
			`if ($http_upgrade) { set $holdfast_connection "upgrade"; }`,
			"",
			"location / {",
			"    proxy_pass "+s.App.Upstream+";",
			"    proxy_http_version 1.1;",
			"    proxy_set_header Host $http_host;",
			"    proxy_set_header Upgrade $http_upgrade;",
			"    proxy_set_header Connection $holdfast_connection;",
			"    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
			"    proxy_set_header X-Forwarded-Proto "+at.scheme+";",
			"    # What the browser claims to be never arrives.")
		for _, h := range identity {
			lines = append(lines, "    proxy_set_header "+h+" "+nginxVariable(h)+";")
		}
		lines = append(lines,
			"}",
			"location = "+ForwardAuth+" {",
			"    internal;",
			"    auth_request off;",
			"    proxy_pass "+s.Issuer+s.check(false)+";",
			"    proxy_pass_request_body off;",
			`    proxy_set_header Content-Length "";`,
			"    proxy_buffer_size 16k;",
			"    proxy_buffers 4 16k;")
		lines = append(append(lines, told...),
			"}",
			"location ^~ "+ForwardPrefix+" {",
			"    auth_request off;",
			"    proxy_pass "+s.Issuer+";",
			"    proxy_redirect off;")
		lines = append(append(lines, told...),
			"}",
			"location @holdfast_start {",
			"    auth_request off;",
			"    if ($holdfast_start) { return 302 $holdfast_start; }",
			"    return 401;",
			"}")
	}
	return lines, nil
}

func nginxVariable(header string) string {
	return "$holdfast_" + strings.ToLower(header[strings.LastIndex(header, "-")+1:])
}

func caddy(s Setting) ([]string, error) {
	sites, err := s.sites()
	if err != nil {
		return nil, err
	}
	_, host := s.issuer()
	lines := []string{
		"# " + s.App.Name + ": sign-in with Holdfast, for Caddy 2.6 and later with forward_auth.",
		"# A whole site of the Caddyfile. The order within route is what keeps strangers out.",
		trust,
	}
	for _, at := range sites {
		told := []string{
			"header_up Host " + host,
			"header_up X-Original-URL " + at.origin + "{uri}",
		}
		lines = append(lines,
			at.origin+" {",
			"\thandle "+ForwardPrefix+"* {",
			"\t\treverse_proxy "+s.Issuer+" {",
			"\t\t\t"+told[0],
			"\t\t\t"+told[1],
			"\t\t}",
			"\t}",
			"\thandle {",
			"\t\troute {")
		for _, h := range slices.Concat(identity, aliases()) {
			lines = append(lines, "\t\t\trequest_header -"+h)
		}
		lines = append(lines,
			"\t\t\tforward_auth "+s.Issuer+" {",
			"\t\t\t\turi "+s.check(true),
			"\t\t\t\t"+told[0],
			"\t\t\t\t"+told[1],
			"\t\t\t\tcopy_headers "+strings.Join(identity, " "),
			"\t\t\t}",
			"\t\t\treverse_proxy "+s.App.Upstream,
			"\t\t}",
			"\t}",
			"}")
	}
	return lines, nil
}

func traefik(s Setting) ([]string, error) {
	sites, err := s.sites()
	if err != nil {
		return nil, err
	}
	id := string(s.App.ID)
	var rules []string
	tls := false
	for _, at := range sites {
		rules = append(rules, "Host(`"+at.name+"`)")
		tls = tls || at.scheme == "https"
	}
	rule := strings.Join(rules, " || ")
	router := func(name, rule, service string, more ...string) []string {
		out := []string{"    " + name + ":", `      rule: "` + rule + `"`, "      service: " + service}
		if tls {
			out = append(out, "      tls: {}")
		}
		return append(out, more...)
	}
	lines := []string{
		"# " + s.App.Name + ": sign-in with Holdfast, for Traefik 3 with forwardAuth.",
		"# A file of the dynamic configuration.",
		trust,
		"http:",
		"  routers:",
	}
	lines = append(lines, router(id, rule, id, "      middlewares:", "        - "+id+"-strip", "        - "+id+"-check")...)
	lines = append(lines, router(id+"-holdfast", "("+rule+") && PathPrefix(`"+ForwardPrefix+"`)", id+"-holdfast")...)
	lines = append(lines,
		"  middlewares:",
		"    "+id+"-strip:",
		"      headers:",
		"        customRequestHeaders:")
	for _, h := range slices.Concat(identity, aliases(), []string{"X-Original-URL"}) {
		lines = append(lines, "          "+h+`: ""`)
	}
	lines = append(lines,
		"    "+id+"-check:",
		"      forwardAuth:",
		`        address: "`+s.Issuer+s.check(true)+`"`,
		"        trustForwardHeader: false",
		"        authResponseHeaders:")
	for _, h := range identity {
		lines = append(lines, "          - "+h)
	}
	return append(lines,
		"  services:",
		"    "+id+":",
		"      loadBalancer:",
		"        servers:",
		`          - url: "`+s.App.Upstream+`"`,
		"    "+id+"-holdfast:",
		"      loadBalancer:",
		"        passHostHeader: false",
		"        servers:",
		`          - url: "`+s.Issuer+`"`), nil
}

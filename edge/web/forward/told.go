package forward

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"holdfast"
	"holdfast/domain/grant"
	"holdfast/edge/web/visit"
)

// told is what a trusted proxy says of the request that it has before it.
type told struct {
	origin string // "https://wiki.example.org"; not yet known to be an application's
	uri    string // path and query; "/" where it says none
	method string

	address string // of the browser, as far as a trusted proxy says; else empty
}

var (
	errProxy = holdfast.Errorf(holdfast.Denied, "untrusted_proxy",
		"This address is for a reverse proxy that Holdfast trusts. Its administrator adds the proxy's address to trusted_proxies.")
	errHost = holdfast.Errorf(holdfast.Invalid, "forward_headers",
		"The proxy does not say clearly which address was asked for. Use the configuration that Holdfast prints for it, unedited.")
	errURI = holdfast.Errorf(holdfast.Invalid, "forward_uri", "The address that was asked for holds what no address may.")
)

// told reads the headers of a proxy. What is said twice has to be said alike:
// a client can send whichever of them its own proxy does not set, and of two
// readers one would believe the client.
func (f *Forward) told(r *http.Request) (told, error) {
	if !f.Visits.FromProxy(r) {
		f.Log.WarnContext(r.Context(), "forward-auth: a request came from a proxy that is not trusted; if it is yours, add its address to trusted_proxies",
			"peer", r.RemoteAddr, "path", r.URL.Path)
		return told{}, errProxy
	}
	for _, h := range []string{"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Uri", "X-Forwarded-Method", "X-Original-Url"} {
		if len(r.Header.Values(h)) > 1 {
			return told{}, errHost
		}
	}
	t := told{method: r.Header.Get("X-Forwarded-Method"), uri: r.Header.Get("X-Forwarded-Uri")}
	if strings.Join(r.Header.Values("X-Forwarded-For"), "") != "" {
		t.address = f.Visits.Client(r)
	}
	if t.method == "" {
		t.method = http.MethodGet
	}
	scheme := strings.Replace(strings.ToLower(r.Header.Get("X-Forwarded-Proto")), "ws", "http", 1) // Traefik says wss of a websocket
	hosts := []string{r.Host, r.Header.Get("X-Forwarded-Host")}
	if original := r.Header.Get("X-Original-Url"); original != "" {
		if unclean(original) {
			return told{}, errURI
		}
		u, err := url.Parse(original)
		if err != nil || u.Host == "" || u.User != nil {
			return told{}, errHost
		}
		scheme, hosts = strings.ToLower(u.Scheme), append(hosts, u.Host)
		if t.uri == "" {
			t.uri = u.RequestURI()
		}
	}
	if t.uri == "" {
		t.uri = "/"
	}
	if unclean(t.uri) || !strings.HasPrefix(t.uri, "/") {
		return told{}, errURI
	}
	host, ok := f.one(hosts)
	if !ok || scheme != "http" && scheme != "https" {
		return told{}, errHost
	}
	t.origin = scheme + "://" + host
	return t, nil
}

// one is the one host that is named beside our own, which a proxy before
// Holdfast itself may have put in.
func (f *Forward) one(hosts []string) (string, bool) {
	var named []string
	for _, h := range hosts {
		h = strings.ToLower(h)
		if h == "" || h == f.own || slices.Contains(named, h) {
			continue
		}
		if strings.ContainsAny(h, ", /\\@?#") || unclean(h) {
			return "", false
		}
		named = append(named, h)
	}
	if len(named) != 1 {
		return "", false
	}
	return named[0], true
}

// unclean says whether s holds what two readers take differently.
func unclean(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) || c == '\\' || c == unicode.ReplacementChar })
}

// back is where the browser returns to after a sign-in: the same page, or the
// front page where that cannot be told safely.
func (t told) back() string { return localTo(t.origin, t.uri) }

// localTo is rd as a path at origin, or "/": a path, or an address there.
func localTo(origin, rd string) string {
	rest, ok := strings.CutPrefix(rd, origin)
	if ok && rest == "" {
		return "/"
	}
	if ok && strings.HasPrefix(rest, "/") {
		rd = rest
	}
	p := visit.LocalPath(rd)
	if p == "" || unclean(p) || strings.HasPrefix(p, grant.ForwardPrefix) {
		return "/"
	}
	return p
}

// navigates says whether a person looks at what this request brings: only then
// is a redirect to the door of use. Browsers say it (Fetch Metadata); of others
// it is guessed by what they accept.
func (t told) navigates(r *http.Request) bool {
	if t.method != http.MethodGet && t.method != http.MethodHead || r.Header.Get("Upgrade") != "" || r.Header.Get("X-Requested-With") != "" {
		return false
	}
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

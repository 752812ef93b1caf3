package doctor

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"holdfast/edge/config"
)

// Settings judges what the configuration says of itself.
func Settings(c config.Config) []Finding {
	return append([]Finding{relyingParty(c)}, proxies(c)...)
}

// relyingParty: WebAuthn L3 §5.1.3 step 8 has the RP ID be the origin's
// effective domain or a registrable suffix of it (HTML). A public suffix is
// none: every customer of a hosting company could answer for it.
func relyingParty(c config.Config) Finding {
	const code = "rp_id"
	host := hostname(c.Origin)
	switch {
	case host == "localhost" || strings.HasSuffix(host, ".localhost"):
		return warn(code, fmt.Sprintf("passkeys are bound to %s, a name of this machine alone", c.RPID),
			"Good for trying. For people, set origin and rp_id to a name of your own before the first passkey is made: rp_id cannot be changed afterwards.")
	case c.RPID != host && !strings.HasSuffix(host, "."+c.RPID):
		return failed(code, fmt.Sprintf("%s is neither %s nor a parent domain of it: browsers refuse every passkey", c.RPID, host),
			"Set rp_id to the origin's name or a parent domain of it.")
	}
	suffix, icann := publicsuffix.PublicSuffix(c.RPID)
	if suffix == c.RPID && (icann || strings.Contains(suffix, ".")) {
		return failed(code, fmt.Sprintf("%s is a public suffix, under which anybody can have a name: browsers refuse it", c.RPID),
			"Set rp_id to your own domain below it.")
	}
	return ok(code, fmt.Sprintf("passkeys are bound to %s, which %s may use", c.RPID, c.Origin))
}

func hostname(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// proxies judges who is believed about where requests come from.
func proxies(c config.Config) (all []Finding) {
	const code = "trusted_proxies"
	for _, p := range c.TrustedProxies {
		n, err := netip.ParsePrefix(p)
		if err == nil && n.Bits() == 0 {
			all = append(all, warn(code, fmt.Sprintf("%s is everybody: any client can say in X-Forwarded-For where it comes from", p),
				"Name the addresses of your proxies alone, such as 127.0.0.1/32."))
		}
	}
	behind := strings.HasPrefix(c.Origin, "https://") && c.TLS.CertFile == ""
	if behind && len(c.TrustedProxies) == 0 {
		all = append(all, warn(code, "the origin is https and TLS ends at something in front of this server, yet no proxy is trusted: sessions, limits and the log take every client for that proxy",
			"Set trusted_proxies to its address, and have it send X-Forwarded-For."))
	}
	if host, _, err := net.SplitHostPort(c.Listen); behind && err == nil && !local(host) {
		all = append(all, warn("listen", fmt.Sprintf("plain http is answered on %s: whoever reaches that port goes around the proxy", c.Listen),
			"Listen on localhost or on an address that only the proxy reaches, or keep others off by a firewall."))
	}
	if len(all) == 0 {
		found := "no proxy is trusted, and none is needed"
		if n := len(c.TrustedProxies); n > 0 {
			found = "X-Forwarded-For is believed of " + strings.Join(c.TrustedProxies, ", ")
		}
		all = append(all, ok(code, found))
	}
	return all
}

func local(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

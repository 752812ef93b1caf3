package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// forged is what a marked request claims in X-Forwarded-For, as a hostile
// client would: an address of documentation (RFC 5737) that nobody has.
const forged = "203.0.113.77"

// Way judges how a request from sender (address and port, as the operating
// system says) to origin arrived.
func Way(origin, sender string, a Arrived) (all []Finding) {
	const code = "proxy_headers"
	want := strings.TrimPrefix(strings.TrimPrefix(origin, "https://"), "http://")
	var peer netip.Addr
	if ap, err := netip.ParseAddrPort(a.Peer); err == nil {
		peer = ap.Addr().Unmap()
	}
	if !strings.EqualFold(a.Host, want) {
		all = append(all, failed(code, fmt.Sprintf("the proxy asks for the host %q, not %q: browsers are sent round in circles", a.Host, want),
			"Have the proxy pass the Host header on (nginx: proxy_set_header Host $host)."))
	}
	if a.Peer == sender {
		if len(all) == 0 {
			all = append(all, ok(code, "requests arrive directly, without a proxy in between"))
		}
		return all
	}
	through := fmt.Sprintf("requests arrive through %s", peer)
	hops := strings.Split(strings.ReplaceAll(strings.Join(a.Forwarded, ","), " ", ""), ",")
	switch {
	case a.Trusted && strings.Join(a.Forwarded, "") == "":
		all = append(all, warn(code, through+", which is trusted and sends no X-Forwarded-For: every client is taken for the proxy",
			"Have the proxy send X-Forwarded-For (nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for)."))
	case !a.Trusted && strings.Join(a.Forwarded, "") != "" && !slices.Equal(hops, []string{forged}):
		all = append(all, warn(code, through+", which is not trusted: every client is taken for it",
			fmt.Sprintf("If that is your proxy, add %s to trusted_proxies.", network(peer))))
	case a.Trusted && slices.Equal(hops, []string{forged}):
		all = append(all, failed(code, through+", which passes on whatever a client writes into X-Forwarded-For: anybody can choose their address in sessions, limits and the log",
			"Have the proxy append the client's address or put it in the place of what came (nginx: $proxy_add_x_forwarded_for)."))
	case !a.Trusted:
		all = append(all, warn(code, through+", which is not trusted and says nothing of its clients: every client is taken for it",
			fmt.Sprintf("If that is your proxy, have it send X-Forwarded-For and add %s to trusted_proxies.", network(peer))))
	}
	if len(all) == 0 {
		all = append(all, ok(code, through+", which is trusted and names its clients"))
	}
	return all
}

// network is the address as trusted_proxies takes it.
func network(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

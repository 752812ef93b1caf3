package visit

import (
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
)

// Proxies are the networks of those whose headers are believed. They may
// change while the server runs, and be used concurrently. A nil *Proxies is
// nobody.
type Proxies struct {
	networks atomic.Pointer[[]netip.Prefix]
}

// NewProxies begins with networks.
func NewProxies(networks ...netip.Prefix) *Proxies {
	p := &Proxies{}
	p.Set(networks)
	return p
}

// Set puts other networks in their place, for the requests that come.
func (p *Proxies) Set(networks []netip.Prefix) { p.networks.Store(&networks) }

func (p *Proxies) now() []netip.Prefix {
	if p == nil {
		return nil
	}
	return *p.networks.Load()
}

// addressOf walks X-Forwarded-For from its end as long as those who wrote it
// are trusted; a stranger can write anything at its beginning. Not known: what a
// trusted one wrote is no address, so the one given is that of the last proxy.
func addressOf(r *http.Request, trusted []netip.Prefix) (address string, known bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "", false
	}
	addr := peer.Addr().Unmap()
	said := strings.Trim(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ", ")
	if said == "" {
		return addr.String(), true
	}
	hops := strings.Split(said, ",")
	for i := len(hops) - 1; i >= 0 && within(addr, trusted); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return addr.String(), false
		}
		addr = next.Unmap()
	}
	return addr.String(), true
}

func within(a netip.Addr, networks []netip.Prefix) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// FromProxy says whether r comes from a proxy whose headers are believed.
func (vs *Visits) FromProxy(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && within(peer.Addr().Unmap(), vs.Proxies.now())
}

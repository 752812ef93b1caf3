package holdfast

import "net/netip"

// NetworkOf is what attempts from an address are counted by: an IPv4 address
// itself, of an IPv6 address the network of 64 bits, since whoever has one has
// all of that. What is no address stays as it is.
func NetworkOf(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Unmap().Is4() {
		return address
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}

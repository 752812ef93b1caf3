// Package outward makes the HTTP client for addresses that people typed into
// Holdfast: logout receivers, webhooks. It refuses to reach this host and its
// link (server-side request forgery: a receiver at 127.0.0.1 or at a cloud's
// metadata address would be asked with our trust), unless the configuration
// allows it; the address is checked after it was resolved, at the moment of
// the connection, so that a name cannot turn into another one in between. It
// follows no redirects, uses no proxy and reads little of an answer.
package outward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// ErrForbidden is of an address that must not be reached.
var ErrForbidden = errors.New("the address is of this host or its link, which outgoing_allow does not name")

const (
	dialTimeout = 5 * time.Second
	timeout     = 10 * time.Second // of the whole exchange
	maxHeader   = 16 << 10
	maxAnswer   = 64 << 10 // what is read of an answer
)

// Client gives a client that reaches allow, and everything else that is
// neither loopback, link-local, unspecified nor multicast.
func Client(allow []netip.Prefix) *http.Client {
	d := &net.Dialer{Timeout: dialTimeout, KeepAlive: -1}
	d.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%w: %s", ErrForbidden, address)
		}
		if !May(a.Addr(), allow) {
			return fmt.Errorf("%w: %s", ErrForbidden, a.Addr())
		}
		return nil
	}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{Proxy: nil, DialContext: d.DialContext, TLSHandshakeTimeout: dialTimeout,
			ResponseHeaderTimeout: timeout, MaxResponseHeaderBytes: maxHeader, DisableKeepAlives: true, ForceAttemptHTTP2: false},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// May says whether a may be reached.
func May(a netip.Addr, allow []netip.Prefix) bool {
	a = embedded(a.Unmap().WithZone(""))
	if slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return true
	}
	this := netip.MustParsePrefix("0.0.0.0/8") // this host on this network, RFC 1122 §3.2.1.3; Linux takes it for loopback
	return !(a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || this.Contains(a) ||
		a == netip.MustParseAddr("255.255.255.255") || !a.IsValid() || slices.Contains(clouds, a.String()))
}

// clouds are the addresses at which clouds tell a machine what it may do that
// are not link-local: Amazon's and Google's of IPv6, Alibaba's, Azure's.
var clouds = []string{"fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16"}

// embedded is the IPv4 address that a translator would take from a: NAT64 (RFC
// 6052, RFC 8215), 6to4 (RFC 3056) and the IPv4-compatible form (RFC 4291
// §2.5.5.1) are ways around a filter.
func embedded(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	b := a.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(a), netip.MustParsePrefix("64:ff9b:1::/48").Contains(a),
		netip.MustParsePrefix("::/96").Contains(a) && b[12] != 0: // ::1 and :: are not of it
		return netip.AddrFrom4([4]byte(b[12:16]))
	case netip.MustParsePrefix("2002::/16").Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

// Drain reads a little of an answer and closes it.
func Drain(r *http.Response) {
	io.Copy(io.Discard, io.LimitReader(r.Body, maxAnswer))
	r.Body.Close()
}

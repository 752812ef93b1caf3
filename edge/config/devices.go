package config

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

var (
	networkName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
	headerName  = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$") // RFC 9110 §5.1
)

// taken are headers that mean something else to us.
var taken = []string{"authorization", "connection", "content-type", "cookie", "dpop", "forwarded", "host", "origin", "referer", "sec-fetch-site",
	"traceparent", "user-agent", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}

// checkDevices checks what says which device and which network a request comes
// from.
func (c Config) checkDevices() error {
	if h := c.DeviceCertHeader; h != "" {
		switch {
		case !headerName.MatchString(h):
			return fmt.Errorf("device_cert_header: %q is no name of a header: write Client-Cert", h)
		case slices.Contains(taken, strings.ToLower(h)):
			return fmt.Errorf("device_cert_header: %s is of other use: write Client-Cert", h)
		case len(c.TrustedProxies) == 0:
			return fmt.Errorf("device_cert_header: it is believed of trusted_proxies alone, and there are none")
		case len(c.DeviceCAFiles) == 0:
			return fmt.Errorf("device_cert_header: certificates are held against device_ca_files, and there are none")
		}
	}
	owner := map[netip.Prefix]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Networks)) {
		if !networkName.MatchString(name) {
			return fmt.Errorf("networks: %q is no name: write small letters, digits and dashes, such as admin-lan", name)
		}
		if len(c.Networks[name]) == 0 {
			return fmt.Errorf("networks: %s is empty", name)
		}
		for _, text := range c.Networks[name] {
			p, err := netip.ParsePrefix(text)
			if err != nil {
				return fmt.Errorf("networks: %s: %q is no network: write 10.1.0.0/16, or 10.0.0.1/32 for one address", name, text)
			}
			if other, ok := owner[p.Masked()]; ok && other != name {
				return fmt.Errorf("networks: %s is in both %s and %s", p.Masked(), other, name)
			}
			owner[p.Masked()] = name
		}
	}
	return nil
}

// Zones are Networks, parsed. Complete has checked them.
func (c Config) Zones() map[string][]netip.Prefix {
	zones := map[string][]netip.Prefix{}
	for name, texts := range c.Networks {
		for _, text := range texts {
			zones[name] = append(zones[name], netip.MustParsePrefix(text))
		}
	}
	return zones
}

package webauthn

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// MaxLabels is how many different labels of related origins a client must
// support (L3 §5.11.1, maxLabels); it may ignore the rest of the list.
const MaxLabels = 5

// RelatedOrigin checks that s can stand in the list at /.well-known/webauthn
// and gives its label: of "https://login.example.co.uk" it is "example", the
// part of the registrable domain before its public suffix (L3 §4, registrable
// origin label).
//
// DIVERGES: L3 §5.11.1 skips an entry that it cannot read, and reads one with a
// path as its origin. A list that some clients read otherwise than its author
// is refused here: https, a name in its ASCII form in small letters, nothing
// behind it, and no port but one that is not the usual one.
func RelatedOrigin(s string) (label string, err error) {
	host, port, err := splitOrigin(s)
	if err != nil {
		return "", err
	}
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0 || port == "443" || port != strconv.FormatUint(n, 10)) {
		return "", fmt.Errorf("%q has a port that browsers do not write so", s)
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return "", fmt.Errorf("%q names an address, not a name", s)
	}
	if !asciiDomain(host) {
		return "", fmt.Errorf("%q is no name in small letters, digits and hyphens", s)
	}
	registrable, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return "", fmt.Errorf("%q is no name that anybody can register: %w", s, err)
	}
	label, _, _ = strings.Cut(registrable, ".")
	return label, nil
}

func splitOrigin(s string) (host, port string, err error) {
	rest, ok := strings.CutPrefix(s, "https://")
	u, err := url.Parse(s)
	if !ok || err != nil || u.Host == "" || u.Host != rest {
		return "", "", fmt.Errorf("%q is not https://name and nothing more", s)
	}
	host, port, found := strings.Cut(rest, ":")
	if found && port == "" {
		return "", "", fmt.Errorf("%q ends with a colon", s)
	}
	return host, port, nil
}

// asciiDomain takes what a browser makes of a host: A-labels, in small letters.
func asciiDomain(host string) bool {
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
				return false
			}
		}
	}
	return true
}

package webauthn_test

import (
	"strings"
	"testing"

	"holdfast/spec/webauthn"
)

// L3 §5.11.1: what a client makes of each entry of the list.
func TestRelatedOriginLabels(t *testing.T) {
	for origin, want := range map[string]string{
		"https://example.com":                    "example",
		"https://login.example.co.uk":            "example",
		"https://example.de":                     "example",
		"https://a.b.c.shop.example":             "shop",
		"https://xn--bcher-kva.example":          "xn--bcher-kva",
		"https://someone.github.io":              "someone",
		"https://login.kelp.example:8443":        "kelp",
		"https://9.example.org":                  "example",
		"https://login.kelp-and-shore.museum.om": "kelp-and-shore",
	} {
		got, err := webauthn.RelatedOrigin(origin)
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", origin, got, err, want)
		}
	}
}

func TestRelatedOriginRefuses(t *testing.T) {
	for name, origin := range map[string]string{
		"nothing":              "",
		"http":                 "http://example.com",
		"a scheme in capitals": "HTTPS://example.com",
		"a path":               "https://example.com/",
		"a longer path":        "https://example.com/login",
		"a query":              "https://example.com?x",
		"a fragment":           "https://example.com#x",
		"a user":               "https://me@example.com",
		"capitals":             "https://Example.com",
		"the usual port":       "https://example.com:443",
		"port 0":               "https://example.com:0",
		"a port too large":     "https://example.com:65536",
		"a port with zeros":    "https://example.com:08443",
		"a colon":              "https://example.com:",
		"an address":           "https://192.0.2.1",
		"an IPv6 address":      "https://[2001:db8::1]",
		"a bare name":          "https://intranet",
		"localhost":            "https://localhost",
		"a public suffix":      "https://co.uk",
		"a private suffix":     "https://github.io",
		"a dot at the end":     "https://example.com.",
		"two dots":             "https://login..example.com",
		"a hyphen in front":    "https://-a.example.com",
		"an underscore":        "https://a_b.example.com",
		"letters of Unicode":   "https://bücher.example",
		"white space":          "https://example.com ",
		"a line break":         "https://example.com\n",
		"an escape":            "https://ex%61mple.com",
		"an opaque one":        "https:example.com",
		"an app":               "android:apk-key-hash:x",
		"no origin":            "null",
		"a wildcard":           "https://*.example.com",
		"a very long name":     "https://" + strings.Repeat("a.", 126) + "com",
	} {
		t.Run(name, func(t *testing.T) {
			if label, err := webauthn.RelatedOrigin(origin); err == nil {
				t.Errorf("%q was accepted, label %q", origin, label)
			}
		})
	}
}

func FuzzRelatedOrigin(f *testing.F) {
	f.Add("https://login.example.co.uk:8443")
	f.Fuzz(func(t *testing.T, s string) {
		label, err := webauthn.RelatedOrigin(s)
		if err == nil && (label == "" || !strings.Contains(s, label) || s != strings.ToLower(s) || strings.ContainsAny(s, "?#@ ")) {
			t.Errorf("%q gives %q", s, label)
		}
	})
}

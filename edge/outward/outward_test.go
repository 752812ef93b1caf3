package outward

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestMay(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1": false, "127.8.9.1": false, "::1": false, "::ffff:127.0.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "::": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "224.0.0.1": false, "ff02::1": false, "255.255.255.255": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "2002:7f00:1::": false,
		"::127.0.0.1": false, "::7f00:1": false, "64:ff9b:1::7f00:1": false, "64:ff9b:1::a9fe:a9fe": false, "64:ff9b:1::c000:201": true,
		"fd00:ec2::254": false, "fd20:ce::254": false, "100.100.100.200": false, "168.63.129.16": false, "fd00:ec2::253": true,
		"192.0.2.1": true, "10.0.0.7": true, "2001:db8::1": true, "64:ff9b::c000:201": true,
	} {
		if got := May(netip.MustParseAddr(address), nil); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if !May(netip.MustParseAddr("127.0.0.1"), []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}) {
		t.Error("what is allowed was refused")
	}
	if May(netip.MustParseAddr("127.0.0.1"), []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}) {
		t.Error("another network's permission was taken")
	}
}

func TestClient(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer s.Close()
	if _, err := Client(nil).Get(s.URL); !errors.Is(err, ErrForbidden) {
		t.Errorf("loopback was reached: %v", err)
	}
	if asked != 0 {
		t.Error("the receiver heard of it")
	}
	res, err := Client([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}).Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	Drain(res)
	if res.StatusCode != http.StatusFound || asked != 1 {
		t.Errorf("a redirect was followed: %d, asked %d times", res.StatusCode, asked)
	}
}

package network

import (
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"holdfast/domain/policy"
)

// write makes a database of these networks.
func write(t *testing.T, path string, networks map[string]mmdbtype.Map) {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test", RecordSize: 24, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for cidr, record := range networks {
		_, n, err := net.ParseCIDR(cidr)
		if err == nil {
			err = tree.Insert(n, record)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := tree.WriteTo(f); err != nil {
		t.Fatal(err)
	}
}

func country(code string) mmdbtype.Map {
	return mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code)}}
}

func open(t *testing.T, s Settings, clock func() time.Time) *Networks {
	t.Helper()
	n, err := Open(s, clock, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLocate(t *testing.T) {
	dir := t.TempDir()
	countries, owners := filepath.Join(dir, "country.mmdb"), filepath.Join(dir, "asn.mmdb")
	write(t, countries, map[string]mmdbtype.Map{"198.51.100.0/24": country("DE"), "2001:db8:1::/48": country("fr"),
		"203.0.113.0/24": {"country": mmdbtype.String("a string, as others have it")}, "192.0.2.0/24": country("too long")})
	write(t, owners, map[string]mmdbtype.Map{
		"198.51.100.0/25": {"autonomous_system_number": mmdbtype.Uint32(64496), "country": mmdbtype.Map{"iso_code": mmdbtype.String("XX")}},
		"203.0.113.0/24":  {"traits": mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(64497), "is_hosting_provider": mmdbtype.Bool(true)}},
	})
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	n := open(t, Settings{Files: []string{countries, owners}, Zones: map[string][]netip.Prefix{
		"campus":    {netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48")},
		"admin-lan": {netip.MustParsePrefix("10.1.2.3/16")},
	}}, func() time.Time { return now })
	for address, want := range map[string]policy.Net{
		"198.51.100.7":        {Country: "DE", ASN: 64496}, // the first database counts
		"198.51.100.200":      {Country: "DE"},
		"2001:db8:1::7":       {Country: "FR", Zone: "campus"},
		"203.0.113.9":         {ASN: 64497, Hosting: true},
		"192.0.2.1":           {}, // a code that is none
		"10.1.9.9":            {Zone: "admin-lan"},
		"::ffff:10.1.9.9":     {Zone: "admin-lan"},
		"10.2.9.9":            {Zone: "campus"},
		"fe80::1%eth0":        {},
		"":                    {},
		"10.1.9.9, 10.2.9.9":  {},
		"<script>":            {},
		"2001:db8:ffff::1":    {},
		"255.255.255.255":     {},
		"10.1.9.9:4711":       {},
		"0.0.0.0":             {},
		"::":                  {},
		"2001:db8:1::7%admin": {Country: "FR", Zone: "campus"},
	} {
		want.IP = address
		if diff := cmp.Diff(want, n.Locate(address)); diff != "" {
			t.Errorf("%s: %s", address, diff)
		}
	}
	if got := (*Networks)(nil).Locate("10.1.9.9"); got != (policy.Net{IP: "10.1.9.9"}) {
		t.Errorf("nobody knows %+v", got)
	}
}

func TestFilesAreFollowed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "country.mmdb")
	write(t, file, map[string]mmdbtype.Map{"198.51.100.0/24": country("DE")})
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	n := open(t, Settings{Files: []string{file}, Zones: map[string][]netip.Prefix{"z": {netip.MustParsePrefix("198.51.100.0/24")}}},
		func() time.Time { return now })
	expect := func(what, want string) {
		t.Helper()
		if got := n.Locate("198.51.100.7"); got.Country != want || got.Zone != "z" {
			t.Errorf("%s: %+v, want country %q", what, got, want)
		}
	}
	change := func(do func()) {
		t.Helper()
		do()
		// Another time than before, whatever the file system's clock can tell apart.
		if err := os.Chtimes(file, now, now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		now = now.Add(lookEvery)
	}
	expect("at first", "DE")
	change(func() { write(t, file, map[string]mmdbtype.Map{"198.51.100.0/24": country("AT")}) })
	expect("after another file took its place", "AT")
	change(func() {
		if err := os.WriteFile(file, []byte("half a database"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	expect("after it was broken", "AT")
	if _, err := n.Prepare(Settings{Files: []string{file}}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a broken file was taken: %v", err)
	}
	expect("after a reload that was refused", "AT")
	take, err := n.Prepare(Settings{Zones: map[string][]netip.Prefix{"z": {netip.MustParsePrefix("198.51.100.0/24")}}})
	if err != nil {
		t.Fatal(err)
	}
	expect("before it is taken", "AT")
	take()
	expect("without a file", "")
	if _, err := Open(Settings{Files: []string{file + ".gone"}}, time.Now, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a file that is not there was opened")
	}
}

// A database is the operator's, and may be broken: it never ends the server.
func FuzzDatabase(f *testing.F) {
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test", RecordSize: 24, IncludeReservedNetworks: true})
	if err != nil {
		f.Fatal(err)
	}
	_, n, _ := net.ParseCIDR("198.51.100.0/24")
	if err := tree.Insert(n, country("DE")); err != nil {
		f.Fatal(err)
	}
	var b strings.Builder
	if _, err := tree.WriteTo(&b); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(b.String()))
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := Open(Settings{Files: []string{file}}, time.Now, slog.New(slog.DiscardHandler)); err == nil {
			n.Locate("198.51.100.7")
			n.Locate("2001:db8::1")
		}
	})
}

package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExampleIsValidAndShort(t *testing.T) {
	c, err := Parse([]byte(Example))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Complete(); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(Example, "\n"); n > 50 {
		t.Errorf("the example has %d lines, want at most 50", n)
	}
	for _, key := range keysOf(".Config") {
		if !strings.Contains(Example, key+":") {
			t.Errorf("the example does not mention %s", key)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "orgin: https://id.example.org\n", `line 1: there is no key "orgin"; did you mean "origin"?`},
		{"unknown key within", "tls:\n  cert: a\n", `line 2: there is no key "cert"; did you mean "cert_file"?`},
		{"unknown key near nothing", "zzzzzzzzzz: 1\n", "known are origin"},
		{"key twice", "log: text\nlog: json\n", "already defined"},
		{"two documents", "log: text\n---\nlog: json\n", "more than one document"},
		{"origin with a path", "origin: https://id.example.org/\n", "origin:"},
		{"origin in capitals", "origin: https://ID.example.org\n", "origin:"},
		{"origin by address", "origin: https://192.0.2.1\n", "passkeys need a name"},
		{"origin without TLS", "origin: http://id.example.org\n", "must be https"},
		{"origin with the usual port", "origin: https://id.example.org:443\n", "usual port"},
		{"metadata over http", "mds_source: http://mds.example.org\n", "mds_source:"},
		{"metadata for how long", "mds_max_age: soon\n", "mds_max_age:"},
		{"metadata of yesterday's tomorrow", "mds_max_age: -1h\n", "mds_max_age:"},
		{"RP ID of somebody else", "origin: https://id.example.org\nrp_id: example.com\n", "rp_id:"},
		{"RP ID that is a suffix but no domain", "origin: https://id.example.org\nrp_id: ample.org\n", "rp_id:"},
		{"RP ID that is a top-level domain", "origin: https://id.example.org\nrp_id: org\n", "rp_id:"},
		{"listen without a port", "listen: localhost\n", "listen:"},
		{"half of TLS", "tls:\n  cert_file: a\n", "go together"},
		{"outgoing_allow that is no network", "outgoing_allow: [localhost]\n", "outgoing_allow:"},
		{"proxy that is no network", "trusted_proxies: [10.1.2.3]\n", "trusted_proxies:"},
		{"log", "log: xml\n", "log:"},
		{"device_cert_header that is none", "trusted_proxies: [10.0.0.0/8]\ndevice_ca_files: [a]\ndevice_cert_header: 'X Cert'\n", "is no name of a header"},
		{"device_cert_header of other use", "trusted_proxies: [10.0.0.0/8]\ndevice_ca_files: [a]\ndevice_cert_header: cookie\n", "other use"},
		{"device_cert_header of nobody", "device_ca_files: [a]\ndevice_cert_header: Client-Cert\n", "trusted_proxies"},
		{"device_cert_header without CAs", "trusted_proxies: [10.0.0.0/8]\ndevice_cert_header: Client-Cert\n", "device_ca_files"},
		{"network without a name", "networks: {'': [10.0.0.0/8]}\n", "networks:"},
		{"network in capitals", "networks: {LAN: [10.0.0.0/8]}\n", "networks:"},
		{"network that is an address", "networks: {lan: [10.0.0.1]}\n", "10.0.0.1/32"},
		{"network that is empty", "networks: {lan: []}\n", "empty"},
		{"network of two names", "networks: {a: [10.1.2.3/16], b: [10.1.0.0/16]}\n", "both a and b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse([]byte(c.text))
			if err == nil {
				_, err = got.Complete()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestDefaultsAndRelativeFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "holdfast.yaml")
	if err := os.WriteFile(path, []byte("data: state\nlisten: localhost:9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = c.Complete(); err != nil {
		t.Fatal(err)
	}
	if c.Data != filepath.Join(dir, "state") || c.Origin != "http://localhost:9" || c.RPID != "localhost" {
		t.Errorf("got %+v", c)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(Example))
	f.Add([]byte("tls: {cert_file: [}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if c, err := Parse(text); err == nil {
			c.Complete()
		}
	})
}

func TestPossibleRPIDs(t *testing.T) {
	for origin, want := range map[string]string{
		"https://login.id.kelp.example:8443": "login.id.kelp.example id.kelp.example kelp.example",
		"https://kelp.example":               "kelp.example",
		"http://localhost:8080":              "localhost",
	} {
		if got := strings.Join(Config{Origin: origin}.PossibleRPIDs(), " "); got != want {
			t.Errorf("%s: %s, want %s", origin, got, want)
		}
	}
}

package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const withMail = "origin: https://id.example.org\nmail: {host: smtp.example.org, from: a@example.org}\n"

func complete(t *testing.T, text string) Config {
	t.Helper()
	c, err := Parse([]byte(text))
	if err == nil {
		c, err = c.Complete()
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return c
}

func TestReload(t *testing.T) {
	for _, c := range []struct{ name, next, want string }{
		{"nothing", withMail, ""},
		{"log level", withMail + "log_level: debug\n", ""},
		{"devices", withMail + "device_ca_files: [a]\nnetworks: {lan: [10.0.0.0/8]}\ngeo_database_files: [b]\n", ""},
		{"proxies", withMail + "trusted_proxies: [10.0.0.0/8]\n", ""},
		{"mail to another server", strings.ReplaceAll(withMail, "smtp", "relay"), ""},
		{"metadata from elsewhere", withMail + "mds_source: /srv/mds\nmds_max_age: 10d\n", ""},
		{"mail off", "origin: https://id.example.org\n", "mail (on or off)"},
		{"TLS on", withMail + "tls: {cert_file: a, key_file: b}\n", "tls (on or off)"},
		{"origin", strings.ReplaceAll(withMail, "id.example", "login.example"), "origin, rp_id"},
		{"database", withMail + "database_url_file: x\n", "database_url_file"},
		{"data", withMail + "data: elsewhere\n", "data, master_key_file"},
		{"listen and proxies: all or nothing", withMail + "listen: localhost:9\ntrusted_proxies: [10.0.0.0/8]\n", "listen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, next := complete(t, withMail), complete(t, c.next)
			got, err := old.Reload(next)
			if c.want == "" {
				if err != nil || got.LogLevel != next.LogLevel || len(got.TrustedProxies) != len(next.TrustedProxies) || got.Mail != next.Mail {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), "a new value of "+c.want+" takes a restart") {
				t.Errorf("got %v, want %q named", err, c.want)
			}
			if len(got.TrustedProxies) != 0 || got.Origin != old.Origin {
				t.Errorf("something of it was taken: %+v", got)
			}
		})
	}
}

func TestMail(t *testing.T) {
	m := complete(t, withMail).Mail
	if m.Port != 587 || m.TLS != "starttls" || m.Timeout != 20*time.Second || !m.On() {
		t.Errorf("got %+v", m)
	}
	for mail, want := range map[string]string{
		"{from: a@example.org}":                   "there is no host",
		"{host: h}":                               "from:",
		"{host: h, from: nobody}":                 "from:",
		"{host: h, from: a@b, tls: ssl}":          "tls:",
		"{host: h, from: a@b, tls: none}":         "this very host",
		"{host: 192.0.2.1, from: a@b, tls: none}": "this very host",
		"{host: localhost, from: a@b, tls: none, username: u, password_file: f}": "plain text",
		"{host: h, from: a@b, username: u}":                                      "go together",
		"{host: h, from: a@b, port: 70000}":                                      "port:",
		"{host: h, from: a@b, timeout: 1h}":                                      "timeout:",
		"{host: 'smtp://h', from: a@b}":                                          "host:",
		"{hots: h}":                                                              `did you mean "host"?`,
	} {
		c, err := Parse([]byte("mail: " + mail + "\n"))
		if err == nil {
			_, err = c.Complete()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", mail, err, want)
		}
	}
}

func TestMailPassword(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "holdfast.yaml")
	text := "mail: {host: h, from: a@example.org, username: u, password_file: secret}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Mail.Password(); err == nil {
		t.Error("a missing file gave a password")
	}
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(" horse \r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Mail.Password(); err != nil || got != " horse " {
		t.Errorf("got %q, %v", got, err)
	}
}

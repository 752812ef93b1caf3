package doctor

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdfast/domain/metadata"
	"holdfast/edge/config"
	"holdfast/edge/store"
)

// judged fails the test unless exactly one finding has the code, with the grade
// and the words, and says what to do unless all is well.
func judged(t *testing.T, all []Finding, code string, grade Grade, words string) {
	t.Helper()
	n := 0
	for _, f := range all {
		if (f.Do == "") != (f.Grade == OK) || f.Found == "" || f.Code == "" {
			t.Errorf("%+v: what is not well says what to do, and nothing else does", f)
		}
		if f.Code != code {
			continue
		}
		n++
		if f.Grade != grade || !strings.Contains(f.Found+" "+f.Do, words) {
			t.Errorf("got %+v, want %s with %q", f, grade, words)
		}
	}
	if n != 1 {
		t.Errorf("%d findings of %s in %+v", n, code, all)
	}
}

func TestSettings(t *testing.T) {
	tls := config.TLS{CertFile: "a", KeyFile: "b"}
	for _, c := range []struct {
		name  string
		cfg   config.Config
		code  string
		grade Grade
		words string
	}{
		{"WebAuthn L3 §5.1.3: RP ID is a registrable suffix", config.Config{Origin: "https://id.example.org", RPID: "example.org", TLS: tls}, "rp_id", OK, "may use"},
		{"RP ID is the host", config.Config{Origin: "https://id.example.org", RPID: "id.example.org", TLS: tls}, "rp_id", OK, "may use"},
		{"RP ID of somebody else", config.Config{Origin: "https://id.example.org", RPID: "example.com", TLS: tls}, "rp_id", Fail, "neither"},
		{"RP ID is a public suffix", config.Config{Origin: "https://shop.co.uk", RPID: "co.uk", TLS: tls}, "rp_id", Fail, "public suffix"},
		{"RP ID is a private suffix", config.Config{Origin: "https://me.github.io", RPID: "github.io", TLS: tls}, "rp_id", Fail, "public suffix"},
		{"localhost", config.Config{Origin: "http://localhost:8080", RPID: "localhost"}, "rp_id", Warn, "this machine"},
		{"an inner name", config.Config{Origin: "https://id.corp", RPID: "id.corp", TLS: tls}, "rp_id", OK, ""},
		{"https without TLS or proxy", config.Config{Origin: "https://id.example.org", RPID: "example.org", Listen: "localhost:80"}, "trusted_proxies", Warn, "no proxy is trusted"},
		{"everybody is trusted", config.Config{Origin: "https://id.example.org", RPID: "example.org", TLS: tls, TrustedProxies: []string{"::/0"}}, "trusted_proxies", Warn, "everybody"},
		{"a proxy that is named", config.Config{Origin: "https://id.example.org", RPID: "example.org", Listen: "127.0.0.1:80", TrustedProxies: []string{"127.0.0.1/32"}}, "trusted_proxies", OK, "127.0.0.1/32"},
		{"plain http for all", config.Config{Origin: "https://id.example.org", RPID: "example.org", Listen: ":8080", TrustedProxies: []string{"127.0.0.1/32"}}, "listen", Warn, "around the proxy"},
	} {
		t.Run(c.name, func(t *testing.T) { judged(t, Settings(c.cfg), c.code, c.grade, c.words) })
	}
}

func TestWay(t *testing.T) {
	const origin, us = "https://id.example.org", "192.0.2.9:5000"
	for _, c := range []struct {
		name  string
		a     Arrived
		grade Grade
		words string
	}{
		{"directly", Arrived{Host: "id.example.org", Peer: us, Forwarded: []string{forged}}, OK, "directly"},
		{"well", Arrived{Host: "id.example.org", Peer: "10.0.0.1:6", Trusted: true, Forwarded: []string{forged + ", 192.0.2.9"}}, OK, "10.0.0.1"},
		{"replaced", Arrived{Host: "id.example.org", Peer: "[2001:db8::1]:6", Trusted: true, Forwarded: []string{"192.0.2.9"}}, OK, "2001:db8::1"},
		{"host lost", Arrived{Host: "localhost:8080", Peer: us}, Fail, "round in circles"},
		{"no header", Arrived{Host: "id.example.org", Peer: "10.0.0.1:6", Trusted: true}, Warn, "sends no X-Forwarded-For"},
		{"not trusted", Arrived{Host: "id.example.org", Peer: "10.0.0.1:6", Forwarded: []string{forged + ", 192.0.2.9"}}, Warn, "10.0.0.1/32"},
		{"not trusted, v6", Arrived{Host: "id.example.org", Peer: "[2001:db8::1]:6", Forwarded: []string{"192.0.2.9"}}, Warn, "2001:db8::1/128"},
		{"not trusted, passes on", Arrived{Host: "id.example.org", Peer: "10.0.0.1:6", Forwarded: []string{forged}}, Warn, "add 10.0.0.1/32"},
		{"trusted, passes on", Arrived{Host: "id.example.org", Peer: "10.0.0.1:6", Trusted: true, Forwarded: []string{forged}}, Fail, "choose their address"},
	} {
		t.Run(c.name, func(t *testing.T) { judged(t, Way(origin, us, c.a), "proxy_headers", c.grade, c.words) })
	}
}

func TestDatabase(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	whole := func() store.Examined {
		return store.Examined{Step: 9, Version: "15.1", Fsync: true, FullPageWrites: true, SynchronousCommit: "on",
			Administrators: []store.Administrator{{ID: "a", Passkeys: 2}, {ID: "b", Passkeys: 2}}, SigningKeys: []time.Time{now.Add(-time.Hour)},
			LastBackup: now.Add(-24 * time.Hour), Records: 10, SinceBackup: 1}
	}
	for _, c := range []struct {
		name   string
		change func(*store.Examined)
		code   string
		grade  Grade
		words  string
	}{
		{"well", func(*store.Examined) {}, "database_durable", OK, ""},
		{"backup of yesterday", func(*store.Examined) {}, "backup", OK, "24 hours old; 1 record came"},
		{"two administrators", func(*store.Examined) {}, "administrators", OK, "2 administrators"},
		{"fsync off", func(x *store.Examined) { x.Fsync = false }, "database_durable", Fail, "fsync"},
		{"torn pages", func(x *store.Examined) { x.FullPageWrites = false }, "database_durable", Fail, "full_page_writes"},
		{"asynchronous commits", func(x *store.Examined) { x.SynchronousCommit = "off" }, "database_durable", Fail, "synchronous_commit"},
		{"a standby", func(x *store.Examined) { x.Standby = true }, "database", Fail, "standby"},
		{"no backup", func(x *store.Examined) { x.LastBackup = time.Time{} }, "backup", Warn, "no backup"},
		{"old backup", func(x *store.Examined) { x.LastBackup = now.AddDate(0, 0, -8) }, "backup", Warn, "8 days"},
		{"nobody administers", func(x *store.Examined) { x.Administrators = nil }, "administrators", Warn, "setup link"},
		{"one who can", func(x *store.Examined) { x.Administrators[1].Passkeys = 0 }, "administrators", Warn, "one administrator"},
		{"one passkey", func(x *store.Examined) { x.Administrators[1].Passkeys = 1 }, "administrators", Warn, "1 of 2 administrators"},
		{"old key", func(x *store.Examined) { x.SigningKeys = append(x.SigningKeys, now.AddDate(-2, 0, 0)) }, "signing_keys", Warn, "730 days"},
		{"no key", func(x *store.Examined) { x.SigningKeys = nil }, "signing_keys", Warn, "no key"},
		{"dead letters", func(x *store.Examined) { x.Outbox = []store.OutboxCount{{Dead: 2}} }, "outbox", Warn, "2 deliveries"},
		{"mail that fails for long", func(x *store.Examined) {
			x.Outbox = []store.OutboxCount{{Failing: 3, Oldest: now.Add(-2 * time.Hour)}}
		}, "outbox", Warn, "3 deliveries"},
		{"mail that fails for a moment", func(x *store.Examined) {
			x.Outbox = []store.OutboxCount{{Failing: 3, Oldest: now.Add(-time.Minute)}}
		}, "outbox", OK, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := whole()
			c.change(&x)
			judged(t, Database(x, true, nil, false, now), c.code, c.grade, c.words)
		})
	}
	judged(t, Database(whole(), false, nil, false, now), "database", OK, "SQLite")
	judged(t, Database(whole(), false, []string{"x"}, false, now), "schema", Warn, "1 step")
	judged(t, Database(whole(), false, []string{"x", "y"}, true, now), "schema", Fail, "2 steps")
}

func TestClocks(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		theirs time.Duration
		grade  Grade
	}{{0, OK}, {-time.Second, OK}, {2 * time.Second, OK}, {-7 * time.Second, Warn}, {8 * time.Second, Warn}, {2 * time.Minute, Fail}, {-time.Hour, Fail}} {
		judged(t, []Finding{Skew("clock_issuer", "x", now.Add(c.theirs), now, now.Add(time.Second), time.Second)}, "clock_issuer", c.grade, "")
	}
	judged(t, []Finding{kernelClock(0, 0)}, "clock", OK, "")
	judged(t, []Finding{kernelClock(5, 0)}, "clock", Warn, "unsynchronised")
	judged(t, []Finding{kernelClock(0, 0x40)}, "clock", Warn, "unsynchronised")
}

func TestDiskSpace(t *testing.T) {
	for _, c := range []struct {
		free, total uint64
		grade       Grade
	}{
		{50 * mib, 200_000 * mib, Fail}, {500 * mib, 200_000 * mib, Warn}, {5_000 * mib, 200_000 * mib, Warn}, {50_000 * mib, 200_000 * mib, OK},
		{2_000 * mib, 8_000 * mib, OK}, {12_000 * mib, 4_000_000 * mib, OK}, {9_000 * mib, 4_000_000 * mib, Warn},
	} {
		judged(t, []Finding{Disk("/x", Space{c.free, c.total})}, "disk", c.grade, "/x")
	}
	if s, err := SpaceAt(t.TempDir()); err != nil || s.Total < s.Free || s.Total == 0 {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	c := config.Config{Data: filepath.Join(dir, "data"), MasterKeyFile: filepath.Join(dir, "master.key")}
	file := filepath.Join(dir, "holdfast.yaml")
	for _, f := range []string{c.MasterKeyFile, file} {
		if err := os.WriteFile(f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(c.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range Files(c, file) {
		if f.Grade != OK {
			t.Errorf("got %+v", f)
		}
	}
	for _, s := range []struct {
		path  string
		mode  os.FileMode
		back  os.FileMode
		grade Grade
		words string
	}{
		{c.Data, 0o755, 0o700, Fail, "read by everybody"}, {c.Data, 0o750, 0o700, Warn, "by its group"}, {c.MasterKeyFile, 0o644, 0o600, Fail, "read by everybody"},
		{c.MasterKeyFile, 0o660, 0o600, Fail, "changed by its group"}, {file, 0o666, 0o600, Fail, "changed by others"}, {file, 0o644, 0o600, OK, ""},
	} {
		if err := os.Chmod(s.path, s.mode); err != nil {
			t.Fatal(err)
		}
		worst := OK
		for _, f := range Files(c, file) {
			if f.Grade != OK {
				worst = f.Grade
				if f.Code != "file_permissions" || !strings.Contains(f.Found, s.words) || !strings.Contains(f.Found, s.path) || f.Do == "" {
					t.Errorf("%s %04o: got %+v", s.path, s.mode, f)
				}
			}
		}
		if worst != s.grade {
			t.Errorf("%s %04o: got %s, want %s", s.path, s.mode, worst, s.grade)
		}
		if err := os.Chmod(s.path, s.back); err != nil {
			t.Fatal(err)
		}
	}
	c.Mail.PasswordFile = filepath.Join(dir, "gone")
	judged(t, Files(c, file), "file_missing", Fail, "mail password")
}

func TestEcho(t *testing.T) {
	key, now := []byte("0123456789abcdef"), time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	h := Echo(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "next") }), key, func() time.Time { return now },
		"v", func(*http.Request) bool { return true }, func(*http.Request) string { return "client" })
	for _, c := range []struct {
		name, marker string
		echoed       bool
	}{
		{"none", "", false}, {"genuine", Mark(key, now), true}, {"a minute ago", Mark(key, now.Add(-time.Minute)), true},
		{"too old", Mark(key, now.Add(-3*time.Minute)), false}, {"of the future", Mark(key, now.Add(3*time.Minute)), false},
		{"another key", Mark([]byte("x"), now), false}, {"another time", "1780315201." + strings.Split(Mark(key, now), ".")[1], false},
		{"malformed", "x.y.z", false},
	} {
		r := httptest.NewRequest("GET", "/livez", nil)
		r.Header.Set(Marker, c.marker)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if echoed := strings.Contains(w.Body.String(), `"client":"client"`); echoed != c.echoed || echoed == (w.Body.String() == "next") {
			t.Errorf("%s: got %s", c.name, w.Body)
		}
	}
}

func TestDiscovery(t *testing.T) {
	const origin = "https://id.example.org"
	for _, c := range []struct {
		status int
		body   string
		grade  Grade
		words  string
	}{
		{200, `{"issuer":"https://id.example.org"}`, OK, ""},
		{200, `{"issuer":"https://id.example.org/"}`, Fail, "issuer is"},
		{200, `<html>`, Fail, "not as Holdfast"},
		{502, ``, Fail, "status 502"},
		{307, ``, Fail, "sends on to https://elsewhere"},
	} {
		judged(t, []Finding{discovery(origin, c.status, "https://elsewhere", []byte(c.body))}, "issuer", c.grade, c.words)
	}
}

func TestServedCertificate(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		left  time.Duration
		grade Grade
	}{{90 * 24 * time.Hour, OK}, {10 * 24 * time.Hour, Warn}, {24 * time.Hour, Fail}, {-time.Hour, Fail}} {
		judged(t, served(&x509.Certificate{NotAfter: now.Add(c.left)}, now, ""), "tls_certificate", c.grade, "certificate")
	}
}

func TestMetadata(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	c, err := config.Config{}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	followed, broken := c, c
	followed.MDSSource, broken.MDSRootFiles = "/srv/mds", []string{filepath.Join(t.TempDir(), "none.pem")}
	at := func(days int) metadata.Record {
		return metadata.Record{ID: "x", No: 7, NextUpdate: now.AddDate(0, 0, days)}
	}
	for _, x := range []struct {
		name string
		r    metadata.Record
		c    config.Config
		want Grade
	}{
		{"none", metadata.Record{}, c, OK}, {"none from the source", metadata.Record{}, followed, Warn}, {"fresh", at(10), c, OK},
		{"due", at(-5), c, Warn}, {"overdue", at(-40), c, Fail}, {"a root that is not there", at(10), broken, Fail},
	} {
		if got := Metadata(x.r, x.c, now); got.Grade != x.want || got.Code != "metadata" || (got.Grade != OK) == (got.Do == "") {
			t.Errorf("%s: %+v", x.name, got)
		}
	}
}

package operate

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"holdfast/test/certificate"
	"holdfast/test/mailhost"
)

func TestReload(t *testing.T) {
	m := managed(t)
	a := certificate.New(t)
	pair := a.Issue(t, "localhost")
	tlsKeys := fmt.Sprintf("tls: {cert_file: %s, key_file: %s}", pair.CertFile, pair.KeyFile)
	d := deploy(t, "https", tlsKeys)
	d.start()
	if got := m.hears("READY=1"); !strings.Contains(got, "STATUS=serving "+d.origin) {
		t.Errorf("READY says %q", got)
	}
	if got := d.shown(a); got != pair.Serial.String() {
		t.Fatalf("it shows %s", got)
	}

	reload := func() string {
		t.Helper()
		before := len(d.server.Stderr())
		d.server.Signal(syscall.SIGHUP)
		if got := m.hears("RELOADING=1"); !strings.Contains(got, "MONOTONIC_USEC=") {
			t.Errorf("RELOADING says %q", got)
		}
		m.hears("READY=1")
		return d.server.Stderr()[before:]
	}

	t.Run("a renewed certificate", func(t *testing.T) {
		pair = a.IssueInto(t, pair, "localhost", pair.Ends(t))
		if said := reload(); !strings.Contains(said, "was taken over") {
			t.Errorf("it says %s", said)
		}
		if got := d.shown(a); got != pair.Serial.String() {
			t.Errorf("it shows %s, want %s", got, pair.Serial)
		}
	})
	for _, c := range []struct {
		name  string
		spoil func()
		want  string
	}{
		{"a file that is no YAML", func() { d.write("holdfast.yaml", "origin: [") }, "yaml"},
		{"an unknown key", func() { d.configure(tlsKeys, "lgo_level: debug") }, "log_level"},
		{"another port", func() { d.configure(tlsKeys, "metrics_listen: localhost:0", "log_level: debug") }, "a new value of metrics_listen takes a restart"},
		{"another RP ID", func() { d.configure(tlsKeys, "rp_id: example.org") }, "rp_id"},
		{"TLS off", func() { d.configure() }, "tls"},
		{"a certificate for another name", func() {
			other := a.Issue(t, "elsewhere")
			d.configure(fmt.Sprintf("tls: {cert_file: %s, key_file: %s}", other.CertFile, other.KeyFile), "log_level: debug")
		}, "elsewhere"},
		{"no file at all", func() { d.configure("tls: {cert_file: nowhere, key_file: nowhere}") }, "nowhere"},
		{"mail that was off", func() { d.configure(tlsKeys, "mail: {host: localhost, from: a@example.org, tls: none}") }, "mail (on or off)"},
	} {
		t.Run("refused: "+c.name, func(t *testing.T) {
			c.spoil()
			said := reload()
			if !strings.Contains(said, c.want) || !strings.Contains(said, "the old settings stay in force") {
				t.Errorf("it says %s, want %q", said, c.want)
			}
			if got := d.shown(a); got != pair.Serial.String() {
				t.Errorf("it shows %s, want %s", got, pair.Serial)
			}
			if strings.Contains(d.answered(a), "answered") {
				t.Error("the log level was taken over with something that was refused")
			}
		})
	}
	t.Run("log level", func(t *testing.T) {
		d.configure(tlsKeys, "log_level: debug")
		reload()
		if said := d.answered(a); !strings.Contains(said, "route=\"GET /livez\"") || !strings.Contains(said, "trace_id=") {
			t.Errorf("at debug it says %q of a request", said)
		}
		d.configure(tlsKeys)
		reload()
		if said := d.answered(a); strings.Contains(said, "livez") {
			t.Errorf("at info it says %q of a request", said)
		}
	})
	if err := d.server.Interrupt(); err != nil {
		t.Error(err)
	}
	m.hears("STOPPING=1")
}

// answered asks for /livez, and is what the log says of it.
func (d *deployment) answered(a *certificate.Authority) string {
	d.t.Helper()
	before := len(d.server.Stderr())
	r, err := browser(a).Get(d.origin + "/livez")
	if err != nil {
		d.t.Fatal(err)
	}
	r.Body.Close()
	return d.server.Stderr()[before:]
}

// Whom a trace is believed of, before and after the proxies change.
func TestTraceOfProxies(t *testing.T) {
	m := managed(t)
	d := deploy(t, "http", "log_level: debug", "log: json")
	d.start()
	m.hears("READY=1")
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	ask := func() string {
		before := len(d.server.Stderr())
		r, err := http.NewRequestWithContext(t.Context(), "GET", d.origin+"/livez", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Traceparent", "00-"+id+"-00f067aa0ba902b7-01")
		answer, err := browser(nil).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.Header.Get("Traceparent") != "" {
			t.Error("the trace is echoed")
		}
		return d.server.Stderr()[before:]
	}
	if said := ask(); strings.Contains(said, id) || !strings.Contains(said, `"trace_id":"`) {
		t.Errorf("a stranger's trace was believed: %s", said)
	}
	d.configure("log_level: debug", "log: json", "trusted_proxies: [127.0.0.0/8, '::1/128']")
	d.server.Signal(syscall.SIGHUP)
	m.hears("RELOADING=1")
	m.hears("READY=1")
	if said := ask(); !strings.Contains(said, `"trace_id":"`+id+`"`) {
		t.Errorf("a proxy's trace was not: %s", said)
	}
}

func TestMailArrives(t *testing.T) {
	m := managed(t)
	c := mailhost.Config{StartTLS: true, Username: "holdfast", Password: "correct horse"}
	first, second := mailhost.New(t, c), mailhost.New(t, c)
	mail := func(h *mailhost.Host) string {
		return fmt.Sprintf("mail: {host: localhost, port: %d, from: Holdfast <id@example.org>, username: holdfast, password_file: secret, ca_file: %s}", h.Port, h.CA)
	}
	d := deploy(t, "http", mail(first))
	d.write("secret", "correct horse\n")

	if out, err := d.cli("mail", "test", "--to", "root@example.org"); err != nil || !strings.Contains(string(out), "took the message") {
		t.Fatalf("mail test: %s, %v", out, err)
	}
	<-first.Arrived()
	d.start()
	m.hears("READY=1")
	invite := func(who string) {
		t.Helper()
		if out, err := d.cli("invite", "create", "--name", who, "--email", who+"@example.org", "--json"); err != nil {
			t.Fatalf("%s %v", out, err)
		}
	}
	invite("ada")
	<-first.Arrived()
	got := first.Messages()
	if len(got) != 2 || got[1].To != "ada@example.org" || !got[1].TLS || !strings.Contains(got[1].Data, d.origin) {
		t.Fatalf("got %+v", got)
	}

	d.configure(mail(second))
	d.server.Signal(syscall.SIGHUP)
	m.hears("RELOADING=1")
	m.hears("READY=1")
	invite("grace")
	<-second.Arrived()
	if got := second.Messages(); len(got) != 1 || got[0].To != "grace@example.org" {
		t.Errorf("after the reload: %+v", got)
	}
	for _, h := range []*mailhost.Host{first, second} {
		if strings.Contains(h.Plain(), "AUTH") {
			t.Error("the password went out in plain text")
		}
	}

	d.configure(strings.Replace(mail(second), "password_file: secret", "password_file: other", 1))
	d.write("other", "wrong\n")
	if _, err := d.cli("mail", "test", "--to", "root@example.org"); err == nil || !strings.Contains(err.Error(), "credentials invalid") {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestWatchdog(t *testing.T) {
	m := managed(t)
	t.Setenv("WATCHDOG_USEC", "30000")
	d := deploy(t, "http")
	d.start()
	for range 3 {
		m.hears("WATCHDOG=1")
	}
}

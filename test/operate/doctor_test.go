package operate

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdfast/edge/doctor"
	"holdfast/test/certificate"
	"holdfast/test/mailhost"
	"holdfast/test/world"
)

// diagnosis is what holdfast doctor prints, by code.
func (d *deployment) diagnosis() (findings map[string][]doctor.Finding, status int) {
	d.t.Helper()
	out, err := d.cli("doctor", "--json")
	if r, ok := errors.AsType[*world.Refusal](err); ok {
		status, err = r.Status, nil
	}
	var said struct {
		OK       bool
		Findings []doctor.Finding
	}
	if err == nil {
		err = json.Unmarshal(out, &said)
	}
	if err != nil || len(said.Findings) == 0 {
		d.t.Fatalf("doctor: %v: %s", err, out)
	}
	if said.OK != (status == 0) || said.OK == doctor.Failed(said.Findings) {
		d.t.Errorf("status %d, ok %v, findings %+v", status, said.OK, said.Findings)
	}
	findings = map[string][]doctor.Finding{}
	for _, f := range said.Findings {
		findings[f.Code] = append(findings[f.Code], f)
	}
	return findings, status
}

// finds asks for a finding, of any grade where none is given.
func (d *deployment) finds(code string, grade doctor.Grade, words string) {
	d.t.Helper()
	all, status := d.diagnosis()
	for _, f := range all[code] {
		if (grade == "" || f.Grade == grade) && strings.Contains(f.Found+" "+f.Do, words) {
			if grade == doctor.Fail && status != 1 {
				d.t.Errorf("%s fails and the status is %d", code, status)
			}
			return
		}
	}
	d.t.Errorf("no finding %s %s with %q in %+v", grade, code, words, all)
}

func TestDoctorOnBothEngines(t *testing.T) {
	for _, engine := range world.Engines {
		t.Run(string(engine), func(t *testing.T) {
			w := world.New(t, engine)
			w.Admin(t)
			d := &deployment{t: t, dir: filepath.Dir(w.Config), config: w.Config, server: w.Server}
			before := w.Verify(t).Records
			d.finds("issuer", doctor.OK, w.Base)
			d.finds("administrators", doctor.Warn, "one administrator")
			d.finds("backup", doctor.Warn, "no backup")
			d.finds("schema", doctor.OK, "the last")
			d.finds("database", doctor.OK, map[world.Engine]string{world.SQLite: "SQLite", world.PostgreSQL: "takes writes"}[engine])
			d.finds("proxy_headers", doctor.OK, "directly")
			if engine == world.PostgreSQL {
				d.finds("clock_database", doctor.OK, "agrees")
			} else {
				d.finds("disk", "", w.Data) // how much is free is the machine's
			}
			if after := w.Verify(t).Records; after != before {
				t.Errorf("looking wrote %d records", after-before)
			}
			w.Stop(t)
			d.finds("issuer", doctor.Warn, "no server runs here")
			d.finds("administrators", doctor.Warn, "one administrator")
			if engine == world.PostgreSQL {
				dsn := filepath.Join(d.dir, "dsn")
				if err := os.WriteFile(dsn, []byte("host=127.0.0.1 port=1 dbname=x password=hush connect_timeout=2"), 0o600); err != nil {
					t.Fatal(err)
				}
				d.finds("database", doctor.Fail, "")
				if out, _ := d.cli("doctor", "--json"); strings.Contains(string(out), "hush") {
					t.Error("the password is in the findings")
				}
			}
		})
	}
}

// proxied starts a server behind a proxy that does rewrite. The origin is the
// proxy's, by TLS.
func proxied(t *testing.T, a *certificate.Authority, rewrite func(*httputil.ProxyRequest), more ...string) *deployment {
	t.Helper()
	d := deploy(t, "http", more...)
	inner, err := url.Parse("http://" + d.address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pair := a.Issue(t, "localhost")
	server := &http.Server{Handler: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(inner)
		r.Out.Host = r.In.Host
		rewrite(r)
	}}}
	go server.ServeTLS(l, pair.CertFile, pair.KeyFile)
	t.Cleanup(func() { server.Close() })
	d.origin = fmt.Sprintf("https://localhost:%d", l.Addr().(*net.TCPAddr).Port)
	d.configure(more...)
	d.start()
	return d
}

func TestDoctorBehindAProxy(t *testing.T) {
	a := certificate.New(t)
	t.Setenv("SSL_CERT_FILE", a.File)
	const trusting = "trusted_proxies: [127.0.0.0/8, '::1/128']"
	appends := func(r *httputil.ProxyRequest) {
		r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		r.SetXForwarded()
	}
	passes := func(r *httputil.ProxyRequest) { r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"] }
	for _, c := range []struct {
		name    string
		rewrite func(*httputil.ProxyRequest)
		config  string
		grade   doctor.Grade
		words   string
	}{
		{"it appends and is trusted", appends, trusting, doctor.OK, "names its clients"},
		{"it replaces and is trusted", (*httputil.ProxyRequest).SetXForwarded, trusting, doctor.OK, "names its clients"},
		{"it appends and is not trusted", appends, "", doctor.Warn, "to trusted_proxies"},
		{"it sends nothing", func(*httputil.ProxyRequest) {}, trusting, doctor.Warn, "sends no X-Forwarded-For"},
		{"it passes on what clients say", passes, trusting, doctor.Fail, "choose their address"},
		{"it drops the host", func(r *httputil.ProxyRequest) { r.Out.Host = "inner"; r.SetXForwarded(); r.Out.Host = "inner" }, trusting, doctor.Fail, "round in circles"},
		{"it drops the marker", func(r *httputil.ProxyRequest) { r.SetXForwarded(); r.Out.Header.Del(doctor.Marker) }, trusting, doctor.Warn, "did not say"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := proxied(t, a, c.rewrite, c.config)
			d.finds("proxy_headers", c.grade, c.words)
			d.finds("tls_certificate", doctor.OK, "ends in")
			if c.config == "" {
				d.finds("trusted_proxies", doctor.Warn, "no proxy is trusted")
			}
		})
	}
}

func TestDoctorTLS(t *testing.T) {
	a := certificate.New(t)
	pair := a.Issue(t, "localhost")
	d := deploy(t, "https", fmt.Sprintf("tls: {cert_file: %s, key_file: %s}", pair.CertFile, pair.KeyFile))
	d.start()
	d.finds("tls_certificate", doctor.Fail, "does not trust")
	t.Setenv("SSL_CERT_FILE", a.File)
	d.finds("tls_certificate", doctor.OK, "ends in")
	d.finds("issuer", doctor.OK, d.origin)
	a.IssueInto(t, pair, "localhost", time.Now().AddDate(0, 6, 0))
	d.finds("tls_certificate", doctor.Warn, "another certificate")
}

func TestDoctorMailAndFiles(t *testing.T) {
	well := mailhost.Config{StartTLS: true, Username: "holdfast", Password: "right"}
	h := mailhost.New(t, well)
	d := deploy(t, "http", fmt.Sprintf("mail: {host: localhost, port: %d, from: a@example.org, username: holdfast, password_file: secret, ca_file: %s}", h.Port, h.CA))
	d.write("secret", "right")
	d.finds("mail", doctor.OK, "TLS 1.3")
	d.finds("master_key", doctor.Fail, "Start the server once")
	d.write("secret", "wrong")
	d.finds("mail", doctor.Fail, "credentials invalid")
	if len(h.Messages()) != 0 {
		t.Error("the doctor sent mail")
	}
	if err := os.Chmod(filepath.Join(d.dir, "secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	d.finds("file_permissions", doctor.Fail, "mail password")
	d.configure("origin: twice")
	if _, err := d.cli("doctor"); err == nil || !strings.Contains(err.Error(), "already defined") {
		t.Errorf("a broken file: %v", err)
	}
}
